"""Cells as text: read once while a file stays as it is, and made once where they are alike."""

import os
from pathlib import Path

import pandas as pd
import pytest

from biomarkers.errors import FileError
from biomarkers.table.cells import kept_cells, kept_rows, read_cells
from biomarkers.table.sheets import by_text, cell_text


def test_a_kept_table_is_read_again_when_it_has_changed(tmp_path: Path) -> None:
    path = tmp_path / "participants.tsv"
    path.write_text("participant_id\tweight_g\nsub-01\t250\n")
    first = kept_cells(path, "a table")
    assert kept_cells(path, "a table") is first
    path.write_text("participant_id\tweight_g\nsub-01\t300.5\n")
    assert kept_cells(path, "a table")["weight_g"].tolist() == ["300.5"]
    pd.testing.assert_frame_equal(kept_cells(path, "a table"), read_cells(path, "a table"))
    path.unlink()
    with pytest.raises(FileError, match="does not exist"):
        kept_cells(path, "a table")


@pytest.mark.parametrize(
    "cells",
    [
        ["a", " b", "a", None],
        ["", "7.0", float("nan"), "7.0"],
        [1.5, 7.0, float("nan"), 7.0],
        [True, 1, "1", 1.0],
        [],
    ],
)
def test_text_of_a_column_is_that_of_each_cell(cells: list[object]) -> None:
    column = pd.Series(cells, index=range(5, 5 + len(cells)), name="what", dtype=object)
    made = by_text(column, cell_text)
    pd.testing.assert_series_equal(made, column.map(cell_text), check_dtype=False)


def test_rows_of_a_name_are_found_with_or_without_what_it_begins_with(tmp_path) -> None:
    path = tmp_path / "participants.tsv"
    path.write_text("participant_id\tsex\n01\tF\nsub-02\tM\nsub-01\tM\n")
    asked = (path, "a table", "participant_id")
    rows = kept_rows(*asked, "sub-01")
    assert [(number, row["sex"]) for number, row in rows] == [(2, "F"), (4, "M")]
    assert kept_rows(*asked, "sub-03") == kept_rows(path, "a table", "session_id", "") == []
    path.write_text("participant_id\tsex\n03\tF\n")
    assert kept_rows(*asked, "sub-03") == [(2, {"participant_id": "03", "sex": "F"})]


def test_a_table_rewritten_in_place_with_its_time_put_back_is_read_again(tmp_path: Path) -> None:
    path = tmp_path / "participants.tsv"
    path.write_text("participant_id\tweight_g\nsub-01\t250\n")
    before = path.stat()
    assert kept_cells(path, "a table")["weight_g"].tolist() == ["250"]
    path.write_text("participant_id\tweight_g\nsub-01\t260\n")
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert kept_cells(path, "a table")["weight_g"].tolist() == ["260"]
