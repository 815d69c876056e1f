"""A measured study in a notebook."""

from pathlib import Path

import numpy as np
import pandas as pd

from biomarkers.study.measured_figure import MOST
from biomarkers.study.measuring import Failure, MeasuredStudy

NAMES = ["ADC", "ADC_p90", "T1", *(f"own{number}" for number in range(12))]
TABLE = pd.DataFrame(
    [
        {
            "subject": subject, "day": day, "region": region, "biomarker": name,
            "value": np.nan if name == "T1" and day else day + 1.0, "unit": "s",
            "qc": "warn" if day == 3 else "ok",
        }
        for region in ("tumor", "muscle")
        for name in NAMES
        for subject in ("01", "02")
        for day in (0, 3)
    ]
)  # fmt: skip
STUDY = MeasuredStudy(TABLE, Path("measurements.tsv"), (Failure("sub-03 ses-a", "no <map>"),))


def test_biomarkers_of_the_first_region_are_drawn_and_no_statistics_of_them():
    titles = [axes.get_title() for axes in STUDY.plot().axes]
    assert titles[:3] == ["ADC (tumor)", "T1 (tumor)", "own0 (tumor)"]
    assert len(titles) == MOST


def test_every_subject_is_a_line_and_values_in_doubt_are_hollow():
    axes = STUDY.plot().axes[0]
    lines = [line for line in axes.lines if line.get_marker() == "None"]
    assert len(lines) == 2
    hollow = [line for line in axes.lines if line.get_markerfacecolor() == "white"]
    assert [list(line.get_xdata()) for line in hollow] == [[3, 3]]


def test_a_notebook_shows_counts_failures_and_the_first_rows():
    page = STUDY._repr_html_()
    assert "2 subjects, 4 sessions" in page
    assert "no &lt;map&gt;" in page
    assert page.count("<tr>") < 15


def test_a_study_that_gave_nothing_is_drawn_empty():
    assert MeasuredStudy(TABLE.iloc[:0], Path("m.tsv"), ()).plot().axes == []
