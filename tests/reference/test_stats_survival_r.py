"""R 4.2.2 with survival 3.5-3 and riskRegression 2022.11.28; the call beside each number.

Data: remission in weeks of 42 children with leukaemia, 6-MP or placebo (Freireich et al., Blood
1963;21:699, table 1); 26 women with ovarian cancer (Edmonson et al., Cancer Treat Rep 1979;63:241,
R's `ovarian`); and numbers from a formula, with ties, late entry and strata:

    i <- 1:120; start <- (i*7)%%11; stop <- start+1+(i*13)%%17; ev <- as.integer((i*5)%%3 != 0)
    x <- ((i*29)%%23)/10; z <- ((i*31)%%7)/3; s <- (i*17)%%3; id <- (i*3)%%40
"""

import numpy as np
import pandas as pd
import pytest

from biomarkers import stats

MP = [6, 6, 6, 6, 7, 9, 10, 10, 11, 13, 16, 17, 19, 20, 22, 23, 25, 32, 32, 34, 35]
MP_RELAPSED = [1, 1, 1, 0, 1, 0, 1, 0, 0, 1, 1, 0, 0, 0, 1, 1, 0, 0, 0, 0, 0]
PLACEBO = [1, 1, 2, 2, 3, 4, 4, 5, 5, 8, 8, 8, 8, 11, 11, 12, 12, 15, 17, 22, 23]
REMISSION = pd.DataFrame(
    {
        "weeks": MP + PLACEBO,
        "relapsed": MP_RELAPSED + [1] * 21,
        "drug": ["6-MP"] * 21 + ["placebo"] * 21,
    }
)
OVARIAN = pd.DataFrame(
    {
        "days": [
            59, 115, 156, 421, 431, 448, 464, 475, 477, 563, 638, 744, 769, 770, 803, 855, 1040,
            1106, 1129, 1206, 1227, 268, 329, 353, 365, 377,
        ],
        "died": [1, 1, 1, 0, 1, 0, 1, 1, 0, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 0],
        "age": [
            72.3315, 74.4932, 66.4658, 53.3644, 50.3397, 56.4301, 56.937, 59.8548, 64.1753,
            55.1781, 56.7562, 50.1096, 59.6301, 57.0521, 39.2712, 43.1233, 38.8932, 44.6,
            53.9068, 44.2055, 59.589, 74.5041, 43.137, 63.2192, 64.4247, 58.3096,
        ],
        "residual": [2, 2, 2, 2, 2, 1, 2, 2, 2, 1, 1, 1, 2, 2, 1, 1, 2, 1, 1, 2, 1, 2, 2, 1, 2, 1],
        "rx": [1, 1, 1, 2, 1, 1, 2, 2, 1, 2, 1, 2, 2, 2, 1, 1, 1, 1, 2, 2, 2, 1, 1, 2, 2, 2],
        "ecog": [1, 1, 2, 1, 1, 2, 2, 2, 1, 2, 2, 1, 2, 1, 1, 2, 2, 1, 1, 1, 2, 2, 1, 2, 1, 1],
    }
)  # fmt: skip
i = np.arange(1, 121)
MADE = pd.DataFrame(
    {
        "start": (i * 7) % 11,
        "stop": (i * 7) % 11 + 1 + (i * 13) % 17,
        "ev": ((i * 5) % 3 != 0).astype(int),
        "x": ((i * 29) % 23) / 10,
        "z": ((i * 31) % 7) / 3,
        "s": (i * 17) % 3,
        "id": (i * 3) % 40,
    }
)
MADE["quarter"] = MADE["id"] % 4


def close(found, expected, relative=1e-8):
    np.testing.assert_allclose(np.asarray(found, dtype=float), expected, rtol=relative)


@pytest.fixture(scope="module")
def remission():
    return stats.kaplan_meier(REMISSION, time="weeks", event="relapsed", group="drug")


def test_kaplan_meier_curve(remission):
    # summary(survfit(Surv(t, e) ~ g, conf.type="log-log"))
    curve = remission.curve[(remission.curve["events"] > 0)]
    mp = curve[curve["group"] == "6-MP"]
    assert mp["time"].tolist() == [6, 7, 10, 13, 16, 22, 23]
    assert mp["at_risk"].tolist() == [21, 17, 15, 12, 11, 7, 6]
    assert mp["events"].tolist() == [3, 1, 1, 1, 1, 1, 1]
    close(mp["survival"], [0.85714286, 0.80672269, 0.75294118, 0.69019608, 0.62745098,
                           0.53781513, 0.44817927], 1e-7)  # fmt: skip
    close(mp["se"], [0.076360355, 0.086935285, 0.096349653, 0.106814708, 0.114053865,
                     0.128233752, 0.134591457], 1e-7)  # fmt: skip
    close(mp["low"], [0.61971796, 0.56314656, 0.50319951, 0.43161022, 0.36751086, 0.26777894,
                      0.18805201], 1e-7)  # fmt: skip
    close(mp["high"], [0.95155175, 0.92280902, 0.88936184, 0.84906596, 0.80491219, 0.74679072,
                       0.68014263], 1e-7)  # fmt: skip
    placebo = curve[curve["group"] == "placebo"]
    close(placebo["low"].iloc[[0, 5, 10]], [0.670045882, 0.183066549, 0.003324463], 1e-6)
    last = placebo.iloc[-1]
    assert last["survival"] == 0
    assert np.isnan([last["se"], last["low"], last["high"]]).all()


def test_medians_and_restricted_means(remission):
    # survfit(Surv(t, e) ~ g, conf.type="log-log"); summary(..., rmean=20)
    close(remission.table["median"], [23, 8])
    close(remission.table["median_low"], [13, 4])
    close(remission.table["median_high"], [np.nan, 11])
    means = remission.restricted_mean(20)
    close(means["mean"], [16.11652661064, 8.42857142857])
    close(means["se"], [1.25156019601, 1.26808268250])


def test_medians_of_ovarian():
    # survfit(Surv(futime, fustat) ~ rx, ovarian, conf.type="log-log")
    found = stats.kaplan_meier(OVARIAN, time="days", event="died", group="rx").table
    close(found["median"], [638, np.nan])
    close(found["median_low"], [156, 464])
    assert found["median_high"].isna().all()


def test_log_rank():
    # survdiff(Surv(t, e) ~ g)
    found = stats.log_rank(REMISSION, time="weeks", event="relapsed", group="drug")
    close(found.statistic, 16.7929409892)
    close(found.table["expected"], [19.250500948, 10.749499052])
    # survdiff(Surv(futime, fustat) ~ rx + strata(resid.ds), ovarian)
    found = stats.log_rank(OVARIAN, time="days", event="died", group="rx", strata="residual")
    close(found.statistic, 1.2796434512)
    close(found.table["expected"], [1.52597402597 + 3.56922244422, 1.47402597403 + 5.43077755578])


def test_log_rank_of_three_groups():
    # survdiff(Surv(stop, ev) ~ s); survdiff(Surv(stop, ev) ~ s + strata(id %% 4))
    found = stats.log_rank(MADE, time="stop", event="ev", group="s")
    close((found.statistic, found.df), (43.9433266081, 2))
    close(found.table["expected"], [26.3546607655, 27.5987281132, 26.0466111213])
    found = stats.log_rank(MADE, time="stop", event="ev", group="s", strata="quarter")
    close(found.statistic, 42.0320151962)
    assert "stratified by quarter" in found.headline


def test_median_of_many_ties():
    # survfit(Surv(stop, ev) ~ s, conf.type="log-log"): group 1 lies on one half from 13 to 14
    found = stats.kaplan_meier(MADE, time="stop", event="ev", group="s").table
    close(found["median"], [np.nan, 13.5, 15])
    close(found["median_low"], [np.nan, 12, 11])
    close(found["median_high"], [np.nan, 17, 16])


def test_cox_of_two_groups():
    # summary(coxph(Surv(t, e) ~ g)); $score; cox.zph()
    model = stats.cox(REMISSION, "drug", time="weeks", event="relapsed")
    row = model.table.iloc[0]
    close(row[["estimate", "se", "z", "p_value"]],
          [1.57212514883, 0.412396717709, 3.81216697737, 0.000137753761987], 1e-6)  # fmt: skip
    tests = model.tests.set_index("test")["statistic"]
    close(tests["likelihood_ratio"], 2 * (-85.0084245774 + 93.1842699968), 1e-7)
    close(tests["score"], 17.2465367957)
    close(model.proportional_hazards().table["statistic"].iloc[0], 0.0228633780528, 1e-6)


@pytest.fixture(scope="module")
def ovarian():
    return stats.cox(OVARIAN, "age + rx", time="days", event="died")


def test_cox_of_ovarian(ovarian):
    # coxph(Surv(futime, fustat) ~ age + rx, ovarian)
    assert ovarian.table["term"].tolist() == ["age", "rx"]
    close(ovarian.table["estimate"], [0.147326595469, -0.803973012665], 1e-7)
    close(ovarian.table["se"], [0.0461470477408, 0.6320493718795], 1e-7)
    close(ovarian.tests["statistic"], [15.8860830163, 13.47, 18.5571233836], 2e-4)
    close(ovarian.tests["p_value"], [3.55124719322e-04, 0.00119005774522, 9.34053726084e-05], 1e-6)


@pytest.mark.parametrize(
    ("transform", "expected"),
    [
        ("km", [0.224265642198, 0.779606879885, 0.918669928516]),
        ("rank", [0.254858433308, 0.688640780119, 0.880121182027]),
        ("identity", [0.465493574174, 0.461045336475, 0.797236560713]),
        ("log", [0.633577657217, 0.778648739769, 1.049571575484]),
    ],
)
def test_proportional_hazards(ovarian, transform, expected):
    # cox.zph(fit, transform=)$table
    close(ovarian.proportional_hazards(transform).table["statistic"], expected, 1e-6)


def test_scaled_schoenfeld_residuals(ovarian):
    # cox.zph(fit)$y, whose rows are residuals about the coefficient
    found = ovarian.proportional_hazards().residuals
    assert found["time"].tolist()[:3] == [59, 115, 156]
    close(found["age"].iloc[[0, 4, 11]], [0.2046738603213, -0.2938637363225, 0.1478183820889], 1e-6)
    close(found["rx"].iloc[[0, 4, 11]],
          [-1.298869124746, -4.351901808858, -3.697414176184], 1e-6)  # fmt: skip


def test_cox_with_strata_and_clusters():
    # coxph(... ~ age + rx + strata(resid.ds)); coxph(..., robust=TRUE); coxph(..., cluster=ecog.ps)
    model = stats.cox(OVARIAN, "age + rx", time="days", event="died", strata="residual")
    close(model.table["estimate"], [0.115424646512, -0.651035359728], 1e-7)
    close(model.table["se"], [0.0459221249961, 0.6309751259600], 1e-7)
    each = OVARIAN.assign(who=range(len(OVARIAN)))
    model = stats.cox(each, "age + rx", time="days", event="died", cluster="who")
    close(model.table["se"], [0.0463339504715, 0.6120576713602], 1e-7)
    model = stats.cox(OVARIAN, "age + rx", time="days", event="died", cluster="ecog")
    close(model.table["se"], [0.0326526126261, 0.3589578695705], 1e-7)


def test_cox_of_intervals_with_ties():
    # coxph(Surv(start, stop, ev) ~ x + z); cox.zph(, transform="identity")
    model = stats.cox(MADE, "x + z", time=("start", "stop"), event="ev")
    close(model.table["estimate"], [0.00874255109998, 0.02881648808917], 1e-6)
    close(model.table["se"], [0.172868671212, 0.172226127054])
    close(model.tests["statistic"].iloc[0], 2 * (-292.552983860 + 292.567970591), 1e-6)
    found = model.proportional_hazards("identity").table["statistic"]
    close(found, [0.0279132144891, 1.6667004862966, 1.6828547814037], 1e-6)


def test_cox_of_intervals_with_strata():
    # coxph(Surv(start, stop, ev) ~ x + z + strata(s), cluster=id): one stratum has no event
    kinds = {"time": ("start", "stop"), "event": "ev", "strata": "s"}
    model = stats.cox(MADE, "x + z", cluster="id", **kinds)
    close(model.table["estimate"], [-0.000990472176907, 0.318310668888], 1e-5)
    close(model.table["se"], [0.142733885250, 0.122559820545], 1e-7)
    # coxph(Surv(start, stop, ev) ~ x * z + strata(s)); cox.zph()
    model = stats.cox(MADE, "x * z", **kinds)
    close(model.table["se"], [0.322996459598, 0.325658641168, 0.253786001137], 1e-7)
    found = model.proportional_hazards().table["statistic"]
    close(found, [0.0817170846157, 0.0897250373722, 0.2980730063472, 1.5837124505240], 1e-5)


def test_time_dependent_areas():
    # Score(list(m=o$age), Surv(futime, fustat) ~ 1, o, times=c(400, 600), metrics="auc")
    found = stats.time_roc(OVARIAN["age"], OVARIAN["days"], OVARIAN["died"], horizons=[400, 600])
    close(found.table["auc"], [0.873015873016, 0.827865218355])
    close(found.table["se"], [0.1125011136740, 0.0868827294319], 1e-5)
    # Score(list(m=x), Surv(stop, ev) ~ 1, times=c(5, 10, 15, 20), metrics="auc"); with ties, its
    # derivative of the weights is that of continuous time, ours the exact one of the jackknife
    found = stats.time_roc(MADE["x"], MADE["stop"], MADE["ev"], horizons=[5, 10, 15, 20])
    close(found.table["auc"], [0.518018018018, 0.515278539734, 0.523091314876, 0.478443352310])
    close(found.table["se"],
          [0.1276223818632, 0.0714521826695, 0.0590001101198, 0.0747989329285], 2e-4)  # fmt: skip


def test_concordance():
    # concordance(Surv(futime, fustat) ~ age, o, reverse=TRUE), its var; timewt="n/G2"
    age = OVARIAN["age"], OVARIAN["days"], OVARIAN["died"]
    found = stats.concordance(*age)
    close((found.estimate, found.se), (0.784403669725, 0.0826697943708))
    close(stats.concordance(*age, method="uno").estimate, 0.770826271619)
    # concordance(Surv(stop, ev) ~ x, reverse=TRUE); timewt="n/G2", ymax=14.9
    made = MADE["x"], MADE["stop"], MADE["ev"]
    found = stats.concordance(*made)
    close((found.estimate, found.se), (0.505668696, 0.0393025902856))
    assert found.pairs == 2322 + 2268 + 173
    close(stats.concordance(*made, method="uno", horizon=15).estimate, 0.510219887861)
