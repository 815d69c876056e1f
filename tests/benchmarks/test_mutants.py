"""Which faults are put into a module, and how the tests' verdict is read."""

import ast

import pytest
from benchmarks.mutants import Tree, draw, files_in_compiled_code
from benchmarks.mutations import mutants_of

SOURCE = '''"""Add 1 + 1."""

import numpy as np

__all__ = ["LIMIT" + "S"]
LIMIT: int = 3


def share(a: float, b=2.0, *, strict=True) -> float:
    """Return a / b - 1."""
    if a < 0 and b >= (0.0):  # not a > b
        raise ValueError("a - b" + str(a - 1))
    total = 0.0
    total += np.minimum(a, -b)
    return min(total / (a), a * b)


def plot(a):
    return a + 1
'''
CHANGES = {
    *("3 -> 4", "2.0 -> 4.0", "True -> False", "< -> <=", "0 -> 1", "and -> or", ">= -> >"),
    *("0.0 -> 1.0", "+ -> -", "minimum -> maximum", "- -> nothing", "min -> max"),
    *("/ -> *", "* -> /"),
}


@pytest.fixture
def root(tmp_path):
    """A checkout of one room, its test, and a module of compiled code that imports another."""
    files = {
        "src/biomarkers/__init__.py": "",
        "src/biomarkers/stats/__init__.py": "",
        "src/biomarkers/stats/share.py": SOURCE,
        "src/biomarkers/stats/plots.py": "x = 1 + 1\n",
        "src/biomarkers/kinetics/_kernel.py": "from biomarkers.kinetics import limits\n\n\n"
        "@compiled\ndef f():\n    return limits.TOP\n",
        "src/biomarkers/kinetics/limits.py": "from biomarkers.checks import check\n\nTOP = 5\n",
        "src/biomarkers/kinetics/model.py": "from biomarkers.kinetics import _kernel\n",
        "src/biomarkers/checks.py": "check = 1\n",
        "tests/stats/test_share.py": "from biomarkers.stats.share import LIMIT, share\n\n\n"
        "def test_it():\n    assert LIMIT == 3\n    assert share(1.0) == -2.0\n",
    }
    for name, text in files.items():
        path = tmp_path / "checkout" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return tmp_path / "checkout"


def share_mutants(root):
    return mutants_of(root / "src/biomarkers/stats/share.py", root)


def test_operators_and_constants_are_changed_and_nothing_else(root):
    mutants = share_mutants(root)
    assert {mutant.change for mutant in mutants} == CHANGES
    source = (root / mutants[0].file).read_bytes()
    for mutant in mutants:
        changed = mutant.applied(source)
        assert ast.dump(ast.parse(changed)) != ast.dump(ast.parse(source))
        assert changed.count(b"\n") == source.count(b"\n")
        at = mutant.text[mutant.column :]
        assert at.startswith(mutant.old)
        assert b'raise ValueError("a - b" + str(a - 1))' in changed
        assert changed.endswith(b"return a + 1\n")


def test_a_sample_is_the_same_for_a_seed_and_passes_over_drawing(root):
    first, again, other = (draw(root, ["stats"], 5, seed)[0] for seed in (1, 1, 2))
    assert first == again != other
    assert len(set(first)) == 5
    every, _ = draw(root, ["stats", "kinetics"], 100, 0)
    assert {mutant.file.split("/")[-1] for mutant in every} == {"share.py", "limits.py"}


def test_what_compiled_code_imports_is_within_it(root):
    names = {name.split("/")[-1] for name in files_in_compiled_code(root)}
    assert names == {"_kernel.py", "limits.py", "checks.py"}


@pytest.mark.parametrize(("change", "survives"), [("3 -> 4", False), ("True -> False", True)])
def test_a_mutant_survives_where_no_test_fails(root, tmp_path, change, survives):
    tree = Tree(root, tmp_path / "work")
    mutant = next(mutant for mutant in share_mutants(root) if mutant.change == change)
    assert tree.judge(mutant, False, 60)[0] is survives
    assert (tree.folder / mutant.file).read_text() == SOURCE


def test_nothing_is_judged_by_tests_that_fail_without_a_fault(root, tmp_path):
    tree = Tree(root, tmp_path / "work")
    tree.check_unchanged("stats", 60)
    (tree.folder / "tests/stats/test_other.py").write_text("def test_other():\n    assert False\n")
    with pytest.raises(RuntimeError, match="test_other"):
        tree.check_unchanged("stats", 60)
