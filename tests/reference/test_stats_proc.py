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
    return rows[rows["dataset"].isin(["aSAH", "none"])].set_index("quantity")["value"]


@pytest.mark.parametrize("marker", ["s100b", "ndka", "wfns"])
def test_area_and_delong_as_proc(data, reference, marker):
    found = stats.roc(
        data[marker], data["outcome"], positive="Poor", direction="higher", ci="delong"
    )
    # roc(aSAH$outcome, as.numeric(aSAH$MARKER), levels=c("Good","Poor"), direction="<")
    assert found.auc == pytest.approx(reference[f"auc_{marker}"], abs=1e-12)
    # var(roc, method='delong'); ci.auc(roc, method='delong')
    assert found.variance == pytest.approx(reference[f"delong_var_{marker}"], abs=1e-12)
    assert found.auc == pytest.approx(reference[f"delong_mid_{marker}"], abs=1e-12)
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


@pytest.mark.parametrize("marker", ["s100b", "ndka", "wfns"])
def test_bootstrap_interval_as_proc(data, reference, marker):
    found = stats.roc(data[marker], data["outcome"], positive="Poor", ci="bootstrap")
    # set.seed(42); ci.auc(roc, method='bootstrap', boot.n=2000): two Monte-Carlo runs apart
    assert found.auc_low == pytest.approx(reference[f"boot_strat2000_lo_{marker}"], abs=0.01)
    assert found.auc_high == pytest.approx(reference[f"boot_strat2000_hi_{marker}"], abs=0.01)


@pytest.mark.parametrize("marker", ["s100b", "ndka", "wfns"])
@pytest.mark.parametrize("between", [(1, 0.9), (0.9, 0.8), (1, 0.8)])
@pytest.mark.parametrize("focus", ["specificity", "sensitivity"])
def test_partial_area_as_proc(data, reference, marker, between, focus):
    found = stats.partial_auc(
        data[marker], data["outcome"], positive="Poor", between=between, focus=focus, draws=50
    )
    # auc(roc, partial.auc=BETWEEN, partial.auc.focus=FOCUS, partial.auc.correct=FALSE and TRUE)
    name = f"pauc_{marker}_{focus[:4]}_{between[0]:g}_{between[1]:g}"
    assert found.area == pytest.approx(reference[f"{name}_raw"], abs=1e-12)
    assert found.standardised == pytest.approx(
        reference[f"{name}_corrected"], abs=1e-12, nan_ok=True
    )
    assert found.area_low <= found.area <= found.area_high


@pytest.mark.parametrize("marker", ["s100b", "ndka", "wfns"])
@pytest.mark.parametrize(
    ("name", "rule"),
    [
        ("youden", "youden"),
        ("closest.topleft", "closest"),
        ("cost5_prev0.2", stats.least_cost(miss=5, prevalence=0.2)),
    ],
)
def test_cut_offs_as_proc(data, reference, marker, name, rule):
    found = stats.cutoff(data[marker], data["outcome"], positive="Poor", rule=rule, draws=50)
    measures = found.measures.set_index("measure")["apparent"]
    # coords(roc,'best',best.method='youden'|'closest.topleft') and best.weights=c(5,0.2)
    assert found.threshold == pytest.approx(reference[f"{name}_threshold_{marker}_1"], abs=1e-12)
    for measure in ("sensitivity", "specificity"):
        expected = reference[f"{name}_{measure}_{marker}_1"]
        assert measures[measure] == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize("marker", ["s100b", "ndka", "wfns"])
def test_sensitivity_at_a_specificity_as_proc(data, reference, marker):
    found = stats.roc(data[marker], data["outcome"], positive="Poor").sensitivity_at(0.9)
    # coords(roc,x=.9,input='specificity',ret='sensitivity')
    assert found == pytest.approx(reference[f"sens_at_spec90_{marker}"], abs=1e-12)


@pytest.mark.parametrize("pair", [("s100b", "ndka"), ("s100b", "wfns"), ("ndka", "wfns")])
def test_paired_delong_as_proc(data, reference, pair):
    found = stats.compare_roc(data[pair[0]], data[pair[1]], data["outcome"], positive="Poor")
    # roc.test(r1,r2,method='delong',paired=TRUE)
    name = f"paired_{pair[0]}_{pair[1]}"
    assert found.z == pytest.approx(reference[f"{name}_Z"], abs=1e-12)
    assert found.p_value == pytest.approx(reference[f"{name}_p"], abs=1e-12)
    assert found.low == pytest.approx(reference[f"{name}_ci_lo"], abs=1e-12)
    assert found.high == pytest.approx(reference[f"{name}_ci_hi"], abs=1e-12)
    variances = [reference[f"delong_var_{marker}"] for marker in pair]
    covariance = (sum(variances) - found.standard_error**2) / 2  # cov(r1,r2)
    assert covariance == pytest.approx(reference[f"cov_{pair[0]}_{pair[1]}"], abs=1e-12)


def test_unpaired_delong_as_proc(data, reference):
    men, women = (data[data["gender"] == gender] for gender in ("Male", "Female"))
    found = stats.compare_roc(
        men["s100b"],
        women["s100b"],
        (men["outcome"], women["outcome"]),
        paired=False,
        positive="Poor",
    )
    # roc.test(roc(male),roc(female),method='delong',paired=FALSE)
    assert found.auc_a == pytest.approx(reference["unp_auc_male"], abs=1e-12)
    assert found.auc_b == pytest.approx(reference["unp_auc_female"], abs=1e-12)
    assert found.z == pytest.approx(reference["unp_D"], abs=1e-12)
    assert found.df == pytest.approx(reference["unp_df"], abs=1e-9)
    assert found.p_value == pytest.approx(reference["unp_p"], abs=1e-12)


@pytest.mark.parametrize(("ci", "name"), [("wilson", "Wilson"), ("exact", "CP")])
def test_accuracy_intervals_as_r(data, reference, ci, name):
    found = stats.accuracy(
        data["s100b"], data["outcome"], positive="Poor", threshold=0.205, ci=ci
    ).measures.set_index("measure")
    # prop.test(tp,n_poor,correct=FALSE) and binom.test(tp,n_poor)$conf.int; likewise tn, n_good
    for measure in ("sensitivity", "specificity"):
        for side, limit in (("low", "lo"), ("high", "hi")):
            expected = reference[f"{measure[:4]}_{name}_{limit}"]
            assert found.loc[measure, side] == pytest.approx(expected, abs=1e-9)
    # coords(roc,'best',ret=c('ppv','npv','accuracy',…))
    for measure in ("ppv", "npv", "accuracy"):
        expected = reference[f"youden_{measure}_s100b_1"]
        assert found.loc[measure, "estimate"] == pytest.approx(expected, abs=1e-12)


def test_observed_cut_off_as_cutpointr(data, reference):
    found = stats.cutoff(
        data["s100b"], data["outcome"], positive="Poor", convention="observed", draws=50
    )
    # cutpointr(aSAH,s100b,outcome,pos_class='Poor',direction='>=',method=maximize_metric,
    #   metric=youden)
    assert found.threshold == pytest.approx(reference["cp_cut"], abs=1e-12)
    index = found.measures.set_index("measure").loc["youden", "apparent"]
    assert index == pytest.approx(reference["cp_youden"], abs=1e-12)


@pytest.mark.parametrize("auc", [0.6, 0.7, 0.75, 0.8, 0.85, 0.9, 0.95])
def test_sample_size_as_proc(reference, auc):
    # power.roc.test(auc=AUC, power=.9, sig.level=.05)
    positives, negatives = stats.roc_sample_size(auc)
    assert positives == pytest.approx(reference[f"ncases_auc{auc:g}_power90"], rel=1e-9)
    assert negatives == pytest.approx(reference[f"ncontrols_auc{auc:g}_power90"], rel=1e-9)


@pytest.mark.parametrize("auc", [0.7, 0.8, 0.9])
@pytest.mark.parametrize("size", [6, 12, 24])
def test_power_as_proc(reference, auc, size):
    # power.roc.test(auc=AUC, ncases=SIZE, ncontrols=SIZE)
    found = stats.roc_power(auc, n_positive=size, n_negative=size)
    expected = reference[f"power_auc{auc:g}_n{size}_per_group"]
    assert found == pytest.approx(expected, abs=1e-9)
