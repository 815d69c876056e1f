"""A measurement table is read long or wide, from CSV, TSV or Excel."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from biomarkers.errors import FileError, TableError
from biomarkers.table import (
    check_measurements,
    check_participants,
    read_measurements,
    read_participants,
    write_table,
)
from biomarkers.table.spelling import same_but_spelling

LONG = "subject,day,biomarker,value,unit\nsub-01,0,ADC,1e-3,mm2/s\n01,3,ADC,,mm^2/s\n"


def written(folder: Path, text: str, name: str = "table.csv") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def test_a_long_table(tmp_path: Path) -> None:
    table = read_measurements(written(tmp_path, LONG))
    assert table["subject"].tolist() == ["01", "01"]
    assert table["day"].tolist() == [0.0, 3.0]
    assert table["region"].tolist() == ["whole", "whole"]
    assert table["unit"].tolist() == ["mm^2/s", "mm^2/s"]
    assert table["value"].iloc[0] == 1e-3
    assert np.isnan(table["value"].iloc[1])


@pytest.mark.parametrize("blank", ["", "n/a", "NA", "NaN"])
def test_a_blank_value_is_missing(tmp_path: Path, blank: str) -> None:
    path = written(tmp_path, f"subject,day,biomarker,value\n1,0,ADC,{blank}\n")
    assert read_measurements(path)["value"].isna().all()


def test_a_wide_table_with_units_in_its_header(tmp_path: Path) -> None:
    path = written(
        tmp_path,
        "participant_id\tday\tregion\tgroup\tvolume (mm3)\tADC [mm^2/s]\tscore\n"
        "sub-7\t0\ttumor\ta\t10\t0.001\t3\nsub-7\t3\ttumor\ta\t12\t\t4\n",
        "table.tsv",
    )
    table = read_measurements(path).set_index(["biomarker", "day"])
    assert len(table) == 6
    assert table.loc[("volume", 3.0), ["subject", "region", "value", "unit", "group"]].tolist() == [
        "7", "tumor", 12.0, "mm^3", "a",
    ]  # fmt: skip
    assert np.isnan(table.loc[("ADC", 3.0), "value"])
    assert table.loc[("score", 0.0), "unit"] == ""


def test_excel(tmp_path: Path) -> None:
    path = tmp_path / "table.xlsx"
    rows = {"subject": [7, 7], "day": [0, 3], "biomarker": ["ADC", "ADC"], "value": [1.5, None]}
    pd.DataFrame(rows).to_excel(path, index=False)
    table = read_measurements(path)
    assert table["subject"].tolist() == ["7", "7"]
    assert table["value"].iloc[0] == 1.5
    assert np.isnan(table["value"].iloc[1])


def test_semicolons_and_a_byte_order_mark(tmp_path: Path) -> None:
    path = written(tmp_path, "\ufeff" + LONG.replace(",", ";"))
    assert len(read_measurements(path)) == 2


def test_all_problems_come_at_once_with_row_and_column(tmp_path: Path) -> None:
    path = written(
        tmp_path,
        "subject,day,biomarker,value,unit,qc,se\n"
        "1,0,ADC,1.0,mm^2/s,ok,0.1\n"
        "1,zero,ADC,1.0,mm^2/s,ok,0.1\n"
        "2,0,ADC,big,mm^2/s,ok,0.1\n"
        ",0,ADC,1.0,mm^2/s,ok,0.1\n"
        "3,0,ADC,inf,mm^2/s,ok,0.1\n"
        "4,0,ADC,1.0,s,ok,0.1\n"
        "5,0,ADC,1.0,mm^2/s,maybe,-0.1\n"
        "1,0,ADC,2.0,mm^2/s,ok,0.1\n",
    )
    with pytest.raises(TableError) as caught:
        read_measurements(path)
    text = str(caught.value)
    assert str(path) in text
    assert len(caught.value.problems) == 8
    for part in (
        "row 3, column day: found 'zero', expected a number",
        "row 4, column value: found 'big', expected a number",
        "row 5, column subject: found nothing",
        "row 6, column value: found 'inf', expected a finite number",
        "row 7, column unit: ADC is in 's' here and in 'mm^2/s' in row 2",
        "row 8, column qc: found 'maybe', expected ok, warn or fail",
        "row 8, column se: found '-0.1', expected 0 or more",
        "1, day 0, whole, ADC is already in row 2",
    ):
        assert part in text


def test_missing_columns_are_named_with_what_was_found(tmp_path: Path) -> None:
    path = written(tmp_path, "subject,when,biomarker,value\n1,0,ADC,1\n")
    with pytest.raises(TableError, match="no column day; found columns: subject, when"):
        read_measurements(path)


def test_a_column_twice_and_a_row_too_long(tmp_path: Path) -> None:
    path = written(tmp_path, "subject,day,value,value,biomarker\n1,0,1,1,ADC\n1,0,1,1,ADC,6\n")
    with pytest.raises(TableError) as caught:
        read_measurements(path)
    assert "column 'value' stands 2 times" in str(caught.value)
    assert "row 3: 6 cells under 5 column names" in str(caught.value)


@pytest.mark.parametrize("content", [b"", b"\x89PNG\0\0", b"\xff\xfe\x00"])
def test_a_file_that_is_no_table(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "table.csv"
    path.write_bytes(content)
    with pytest.raises(FileError, match=r"table\.csv"):
        read_measurements(path)


def test_a_broken_workbook(tmp_path: Path) -> None:
    path = written(tmp_path, "not a workbook", "table.xlsx")
    with pytest.raises(FileError, match="not a readable Excel workbook"):
        read_measurements(path)


def test_writing_and_reading_back_gives_the_same_numbers(tmp_path: Path) -> None:
    table = read_measurements(written(tmp_path, LONG)).assign(value=[0.1 + 0.2, np.nan])
    again = read_measurements(write_table(table, tmp_path / "again.tsv"))
    pd.testing.assert_frame_equal(table, again)


def test_participants(tmp_path: Path) -> None:
    path = written(
        tmp_path,
        "participant_id\tgroup\tresponder\tweight\nsub-01\tboth\t1\tn/a\n02\tcontrol\t0\t212.5\n",
        "participants.tsv",
    )
    table = read_participants(path)
    assert table["subject"].tolist() == ["01", "02"]
    assert table["responder"].tolist() == [1, 0]
    assert table["group"].tolist() == ["both", "control"]
    assert np.isnan(table["weight"].iloc[0])


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("name,group\na,b\n", "expected one column `subject` or `participant_id`"),
        ("subject,group\n1,a\nsub-1,b\n", "row 3, column subject: 1 stands in an earlier row"),
        ("subject,group\n,a\n", "row 2, column subject: found nothing"),
    ],
)
def test_participants_that_cannot_be_used(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(TableError, match=message):
        read_participants(written(tmp_path, text))


def test_a_participant_of_two_tables_put_together_is_named() -> None:
    people = pd.DataFrame({"subject": ["a", "b"], "responder": [1, 0]})
    with pytest.raises(TableError, match="row 1, column subject: b stands in an earlier row too"):
        check_participants(pd.concat([people, people.tail(1)]))


def test_a_wide_table_names_the_column_of_a_problem(tmp_path: Path) -> None:
    path = written(
        tmp_path, "subject,day,ADC,volume,sex\n01,0,abc,70,m\n01,3,1.0,big,m\n02,0,1.1,60,f\n"
    )
    with pytest.raises(TableError) as caught:
        read_measurements(path)
    assert set(caught.value.problems) == {
        "row 2, column ADC: found 'abc', expected a number",
        "row 2, column sex: holds text, like 'm'; a wide table has nothing but biomarkers beside "
        "subject, day, region, session and group",
        "row 3, column volume: found 'big', expected a number",
    }


@pytest.mark.parametrize(
    "text", ["who,day,ADC\n1,0,1\n", "subject\tday\n1\t0\n", "subject,time,ADC\n1,0,1\n"]
)
def test_a_table_neither_long_nor_wide(tmp_path: Path, text: str) -> None:
    with pytest.raises(TableError, match="expected subject, day, biomarker, value"):
        read_measurements(written(tmp_path, text))


def test_a_table_without_rows(tmp_path: Path) -> None:
    with pytest.raises(TableError, match="no row below the columns"):
        read_measurements(written(tmp_path, "subject,day,biomarker,value\n"))


def test_a_region_may_be_called_na(tmp_path: Path) -> None:
    path = written(tmp_path, "subject,day,region,biomarker,value\n1,0,NA,ADC,1\n1,3,n/a,ADC,1\n")
    assert read_measurements(path)["region"].tolist() == ["NA", "whole"]


def test_an_open_quotation_mark(tmp_path: Path) -> None:
    path = written(tmp_path, 'subject,day,biomarker,value\n1,0,"ADC,1\n' + "1,0,ADC,1\n" * 3)
    with pytest.raises(FileError, match="is a quotation mark left open"):
        read_measurements(path)


def test_a_frame_whose_index_repeats() -> None:
    rows = {"subject": [7.0, None], "day": [0, 0], "biomarker": ["ADC"] * 2, "value": ["x", 1]}
    with pytest.raises(TableError) as caught:
        check_measurements(pd.DataFrame(rows, index=["a", "a"]))
    assert caught.value.problems == (
        "row a, column value: found 'x', expected a number",
        "row a, column subject: found nothing, expected a name",
    )


@pytest.mark.parametrize("value", ["1_0", "\uff11\uff12", "0x10", "True", "0,5"])
@pytest.mark.parametrize("column", ["day", "value", "se"])
def test_a_number_is_written_in_plain_digits(tmp_path: Path, column: str, value: str) -> None:
    row = {"subject": "1", "day": "0", "biomarker": "ADC", "value": "1", "se": "1"} | {
        column: value
    }
    path = written(tmp_path, ";".join(row) + "\n" + ";".join(row.values()) + "\n")
    with pytest.raises(
        TableError, match=f"row 2, column {column}: found '{value}', expected a num"
    ):
        read_measurements(path)


@pytest.mark.parametrize("value", ["1_0", "\uff11", "inf"])
def test_a_column_of_participants_is_numbers_only_in_plain_digits(tmp_path, value: str) -> None:
    people = read_participants(written(tmp_path, f"subject,weight\n1,{value}\n2,5\n"))
    assert people["weight"].tolist() == [value, "5"]


def test_a_quotation_mark_left_open_that_another_closes(tmp_path: Path) -> None:
    rows = '1,0,ADC,1,"moved\n1,3,ADC,1,\n1,7,ADC,1,badly"\n'
    with pytest.raises(FileError, match="row 2: a cell goes on over the end of its line"):
        read_measurements(written(tmp_path, f"subject,day,biomarker,value,note\n{rows}"))
    fine = '1,0,ADC,1,"moved\nbadly"\n1,3,ADC,1,"a, b"\n'
    assert (
        len(read_measurements(written(tmp_path, f"subject,day,biomarker,value,note\n{fine}"))) == 2
    )


def test_a_row_that_is_too_short(tmp_path: Path) -> None:
    path = written(tmp_path, "subject,day,biomarker,value,unit\n1,0,ADC,1,s\n1,ADC,1,s\n")
    with pytest.raises(TableError, match="row 3: 4 cells under 5 column names"):
        read_measurements(path)


def test_values_without_a_column_name(tmp_path: Path) -> None:
    path = written(tmp_path, "subject,day,ADC,\n1,0,1,7\n1,3,1,\n")
    with pytest.raises(TableError, match="column 4 has values, like '7', and no name"):
        read_measurements(path)
    numbered = written(tmp_path, ",subject,day,ADC,\n0,1,0,1,\n1,1,3,1,\n")
    assert read_measurements(numbered)["value"].tolist() == [1, 1]


@pytest.mark.parametrize("name", ["1", "001", "Sub-01", "1.0", "01\u200b", "\uff10\uff11"])
def test_one_subject_in_two_spellings(tmp_path: Path, name: str) -> None:
    rows = f"subject,day,biomarker,value\n01,0,ADC,1\n{name},3,ADC,1\n"
    with pytest.raises(
        TableError, match=r"row 3, column subject: .* is '01' above; write it alike"
    ):
        read_measurements(written(tmp_path, rows))
    with pytest.raises(TableError, match=r"'01' and .* differ only in spelling"):
        read_participants(written(tmp_path, f"subject,group\n01,a\n{name},b\n"))


def test_subjects_that_are_not_one_but_for_spelling(tmp_path: Path) -> None:
    names = ["1", "10", "100", "1-12", "11-2", "a1", "a11", "1.5", "15"]
    rows = "".join(f"{name},0,ADC,1\n" for name in names)
    table = read_measurements(written(tmp_path, f"subject,day,biomarker,value\n{rows}"))
    assert table["subject"].tolist() == names
    assert same_but_spelling(names, ["Rat-1", "A-01", "01.5"]) == [
        ("a1", "A-01"),
        ("1.5", "01.5"),
    ]


ONE_TABLE = "Rat,Tag,Ansprechen,ADC\nA,0,ja,1\nA,3,ja,2\nB,0,nein,1\nB,3,,2\n"


def test_participants_of_a_table_with_a_row_for_each_day(tmp_path: Path) -> None:
    people = read_participants(written(tmp_path, ONE_TABLE))
    assert people.to_dict("list") == {"subject": ["A", "B"], "Ansprechen": ["ja", "nein"]}
    assert people.index.tolist() == [2, 4]
    assert people.attrs["guesses"][-1] == (
        "Several rows of a subject were read as one, with Ansprechen: the other columns differ "
        "between its days."
    )


@pytest.mark.parametrize(
    "text", [ONE_TABLE.replace("A,3,ja", "A,3,nein"), ONE_TABLE.replace("Tag", "Alter")]
)
def test_rows_of_a_participant_that_say_two_things(tmp_path: Path, text: str) -> None:
    with pytest.raises(TableError, match="row 3, column subject: A stands in an earlier row too"):
        read_participants(written(tmp_path, text))
