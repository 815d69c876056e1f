"""Several lesions of one subject; subjects that two tables call differently."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from spreadsheets import write_grid

from biomarkers.errors import TableError
from biomarkers.table import (
    TableOptions,
    apply_exclusions,
    participants_by_lesion,
    read_measurements,
    same_subjects,
)

ROWS = [
    ["Mouse", "Day", "TUMOR", "Volume"],
    ["m1", 0, 1, 10.5], ["m1", 0, 2, 20.5], ["m1", 7, 1, 11.5], ["m1", 7, 2, 21.5],
    ["m2", 0, 1, 30.5], ["m2", 7, 1, 31.5],
]  # fmt: skip


def test_a_column_that_tells_rows_apart_is_proposed(tmp_path: Path) -> None:
    path = write_grid(tmp_path / "t.csv", ROWS)
    with pytest.raises(TableError) as caught:
        read_measurements(path)
    assert len(caught.value.problems) == 1
    assert "Column TUMOR tells these rows apart; say what it is:" in str(caught.value)
    assert "--columns lesion=TUMOR, if one subject has several lesions" in str(caught.value)


def test_any_column_of_whole_numbers_is_proposed(tmp_path: Path) -> None:
    rows = [[row[0], row[1], 5.0, row[2], row[3]] for row in ROWS]
    rows[0] = ["Mouse", "Day", "Weight", "Polype", "Volume"]
    rows[0][3] = "Foyer"
    path = write_grid(tmp_path / "t.csv", rows)
    with pytest.raises(TableError, match="--columns lesion=Foyer"):
        read_measurements(path)


@pytest.mark.parametrize("name", ["TUMOR", "Foyer", "lesion"])
def test_lesions_are_subjects_that_know_whose_they_are(tmp_path: Path, name: str) -> None:
    path = write_grid(tmp_path / "t.csv", [[*ROWS[0][:2], name, "Volume"], *ROWS[1:]])
    # A column of our own name needs no word.
    columns = {} if name == "lesion" else {"lesion": name}
    table = read_measurements(path, options=TableOptions(columns=columns))
    assert table["biomarker"].unique().tolist() == ["Volume"]
    assert table["subject"].unique().tolist() == ["m1/1", "m1/2", "m2/1"]
    assert table["individual"].unique().tolist() == ["m1", "m2"]
    assert (
        "3 lesions of 2 subjects: each lesion is analysed as a subject, those of one subject "
        "together."
    ) in table.attrs["guesses"]


def test_a_tumour_column_with_volumes_is_a_biomarker(tmp_path: Path) -> None:
    rows = [["Mouse", "Day", "Tumor"], ["m1", 0, 10.5], ["m1", 7, 11.5]]
    assert read_measurements(write_grid(tmp_path / "t.csv", rows))["value"].tolist() == [10.5, 11.5]


def test_one_lesion_each_needs_no_word(tmp_path: Path) -> None:
    table = read_measurements(write_grid(tmp_path / "t.csv", [ROWS[0], *ROWS[5:]]))
    assert table["subject"].unique().tolist() == ["m2"]
    assert any("Column TUMOR was kept out" in guess for guess in table.attrs["guesses"])


def test_regions_are_regions_if_that_is_said(tmp_path: Path) -> None:
    path = write_grid(tmp_path / "t.csv", ROWS)
    table = read_measurements(path, options=TableOptions(columns={"region": "TUMOR"}))
    assert table["region"].unique().tolist() == ["1", "2"]


def test_a_lesion_without_a_name(tmp_path: Path) -> None:
    path = write_grid(tmp_path / "t.csv", [*ROWS, ["m3", 0, None, 1.5]])
    with pytest.raises(TableError, match="row 8, column lesion: found nothing"):
        read_measurements(path, options=TableOptions(columns={"lesion": "TUMOR"}))


def test_participants_get_a_row_for_each_lesion(tmp_path: Path) -> None:
    path = write_grid(tmp_path / "t.csv", ROWS)
    table = read_measurements(path, options=TableOptions(columns={"lesion": "TUMOR"}))
    people = pd.DataFrame({"subject": ["m1", "m2", "m9"], "responder": [1, 0, 1]})
    units = participants_by_lesion(people, table)
    assert units["subject"].tolist() == ["m1/1", "m1/2", "m2/1", "m9"]
    assert units["responder"].tolist() == [1, 1, 0, 1]
    assert units["individual"].tolist() == ["m1", "m1", "m2", "m9"]


def test_an_exclusion_names_a_subject_with_all_its_lesions_or_one(tmp_path: Path) -> None:
    path = write_grid(tmp_path / "t.csv", ROWS)
    table = read_measurements(path, options=TableOptions(columns={"lesion": "TUMOR"}))
    rows = {"subject": ["m1", "m2/1"], "day": [np.nan, 7.0], "region": "", "biomarker": ""}
    kept, applied = apply_exclusions(table, pd.DataFrame(rows))
    assert applied["rows"].tolist() == [4, 1]
    assert kept[["subject", "day"]].to_numpy().tolist() == [["m2/1", 0.0]]


def people(*names: str) -> pd.DataFrame:
    return pd.DataFrame({"subject": names, "responder": range(len(names))})


@pytest.mark.parametrize(
    ("listed", "measured"),
    [
        (["1", "2"], ["Rat 1", "Rat 2"]),
        (["01", "02"], ["rat-1", "rat-2"]),
        (["Souris 2", "Souris 1"], ["2", "1"]),
        (["Rat_7", "Rat_08"], ["souris 7", "souris 8", "souris 9"]),
    ],
)
def test_numbers_behind_a_word_for_subjects_match(listed: list[str], measured: list[str]) -> None:
    matched, told = same_subjects(people(*listed), measured)
    assert matched["subject"].tolist() == measured[: len(listed)]
    assert told == [f"Participants match by number: {listed[0]!r} was taken for {measured[0]!r}."]


@pytest.mark.parametrize(
    ("listed", "measured"),
    [
        (["1", "2"], ["01", "02"]),  # one spelling of a number or the other: a slip, refused later
        (["1", "Rat 2"], ["Rat 1", "Rat 2"]),  # some do match
        (["x1", "x2"], ["1", "2"]),  # x is no word for a subject
        (["Rat 1", "Mouse 2"], ["1", "2"]),  # two kinds of subject
        (["Rat 1", "Rat 01"], ["1", "2"]),  # two of one number
        (["Rat 3"], ["1", "2"]),  # nobody in common
        (["left", "right"], ["1", "2"]),
    ],
)
def test_what_does_not_match_for_sure_stays(listed: list[str], measured: list[str]) -> None:
    matched, told = same_subjects(people(*listed), measured)
    assert matched["subject"].tolist() == listed
    assert told == []


def test_lesions_of_nobody(tmp_path: Path) -> None:
    path = tmp_path / "table.tsv"
    path.write_text("sujbect\tvalue\tlesion\n01\t1.0\ta\n")
    with pytest.raises(TableError, match="subject"):
        read_measurements(path)
