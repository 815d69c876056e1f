"""Logistic regression of R's glm, and the optimism bootstrap of rms, on aSAH (pROC)."""

import numpy as np
import pandas as pd
import pytest

from biomarkers import stats

TERMS = {"log_s100b": "log(s100b + 0.01)", "log_ndka": "log(ndka)", "wfns": "as.numeric(wfns)"}


@pytest.fixture(scope="module")
def reference(shared_data):
    rows = pd.read_csv(shared_data("stats/reference.csv"))
    return rows[rows["dataset"] == "aSAH"].set_index("quantity")["value"].astype(float)


@pytest.fixture(scope="module")
def fitted(shared_data):
    data = pd.read_csv(shared_data("stats/aSAH.csv"))
    markers = {
        "log_s100b": np.log(data["s100b"] + 0.01),
        "log_ndka": np.log(data["ndka"]),
        "wfns": data["wfns"],
    }
    return stats.logistic(markers, data["outcome"], positive="Poor", draws=4000)


def test_coefficients_as_glm(fitted, reference):
    # glm(I(outcome=='Poor')~log(s100b+.01)+log(ndka)+as.numeric(wfns),binomial)
    found = fitted.table.set_index("term")["estimate"]
    assert found.pop("Intercept") == pytest.approx(reference["glm_(Intercept)"], rel=1e-8)
    for term, value in found.items():
        assert value == pytest.approx(reference[f"glm_{TERMS[term]}"], rel=1e-8), term


def test_apparent_area_as_proc(fitted, reference):
    # auc(roc(outcome,fitted(glm)))
    assert fitted.auc_apparent == pytest.approx(reference["glm_apparent_auc"], abs=1e-12)


def test_optimism_as_rms(fitted, reference):
    # set.seed(1); rms::validate(lrm(...),B=1000): Dxy = 2·AUC − 1. Two Monte-Carlo runs apart,
    # theirs of 1000 resamples.
    assert 2 * fitted.auc_apparent - 1 == pytest.approx(reference["Dxy_apparent"], abs=1e-12)
    error = fitted.optimism_error * np.sqrt(1 + 4)
    optimism, corrected = fitted.optimism, fitted.auc_corrected
    assert 2 * optimism == pytest.approx(reference["Dxy_optimism"], abs=4 * 2 * error)
    assert 2 * corrected - 1 == pytest.approx(reference["Dxy_corrected"], abs=4 * 2 * error)
    assert corrected == pytest.approx(reference["auc_corrected"], abs=4 * error)
    # Without a correction the difference would be seen.
    assert 4 * 2 * error < reference["Dxy_optimism"] / 2
