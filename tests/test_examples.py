"""What needs PyTorch is known, executed where PyTorch is, and shown truthfully where it was not."""

import importlib
from pathlib import Path

import pytest

nbformat = pytest.importorskip("nbformat", reason="needs what builds the documentation")
pytest.importorskip("jupytext", reason="needs what builds the documentation")
pytest.importorskip("nbclient", reason="needs what builds the documentation")

ROOT = Path(__file__).resolve().parents[1]
MICE = ROOT / "examples/18_spectra_of_28_mice.py"
SENTENCE = "needs PyTorch, which was not there"


@pytest.fixture
def run_examples(monkeypatch, tmp_path):
    """The module, which keeps what it executed in an empty folder."""
    monkeypatch.syspath_prepend(ROOT / "docs")
    module = importlib.import_module("run_examples")
    monkeypatch.setattr(module, "EXECUTED", tmp_path)
    return module


@pytest.fixture
def gallery(run_examples):
    return importlib.import_module("site_gallery")


def as_it_is(text, _):
    return text


def keep_executed(run_examples, digest):
    """Lay down a notebook as executed, with one output."""
    content = run_examples.read(MICE)
    cell = next(cell for cell in content.cells if cell.cell_type == "code")
    cell.outputs = [nbformat.v4.new_output("stream", text="what came out")]
    content.metadata["digest"] = digest
    path = run_examples.executed(MICE)
    path.parent.mkdir(parents=True)
    nbformat.write(content, path)


@pytest.mark.parametrize(
    ("line", "needs"),
    [
        ("from biomarkers import deep, predict", True),
        ("from biomarkers import predict, deep", True),
        ("from biomarkers import (\n    deep,\n    predict,\n)", True),
        ("from biomarkers.deep import SliceSequence", True),
        ("import torch", True),
        ("from torch import nn", True),
        ("from biomarkers import federated, predict\n\ndeep = 1", False),
        ("from biomarkers import deepest", False),
        ("# see `from biomarkers import deep`", False),
    ],
)
def test_an_import_says_what_needs_torch(run_examples, tmp_path, line, needs):
    path = tmp_path / "notebook.py"
    path.write_text(f"# %%\n{line}\n")
    assert run_examples.needs_torch(path) is needs


def test_each_notebook_is_executed_in_one_environment(run_examples):
    deep, others = run_examples.notebooks(deep=True), run_examples.notebooks()
    assert {path.stem[:2] for path in deep if path.suffix == ".py"} == {"16", "17", "18"}
    assert ROOT / "docs/rooms/deep.md" in deep
    assert ROOT / "docs/rooms/predict.md" in others
    assert not set(deep) & set(others)
    assert {*(ROOT / "examples").glob("*.py")} <= {*deep, *others}


def test_what_was_not_executed_is_shown_and_says_so(gallery):
    shown = nbformat.reads(gallery.notebook(MICE, as_it_is), as_version=4)
    assert SENTENCE in shown.cells[0].source
    assert not any(cell.get("outputs") for cell in shown.cells)
    card = gallery.cards([MICE], "")
    assert "Spectra of 28 mice" in card
    assert ":img-top:" not in card


def test_what_was_executed_is_shown_with_what_came_out(run_examples, gallery):
    keep_executed(run_examples, run_examples._digest(MICE))
    shown = gallery.notebook(MICE, as_it_is)
    assert "what came out" in shown
    assert SENTENCE not in shown


def test_what_was_executed_before_a_change_is_not_shown(run_examples, gallery):
    keep_executed(run_examples, "of another text")
    shown = gallery.notebook(MICE, as_it_is)
    assert "what came out" not in shown
    assert SENTENCE in shown
