"""Results lie on disk as CSV and JSON, and come back as they were."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from biomarkers.errors import FileError
from biomarkers.results import TABLES, Results, load_results


@pytest.fixture
def results() -> Results:
    tables = {name: pd.DataFrame(columns=list(columns)) for name, columns in TABLES.items()}
    tables["separation"] = pd.DataFrame(
        [["ADC", "tumor", "0", 3, 4, "lower", 0.75, 0.5, 0.9, 0.01, 0.02, True],
         ["ADC", "tumor", "7", 3, 0, "lower", np.nan, np.nan, np.nan, np.nan, np.nan, False]],
        columns=list(TABLES["separation"]),
    )  # fmt: skip
    tables["attendance"] = pd.DataFrame(
        [["007", "", True, "ADC", "tumor", "0", "measured"]], columns=list(TABLES["attendance"])
    )
    return Results(
        tables,
        [{"biomarker": "ADC", "region": "tumor", "visit": 7, "auc": 0.75}],
        {"plan": {"a": 1}},
    )


def test_round_trip(results: Results, tmp_path: Path) -> None:
    again = load_results(results.save(tmp_path / "results"))
    separation = again.separation
    assert separation["visit"].tolist() == ["0", "7"]
    assert separation["separates"].tolist() == [True, False]
    assert separation["p_adjusted"].iloc[0] == 0.02
    assert np.isnan(separation["auc"].iloc[1])
    assert (
        again.tables["attendance"].iloc[0].tolist() == results.tables["attendance"].iloc[0].tolist()
    )
    assert again.earliest == results.earliest
    assert again.analysis == results.analysis


@pytest.mark.parametrize("name", ["None", "NA", "null", "nan"])
def test_a_name_that_looks_like_nothing_comes_back(
    results: Results, tmp_path: Path, name: str
) -> None:
    attendance = results.tables["attendance"].assign(group=name, region=name)
    results = replace(results, tables={**results.tables, "attendance": attendance})
    row = load_results(results.save(tmp_path)).tables["attendance"].iloc[0]
    assert row[["group", "region"]].tolist() == [name, name]


def test_the_files_are_plain(results: Results, tmp_path: Path) -> None:
    results.save(tmp_path)
    lines = (tmp_path / "separation.csv").read_text().splitlines()
    assert lines[0] == (
        "biomarker,region,visit,n_positive,n_negative,direction,auc,auc_low,auc_high,"
        "p_value,p_adjusted,separates"
    )
    assert lines[1] == "ADC,tumor,0,3,4,lower,0.75,0.5,0.9,0.01,0.02,true"
    assert lines[2] == "ADC,tumor,7,3,0,lower,n/a,n/a,n/a,n/a,n/a,false"


def test_what_is_missing_is_named(results: Results, tmp_path: Path) -> None:
    with pytest.raises(FileError, match="does not exist; expected a results folder"):
        load_results(tmp_path / "none")
    results.save(tmp_path)
    (tmp_path / "notes.csv").write_text("topic\n")
    with pytest.raises(FileError, match=r"notes\.csv: no column text"):
        load_results(tmp_path)
    (tmp_path / "changes.csv").unlink()
    with pytest.raises(FileError, match=r"changes\.csv does not exist"):
        load_results(tmp_path)
