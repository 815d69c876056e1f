"""Exclusions take rows out, and say how many."""

from pathlib import Path

import pandas as pd
import pytest

from biomarkers.errors import TableError
from biomarkers.table import apply_exclusions, check_measurements, read_exclusions

HEADER = "subject\tday\tbiomarker\treason\tby\n"


def listed(folder: Path, text: str) -> pd.DataFrame:
    path = folder / "exclusions.tsv"
    path.write_text(text)
    return read_exclusions(path)


@pytest.fixture
def table() -> pd.DataFrame:
    rows = [(s, d, b) for s in "12" for d in (0, 3) for b in ("ADC", "ADC_p90", "volume")]
    frame = pd.DataFrame(rows, columns=["subject", "day", "biomarker"])
    return check_measurements(frame.assign(value=1.0))


def test_one_measurement_with_its_statistics(tmp_path: Path, table: pd.DataFrame) -> None:
    kept, applied = apply_exclusions(table, listed(tmp_path, HEADER + "sub-1\t3\tADC\tmotion\tAB"))
    assert len(kept) == 10
    assert applied["rows"].tolist() == [2]


def test_blank_day_and_biomarker_mean_all(tmp_path: Path, table: pd.DataFrame) -> None:
    text = "who\twhen\twhat\twhy\tby whom\n1\t\t\tno consent\tAB\n2\t0\tn/a\tartefact\tAB\n"
    kept, applied = apply_exclusions(table, listed(tmp_path, text))
    assert kept["subject"].unique().tolist() == ["2"]
    assert kept["day"].unique().tolist() == [3.0]
    assert applied["rows"].tolist() == [6, 3]


def test_an_exclusion_of_nothing_is_counted_as_such(tmp_path: Path, table: pd.DataFrame) -> None:
    kept, applied = apply_exclusions(table, listed(tmp_path, HEADER + "9\t3\tADC\tmotion\tAB"))
    assert len(kept) == len(table)
    assert applied["rows"].tolist() == [0]


def test_problems_name_row_and_column(tmp_path: Path) -> None:
    with pytest.raises(TableError) as caught:
        listed(tmp_path, HEADER + "1\tlate\tADC\t\tAB\n\t3\tADC\tmotion\t\n")
    assert len(caught.value.problems) == 4
    assert "row 2, column day: found 'late'" in str(caught.value)
    with pytest.raises(TableError, match="no column reason, by"):
        listed(tmp_path, "subject\tday\tbiomarker\n1\t3\tADC\n")


def test_a_region_limits_an_exclusion(tmp_path: Path) -> None:
    rows = {"subject": ["1", "1"], "day": [3, 3], "region": ["tumor", "muscle"], "value": [1, 2]}
    table = check_measurements(pd.DataFrame(rows).assign(biomarker="ADC"))
    text = HEADER.replace("biomarker", "region\tbiomarker") + "1\t3\tmuscle\tADC\tmotion\tAB\n"
    kept, applied = apply_exclusions(table, listed(tmp_path, text))
    assert kept["region"].tolist() == ["tumor"]
    assert applied["rows"].tolist() == [1]


def test_exclusions_made_by_hand_need_no_region(tmp_path: Path, table: pd.DataFrame) -> None:
    by_hand = listed(tmp_path, HEADER + "1\t3\tADC\tmotion\tAB\n").drop(columns="region")
    kept, applied = apply_exclusions(table, by_hand)
    assert len(kept) == 10
    assert applied["region"].tolist() == [""]


def test_an_excluded_subject_in_another_spelling_is_refused(
    tmp_path: Path, table: pd.DataFrame
) -> None:
    with pytest.raises(TableError, match="subject '01' is '1' in the table"):
        apply_exclusions(table, listed(tmp_path, HEADER + "sub-01\t3\tADC\tmotion\tAB\n"))


@pytest.mark.parametrize("day", ["1_0", "inf", "\uff13"])
def test_an_excluded_day_is_written_in_plain_digits(tmp_path: Path, day: str) -> None:
    with pytest.raises(TableError, match=f"row 2, column day: found '{day}'"):
        listed(tmp_path, HEADER + f"1\t{day}\tADC\tmotion\tAB\n")
