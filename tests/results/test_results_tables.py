"""The set of tables is open: each is a file that says what its columns hold."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from biomarkers.errors import FileError
from biomarkers.results import ABOUT, FURTHER, TABLES, Results, column_kinds, load_results


def results(**more: pd.DataFrame) -> Results:
    core = {name: pd.DataFrame(columns=list(columns)) for name, columns in TABLES.items()}
    return Results(core | more, [], {"plan": {}})


def made_up(name: str) -> pd.DataFrame:
    """Return three rows that every kind of cell occurs in: blanks, infinities, 007 and None."""
    cells = {
        "text": ["007", "None", ""],
        "number": [0.1, np.nan, np.inf],
        "truth": [True, False, True],
    }
    kinds = column_kinds(name)
    return pd.DataFrame({column: cells[kind] for column, kind in kinds.items()})


def test_every_further_table_is_described() -> None:
    assert ABOUT.keys() == FURTHER.keys()
    assert not TABLES.keys() & FURTHER.keys()


@pytest.mark.parametrize("name", FURTHER)
def test_a_further_table_comes_back_as_it_was(name: str, tmp_path: Path) -> None:
    again = load_results(results(**{name: made_up(name)}).save(tmp_path)).tables[name]
    pd.testing.assert_frame_equal(again, made_up(name), check_dtype=False)
    assert again.columns.tolist() == list(FURTHER[name])


def test_what_was_not_made_is_absent(tmp_path: Path) -> None:
    again = load_results(results().save(tmp_path))
    assert again.tables.keys() == TABLES.keys()
    assert again.tables.get("cutoffs") is None


def test_a_table_that_nobody_declared(tmp_path: Path) -> None:
    mine = pd.DataFrame({"rat": ["01"], "weight": [250.5], "male": [True], "cage": [3]})
    again = load_results(results(weights=mine).save(tmp_path)).tables["weights"]
    pd.testing.assert_frame_equal(again, mine, check_dtype=False)
    stated = json.loads((tmp_path / "tables.json").read_text("utf-8"))["weights"]
    assert stated == {"rat": "text", "weight": "number", "male": "truth", "cage": "number"}


def test_tables_of_an_earlier_analysis_do_not_stay(tmp_path: Path) -> None:
    results(cutoffs=made_up("cutoffs")).save(tmp_path)
    (tmp_path / "mine.csv").write_text("a\n1\n")
    results().save(tmp_path)
    assert not (tmp_path / "cutoffs.csv").exists()
    assert (tmp_path / "mine.csv").exists()


def test_a_folder_of_an_older_version_is_read(tmp_path: Path) -> None:
    results().save(tmp_path)
    (tmp_path / "tables.json").unlink()
    assert load_results(tmp_path).tables.keys() == TABLES.keys()


def test_a_table_that_is_stated_and_missing_is_named(tmp_path: Path) -> None:
    results(cutoffs=made_up("cutoffs")).save(tmp_path)
    (tmp_path / "cutoffs.csv").unlink()
    with pytest.raises(FileError, match=r"cutoffs\.csv does not exist; expected a results table"):
        load_results(tmp_path)
