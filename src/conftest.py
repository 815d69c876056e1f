"""Examples in docstrings run as a reader would run them, who copied them into an empty session."""

from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import matplotlib as mpl
import pytest

mpl.use("Agg")

collect_ignore_glob = ["*conftest.py"]  # as modules of examples: several have one name
if find_spec("weasyprint") is None:  # an extra
    collect_ignore_glob.append("*/report/pdf.py")
if find_spec("docx") is None:  # an extra
    collect_ignore_glob.append("*/report/word.py")
if find_spec("skimage") is None or find_spec("pywt") is None:  # an extra
    collect_ignore_glob.append("*/radiomics/*.py")
if find_spec("sklearn") is None or find_spec("skops") is None:  # the extra `predict`
    collect_ignore_glob += ["*/predict/*", "*/workflow/from_features.py", "*/federated/*"]
if find_spec("torch") is None or find_spec("safetensors") is None:  # the extra `deep`
    collect_ignore_glob.append("*/deep/*")


@pytest.fixture(autouse=True)
def _empty_session(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[None]:
    """Give an example no name of its module, an empty folder, and no figure left open."""
    if isinstance(request.node, pytest.DoctestItem):
        request.node.dtest.globs.clear()
    monkeypatch.chdir(tmp_path)
    yield
    from matplotlib import pyplot  # noqa: PLC0415  (slow, and few examples draw)

    pyplot.close("all")
