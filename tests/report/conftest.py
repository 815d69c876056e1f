"""A finder of what stands on a page, for tests that read it as a person would."""

import html
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from biomarkers.report import write_report
from biomarkers.results import Results


@pytest.fixture
def page(tmp_path: Path) -> Callable[..., str]:
    """Return a function that writes the report of some results and gives its HTML."""

    def write(results: Results, **options: object) -> str:
        return write_report(
            results, tmp_path / "report.html", **{"figures": "none", **options}
        ).read_text("utf-8")

    return write


@pytest.fixture
def text_of() -> Callable[[str], str]:
    """Return a function that strips the tags of HTML and gives the text, spaces collapsed."""

    def strip(page: str) -> str:
        body = re.sub(r"<style>.*?</style>|<svg.*?</svg>", " ", page, flags=re.DOTALL)
        body = re.sub(r'<span class="whole">(.*?)</span>', r"\1", body)
        return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", body)).split())

    return strip
