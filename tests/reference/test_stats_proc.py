"""ROC figures of pROC 1.18 (R) on its aSAH data: the call beside each number."""

import numpy as np
import pandas as pd
import pytest

from biomarkers import stats


@pytest.fixture(scope="module")
def data(shared_data):
    return pd.read_csv(shared_data("stats/aSAH.csv"))


@pytest.fixture(scope="module")
def reference(shared_data):
    rows = pd.read_csv(shared_data("stats/reference.csv"))
    return rows[rows["dataset"] == "aSAH"].set_index("quantity")["value"]


@pytest.mark.parametrize("marker", ["s100b", "ndka", "wfns"])
def test_area_and_delong_as_proc(data, reference, marker):
    found = stats.roc(
        data[marker], data["outcome"], positive="Poor", direction="higher", ci="delong"
    )
    # roc(aSAH$outcome, as.numeric(aSAH$<marker>), levels=c("Good","Poor"), direction="<")
    assert found.auc == pytest.approx(reference[f"auc_{marker}"], abs=1e-12)
    # var(roc, method='delong'); ci.auc(roc, method='delong')
    assert found.variance == pytest.approx(reference[f"delong_var_{marker}"], abs=1e-12)
    assert found.auc_low == pytest.approx(reference[f"delong_lo_{marker}"], abs=1e-12)
    assert found.auc_high == pytest.approx(reference[f"delong_hi_{marker}"], abs=1e-12)


def test_newcombe_as_published():
    # SingleCaseES 0.2 (R), README and vignette "Basic effect size calculations":
    # NAP(A, B) gives the AUC with Newcombe's method 5: 0.9166667 (0.5973406, 0.9860176).
    # Its limits come from uniroot at its default tolerance of 1.2e-4.
    before, after = [20, 20, 26, 25, 22, 23], [28, 25, 24, 27, 30, 30, 29]
    found = stats.roc([*before, *after], [0] * 6 + [1] * 7)
    assert found.auc == pytest.approx(0.9166667, abs=5e-8)
    assert (found.auc_low, found.auc_high) == pytest.approx((0.5973406, 0.9860176), abs=1.2e-4)


def test_curve_at_youdens_cut_off_as_proc(data, reference):
    curve = stats.roc(data["s100b"], data["outcome"], positive="Poor").curve
    best = curve.loc[(curve["sensitivity"] + curve["specificity"]).idxmax()]
    # coords(roc,'best',best.method='youden',ret=c('threshold','specificity','sensitivity',…))
    for name in ("threshold", "sensitivity", "specificity"):
        assert best[name] == pytest.approx(reference[f"youden_{name}_s100b_1"], abs=1e-12)
    assert np.isinf(curve["threshold"].iloc[[0, -1]]).all()
