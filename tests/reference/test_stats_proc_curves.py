"""Whole curves of pROC 1.18 (R) on its aSAH data: resampled, permuted and smoothed."""

import numpy as np
import pandas as pd
import pytest

from biomarkers import stats
from biomarkers.stats.roc_analysis.curves import make_sample


@pytest.fixture(scope="module")
def data(shared_data):
    return pd.read_csv(shared_data("stats/aSAH.csv"))


@pytest.fixture(scope="module")
def reference(shared_data):
    rows = pd.read_csv(shared_data("stats/reference.csv"))
    rows = rows[rows["dataset"] == "aSAH"]
    return rows.set_index("quantity")["value"].astype(float)


@pytest.mark.parametrize("marker", ["s100b", "ndka", "wfns"])
def test_bootstrap_median_as_proc(data, reference, marker):
    # set.seed(42); ci.auc(roc, method='bootstrap', boot.n=2000)
    poor = data["outcome"] == "Poor"
    sample = make_sample(data.loc[poor, marker].to_numpy(), data.loc[~poor, marker].to_numpy())
    median = np.median(sample.resampled(2000, seed=1)[0].area())
    assert median == pytest.approx(reference[f"boot_strat2000_med_{marker}"], abs=0.01)


def test_paired_bootstrap_as_proc(data, reference):
    # set.seed(42); roc.test(s100b,ndka,method='bootstrap',boot.n=2000): z is a difference over
    # the standard deviation of 2000 draws, which is known to 1/√4000 in either run.
    found = stats.compare_roc(
        data["s100b"], data["ndka"], data["outcome"], positive="Poor", method="bootstrap"
    )
    assert found.z == pytest.approx(reference["boot_paired_D"], rel=4 * np.sqrt(2 / 4000))
    assert found.p_value == pytest.approx(reference["boot_paired_p"], abs=0.02)


def test_venkatraman_as_proc(data, reference):
    # set.seed(42); roc.test(method='venkatraman',boot.n=2000), s100b against ndka
    found = stats.compare_roc(
        data["s100b"], data["ndka"], data["outcome"], positive="Poor", method="venkatraman"
    )
    assert found.distance == reference["venk_E"]
    p = reference["venk_p"]
    assert found.p_value == pytest.approx(p, abs=4 * np.sqrt(2 * p * (1 - p) / 2000))


@pytest.mark.parametrize(
    ("method", "tolerance"),
    # R's density() bins the data before it smooths them.
    [("binormal", 2e-6), ("density", 1e-4)],
)
def test_smooth_areas_as_proc(data, reference, method, tolerance):
    # auc(smooth(roc(s100b),method=METHOD))
    found = stats.smooth_roc(data["s100b"], data["outcome"], positive="Poor", method=method)
    assert found.auc == pytest.approx(reference[f"smooth_{method}_s100b"], abs=tolerance)


def test_power_of_the_observed_curve_as_proc(reference):
    # power.roc.test(roc(s100b)): the observed area, 41 cases and 72 controls
    found = stats.roc_power(reference["auc_s100b"], n_positive=41, n_negative=72)
    assert found == pytest.approx(reference["power_s100b_alpha05"], abs=1e-9)


@pytest.mark.parametrize("marker", ["s100b", "ndka", "wfns"])
@pytest.mark.parametrize("rule", ["youden", "closest.topleft"])
def test_everything_at_a_cut_off_as_proc(data, reference, marker, rule):
    # coords(roc,'best',best.method=RULE,ret=c('threshold','specificity','sensitivity','ppv',
    #   'npv','accuracy','youden','closest.topleft'))
    name = f"{rule}_{{}}_{marker}_1"
    found = stats.accuracy(
        data[marker],
        data["outcome"],
        positive="Poor",
        threshold=reference[name.format("threshold")],
    ).measures.set_index("measure")["estimate"]
    for measure in ("sensitivity", "specificity", "ppv", "npv", "accuracy"):
        assert found[measure] == pytest.approx(reference[name.format(measure)], abs=1e-12)
    sensitivity, specificity = found["sensitivity"], found["specificity"]
    # pROC's index is the sum, without the 1 of Youden.
    assert sensitivity + specificity == pytest.approx(reference[name.format("youden")], abs=1e-12)
    corner = (1 - sensitivity) ** 2 + (1 - specificity) ** 2
    assert corner == pytest.approx(reference[name.format("closest.topleft")], abs=1e-12)


def test_counts_and_exact_intervals_as_optimalcutpoints(data, reference):
    # optimal.cutpoints(X='s100b',status='outcome',tag.healthy='Good',methods='Youden',
    #   control=control.cutpoints(CFP=1,CFN=5,ci.SeSp='Exact'),ci.fit=TRUE)
    cut = stats.cutoff(
        data["s100b"], data["outcome"], positive="Poor", convention="observed", draws=50
    )
    assert cut.threshold == pytest.approx(reference["oc_Youden_cut"], abs=1e-12)
    found = stats.accuracy(
        data["s100b"], data["outcome"], positive="Poor", threshold=0.205, ci="exact"
    ).measures.set_index("measure")
    for measure, short in (("sensitivity", "Se"), ("specificity", "Sp")):
        row = found.loc[measure]
        assert row["estimate"] == pytest.approx(reference[f"oc_Youden_{short}"], abs=1e-12)
        assert row["low"] == pytest.approx(reference[f"oc_Youden_{short}_lo"], abs=1e-12)
        assert row["high"] == pytest.approx(reference[f"oc_Youden_{short}_hi"], abs=1e-12)
    # table(s100b>0.205, outcome), and cutpointr's figures at its cut-off
    hits = found.loc["sensitivity", "estimate"] * reference["n_poor"]
    clear = found.loc["specificity", "estimate"] * reference["n_good"]
    assert (hits, clear) == (pytest.approx(reference["tp"]), pytest.approx(reference["tn"]))
    assert found.loc["sensitivity", "estimate"] == pytest.approx(reference["cp_sens"], abs=1e-12)
    assert found.loc["specificity", "estimate"] == pytest.approx(reference["cp_spec"], abs=1e-12)
    area = stats.roc(data["s100b"], data["outcome"], positive="Poor").auc
    assert area == pytest.approx(reference["cp_auc"], abs=1e-12)
