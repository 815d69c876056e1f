"""The Cox model."""

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest
from scipy import optimize, special
from statsmodels.duration.hazard_regression import PHReg

from biomarkers import stats
from biomarkers.errors import InputError, SeparationError

mpl.use("Agg")


def subjects(seed=1, n=60):
    """Return rows with ties, late entry and strata."""
    random = np.random.default_rng(seed)
    start = random.integers(0, 4, n)
    age, dose = random.normal(60, 10, n), random.integers(0, 3, n)
    wait = np.ceil(random.exponential(6 * np.exp(-0.05 * (age - 60))))
    return pd.DataFrame(
        {
            "start": start,
            "stop": start + wait,
            "died": random.random(n) < 0.7,
            "age": age,
            "dose": dose,
            "site": random.choice(["x", "y"], n),
        }
    )


TIMES = {"time": ("start", "stop"), "event": "died"}


def log_likelihood(table, X, beta):
    """Efron's partial likelihood, one event time of one stratum after another."""
    value, risk = 0.0, np.exp(X @ beta)
    for _, rows in table.groupby("site"):
        here = table.index.isin(rows.index)
        for moment in np.unique(rows["stop"][rows["died"]]):
            at_risk = here & (table["start"] < moment) & (table["stop"] >= moment)
            dying = here & table["died"] & (table["stop"] == moment)
            value += (X @ beta)[dying].sum()
            count = dying.sum()
            for before in range(count):
                value -= np.log(risk[at_risk].sum() - before / count * risk[dying].sum())
    return value


def test_maximises_the_likelihood_written_out():
    table = subjects()
    X = table[["age", "dose"]].to_numpy(dtype=float) - [60, 1]
    best = optimize.minimize(lambda beta: -log_likelihood(table, X, beta), [0, 0], tol=1e-10)
    model = stats.cox(table, "age + dose", strata="site", **TIMES)
    np.testing.assert_allclose(model.coefficients, best.x, atol=2e-5)
    ratio = 2 * (log_likelihood(table, X, model.coefficients) - log_likelihood(table, X, [0, 0]))
    assert model.tests["statistic"].iloc[0] == pytest.approx(ratio, rel=1e-8)


def test_agrees_with_statsmodels():
    table = subjects(n=200)
    # statsmodels counts who enters at the time of an event as at risk of it: none does.
    table["start"], table["stop"] = table["start"] + 0.5, table["stop"] + 1
    X = table[["age", "dose"]].to_numpy(dtype=float)
    other = PHReg(
        table["stop"], X, status=table["died"], entry=table["start"], strata=table["site"],
        ties="efron",
    ).fit()  # fmt: skip
    model = stats.cox(table, "age + dose", strata="site", **TIMES)
    np.testing.assert_allclose(model.coefficients, other.params, rtol=1e-4)
    np.testing.assert_allclose(model.table["se"], other.bse, rtol=1e-4)
    np.testing.assert_allclose(model.table["z"], other.tvalues, rtol=1e-4)
    np.testing.assert_allclose(model.table["p_value"], other.pvalues, rtol=1e-3)


def test_information_is_the_curvature():
    table = subjects()
    X = table[["age", "dose"]].to_numpy(dtype=float) - [60, 1]
    model = stats.cox(table, "age + dose", strata="site", **TIMES)
    step = np.array([1e-3, 1e-2])
    curvature = np.empty((2, 2))
    for a in range(2):
        for b in range(2):
            signs = [(1, 1), (1, -1), (-1, 1), (-1, -1)]
            values = [
                s * t * log_likelihood(
                    table, X, model.coefficients + s * step * np.eye(2)[a] + t * step * np.eye(2)[b]
                )
                for s, t in signs
            ]  # fmt: skip
            curvature[a, b] = sum(values) / (4 * step[a] * step[b])
    np.testing.assert_allclose(np.linalg.inv(-curvature), model.covariance, rtol=1e-3)


def test_scale_and_origin_of_a_covariate_do_not_matter():
    table = subjects()
    plain = stats.cox(table, "age + dose", **TIMES)
    moved = stats.cox(table.assign(age=1e6 + 1e4 * table["age"]), "age + dose", **TIMES)
    assert moved.coefficients[0] * 1e4 == pytest.approx(plain.coefficients[0], rel=1e-6)
    assert moved.coefficients[1] == pytest.approx(plain.coefficients[1], rel=1e-6)


def test_splitting_follow_up_changes_nothing():
    table = subjects().assign(start=0.0)
    middle = table["stop"] / 2
    pieces = pd.concat(
        [table.assign(stop=middle, died=False), table.assign(start=middle)], ignore_index=True
    )
    whole, split = (stats.cox(rows, "age + dose", **TIMES) for rows in (table, pieces))
    np.testing.assert_allclose(split.coefficients, whole.coefficients, rtol=1e-8)
    np.testing.assert_allclose(split.covariance, whole.covariance, rtol=1e-8)


def test_rows_doubled_as_clusters_keep_their_error():
    table = subjects().assign(who=range(60))
    once = stats.cox(table, "age + dose", cluster="who", **TIMES)
    twice = pd.concat([table, table], ignore_index=True)
    naive = stats.cox(twice, "age + dose", **TIMES).table["se"]
    robust = stats.cox(twice, "age + dose", cluster="who", **TIMES).table["se"]
    np.testing.assert_allclose(robust, once.table["se"], rtol=0.05)
    assert (naive < 0.85 * robust).all()


def separated():
    return pd.DataFrame(
        {"days": [1.0, 2, 3, 4, 5, 6], "died": [1, 1, 1, 0, 0, 0], "high": [1, 1, 1, 0, 0, 0]}
    )


def test_separation_is_an_error_that_names_the_term_and_the_way_out():
    with pytest.raises(SeparationError, match=r"high: .*penalty='firth'"):
        stats.cox(separated(), "high", time="days", event="died")
    # A group without any event is separated too, while the other term is not at fault.
    table = subjects().assign(rare=0)
    table.loc[table.index[~table["died"]][:4], "rare"] = 1
    with pytest.raises(SeparationError, match=r"^rare: "):
        stats.cox(table, "age + rare", **TIMES)


def test_a_rare_level_with_one_event_is_no_separation():
    table = subjects(n=400).assign(rare=0)
    table.loc[table.index[~table["died"]][:30], "rare"] = 1
    table.loc[table.index[table["died"]][0], "rare"] = 1
    assert np.isfinite(stats.cox(table, "rare", **TIMES).table["high"]).all()


def firth_value(beta):
    """Penalised likelihood of the separated data: 3 events, then 3 without."""
    value, information = 0.0, 0.0
    for highs in (3, 2, 1):
        share = special.expit(np.log(highs / 3) + beta)
        value += beta - np.log(highs * np.exp(beta) + 3)
        information += share * (1 - share)
    return value + np.log(information) / 2


def test_firth_maximises_the_penalised_likelihood():
    best = optimize.minimize_scalar(lambda beta: -firth_value(beta), bounds=(0, 10)).x
    model = stats.cox(separated(), "high", time="days", event="died", penalty="firth")
    assert model.coefficients[0] == pytest.approx(best, abs=1e-4)
    assert "Firth" in model.headline
    limits = model.profile_intervals().iloc[0]
    drop = 3.841458820694124 / 2
    for name in ("low", "high"):
        if np.isfinite(limits[name]) and limits[name] > 0:
            assert firth_value(best) - firth_value(np.log(limits[name])) == pytest.approx(
                drop, 1e-5
            )
    assert limits["low"] > 1
    assert limits["p_value"] == pytest.approx(
        special.chdtrc(1, 2 * (firth_value(best) - firth_value(0))), rel=1e-5
    )


def test_firth_converges_on_next_to_nothing():
    # One informative event: log p + ½ log p(1 − p) is largest at p = ¾, so the ratio is 3.
    table = pd.DataFrame({"days": [1, 2, 0.5], "died": [1, 0, 0], "x": [1, 0, 0]})
    model = stats.cox(table, "x", time="days", event="died", penalty="firth")
    assert model.table["hazard_ratio"].item() == pytest.approx(3, rel=1e-5)


def test_slope_of_the_penalty_is_right_with_ties_and_strata():
    table = subjects(n=40)
    X = table[["age", "dose"]].to_numpy(dtype=float) - [60, 1]
    step = np.array([2e-3, 2e-2])

    def penalised(beta):
        at = {
            (a, b): log_likelihood(table, X, beta + step * [a, b])
            for a in (-1, 0, 1) for b in (-1, 0, 1)
        }  # fmt: skip
        mixed = (at[1, 1] - at[1, -1] - at[-1, 1] + at[-1, -1]) / 4
        curvature = [[at[1, 0] - 2 * at[0, 0] + at[-1, 0], mixed],
                     [mixed, at[0, 1] - 2 * at[0, 0] + at[0, -1]]]  # fmt: skip
        return at[0, 0] + np.linalg.slogdet(-np.array(curvature) / np.outer(step, step))[1] / 2

    def slope(beta):
        sides = [(penalised(beta + move), penalised(beta - move)) for move in np.diag(step)]
        return np.array([above - below for above, below in sides]) / (2 * step)

    firth, plain = (
        stats.cox(table, "age + dose", strata="site", penalty=penalty, **TIMES).coefficients
        for penalty in ("firth", "none")
    )
    assert np.abs(slope(firth)).max() < 0.02 * np.abs(slope(plain)).max()


def test_profile_intervals_are_wald_intervals_in_large_samples():
    model = stats.cox(subjects(n=800), "age + dose", **TIMES)
    wald, profile = model.table, model.profile_intervals()
    np.testing.assert_allclose(profile[["low", "high"]], wald[["low", "high"]], rtol=0.01)


def test_changing_hazard_is_found():
    random = np.random.default_rng(5)
    x = random.integers(0, 2, 400)
    # Twice the hazard at first, half of it later.
    early, late = (
        random.exponential(1 / np.where(x, 2.0, 1.0)),
        random.exponential(1 / np.where(x, 0.3, 1.0)),
    )
    time = np.where(early < 0.7, early, 0.7 + late)
    table = pd.DataFrame({"time": time, "x": x})
    found = stats.cox(table, "x", time="time").proportional_hazards()
    assert found.table["p_value"].iloc[-1] < 1e-4
    residuals = found.residuals
    first = residuals["x"][residuals["time"] < 0.7].mean()
    assert first > residuals["x"][residuals["time"] > 0.7].mean() + 1
    found.plot()


@pytest.mark.parametrize(
    ("formula", "settings", "change", "message"),
    [
        ("age", {}, {"died": 0}, "nobody has the event"),
        ("stop ~ age", {}, {}, "only the covariates"),
        ("age - 1", {}, {}, "leave the intercept in"),
        ("1", {}, {}, "at least one covariate"),
        ("height", {}, {}, "no column height"),
        ("age + I(2 * age)", {}, {}, "cannot tell"),
        ("age", {}, {"start": 99}, "column start: found 99, expected less than"),
        ("age", {"penalty": "lasso"}, {}, "penalty: found 'lasso', expected none | firth"),
        ("C(site)", {"strata": "site"}, {}, "does not vary"),
        ("age", {"level": 0}, {}, "level: found 0"),
    ],
)
def test_impossible_models_are_explained(formula, settings, change, message):
    with pytest.raises(InputError, match=message):
        stats.cox(subjects().assign(**change), formula, **TIMES, **settings)


def test_rows_with_missing_values_are_counted():
    table = subjects()
    table.loc[[3, 5], "age"] = np.nan
    table.loc[7, "stop"] = np.nan
    model = stats.cox(table, "age", **TIMES)
    assert "3 rows with a missing value left out" in model.headline
    model.plot()
    with pytest.raises(InputError, match="model without penalty"):
        stats.cox(table, "age", penalty="firth", **TIMES).proportional_hazards()
    with pytest.raises(InputError, match="transform: found 'sqrt'"):
        model.proportional_hazards("sqrt")
