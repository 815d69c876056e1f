"""Workbooks: errors and formulas, merged cells, which sheet is meant."""

import itertools
import zipfile
from pathlib import Path

import openpyxl
import pytest
from openpyxl.comments import Comment
from spreadsheets import DAYS, MICE, UNITS, cohort, lookup, same, write_grid, write_sheets

from biomarkers.errors import FileError, TableError
from biomarkers.table import TableOptions, read_measurements, read_participants

ROWS = [["subject", "day", "ADC"], ["1", 0, 1.0], ["1", 3, 2.0], ["2", 0, 3.0]]


def edited(path: Path, cells: dict[str, str], kinds: dict[str, str] | None = None) -> Path:
    """Put texts into cells of the first sheet; a kind `e` makes one an error."""
    book = openpyxl.load_workbook(path)
    for place, text in cells.items():
        book.active[place] = text
        if kinds and place in kinds:
            book.active[place].data_type = kinds[place]
    book.save(path)
    return path


def test_error_cells_and_formulas_that_were_never_computed_are_refused(tmp_path: Path) -> None:
    rows = [*ROWS, ["2", 3, 1.0], ["3", 0, 1.0]]
    path = write_sheets(tmp_path / "t.xlsx", {"MRI": rows})
    cells = {"C2": "#DIV/0!", "C3": "#REF!", "C4": "=1+1", "C5": "#DIV/0!", "B6": "#N/A"}
    with pytest.raises(TableError) as caught:
        read_measurements(edited(path, cells, dict.fromkeys(["C2", "C3", "C5", "B6"], "e")))
    assert set(caught.value.problems) == {
        "#DIV/0! in 2 cells: MRI!C2, MRI!C5; expected a number or nothing",
        "#REF! in cell MRI!C3; expected a number or nothing",
        "#N/A in cell MRI!B6; expected a number or nothing",
        "a formula without a saved value in cell MRI!C4; expected a number or nothing",
    }


def test_a_formula_whose_value_was_saved_is_read(tmp_path: Path) -> None:
    path = edited(write_grid(tmp_path / "t.xlsx", ROWS), {"C2": "=1+1", "C3": '=IF(1,"",2)'})
    saved = tmp_path / "saved.xlsx"
    computed = {
        "<f>1+1</f><v></v>": "<f>1+1</f><v>2.5</v>",
        '<c r="C3"><f>': '<c r="C3" t="str"><f>',
    }
    with zipfile.ZipFile(path) as before, zipfile.ZipFile(saved, "w") as after:
        for name in before.namelist():
            text = before.read(name)
            for old, new in computed.items():
                text = text.replace(old.encode(), new.encode())
            after.writestr(name, text)
    values = read_measurements(saved)["value"]
    assert values.iloc[0] == 2.5
    assert values.isna().tolist() == [False, True, False]


def test_an_error_in_a_column_that_is_not_read_is_no_matter(tmp_path: Path) -> None:
    rows = [[*row, extra] for row, extra in zip(ROWS, ["Remarks", "a", "b", "c"], strict=True)]
    path = edited(write_grid(tmp_path / "t.xlsx", rows), {"D2": "#NAME?"}, {"D2": "e"})
    assert len(read_measurements(path)) == 3


ERROR = (
    '<table:table-cell office:value-type="string" calcext:value-type="error">'
    "<text:p>{}</text:p></table:table-cell>"
)


def test_errors_of_an_open_document_are_refused_too(tmp_path: Path) -> None:
    rows = [list(row) for row in ROWS]
    rows[1][2] = ERROR.format("#DIV/0!")
    rows[3][2] = '<table:table-cell table:formula="of:=[.A1]"/>'
    with pytest.raises(TableError) as caught:
        read_measurements(write_sheets(tmp_path / "t.ods", {"IRM": rows}))
    assert set(caught.value.problems) == {
        "#DIV/0! in cell IRM!C2; expected a number or nothing",
        "a formula without a saved value in cell IRM!C4; expected a number or nothing",
    }


def test_a_repeated_blank_cell_moves_the_address_of_an_error(tmp_path: Path) -> None:
    rows = [list(row) for row in ROWS]
    rows[0] = ["subject", "day", "ADC", "T1", "T2"]
    gap = '<table:table-cell table:number-columns-repeated="2"/>'
    rows[2] = ["1", 3, gap, ERROR.format("#REF!")]
    with pytest.raises(TableError, match=r"#REF! in cell S!E3"):
        read_measurements(write_sheets(tmp_path / "t.ods", {"S": rows}))


def test_errors_among_participants(tmp_path: Path) -> None:
    rows = [["subject", "responder"], ["1", 1], ["2", 0]]
    path = edited(write_grid(tmp_path / "p.xlsx", rows), {"B3": "#N/A"}, {"B3": "e"})
    with pytest.raises(TableError, match="#N/A in cell Sheet1!B3"):
        read_participants(path)


def test_comments_do_not_matter(tmp_path: Path) -> None:
    path = write_grid(tmp_path / "t.xlsx", ROWS)
    book = openpyxl.load_workbook(path)
    book.active["C2"].comment = Comment("draw again", "x")
    book.save(path)
    assert read_measurements(path)["value"].tolist() == [1.0, 2.0, 3.0]


def merged(path: Path, *ranges: str) -> Path:
    book = openpyxl.load_workbook(path)
    for each in ranges:
        book.active.merge_cells(each)
    book.save(path)
    return path


def test_merged_cells_hold_their_value_in_every_row(tmp_path: Path) -> None:
    values = lookup(cohort())
    rows: list[list[object]] = [["Study of 2025", None, None, None], ["Rat", "Jour", *UNITS]]
    for mouse, day in itertools.product(MICE, DAYS):
        rows.append([mouse if day == 0 else None, day, *(values[mouse, day, n] for n in UNITS)])
    blocks = [f"A{3 + 4 * place}:A{6 + 4 * place}" for place in range(len(MICE))]
    path = merged(write_grid(tmp_path / "t.xlsx", rows), "A1:D1", *blocks)
    table = read_measurements(path)
    same(table, units=False)
    assert any("Merged cells" in guess for guess in table.attrs["guesses"])


def test_of_several_sheets_the_one_with_measurements_is_read(tmp_path: Path) -> None:
    sheets = {
        "Read me": [["Measured in 2025 by two readers"]],
        "People": [["subject", "responder"], ["1", 1], ["2", 0]],
        "MRI": ROWS,
    }
    path = write_sheets(tmp_path / "t.xlsx", sheets)
    table = read_measurements(path)
    assert table["value"].tolist() == [1.0, 2.0, 3.0]
    assert "Sheet People was not read." in table.attrs["guesses"]
    people = read_participants(path)
    assert people["responder"].tolist() == [1, 0]
    assert "Participants were read from sheet People." in people.attrs["guesses"]


def test_of_several_sheets_with_measurements_one_has_to_be_said(tmp_path: Path) -> None:
    path = write_sheets(tmp_path / "t.xlsx", {"raw": ROWS, "Final": ROWS})
    with pytest.raises(TableError, match="sheets raw, Final each hold measurements; say which"):
        read_measurements(path)
    assert len(read_measurements(path, options=TableOptions(sheet="final"))) == 3
    with pytest.raises(TableError, match="no sheet 'Finale'; did you mean 'Final'"):
        read_measurements(path, options=TableOptions(sheet="Finale"))


def test_several_sheets_that_are_said_are_put_together(tmp_path: Path) -> None:
    later = [ROWS[0], *[["9", *row[1:]] for row in ROWS[1:3]]]
    path = write_sheets(tmp_path / "t.xlsx", {"first": ROWS, "second": later})
    table = read_measurements(path, options=TableOptions(sheet=("first", "second")))
    assert table.index.tolist() == ["first!2", "first!3", "first!4", "second!2", "second!3"]


def test_a_hidden_sheet_is_not_read(tmp_path: Path) -> None:
    path = write_sheets(tmp_path / "t.xlsx", {"old": ROWS, "new": ROWS})
    book = openpyxl.load_workbook(path)
    book["old"].sheet_state = "hidden"
    book.active = 1
    book.save(path)
    assert "Sheet old was not read." in read_measurements(path).attrs["guesses"]


@pytest.mark.parametrize("name", ["t.xlsx", "t.xls", "t.ods"])
def test_a_file_that_is_no_workbook(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_text("not a workbook")
    with pytest.raises(FileError, match="is not a readable Excel workbook"):
        read_measurements(path)


def test_numbers_shown_in_percent_are_told(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    for row in (["Rat", "Day", "Enhancing (%)"], ["1", 0, 0.125], ["1", 3, 0.25]):
        sheet.append(row)
    sheet["C2"].number_format = "0.0%"
    book.save(tmp_path / "t.xlsx")
    read = read_measurements(tmp_path / "t.xlsx")
    assert read["value"].tolist() == [0.125, 0.25]
    assert (
        "Numbers shown in percent were read as the workbook keeps them: Sheet!C2, 0.125, not "
        "12.5%." in read.attrs["guesses"]
    )


@pytest.mark.parametrize("name", ["t.xlsx", "t.ods"])
def test_an_archive_of_a_version_to_come(tmp_path: Path, name: str) -> None:
    path = write_sheets(tmp_path / "t.xlsx", {"old": ROWS}).rename(tmp_path / name)
    directory = path.read_bytes().index(b"PK\x01\x02")
    content = bytearray(path.read_bytes())
    content[directory + 6] = 244  # the version needed to unpack it, in tenths
    path.write_bytes(content)
    with pytest.raises(FileError, match=r"is not a readable Excel workbook .*version 24.4"):
        read_measurements(path)
