"""Effect sizes, adjusted p-values and Dunnett's test against R and published tables."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from biomarkers.stats.contrasts.dunnett import dunnett
from biomarkers.stats.contrasts.effect_size import hedges_g
from biomarkers.stats.contrasts.multiplicity import adjust

# Miles per gallon of R's data set mtcars (Motor Trend 1974), by transmission.
AUTOMATIC = [
    21.4, 18.7, 18.1, 14.3, 24.4, 22.8, 19.2, 17.8, 16.4, 17.3, 15.2, 10.4, 10.4, 14.7, 21.5,
    15.5, 15.2, 13.3, 19.2,
]  # fmt: skip
MANUAL = [21.0, 21.0, 22.8, 32.4, 30.4, 33.9, 27.3, 26.0, 30.4, 15.8, 19.7, 15.0, 21.4]


def test_hedges_g_of_effectsize():
    # effectsize 0.8.3: hedges_g(mpg ~ am, data = mtcars) = -1.440635 [-2.208767, -0.65364], as
    # stored in github.com/WillemSleegers/tidystats, tests/data/effectsize.json.
    effect = hedges_g(AUTOMATIC, MANUAL)
    found = (effect.estimate, effect.low, effect.high)
    np.testing.assert_allclose(found, (-1.440635, -2.208767, -0.65364), atol=6e-7)


@pytest.mark.parametrize("method", ["holm", "hommel"])
def test_adjusted_p_values_of_r(shared_data, method):
    # p.adjust(p, method), p = coin::wilcox_test(lr ~ Diet, distribution='exact') at six times.
    rows = pd.read_csv(shared_data("stats/reference.csv"))
    chicks = rows[rows["dataset"] == "ChickWeight"].set_index("quantity")["value"].astype(float)
    times = [2, 4, 6, 8, 10, 12]
    p_values = chicks[[f"t{time}_mw_p_exact" for time in times]]
    expected = chicks[[f"{method}_t{time}" for time in times]]
    np.testing.assert_allclose(adjust(p_values, method=method), expected, rtol=1e-12)


# Dunnett, J Am Stat Assoc 1955;50:1096, section 4: blood counts (10^6/mm3) of a control and two
# drugs. Printed differences +0.65 and +2.63.
BLOOD = pd.DataFrame(
    {
        "value": [7.40, 8.50, 7.20, 8.24, 9.84, 8.32, 9.76, 8.80, 7.68, 9.36,
                  12.80, 9.68, 12.16, 9.20, 10.55],
        "group": ["control"] * 6 + ["A"] * 4 + ["B"] * 5,
    }
)  # fmt: skip


def test_dunnetts_own_example():
    result = dunnett(BLOOD, control="control").table.set_index("contrast")
    np.testing.assert_allclose(result["estimate"], [0.65, 2.628], atol=5e-4)
    # scipy integrates by random quasi-Monte Carlo.
    values = {name: own["value"].to_numpy() for name, own in BLOOD.groupby("group")}
    test = stats.dunnett(values["A"], values["B"], control=values["control"], random_state=1)
    interval = test.confidence_interval()
    np.testing.assert_allclose(result["p_value"], test.pvalue, atol=3e-4)
    np.testing.assert_allclose(result["low"], interval.low, atol=5e-3)
    np.testing.assert_allclose(result["high"], interval.high, atol=5e-3)


@pytest.mark.parametrize(
    ("groups", "per_group", "table"),
    # Two-sided 5 % points of Dunnett, Biometrics 1964;20:482, table II: equal groups,
    # df = (groups + 1)(n - 1).
    [(1, 11, 2.09), (3, 6, 2.54), (9, 7, 2.77)],
)
def test_critical_values_of_dunnetts_table(groups, per_group, table):
    rng = np.random.default_rng(1)
    names = [f"g{k}" for k in range(groups + 1)]
    data = pd.DataFrame({"group": np.repeat(names, per_group)})
    data["value"] = rng.normal(size=len(data))
    row = dunnett(data, control="g0").table.iloc[0]
    assert row["df"] == (groups + 1) * (per_group - 1)
    assert (row["high"] - row["estimate"]) / row["se"] == pytest.approx(table, abs=6e-3)
