"""The section on what the missing could do."""

import numpy as np
from report_factory import Cohort, make_results, with_table

from biomarkers.report import write_report

COHORT = Cohort(biomarkers={"ADC": "absolute"}, separates={"ADC": "7"})


def rows():
    base = {
        "biomarker": "ADC", "region": "whole", "visit": "10", "missing_positive": 0,
        "missing_negative": 3, "auc_low": 0.6, "auc_high": 0.9,
    }  # fmt: skip
    return [
        {**base, "analysis": "measured", "auc": 0.81, "p_adjusted": 0.01, "separates": True,
         "shift": np.nan},
        {**base, "analysis": "imputed", "auc": 0.79, "p_adjusted": np.nan, "separates": True,
         "shift": 1.26},
        {**base, "analysis": "worst_case", "auc": 0.62, "p_adjusted": 0.2, "separates": False,
         "shift": np.nan},
    ]  # fmt: skip


def test_every_analysis_is_shown_as_it_was_found(tmp_path):
    results = with_table(make_results(COHORT), "sensitivity", rows())
    html = write_report(results, tmp_path / "report.html").read_text()
    assert "Sensitivity to missing measurements" in html
    assert html.count("0 and 3") == 1
    assert "every missing value at its worst" in html
    assert "at 1.3 SD" in html
    assert "0.620" in html


def test_without_gaps_there_is_no_section(tmp_path):
    html = write_report(make_results(COHORT), tmp_path / "report.html").read_text()
    assert "Sensitivity to missing measurements" not in html
