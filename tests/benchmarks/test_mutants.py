"""Which faults are put into a module, and how the tests' verdict is read."""

import ast
import json
import shutil

import benchmarks.mutant_tests
import pytest
from benchmarks.mutant_tests import ordered
from benchmarks.mutant_tree import Tree, importers_of, imports_of, line_of_function
from benchmarks.mutants import draw
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
    (tmp_path / "checkout/benchmarks").mkdir()
    shutil.copy(benchmarks.mutant_tests.__file__, tmp_path / "checkout/benchmarks")
    return tmp_path / "checkout"


@pytest.fixture
def tree(root, tmp_path):
    return Tree(root, tmp_path / "work", tmp_path / "kept")


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


LIMITS, KERNEL, MODEL = (f"src/biomarkers/kinetics/{n}.py" for n in ("limits", "_kernel", "model"))


def test_compiled_code_of_all_that_import_the_changed_module_is_left_out(tree, tmp_path):
    anew = importers_of(LIMITS, imports_of(tree.folder))
    assert anew == {LIMITS, KERNEL, MODEL}
    for name in ("biomarkers.kinetics._kernel", "biomarkers.checks", "biomarkers", "test_share"):
        code = tmp_path / "compiled" / f"{name}-0123456789abcdef" / "f.nbc"
        code.parent.mkdir(parents=True)
        code.write_text(name)
    tree.copy_compiled(tmp_path / "compiled", anew)
    code = sorted((tree.cache / "biomarkers").glob("*/*"))
    assert [each.read_text() for each in code] == ["biomarkers", "biomarkers.checks"]


def test_tests_that_call_what_is_changed_come_first_and_the_cheapest_of_these():
    def case(name, seconds, *calls):
        return {"name": name, "seconds": seconds, "calls": list(calls)}

    kernel = f"{KERNEL}:4"
    tests = [
        case("a::rest", 0.1),
        case("a::module", 0.1, f"{LIMITS}:1"),
        case("a::long", 30.0, f"{LIMITS}:5"),
        case("a::compiles", 1.0, f"{LIMITS}:5", kernel),
        case("b::calls", 2.0, f"{LIMITS}:5"),
    ]
    trace = {"tests": tests, "compiled": {kernel: 9.0, "src/biomarkers/checks.py:1": 50.0}}
    limits = ordered(trace, LIMITS, 5, {LIMITS, KERNEL})
    assert list(limits) == ["b::calls", "a::compiles", "a::long", "a::module", "a::rest"]
    assert limits["a::compiles"] == 60.0 + 10.0 * (1.0 + 9.0)
    assert next(iter(ordered(trace, LIMITS, 5, {LIMITS}))) == "a::compiles"
    limits = ordered(trace, LIMITS, 5, {LIMITS}, rest=False)
    assert [name for name, limit in limits.items() if not limit] == ["a::rest"]


def test_the_innermost_function_around_a_line_is_named_by_its_first():
    source = "x = 1\n\n\n@compiled\ndef f():\n    def g():\n        return 2\n    return g\n"
    assert [line_of_function(source, line) for line in (1, 5, 7, 8)] == [0, 4, 6, 4]


@pytest.mark.parametrize(
    ("change", "outcome"), [("3 -> 4", "killed"), ("True -> False", "survived")]
)
def test_a_mutant_survives_where_no_test_fails(root, tree, change, outcome):
    tree.observe("stats", 60)
    mutant = next(mutant for mutant in share_mutants(root) if mutant.change == change)
    assert tree.judge(mutant, 60)[0] == outcome
    assert (tree.folder / mutant.file).read_text() == SOURCE


def test_what_goes_round_in_circles_is_noticed(root, tree, monkeypatch):
    name = "tests/stats/test_share.py"
    text = "from biomarkers.stats.share import LIMIT\n\n\ndef test_it():\n    while LIMIT != 3:\n"
    (tree.folder / name).write_text(text + "        pass\n")
    tree.observe("stats", 60)
    monkeypatch.setattr(
        "benchmarks.mutant_tree.ordered", lambda *_, **__: {f"{name}::test_it": 0.2}
    )
    mutant = next(mutant for mutant in share_mutants(root) if mutant.change == "3 -> 4")
    assert tree.judge(mutant, 60)[0] == "killed (endless)"


def test_nothing_is_judged_by_tests_that_fail_without_a_fault(tree):
    (tree.folder / "tests/stats/test_other.py").write_text("def test_other():\n    assert False\n")
    with pytest.raises(RuntimeError, match="test_other"):
        tree.observe("stats", 60)
    assert not (tree.kept / "stats.json").exists()


def test_calls_of_each_test_and_of_its_fixtures_are_noted(tree):
    (tree.folder / "tests/stats/test_other.py").write_text(
        "import pytest\nfrom biomarkers.stats.share import share\n\n\n"
        '@pytest.fixture(scope="module")\ndef shared():\n    return share(1.0)\n\n\n'
        "def test_a(shared):\n    pass\n\n\ndef test_b(shared):\n    pass\n\n\n"
        "def test_c():\n    pass\n"
    )
    tree.observe("stats", 60)
    trace = json.loads((tree.kept / "stats.json").read_text())
    calls = {test["name"].rpartition("::")[2]: test["calls"] for test in trace["tests"]}
    line = 1 + SOURCE[: SOURCE.index("def share")].count("\n")
    share = [f"src/biomarkers/stats/share.py:{line}"]
    assert calls == {"test_it": share, "test_a": share, "test_b": share, "test_c": []}


def test_only_tests_that_call_the_module_are_run_when_asked(root, tree):
    (tree.folder / "tests/stats/test_other.py").write_text("def test_other():\n    pass\n")
    tree.observe("stats", 60)
    (tree.folder / "tests/stats/test_other.py").write_text("def test_other():\n    assert 0\n")
    mutant = next(mutant for mutant in share_mutants(root) if mutant.change == "True -> False")
    assert tree.judge(mutant, 60, rest=False)[0] == "survived"
    assert tree.judge(mutant, 60)[0] == "killed"
