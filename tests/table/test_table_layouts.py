"""Whatever the layout, the same cells give the same measurements."""

import datetime
import itertools
from pathlib import Path

import pytest
from spreadsheets import (
    DAYS,
    MICE,
    UNITS,
    cohort,
    comma,
    group_of,
    lookup,
    same,
    started,
    write_grid,
    write_sheets,
)

from biomarkers.errors import InputError, TableError
from biomarkers.table import TableOptions, read_measurements

LANGUAGES = {
    "fr": ("Souris", "Groupe", "Jour", "Remarques"),
    "en": ("Mouse ID", "Group", "Day", "Comments"),
    "de": ("Maus-Nr.", "Gruppe", "Tag", "Bemerkungen"),
}
SWEEP = list(
    itertools.product(LANGUAGES, (".csv", ".xlsx", ".ods"), *([False, True] for _ in range(4)))
)


@pytest.mark.parametrize(("language", "suffix", "title", "commas", "dates", "remarks"), SWEEP)
def test_one_row_per_mouse_and_day(
    tmp_path: Path, language, suffix, title, commas, dates, remarks
) -> None:
    subject, group, day, remark = LANGUAGES[language]
    values = lookup(cohort())
    rows: list[list[object]] = [["Étude 2025", None], []] if title else []
    header = [subject, group, "Date" if dates else day, "Ktrans (min-1)", "Volume (mm3)"]
    rows.append([*header, remark] if remarks else header)
    for mouse, when in itertools.product(MICE, DAYS):
        numbers = [values[mouse, when, name] for name in UNITS]
        date = started(mouse) + datetime.timedelta(days=when)
        row = [mouse, group_of(mouse), date if dates else when]
        row += [comma(number) if commas else number for number in numbers]
        rows.append([*row, "moved" if when == 7 else None] if remarks else row)
    path = write_grid(tmp_path / f"table{suffix}", rows)
    table = read_measurements(path)
    same(table)
    assert table["group"].tolist() == [group_of(mouse) for mouse in table["subject"]]
    told = " ".join(table.attrs["guesses"])
    assert f"{subject} was read as subject" in told
    assert (f"{remark} holds remarks" in told) == remarks
    assert ("decimal comma" in told) == commas
    assert ("days since the first date of each subject" in told) == dates
    # The header stands in row 1, or below the title and a blank row.
    assert table.index.min() == (4 if title else 2)


@pytest.mark.parametrize("encoding", ["utf-8-sig", "cp1252", "utf-16"])
@pytest.mark.parametrize("separator", [";", "\t"])
def test_text_from_another_machine(tmp_path: Path, encoding: str, separator: str) -> None:
    values = lookup(cohort())
    rows: list[list[object]] = [["Étude gliome, 2025"], ["N° souris", "Jour", "Ktrans (min-1)"]]
    rows += [[m, d, comma(values[m, d, "Ktrans"])] for m in MICE for d in DAYS]
    path = write_grid(tmp_path / "t.csv", rows, encoding=encoding, separator=separator)
    table = read_measurements(path)
    same(table, cohort().query("biomarker == 'Ktrans'"))
    assert any("cp1252" in guess for guess in table.attrs["guesses"]) == (encoding == "cp1252")


def test_a_separator_that_the_file_declares(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("sep=;\nsubject;day;ADC\n1;0;5\n")
    assert read_measurements(path).index.tolist() == [3]


LABELS = {"J": "J{}", "D": "D{}", "day": "day {}", "Tag": "Tag {}", "bare": "{}"}


@pytest.mark.parametrize("label", LABELS.values(), ids=LABELS.keys())
@pytest.mark.parametrize("suffix", [".xlsx", ".ods"])
def test_a_sheet_for_each_biomarker_with_days_across(tmp_path: Path, label, suffix) -> None:
    values = lookup(cohort())
    sheets = {
        name: [["Rat", "Groupe", *(label.format(day) for day in DAYS)]]
        + [[m, group_of(m), *(values[m, day, name] for day in DAYS)] for m in MICE]
        for name in UNITS
    }
    table = read_measurements(write_sheets(tmp_path / f"prism{suffix}", sheets))
    same(table, units=False)
    assert "Ktrans!2" in table.index
    assert "Sheets Ktrans, Volume were put together." in table.attrs["guesses"]


@pytest.mark.parametrize(
    "name", ["{marker} J{day}", "{marker}_D{day}", "J{day} {marker}", "{marker} day {day}"]
)
@pytest.mark.parametrize("suffix", [".csv", ".xlsx"])
def test_biomarkers_and_days_across(tmp_path: Path, name: str, suffix: str) -> None:
    values = lookup(cohort())
    pairs = list(itertools.product(UNITS, DAYS))
    rows = [["Rat", *(name.format(marker=marker, day=day) for marker, day in pairs)]]
    rows += [[m, *(values[m, day, marker] for marker, day in pairs)] for m in MICE]
    table = read_measurements(write_grid(tmp_path / f"t{suffix}", rows))
    same(table, units=False)


@pytest.mark.parametrize("order", ["names above", "names below"])
def test_a_header_over_two_rows(tmp_path: Path, order: str) -> None:
    values = lookup(cohort())
    pairs = list(itertools.product(UNITS, DAYS))
    blanks = [None] * 3
    upper = [each for name in UNITS for each in (name, *blanks)]
    lower = [f"J{day}" for _ in UNITS for day in DAYS]
    who = ["Rat", None] if order == "names above" else [None, "Rat"]
    rows = [[who[0], *upper], [who[1], *lower]]
    rows += [[m, *(values[m, day, marker] for marker, day in pairs)] for m in MICE]
    table = read_measurements(write_grid(tmp_path / "t.xlsx", rows))
    same(table, units=False)
    assert "Sheet Sheet1: The names of the columns stand in rows 1 and 2." in table.attrs["guesses"]


def test_units_in_a_row_below_the_names(tmp_path: Path) -> None:
    values = lookup(cohort())
    rows = [["Rat", "Jour", "Ktrans", "Volume"], [None, None, "min-1", "(mm³)"]]
    rows += [[m, d, *(values[m, d, name] for name in UNITS)] for m in MICE for d in DAYS]
    same(read_measurements(write_grid(tmp_path / "t.xlsx", rows)))


def test_a_row_without_a_subject_is_no_second_row_of_names(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("subject,day,ADC\n,0,1\n1,0,1\n")
    with pytest.raises(TableError, match="row 2, column subject: found nothing"):
        read_measurements(path)


def test_a_sheet_for_each_day(tmp_path: Path) -> None:
    values = lookup(cohort())
    sheets = {
        f"J{day}": [["Rat", "Ktrans (1/min)", "Volume (mm3)"]]
        + [[m, *(values[m, day, name] for name in UNITS)] for m in MICE]
        for day in DAYS
    }
    same(read_measurements(write_sheets(tmp_path / "t.xlsx", sheets)))


@pytest.mark.parametrize("column", ["Valeur", "value", "mean"])
def test_a_sheet_for_each_biomarker_with_days_down(tmp_path: Path, column: str) -> None:
    values = lookup(cohort())
    sheets = {
        name: [["Rat", "Jour", column]]
        + [[m, day, values[m, day, name]] for m in MICE for day in DAYS]
        for name in UNITS
    }
    same(read_measurements(write_sheets(tmp_path / "t.xlsx", sheets)), units=False)


def test_a_long_table_in_french(tmp_path: Path) -> None:
    rows: list[list[object]] = [["Animal", "Jour", "Paramètre", "Valeur", "Unité"]]
    rows += [
        [row.subject, int(row.day), row.biomarker, comma(row.value), row.unit]
        for row in cohort().itertuples()
    ]
    same(read_measurements(write_grid(tmp_path / "t.csv", rows)))


def test_names_that_have_to_be_said(tmp_path: Path) -> None:
    values = lookup(cohort())
    rows: list[list[object]] = [["Code bête", "Séance n°", "perm", "Volume (mm3)", "sexe"]]
    rows += [[m, d, *(values[m, d, name] for name in UNITS), "f"] for m in MICE for d in DAYS]
    path = write_grid(tmp_path / "t.csv", rows)
    with pytest.raises(TableError, match=r"name yours: --columns subject=…,day=…"):
        read_measurements(path)
    columns = {"subject": "code bete", "day": "Séance n°", "Ktrans": "perm"}
    with pytest.raises(TableError) as caught:
        read_measurements(path, options=TableOptions(columns=columns))
    assert "column sexe: holds text, like 'f'" in str(caught.value)
    assert "--ignore=sexe" in str(caught.value)
    table = read_measurements(path, options=TableOptions(columns=columns, ignore="sexe"))
    same(table, units=False)


def test_a_slip_in_a_name_is_recognised(tmp_path: Path) -> None:
    path = write_grid(tmp_path / "t.csv", [["Anmial ID", "Joure", "ADC"], ["1", 0, 1]])
    with pytest.raises(TableError, match="name yours: --columns subject=Anmial ID,day=Joure"):
        read_measurements(path)


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ({"subject": "Rats"}, "subject is to be 'Rats', which is no column; did you mean 'Rat'"),
        ({"subjct": "Rat"}, "'subjct' is no role; did you mean 'subject'"),
    ],
)
def test_a_slip_in_what_is_said_of_columns(tmp_path: Path, columns, message: str) -> None:
    path = write_grid(tmp_path / "t.csv", [["Rat", "Jour", "ADC"], ["1", 0, 1]])
    with pytest.raises(TableError, match=message):
        read_measurements(path, options=TableOptions(columns=columns))


def test_two_columns_that_could_be_the_subject(tmp_path: Path) -> None:
    path = write_grid(tmp_path / "t.csv", [["Rat", "Animal", "Jour", "ADC"], ["1", 2, 0, 1]])
    with pytest.raises(TableError, match="Rat and Animal could each be subject; say which"):
        read_measurements(path)
    table = read_measurements(
        path, options=TableOptions(columns={"subject": "Rat"}, ignore="Animal")
    )
    assert table["subject"].tolist() == ["1"]


def test_a_header_row_that_is_said(tmp_path: Path) -> None:
    rows = [["Rat", "Jour", "old"], ["Rat", "Jour", "ADC"], ["1", 0, 1]]
    path = write_grid(tmp_path / "t.csv", rows)
    table = read_measurements(path, options=TableOptions(header_row=2))
    assert table["biomarker"].tolist() == ["ADC"]
    for row in (-1, 4):
        with pytest.raises(InputError, match=f"header_row is {row}; expected one of the 3 rows"):
            read_measurements(path, options=TableOptions(header_row=row))


def test_means_and_remarks_below_the_table(tmp_path: Path) -> None:
    rows = [["Rat", "J0", "J3"], ["1", 1.0, 2.0], ["2", 3.0, 4.0], []]
    rows += [["Moyenne", 2.0, 3.0], ["écart-type", 1.4, 1.4], ["euthanasiés J20"]]
    path = write_sheets(tmp_path / "t.xlsx", {"ADC": rows})
    table = read_measurements(path)
    assert set(table["subject"]) == {"1", "2"}
    kept_out = [guess for guess in table.attrs["guesses"] if "is no subject" in guess]
    assert [guess.split(" is")[0] for guess in kept_out] == [
        "Row 5 (Moyenne)", "Row 6 (écart-type)", "Row 7 (euthanasiés J20)",
    ]  # fmt: skip


def test_days_across_that_do_not_say_what_was_measured(tmp_path: Path) -> None:
    path = write_grid(tmp_path / "t.csv", [["Rat", "J0", "J3"], ["1", 1, 2]])
    with pytest.raises(TableError, match="nothing says what was measured; say --biomarker NAME"):
        read_measurements(path)
    table = read_measurements(path, options=TableOptions(biomarker="ADC (mm2/s)"))
    assert table[["biomarker", "unit", "day"]].to_numpy().tolist() == [
        ["ADC", "mm^2/s", 0.0],
        ["ADC", "mm^2/s", 3.0],
    ]


def test_relaxation_times_are_no_days(tmp_path: Path) -> None:
    path = write_grid(tmp_path / "t.csv", [["Rat", "Jour", "T1", "T2", "B1"], ["1", 0, 1, 2, 3]])
    assert read_measurements(path)["biomarker"].tolist() == ["T1", "T2", "B1"]


def test_a_subject_that_is_written_once_for_its_rows(tmp_path: Path) -> None:
    rows = [["Rat", "Jour", "ADC"], ["1", 0, 1], [None, 3, 2], ["2", 0, 1], [None, 3, 2]]
    path = write_grid(tmp_path / "t.csv", rows)
    with pytest.raises(TableError) as caught:
        read_measurements(path)
    assert caught.value.problems == (
        "row 3, column subject: found nothing, expected a name; nothing stands in 1 cell more "
        "(row 5 column subject)",
    )
    assert "--fill-down" in str(caught.value)
    table = read_measurements(path, options=TableOptions(fill_down=True))
    assert table["subject"].tolist() == ["1", "1", "2", "2"]


def test_tidy_tables_leave_nothing_to_guess(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("subject,day,region,biomarker,value,unit\n1,0,tumor,ADC,1,mm2/s\n")
    assert read_measurements(path).attrs["guesses"] == ()


def test_further_columns_of_a_tidy_table_stay_as_they_are(tmp_path: Path) -> None:
    further = ["date", "treatment", "note", "week", "slice", "rat"]
    path = tmp_path / "t.csv"
    path.write_text(f"subject,day,biomarker,value,{','.join(further)}\n1,0,ADC,1,x,y,z,a,b,c\n")
    table = read_measurements(path)
    assert table.columns.tolist()[-6:] == further
    assert table.attrs["guesses"] == ()


def test_a_first_column_without_a_name_is_the_subject(tmp_path: Path) -> None:
    values = lookup(cohort())
    sheets = {
        name: [["2025"], [None, "Groupe", *(f"J{day}" for day in DAYS)]]
        + [[m, group_of(m), *(values[m, day, name] for day in DAYS)] for m in MICE]
        for name in UNITS
    }
    table = read_measurements(write_sheets(tmp_path / "t.xlsx", sheets))
    same(table, units=False)
    told = "Sheet Ktrans: The first column has no name and was read as subject."
    assert told in table.attrs["guesses"]


def test_numbers_of_rows_are_no_subjects(tmp_path: Path) -> None:
    path = write_grid(tmp_path / "t.csv", [["", "day", "ADC"], [0, 0, 1], [1, 3, 1]])
    with pytest.raises(TableError, match="name yours: --columns subject="):
        read_measurements(path)


def test_remarks_beside_the_table_are_kept_out(tmp_path: Path) -> None:
    rows = [["Rat", "Jour", "ADC", None], ["1", 0, 1.5, None], ["1", 3, 2.5, "euthanasié J12"]]
    table = read_measurements(write_grid(tmp_path / "t.xlsx", rows))
    assert table["value"].tolist() == [1.5, 2.5]
    assert any("Column 4 has no name, holds remarks" in guess for guess in table.attrs["guesses"])
    rows[1][3] = 7
    with pytest.raises(TableError, match="column 4 has values, like '7', and no name"):
        read_measurements(write_grid(tmp_path / "t.xlsx", rows))


def test_a_long_table_with_other_capitals(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("Subject;Day;Region;Biomarker;Value;Unit;SE;N;QC\n1;0;A;ADC;1;s;2;3;ok\n")
    table = read_measurements(path)
    assert table.columns.tolist() == [
        "subject", "day", "region", "biomarker", "value", "unit", "se", "n", "qc",
    ]  # fmt: skip


def test_days_down_and_subjects_across(tmp_path: Path) -> None:
    values = lookup(cohort())
    rats = [f"Rat {mouse[1:]}" for mouse in MICE]
    sheets = {
        name: [["Jour", *rats], *([day, *(values[m, day, name] for m in MICE)] for day in DAYS)]
        for name in UNITS
    }
    table = read_measurements(write_sheets(tmp_path / "t.xlsx", sheets))
    same(table.assign(subject="M" + table["subject"].str[4:]), units=False)
    path = write_grid(tmp_path / "t.csv", [["Jour", "Rat 1", "Rat 2"], [0, 1, 2], [3, 1, 2]])
    with pytest.raises(TableError, match="are subjects, and nothing says what was measured"):
        read_measurements(path)
    table = read_measurements(path, options=TableOptions(biomarker="ADC"))
    assert sorted(table["subject"]) == ["Rat 1", "Rat 1", "Rat 2", "Rat 2"]


def test_a_banner_above_the_names_may_name_the_animals(tmp_path: Path) -> None:
    rows = [
        ["Pilot 3, MRI", "", "", ""],
        ["Animal", "", "MRI readout", ""],
        ["Mouse ID", "Day", "ADC", "Ktrans"],
        ["M1", 0, 0.8, 0.1],
        ["M1", 3, 0.9, 0.2],
    ]
    table = read_measurements(write_grid(tmp_path / "t.xlsx", rows))
    assert set(table["biomarker"]) == {"ADC", "Ktrans"}
    assert set(table["subject"]) == {"M1"}
    assert "Sheet Sheet1: The names of the columns stand in row 3." in table.attrs["guesses"]
