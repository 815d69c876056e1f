"""Records of sessions: cells to the last bit, files that are ours and those that are not."""

import json
import math

import numpy as np
import pandas as pd
import pytest

from biomarkers.errors import FileError
from biomarkers.study.records import Key, Record, Records, rows_of
from biomarkers.study.unit import without_overflow

KEY = Key({"biomarkers": "a"}, "s", "r", {"image": "1"})


@pytest.fixture
def records(tmp_path):
    return Records(tmp_path)


def record(**content):
    return Record("sub-01_ses-a", "01", "a", 0.5, **content)


def test_every_cell_comes_back_to_the_last_bit(records) -> None:
    table = pd.DataFrame(
        {
            "region": ["tumor", "Ödem\ud800", ""],
            "value": [0.1 + 0.2, -0.0, 5e-324],
            "n": np.array([3, 2**53 + 1, 0]),
            "high": [math.inf, -math.inf, math.nan],
            "reason": [None, math.nan, "why"],
        }
    )
    written = records.write(record(rows=rows_of(table), key=KEY))
    read = records.read("sub-01_ses-a")
    assert read == written
    again = read.frame()
    assert again["value"].to_numpy().tobytes() == table["value"].to_numpy().tobytes()
    assert again["n"].tolist() == table["n"].tolist()
    np.testing.assert_array_equal(again["high"], table["high"])
    assert again["region"].tolist() == table["region"].tolist()
    assert again["reason"].isna().tolist() == [True, True, False]


def staged(records, **files):
    folder = records.folder / "staging" / "run"
    for name, text in files.items():
        (folder / "qc").mkdir(parents=True, exist_ok=True)
        (folder / "qc" / name).write_text(text)
    return {"files": {f"qc/{name}": "" for name in files}, "staged": "staging/run"}


def test_files_of_the_record_before_are_replaced_or_removed_and_no_others(records) -> None:
    records.publish(record(**staged(records, one="1", two="2")))
    (records.out / "qc" / "foreign").write_text("theirs")
    records.publish(record(**staged(records, one="3")))
    left = {path.name: path.read_text() for path in (records.out / "qc").iterdir()}
    assert left == {"one": "3", "foreign": "theirs"}
    records.remove(records.read("sub-01_ses-a"))
    assert [path.name for path in (records.out / "qc").iterdir()] == ["foreign"]


def test_a_file_that_no_record_lists_is_never_overwritten(records) -> None:
    (records.out / "qc").mkdir()
    (records.out / "qc" / "one").write_text("theirs")
    with pytest.raises(FileError, match="qc/one is there already, and not of an earlier run"):
        records.publish(record(**staged(records, one="1", two="2")))
    assert [path.name for path in (records.out / "qc").iterdir()] == ["one"]
    assert (records.out / "qc" / "one").read_text() == "theirs"


def test_the_list_of_files_stands_before_the_first_of_them(records, monkeypatch) -> None:
    records.publish(record(**staged(records, one="1", old="o")))
    new = record(**staged(records, one="2", two="2"))
    monkeypatch.setattr("biomarkers.study.records._move", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        records.publish(new)
    monkeypatch.undo()
    read = records.read("sub-01_ses-a")
    assert read.owned == {"qc/one", "qc/two", "qc/old"}
    assert records.complete(read).owned == {"qc/one", "qc/two"}
    left = {path.name: path.read_text() for path in (records.out / "qc").iterdir()}
    assert left == {"one": "2", "two": "2"}


@pytest.mark.parametrize("path", ["/etc/passwd", "../precious", "qc/../../precious"])
def test_a_record_cannot_reach_beyond_its_folder(records, path) -> None:
    written = records.write(record(files={path: ""}))
    with pytest.raises(FileError, match="expected files below"):
        records.read(written.name)


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"format": 99}', '{"format": 1, "key": 3}'])
def test_a_damaged_record_is_named(records, text) -> None:
    records.folder.mkdir()
    records.path("sub-01_ses-a").write_text(text)
    with pytest.raises(FileError, match=r"sub-01_ses-a\.json"):
        records.read("sub-01_ses-a")
    assert records.seen("sub-01_ses-a") is None


@pytest.mark.parametrize(
    "change",
    [
        {"rows": "x"},
        {"rows": {"value": [2.0], "unit": ["s"]}},
        {"rows": {"value": [1.0]}},
        {"files": ["x"]},
        {"day": "seven"},
        {"staged": 5},
        {"key": {"program": 1, "settings": 2, "recipe": 3, "inputs": 4}},
        {"name": "sub-02_ses-a"},
        {"more": 1},
    ],
)
def test_a_record_that_was_changed_is_damaged(records, change) -> None:
    rows = {"value": [1.0], "unit": ["s"]}
    where = records.path(records.write(record(rows=rows, key=KEY)).name)
    whole = json.loads(where.read_text())
    where.write_text(json.dumps({**whole, **change}))
    with pytest.raises(FileError, match=r"sub-01_ses-a\.json is damaged: it was changed since"):
        records.read("sub-01_ses-a")
    where.write_text(json.dumps(whole))
    assert records.read("sub-01_ses-a") is not None


def test_the_record_of_another_session_is_not_its_own(records) -> None:
    where = records.path(records.write(record()).name)
    where.rename(where.with_name("sub-09_ses-a.json"))
    with pytest.raises(FileError, match=r"sub-09_ses-a\.json is damaged"):
        records.read("sub-09_ses-a")


def test_what_is_too_large_for_a_number_is_missing() -> None:
    rows = pd.DataFrame({"value": [1.0, math.inf], "se": [math.inf, 1.0], "qc": ["ok", "ok"]})
    found = without_overflow(rows)
    assert found["value"].isna().tolist() == [False, True]
    assert found["se"].isna().tolist() == [True, False]
    assert found["qc"].tolist() == ["ok", "fail"]
    assert found["reason"].tolist() == ["", "too large for a number"]
