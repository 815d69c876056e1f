"""Repeatability of the Rail data of nlme (R)."""

import pandas as pd
import pytest

from biomarkers import stats


def test_repeatability_as_r(shared_data):
    rows = pd.read_csv(shared_data("stats/reference.csv"))
    reference = rows[rows["topic"] == "repeatability"].set_index("quantity")["value"]
    data = pd.read_csv(shared_data("stats/Rail.csv"))
    found = stats.repeatability(data["travel"], data["Rail"])
    # anova(lm(travel~Rail)); RC=1.96*sqrt(2*MSW); chi-square CI
    assert found.df == reference["df"]
    assert found.wsd == pytest.approx(reference["wSD"], rel=1e-12)
    assert found.rc == pytest.approx(reference["RC"], rel=1e-12)
    assert found.rc_low == pytest.approx(reference["RC_lo"], rel=1e-9)
    assert found.rc_high == pytest.approx(reference["RC_hi"], rel=1e-9)


def test_intraclass_correlations_as_psych(shared_data):
    rows = pd.read_csv(shared_data("stats/reference.csv"))
    reference = rows[rows["topic"] == "ICC"].set_index("quantity")["value"].astype(float)
    data = pd.read_csv(shared_data("stats/Rail.csv"))
    data["session"] = data.groupby("Rail").cumcount()
    found = stats.icc(data, subject="Rail", rater="session", value="travel")
    # psych::ICC(matrix(travel,ncol=3,byrow=TRUE),lmer=FALSE)
    for form in ("1", "2", "3", "1k", "2k", "3k"):
        row = found[f"ICC({form},1)" if len(form) == 1 else f"ICC({form[0]},k)"]
        for column, end in (("icc", ""), ("low", "_lo"), ("high", "_hi")):
            assert row[column] == pytest.approx(reference[f"ICC{form}{end}"], abs=1e-9)
