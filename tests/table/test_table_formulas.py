"""Text that a spreadsheet would run: defused in what is written, as it was when read."""

import tempfile
from pathlib import Path
from unittest.mock import patch

import pandas as pd
from hypothesis import given
from hypothesis import strategies as st

from biomarkers.checks import parse_number
from biomarkers.table import read_participants, write_table
from biomarkers.table.formulas import as_meant, defused


@given(st.text(alphabet="'=+-@\t\r1a.e ", max_size=8))
def test_defusing_is_taken_back(text) -> None:
    assert as_meant(defused(text)) == (as_meant(text) if defused(text) == text else text)
    number = parse_number(text) == parse_number(text)
    assert number or not defused(text).startswith(tuple("=+-@\t\r"))


def test_numbers_stay_numbers(tmp_path) -> None:
    path = write_table(
        pd.DataFrame({"value": [-1.5, 2.0], "text": ["-1.5", "=x"]}), tmp_path / "t.csv"
    )
    assert path.read_text() == "value,text\n-1.5,-1.5\n2,'=x\n"


def test_names_come_back_from_a_table(tmp_path) -> None:
    people = pd.DataFrame({"participant_id": ["sub-1", "sub-2"], "group": ["=cmd()", "-x"]})
    text = write_table(people, tmp_path / "p.tsv").read_text()
    assert "'=cmd()" in text
    assert "'-x" in text
    assert read_participants(tmp_path / "p.tsv")["group"].tolist() == ["=cmd()", "-x"]


@given(st.lists(st.floats(), max_size=7))
def test_a_table_written_in_pieces_is_that_written_at_once(values) -> None:
    table = pd.DataFrame({"value": values, "text": [str(each) for each in values]}, dtype=object)
    with tempfile.TemporaryDirectory() as folder:
        texts = []
        for dtype, rows in ((object, 10), (float, 10), (float, 2)):
            with patch("biomarkers.table.write._ROWS", rows):
                path = write_table(table.astype({"value": dtype}), Path(folder) / "t.tsv")
            texts.append(path.read_bytes())
    assert texts[0] == texts[1] == texts[2]
