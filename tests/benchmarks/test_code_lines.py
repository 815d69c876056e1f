"""What counts as a line of code."""

from benchmarks.code_lines import count, imported_modules, limits, rooms, shares

SOURCE = '''"""A module,

that says what it is for.
"""

import numpy as np  # a comment

# another

TEXT = """
two lines, of which one is empty

"""


def double(x):
    """Return twice x."""
    return (
        2.0
        * x
    )
'''


def test_docstrings_comments_and_blank_lines_are_no_code():
    assert count(SOURCE) == (21, 1 + 4 + 5)
    assert count("") == (0, 0)


def test_a_room_is_a_folder_or_a_module(tmp_path):
    package = tmp_path / "src" / "biomarkers"
    for name in ("dce/maps.py", "dce/deep/one.py", "estimates.py"):
        path = package / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("x = 1\n\n")
    by_room = rooms(package)
    assert {name: tuple(lines) for name, lines in by_room.items()} == {
        "dce": (4, 2),
        "estimates": (2, 1),
    }
    (_, every, _), (name, modalities, _) = limits(by_room)
    assert (every, modalities) == (3, 3)
    assert name == "dce + estimates"


def test_test_lines_are_told_by_what_they_import(tmp_path):
    files = {
        "src/biomarkers/kinetics/_kernel.py": "x = 1\n@compiled\ndef f():\n    pass\n",
        "src/biomarkers/kinetics/_plots.py": "x = 1\ny = 2\n",
        "tests/kinetics/test_kernel.py": "from biomarkers.kinetics._kernel import f\n\nf()\n",
        "tests/kinetics/test_other.py": "from biomarkers.kinetics import MODELS\n",
    }
    for name, text in files.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    room, kernels, direct = shares(tmp_path).values()
    assert (room, kernels, direct) == (4 / 6, 3 / 4, 2 / 4)


def test_imports_are_told_by_their_last_part():
    source = "import a.b\nfrom c.d import e as f\nfrom . import g\n"
    assert imported_modules(source) == {"b", "d", "e", "", "g"}
