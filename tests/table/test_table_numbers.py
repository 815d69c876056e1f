"""Numbers as people write them, and what stands where none was measured."""

from pathlib import Path

import pandas as pd
import pytest
from spreadsheets import write_grid

from biomarkers.errors import TableError
from biomarkers.table import TableOptions, read_exclusions, read_measurements, read_participants

HEADER = ["Rat", "Jour", "Ktrans", "ADC"]


def table(folder: Path, *rows: list[object], suffix: str = ".csv") -> Path:
    return write_grid(folder / f"t{suffix}", [HEADER, *rows])


def refusal(path: Path, **options: object) -> TableError:
    with pytest.raises(TableError) as caught:
        read_measurements(path, options=TableOptions(**options))
    return caught.value


def test_a_single_decimal_comma_is_a_slip(tmp_path: Path) -> None:
    path = table(tmp_path, ["1", 0, 0.5, 1], ["1", 3, "0,6", 1])
    error = refusal(path)
    assert error.problems == ("row 3, column Ktrans: found '0,6', expected a number",)
    assert "Numbers with a decimal comma are read with --decimal=," in str(error)
    read = read_measurements(path, options=TableOptions(decimal=","))
    assert read["value"].tolist() == [0.5, 0.6, 1, 1]


def test_many_decimal_commas_beside_points_are_one_problem(tmp_path: Path) -> None:
    rows = [[str(rat), 0, f"0,{rat}5", 0.5] for rat in range(1, 65)]
    error = refusal(table(tmp_path, *rows))
    (problem,) = error.problems
    assert problem == (
        "row 2, column Ktrans: found '0,15', expected a number; a decimal comma stands in 63 cells "
        "more (row 3 column Ktrans, row 4 column Ktrans, row 5 column Ktrans, …)"
    )


def test_commas_that_may_be_thousands_are_asked_for(tmp_path: Path) -> None:
    path = table(tmp_path, ["1", 0, "1,250", "2,500"], ["1", 3, "1,300", "2,700"])
    assert len(refusal(path).problems) == 1
    assert read_measurements(path, options=TableOptions(decimal=","))["value"].max() == 2.7
    # Thousands have no leading zero: here the comma can only be the decimal mark.
    path = table(tmp_path, ["1", 0, "0,250", "2,500"], ["1", 3, "1,300", "2,700"])
    assert read_measurements(path)["value"].max() == 2.7


def test_numbers_of_a_workbook_do_not_contradict_decimal_commas(tmp_path: Path) -> None:
    path = table(tmp_path, ["1", 0, "0,5", 0.25], ["1", 3, "0,75", 0.5], suffix=".xlsx")
    assert read_measurements(path)["value"].tolist() == [0.5, 0.75, 0.25, 0.5]


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("1\u202f234,5", 1234.5),
        ("1.380,4", 1380.4),
        ("8,5E-04", 8.5e-4),
        ("-0,5", -0.5),
        (",5", 0.5),
    ],
)
def test_how_a_decimal_comma_may_stand(tmp_path: Path, text: str, number: float) -> None:
    path = table(tmp_path, ["1", 0, text, "0,1"])
    assert read_measurements(path)["value"].iloc[0] == number


WORDS = (["1", 0, 0.5, 1], ["2", 0, "mort", "mort"], ["3", 0, "n.d.", "-"], ["4", 0, 0.5, "n.d."])


def test_words_are_listed_with_counts_and_missing_only_if_it_is_said(tmp_path: Path) -> None:
    path = table(tmp_path, *WORDS)
    error = refusal(path)
    assert len(error.problems) == 3
    assert (
        "Words among the values: '-' in 1 cell, 'mort' in 2 cells, 'n.d.' in 2 cells. If they mean "
        "that nothing was measured: --missing=mort,n.d.,-"
    ) in str(error)
    assert len(refusal(path, missing=("mort", "N.D.")).problems) == 1
    read = read_measurements(path, options=TableOptions(missing=("mort", "n.d.", "-", "perdu")))
    assert read["value"].isna().sum() == 5
    assert read.attrs["guesses"][-2:] == (
        "Taken as missing, as was said: '-' in 1 cell, 'mort' in 2 cells, 'n.d.' in 2 cells.",
        "No value is 'perdu', which was to be missing.",
    )


@pytest.mark.parametrize("code", [999, -999, -99, 9999])
def test_a_code_far_from_all_values_is_asked_for(tmp_path: Path, code: int) -> None:
    path = table(tmp_path, ["1", 0, 0.5, code], ["1", 3, 0.5, 1.5], ["2", 0, code, code])
    (problem,) = refusal(path).problems
    assert problem.startswith(f"{code} stands in 3 cells of Ktrans, ADC, far from all other values")
    assert read_measurements(path, options=TableOptions(missing=(code,)))["value"].isna().sum() == 3
    read = read_measurements(path, options=TableOptions(numbers=code))
    assert (read["value"] == code).sum() == 3


def test_a_number_among_its_like_is_no_code(tmp_path: Path) -> None:
    path = table(tmp_path, ["1", 0, 999, -1], ["1", 3, 1200, -2])
    assert read_measurements(path)["value"].tolist() == [999, 1200, -1, -2]


def test_an_uncertain_reading_is_refused_until_it_is_excluded(tmp_path: Path) -> None:
    path = table(tmp_path, ["1", 0, "0,09?", "0,1"], ["1", 3, "0,08", "<0.0005"])
    error = refusal(path)
    assert [problem.split("found ")[1] for problem in error.problems] == [
        "'0,09?', expected a number",
        "'<0.0005', expected a number",
    ]
    assert "left out by a row of exclusions.tsv" in str(error)
    listed = tmp_path / "exclusions.tsv"
    listed.write_text("subject\tday\tbiomarker\treason\tby\n1\t0\tKtrans\tunsure\tme\n")
    with pytest.raises(TableError) as caught:
        read_measurements(path, exclusions=read_exclusions(listed))
    assert [problem.split(":")[0] for problem in caught.value.problems] == ["row 3, column ADC"]
    listed.write_text("subject\tday\tbiomarker\treason\tby\n1\t\t\tunsure\tme\n")
    read = read_measurements(path, exclusions=read_exclusions(listed))
    assert read["value"].tolist()[1:3] == [0.08, 0.1]
    assert read["value"].isna().tolist() == [True, False, False, True]


def test_a_word_with_a_comma_can_be_missing_too(tmp_path: Path) -> None:
    path = table(tmp_path, ["1", 0, "0,09?", "0,1"], ["1", 3, "0,08", "0,2"])
    assert read_measurements(path, options=TableOptions(missing="0,09?"))["value"].isna().sum() == 1


REPEATED = [
    ["Rat", "Jour", "Lecteur", "ADC"],
    ["1", 0, "AB", 1.0],
    ["1", 0, "CD", 2.0],
    ["1", 3, "AB", 3.0],
    ["1", 3, "CD", None],
    ["2", 0, "AB", 5.0],
]


def test_readers_are_averaged_only_if_it_is_said(tmp_path: Path) -> None:
    path = write_grid(tmp_path / "t.csv", REPEATED)
    error = refusal(path)
    assert error.problems == (
        "row 3, columns subject, day, region, biomarker: 1, day 0, whole, ADC is already in row 2; "
        "a measurement stands once; 1 more stand twice",
    )
    assert "Column Lecteur tells these rows apart" in str(error)
    read = read_measurements(path, options=TableOptions(replicates="mean"))
    assert read[["subject", "day", "value"]].to_numpy().tolist() == [
        ["1", 0.0, 1.5], ["1", 3.0, 3.0], ["2", 0.0, 5.0],
    ]  # fmt: skip
    assert read.index.tolist() == [2, 4, 6]
    assert "4 values became 2 means of replicates." in read.attrs["guesses"]
    assert read.attrs["replicates"]["replicate"].tolist() == ["AB", "CD", "AB", "CD"]


def test_a_reader_who_read_all_is_kept_out(tmp_path: Path) -> None:
    path = write_grid(tmp_path / "t.csv", [REPEATED[0], *REPEATED[1::2]])
    read = read_measurements(path)
    assert set(read["biomarker"]) == {"ADC"}
    assert any("Column Lecteur was kept out" in guess for guess in read.attrs["guesses"])


def test_participants_are_read_by_the_same_names_and_options(tmp_path: Path) -> None:
    rows = [["Étude"], [], ["N° Rat", "Groupe", "Répondeur", "Poids"]]
    rows += [["1", "A", "oui", "210,5"], ["2", "B", "non", "198,0"], ["3", "B", "?", "mort"]]
    path = write_grid(tmp_path / "p.csv", rows, encoding="cp1252")
    people = read_participants(path, options=TableOptions(missing=("mort", "?")))
    assert people.columns.tolist() == ["subject", "Groupe", "Répondeur", "Poids"]
    assert people["Poids"].iloc[:2].tolist() == [210.5, 198.0]
    assert people.isna().sum().to_dict() == {
        "subject": 0, "Groupe": 0, "Répondeur": 1, "Poids": 1,
    }  # fmt: skip
    assert "Column N° Rat was read as subject." in people.attrs["guesses"]


def test_a_column_said_of_the_measurements_need_not_be_among_participants(tmp_path: Path) -> None:
    options = TableOptions(columns={"subject": "Kennung", "day": "Tag"}, ignore="sex")
    path = write_grid(tmp_path / "p.csv", [["Kennung", "out"], ["1", 1], ["2", 0]])
    pd.testing.assert_series_equal(
        read_participants(path, options=options)["subject"],
        pd.Series(["1", "2"], index=[2, 3], name="subject"),
    )


def test_a_subject_may_be_called_like_a_missing_value(tmp_path: Path) -> None:
    path = write_grid(tmp_path / "p.csv", [["Rat", "poids"], ["999", 999], ["2", 210]])
    people = read_participants(path, options=TableOptions(missing=999))
    assert people["subject"].tolist() == ["999", "2"]
    assert people["poids"].isna().tolist() == [True, False]


def test_marks_of_thousands_are_left_out_where_the_decimal_mark_is_said(tmp_path: Path) -> None:
    path = table(tmp_path, ["1", 0, "1.050,5", "0,5"], ["1", 3, "1.000.000,25", "0,25"])
    read = read_measurements(path, options=TableOptions(decimal=","))
    assert read["value"].tolist() == [1050.5, 1000000.25, 0.5, 0.25]
    path = table(tmp_path, ["1", 0, "1,050.5", "0.5"])
    assert read_measurements(path, options=TableOptions(decimal="."))["value"].max() == 1050.5


def test_a_point_that_may_part_thousands_is_asked_for(tmp_path: Path) -> None:
    path = table(tmp_path, ["1", 0, "1.234", "0,5"], ["1", 3, "2.345", "0,5"])
    (problem,) = refusal(path, decimal=",").problems
    assert problem == (
        "'1.234' in 2 cells may be 1234 or 1.234, as the decimal mark is a comma; write 1234, or "
        "1,234"
    )
    people = write_grid(tmp_path / "p.csv", [["Rat", "Weight"], ["1", "1.234"]])
    with pytest.raises(TableError, match=r"may be 1234 or 1\.234"):
        read_participants(people, options=TableOptions(decimal=","))


def test_advice_on_commas_that_may_be_thousands(tmp_path: Path) -> None:
    error = refusal(table(tmp_path, ["1", 0, "1,250", 1], ["1", 3, "2,300", 1]))
    assert "'1,250' may be 1250 or 1.250: write it without the comma" in str(error)
