"""Days from dates, weeks and labels."""

import datetime
from pathlib import Path

import pytest
from spreadsheets import write_grid

from biomarkers.errors import TableError
from biomarkers.table import TableOptions, read_measurements
from biomarkers.table.days import day_of_header


def days(path: Path, **options: object) -> list[float]:
    return read_measurements(path, options=TableOptions(**options))["day"].tolist()


def table(folder: Path, *whens: object, name: str = "Date", suffix: str = ".csv") -> Path:
    rows = [["Rat", name, "ADC"], *(["1", when, 1.0] for when in whens)]
    return write_grid(folder / f"t{suffix}", rows)


@pytest.mark.parametrize("texts", [
    ("2025-03-03", "2025-03-17"), ("03/03/2025", "17/03/2025"), ("3.3.25", "17.3.25"),
    ("03/03/2025", "03/17/2025"), ("2025-03-03T09:30:00", "2025-03-17 18:00"),
])  # fmt: skip
def test_dates_as_text(tmp_path: Path, texts: tuple[str, str]) -> None:
    assert days(table(tmp_path, *texts)) == [0, 14]


def test_day_and_month_that_cannot_be_told_apart_are_asked_for(tmp_path: Path) -> None:
    path = table(tmp_path, "03/04/2025", "05/04/2025")
    with pytest.raises(TableError, match="may begin with the day or the month; say --date-order"):
        read_measurements(path)
    assert days(path, date_order="dmy") == [0, 2]
    assert days(path, date_order="mdy") == [0, 61]


def test_a_time_of_day_is_no_part_of_a_day(tmp_path: Path) -> None:
    evening, morning = datetime.datetime(2025, 3, 3, 20), datetime.datetime(2025, 3, 4, 8)
    assert days(table(tmp_path, evening, morning, suffix=".xlsx")) == [0, 1]


def test_day_0_is_a_date_that_is_said(tmp_path: Path) -> None:
    path = table(tmp_path, "2025-03-02", "2025-03-10")
    assert days(path) == [0, 8]
    assert days(path, baseline_date="2025-03-03") == [-1, 7]
    assert days(path, baseline_date="first") == [0, 8]
    with pytest.raises(TableError, match="baseline_date: found 'soon', expected a date"):
        days(path, baseline_date="soon")


def test_a_column_with_the_date_of_day_0(tmp_path: Path) -> None:
    rows = [["Rat", "Date IRM", "Date baseline", "ADC"]]
    rows += [["1", "2025-03-10", "2025-03-03", 1], ["2", "2025-03-12", "2025-03-10", 1]]
    path = write_grid(tmp_path / "t.csv", rows)
    read = read_measurements(path)
    assert read["day"].tolist() == [7, 2]
    assert "Days are counted from the baseline date of each row." in read.attrs["guesses"]


def test_what_is_no_date_is_named(tmp_path: Path) -> None:
    with pytest.raises(TableError) as caught:
        read_measurements(table(tmp_path, "2025-03-02", "soon", "31/02/2025"))
    assert caught.value.problems == (
        "row 3, column date: found 'soon', expected a date like 2025-03-31",
        "row 4, column date: found '31/02/2025', expected a date like 2025-03-31",
    )


def test_a_day_goes_before_a_date(tmp_path: Path) -> None:
    rows = [["Rat", "Jour", "Date", "ADC"], ["1", 3, "2025-03-02", 1]]
    read = read_measurements(write_grid(tmp_path / "t.csv", rows))
    assert read["day"].tolist() == [3]
    assert "Column Date was kept out: column Jour says when." in read.attrs["guesses"]


def test_weeks_and_labels(tmp_path: Path) -> None:
    assert days(table(tmp_path, 0, 2, 4.5, name="Semaine")) == [0, 14, 31.5]
    path = table(tmp_path, "J0", "j 3", "J-7", "J14", name="Jour")
    assert days(path) == [0, 3, -7, 14]
    assert "J0 was read as day 0." in read_measurements(path).attrs["guesses"]


def test_dates_across(tmp_path: Path) -> None:
    rows = [["Rat", "2025-03-03", "2025-03-17"], ["1", 1, 2]]
    assert days(write_grid(tmp_path / "t.csv", rows), biomarker="ADC") == [0, 14]


@pytest.mark.parametrize(
    ("name", "marker", "day"),
    [
        ("J0", "", 0), ("D+7", "", 7), ("jour 14", "", 14), ("Week 2", "", 14), ("W2", "", 14),
        ("Ktrans J-1", "Ktrans", -1), ("ADC (mm2/s) D7", "ADC (mm2/s)", 7), ("baseline", "", 0),
        ("ADC J3 [mm2/s]", "ADC [mm2/s]", 3), ("D7_ADC", "ADC", 7), ("ADC baseline", "ADC", 0),
        ("T1 J2,5", "T1", 2.5),
    ],
)  # fmt: skip
def test_names_with_a_day(name: str, marker: str, day: float) -> None:
    assert day_of_header(name) == (marker, day)


@pytest.mark.parametrize("name", ["T1", "B1", "ADC", "CD31", "SUV60", "Ktrans_p90", "D2O", "3"])
def test_names_without_a_day(name: str) -> None:
    assert day_of_header(name) is None


def schedule(folder: Path, **days_of: tuple[int, ...]) -> Path:
    start = datetime.date(2025, 3, 3)
    rows = [
        [subject, start + datetime.timedelta(days=day), 1.0]
        for subject, own in days_of.items()
        for day in own
    ]
    return write_grid(folder / "t.xlsx", [["Rat", "Date", "ADC"], *rows])


def test_a_first_date_that_is_no_day_0_is_asked_for(tmp_path: Path) -> None:
    path = schedule(tmp_path, R1=(0, 3, 7, 14), R2=(0, 4, 7, 13), R3=(3, 7, 14))
    with pytest.raises(TableError) as caught:
        read_measurements(path)
    (problem,) = caught.value.problems
    assert problem.startswith("R3: days 0, 4, 11 since its first date, 2025-03-06, are not those")
    assert "would be if that were day 3;" in problem and "--baseline-date first" in problem
    assert days(path, baseline_date="first")[-3:] == [0, 4, 11]
    assert days(path, baseline_date="2025-03-03")[-3:] == [3, 7, 14]


def test_first_dates_of_a_schedule_are_told(tmp_path: Path) -> None:
    path = schedule(tmp_path, R1=(0, 3, 7, 14), R2=(7, 10, 15, 20), R3=(7, 10))
    read = read_measurements(path)
    assert read["day"].tolist() == [0, 3, 7, 14, 0, 3, 8, 13, 0, 3]
    (told,) = (guess for guess in read.attrs["guesses"] if "first date" in guess)
    assert "(2025-03-03 of 1, 2025-03-10 of 2)" in told


def test_texts_beside_dates_are_asked_for(tmp_path: Path) -> None:
    path = table(tmp_path, datetime.date(2025, 10, 3), "17/03/2025", suffix=".xlsx")
    with pytest.raises(TableError, match=r"row 2 holds a date \(2025-10-03\), row 3 a text"):
        read_measurements(path)
    assert days(path, date_order="dmy") == [200, 0]
