"""The mixed model for repeated measures: exact cases, missing visits, and what it refuses."""

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest
from scipy import stats

from biomarkers.errors import InputError
from biomarkers.stats import mmrm

mpl.use("Agg")

COVARIANCE = np.array(
    [[4.0, 2.0, 1.0, 0.5], [2.0, 5.0, 2.5, 1.0], [1.0, 2.5, 6.0, 3.0], [0.5, 1.0, 3.0, 9.0]]
)


def make_trial(*, subjects=14, visits=(3, 7, 14, 28), seed=1, effect=1.0):
    """Two equal groups, all visits attended; the group effect grows with the visit."""
    rng = np.random.default_rng(seed)
    size = len(visits)
    noise = rng.multivariate_normal(np.zeros(size), COVARIANCE[:size, :size], size=subjects)
    treated = np.arange(subjects) % 2
    values = 10 + noise + effect * np.outer(treated, np.arange(size))
    return pd.DataFrame(
        {
            "subject": np.repeat([f"rat{i:02d}" for i in range(subjects)], size),
            "visit": np.tile(visits, subjects),
            "group": np.repeat(np.where(treated, "drug", "control"), size),
            "base": np.repeat(rng.normal(size=subjects), size),
            "value": values.ravel(),
        }
    )


def wide(trial, group):
    rows = trial[trial["group"] == group]
    return rows.pivot_table(index="subject", columns="visit", values="value").to_numpy()


@pytest.fixture(scope="module")
def trial():
    return make_trial()


@pytest.fixture(scope="module")
def complete(trial):
    return mmrm(trial, "value ~ group * visit")


def test_complete_data_give_the_t_test_at_each_visit(trial, complete):
    contrasts = complete.contrasts("group")
    assert list(contrasts["contrast"]) == ["drug - control"] * 4
    assert list(contrasts["visit"]) == [3, 7, 14, 28]
    test = stats.ttest_ind(wide(trial, "drug"), wide(trial, "control"))
    interval = test.confidence_interval()
    np.testing.assert_allclose(contrasts["t"], test.statistic, rtol=1e-6)
    np.testing.assert_allclose(contrasts["df"], 12, rtol=1e-6)
    np.testing.assert_allclose(contrasts["p_value"], test.pvalue, rtol=1e-5)
    np.testing.assert_allclose(contrasts["low"], interval.low, rtol=1e-5)
    np.testing.assert_allclose(contrasts["high"], interval.high, rtol=1e-5)


def test_complete_data_give_the_pooled_covariance(trial, complete):
    groups = [np.cov(wide(trial, group).T) for group in ("drug", "control")]
    np.testing.assert_allclose(complete.covariance, np.mean(groups, axis=0), rtol=1e-6)
    assert list(complete.covariance.columns) == [3, 7, 14, 28]


def test_complete_data_give_hotellings_test_of_parallel_profiles(trial, complete):
    # Kenward and Roger (1997), section 5: their F is exact in this case.
    steps = [np.diff(wide(trial, group), axis=1) for group in ("drug", "control")]
    apart = steps[0].mean(axis=0) - steps[1].mean(axis=0)
    pooled = (np.cov(steps[0].T) + np.cov(steps[1].T)) / 2
    squared = apart @ np.linalg.solve(pooled * (2 / 7), apart)
    test = complete.f_test(["group", "visit"]).iloc[0]
    assert test["df_numerator"] == 3
    assert test["df_denominator"] == pytest.approx(14 - 3 - 1, rel=1e-6)
    assert test["f"] == pytest.approx(squared * (14 - 3 - 1) / (3 * 12), rel=1e-6)


def test_baseline_by_visit_gives_ancova_at_each_visit(trial):
    result = mmrm(trial, "value ~ base * visit + group * visit").contrasts("group")
    for visit, row in result.set_index("visit").iterrows():
        rows = trial[trial["visit"] == visit]
        X = np.column_stack([np.ones(14), rows["base"], rows["group"] == "drug"]).astype(float)
        beta, squares, *_ = np.linalg.lstsq(X, rows["value"], rcond=None)
        se = np.sqrt(squares[0] / 11 * np.linalg.inv(X.T @ X)[2, 2])
        assert row["estimate"] == pytest.approx(beta[2], abs=1e-6)
        assert row["se"] == pytest.approx(se, rel=1e-5)
        assert row["df"] == pytest.approx(11, rel=1e-4)


def test_a_missing_visit_borrows_from_the_others(trial):
    gone = trial.copy()
    gone.loc[(gone["visit"] == 28) & gone["subject"].isin(["rat01", "rat02"]), "value"] = np.nan
    result = mmrm(gone, "value ~ group * visit")
    dropped = mmrm(gone.dropna(), "value ~ group * visit")
    pd.testing.assert_frame_equal(result.table, dropped.table)
    assert result.n_observations == 54
    assert result.n_subjects == 14
    assert "54 measurements of 14 subjects" in result.headline
    assert result.headline.endswith("2 rows with a missing value left out")
    last = result.contrasts("group").iloc[-1]
    at_28 = gone[(gone["visit"] == 28)].dropna()
    means = at_28.groupby("group")["value"].mean()
    assert abs(last["estimate"] - (means["drug"] - means["control"])) > 1e-3
    assert 10 - 1 < last["df"] < 12


def test_the_order_of_rows_does_not_matter(trial):
    mixed = trial.sample(frac=1, random_state=4)
    columns = ["estimate", "se", "df", "t", "p_value", "low", "high"]
    for covariance in ("un", "ar1"):
        one = mmrm(trial, "value ~ group * visit", covariance=covariance).table[columns]
        other = mmrm(mixed, "value ~ group * visit", covariance=covariance).table[columns]
        pd.testing.assert_frame_equal(one, other, rtol=1e-6)


def test_the_unit_scales_estimates_and_leaves_p_values(trial, complete):
    small = mmrm(trial.assign(value=trial["value"] * 1e-6), "value ~ group * visit")
    np.testing.assert_allclose(small.table["se"], 1e-6 * complete.table["se"], rtol=1e-5)
    np.testing.assert_allclose(small.table["p_value"], complete.table["p_value"], rtol=1e-4)


def test_visits_are_ordered_by_their_numbers(trial):
    named = trial.assign(visit="VIS" + trial["visit"].astype(str))
    assert list(mmrm(named, "value ~ group * visit").covariance.index) == [
        "VIS3", "VIS7", "VIS14", "VIS28",
    ]  # fmt: skip
    ordered = pd.Categorical(trial["visit"], categories=[28, 14, 7, 3, 0])
    own = mmrm(trial.assign(visit=ordered), "value ~ group * visit")
    assert list(own.covariance.index) == [28, 14, 7, 3]


def test_groups_are_ordered_by_their_numbers_too(trial):
    doses = trial.assign(group=trial["group"].map({"control": "2 mg", "drug": "10 mg"}))
    contrast = mmrm(doses, "value ~ group * visit").contrasts("group")
    assert list(contrast["contrast"].unique()) == ["10 mg - 2 mg"]
    assert list(contrast["estimate"].round(6)) == list(
        mmrm(trial, "value ~ group * visit").contrasts("group")["estimate"].round(6)
    )


def test_levels_that_nobody_has_and_truth_values_are_no_obstacle(trial, complete):
    wide = pd.Categorical(trial["group"], categories=["placebo", "control", "drug"])
    truth = trial.assign(group=wide, treated=trial["group"] == "drug")
    by_level = mmrm(truth, "value ~ group * visit").contrasts("group")
    by_truth = mmrm(truth, "value ~ treated * visit").contrasts("treated")
    assert list(by_truth["contrast"].unique()) == ["True - False"]
    for found in (by_level, by_truth):
        np.testing.assert_allclose(found["t"], complete.contrasts("group")["t"], rtol=1e-9)


def test_functions_in_the_formula_stand_at_the_mean_of_the_variable(trial):
    sizes = trial.assign(size=np.exp(trial["base"]))
    result = mmrm(sizes, "value ~ np.log(size) + group * visit")
    table = result.table.set_index("term")["estimate"]
    expected = table["Intercept"] + table["np.log(size)"] * np.log(sizes["size"].mean())
    assert result.lsmeans("group")["estimate"].iloc[0] == pytest.approx(expected)


def test_means_and_their_differences_fit_together(complete, trial):
    means = complete.lsmeans("group")
    observed = trial.groupby(["group", "visit"])["value"].mean().to_numpy()
    np.testing.assert_allclose(means["estimate"], observed)
    overall = complete.contrasts("group", by=())
    by_visit = complete.contrasts("group")["estimate"]
    assert list(overall.columns[:2]) == ["contrast", "estimate"]
    assert overall["estimate"].item() == pytest.approx(by_visit.mean())
    within = complete.contrasts("visit", by=["group"], against=3)
    assert list(within["contrast"].unique()) == ["7 - 3", "14 - 3", "28 - 3"]
    assert len(within) == 6


def test_all_pairs_of_three_groups(trial):
    three = trial.assign(group=trial["group"].where(trial["subject"] > "rat04", "other"))
    result = mmrm(three, "value ~ group + visit", covariance="cs")
    pairs = result.contrasts("group", by=())["contrast"]
    assert list(pairs) == ["drug - control", "other - control", "other - drug"]
    one = result.contrasts("group", by=(), against="other")["contrast"]
    assert list(one) == ["control - other", "drug - other"]
    assert result.f_test("group")["df_numerator"].item() == 2


def test_a_matrix_of_combinations(complete):
    L = np.zeros((2, 8))
    L[0, complete.design.terms.index("group[T.drug]")] = 1
    L[1] = L[0]
    L[1, complete.design.terms.index("group[T.drug]:visit[T.28]")] = 1
    by_hand, named = complete.contrasts(L), complete.contrasts("group")
    columns = list(named.columns[2:])
    np.testing.assert_allclose(by_hand[columns], named[columns].iloc[[0, 3]])
    test = complete.f_test(L[:1])
    assert test["f"].item() == pytest.approx(by_hand["t"].iloc[0] ** 2)
    assert test["p_value"].item() == pytest.approx(by_hand["p_value"].iloc[0])
    # A redundant row changes nothing.
    twice = complete.f_test(np.vstack([L, L[0] + L[1]]))
    pd.testing.assert_frame_equal(twice, complete.f_test(L))


def test_degrees_of_freedom_by_every_method(trial):
    trial = trial.drop(index=[2, 3, 11, 30])
    tables = {
        df: mmrm(trial, "value ~ group * visit", covariance="ar1", df=df).contrasts("group")
        for df in ("kr", "kr_linear", "satterthwaite", "residual", "normal")
    }
    np.testing.assert_allclose(tables["kr"]["df"], tables["satterthwaite"]["df"])
    # Where a visit is missing for some, the weights are estimated, and that costs.
    assert np.all(tables["kr_linear"]["se"][2:] > tables["satterthwaite"]["se"][2:])
    assert np.all(tables["residual"]["df"] == 52 - 8)
    assert np.all(np.isinf(tables["normal"]["df"]))
    z = tables["normal"]["t"]
    np.testing.assert_allclose(tables["normal"]["p_value"], 2 * stats.norm.sf(abs(z)))
    for table in tables.values():
        np.testing.assert_allclose(table["estimate"], tables["kr"]["estimate"])


def test_maximum_likelihood_shrinks_the_covariance(trial, complete):
    ml = mmrm(trial, "value ~ group * visit", method="ml", df="satterthwaite")
    np.testing.assert_allclose(ml.covariance, complete.covariance * 12 / 14, rtol=1e-5)
    assert ml.aic == pytest.approx(-2 * ml.log_likelihood + 2 * (10 + 8))
    assert complete.aic == pytest.approx(-2 * complete.log_likelihood + 2 * 10)
    assert complete.bic == pytest.approx(-2 * complete.log_likelihood + np.log(14) * 10)


def test_richer_covariances_fit_better(trial):
    likelihood = {
        name: mmrm(trial, "value ~ group * visit", covariance=name).log_likelihood
        for name in ("un", "toeph", "anteh", "ar1h", "csh", "toep", "ar1", "cs")
    }
    for rich, poor in [
        ("un", "toeph"), ("un", "anteh"), ("toeph", "ar1h"), ("toeph", "csh"), ("toeph", "toep"),
        ("anteh", "ar1h"), ("ar1h", "ar1"), ("csh", "cs"), ("toep", "ar1"), ("toep", "cs"),
    ]:  # fmt: skip
        assert likelihood[rich] >= likelihood[poor] - 1e-9, (rich, poor)


def test_two_visits_make_all_correlations_alike():
    trial = make_trial(visits=(0, 1))
    results = [
        mmrm(trial, "value ~ group * visit", covariance=c).log_likelihood
        for c in ("un", "csh", "ar1h", "toeph", "anteh")
    ]
    np.testing.assert_allclose(results, results[0], atol=1e-7)


def test_kenward_roger_holds_its_level_in_a_small_trial():
    # 6 + 6 animals, 4 visits, unstructured, 5 % missing, no effect; the last visit.
    rng = np.random.default_rng(11)
    rejected = []
    for seed in range(100):
        trial = make_trial(subjects=12, seed=seed, effect=0.0)
        gone = rng.uniform(size=len(trial)) < 0.05
        trial.loc[gone & (trial["visit"] > 3), "value"] = np.nan
        p = mmrm(trial, "value ~ group * visit").contrasts("group")["p_value"].iloc[-1]
        rejected.append(p < 0.05)
    # Within the central 99.5 % of a binomial of 100 trials at .05.
    assert 1 <= np.sum(rejected) <= 12


def test_the_result_can_be_read_drawn_and_taken_apart(complete):
    text = str(complete)
    assert "unstructured covariance" in text
    assert "56 measurements of 14 subjects" in text
    assert "group[T.drug]:visit[T.28]" in text
    assert "log likelihood" in text
    assert "<table" in complete._repr_html_()
    parts = complete.to_dict()
    assert parts["n_subjects"] == 14
    assert parts["table"][0]["term"] == "Intercept"
    axes = complete.plot()
    assert axes.get_xlabel() == "visit"
    assert [text.get_text() for text in axes.get_legend().get_texts()] == ["control", "drug"]
    np.testing.assert_allclose(np.diagonal(complete.correlation), 1)
    np.testing.assert_allclose(complete.sd**2, np.diagonal(complete.covariance))
    assert list(complete.parameters["parameter"][:2]) == ["cov(3, 3)", "cov(7, 3)"]


@pytest.mark.parametrize(
    ("changed", "options", "message"),
    [
        ({}, {"covariance": "ar2"}, "covariance: found 'ar2', expected un"),
        ({}, {"df": "kenward"}, "df: found 'kenward', expected kr"),
        ({}, {"method": "ml"}, "method='reml'"),
        ({}, {"method": "mle"}, "method: found 'mle'"),
        ({}, {"subject": "animal"}, "no column animal; found subject, visit"),
        ({}, {"formula": "value ~ dose"}, "no column dose"),
        ({}, {"formula": "value + dose"}, "expected 'outcome ~ terms'"),
        ({}, {"formula": "value ~ group *"}, "cannot be read"),
        ({}, {"formula": "group ~ visit"}, "not one numeric column"),
        ({}, {"formula": "value ~ group + base + np.abs(2 * base) + I(3 * base)"}, "cannot tell"),
        ({"visit": [3, 7, 14, 14] * 14}, {}, "expected one row per subject and visit"),
        ({"value": np.nan}, {}, "no row has all of subject, visit, value"),
        ({"base": np.inf}, {"formula": "value ~ base + visit"}, "row 0, column base: found inf"),
        ({"group": "drug"}, {}, "every complete row has group drug"),
    ],
)
def test_unusable_input_says_what_to_change(trial, changed, options, message):
    options = {"formula": "value ~ group * visit", **options}
    formula = options.pop("formula")
    with pytest.raises(InputError, match=message.replace("(", r"\(").replace("+", r"\+")):
        mmrm(trial.assign(**changed), formula, **options)


def test_a_baseline_visit_that_is_its_own_covariate_is_refused(trial):
    first = trial[trial["visit"] == 3].set_index("subject")["value"]
    table = trial.assign(base=trial["subject"].map(first))
    with pytest.raises(InputError, match="at visit 3 the terms reproduce every measurement"):
        mmrm(table, "value ~ base * visit")


def test_a_visit_without_spread_is_refused(trial):
    change = trial["value"].where(trial["visit"] > 3, 0.0)
    with pytest.raises(InputError, match=r"at visit 3 the outcome is 0 in every subject"):
        mmrm(trial.assign(change=change), "change ~ base + group * visit")


def test_a_variance_on_its_way_to_nothing_is_no_result(trial):
    # At the first visit the outcome is a line of the baseline, which visits share.
    table = trial.assign(value=trial["value"].where(trial["visit"] > 3, trial["base"]))
    with pytest.raises(InputError, match="the likelihood has no maximum to report"):
        mmrm(table, "value ~ base + visit")


def test_visits_never_seen_together_are_named(trial):
    early = trial["subject"] < "rat07"
    split = trial[(early & (trial["visit"] < 14)) | (~early & (trial["visit"] != 7))]
    with pytest.raises(InputError, match=r"nothing about cov\(14, 7\), cov\(28, 7\)"):
        mmrm(split, "value ~ visit + group")
    assert mmrm(split, "value ~ visit + group", covariance="ar1").n_subjects == 14


def test_too_rich_a_covariance_says_what_to_try():
    few = make_trial(subjects=4)
    with pytest.raises(InputError, match=r"without bound.*10 parameters; the data have 4 subjects"):
        mmrm(few, "value ~ group * visit")


def test_a_failed_adjustment_is_no_result():
    # Six animals, 30 % missing: the second-order term leaves a negative variance.
    trial = make_trial(subjects=6, seed=20)
    trial = trial[np.random.default_rng(20).uniform(size=len(trial)) > 0.3]
    with pytest.raises(InputError, match="Use df='kr_linear' or 'satterthwaite'"):
        mmrm(trial, "value ~ group + visit", covariance="ar1h")
    assert mmrm(trial, "value ~ group + visit", covariance="ar1h", df="kr_linear").n_subjects == 6


def test_one_visit_is_not_repeated(trial):
    with pytest.raises(InputError, match="one level only"):
        mmrm(trial[trial["visit"] == 3], "value ~ group")


def test_duplicates_name_their_rows(trial):
    twice = pd.concat([trial, trial.iloc[[5]]], ignore_index=True)
    with pytest.raises(InputError, match="subject rat01, visit 7 stands in rows 5, 56"):
        mmrm(twice, "value ~ group * visit")


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda r: r.contrasts("dose"), "not a categorical variable"),
        (lambda r: r.contrasts("group", against="placebo"), "expected one of control, drug"),
        (lambda r: r.contrasts(np.ones(3)), r"shape \(1, 3\)"),
        (lambda r: r.contrasts(np.zeros(8)), "all zero"),
        (lambda r: r.contrasts("group", level=95), "level: found 95"),
        (lambda r: r.lsmeans("value"), "those are group, visit"),
    ],
)
def test_unusable_questions_say_what_to_ask(complete, call, message):
    with pytest.raises(InputError, match=message):
        call(complete)


def second_trial(kind):
    """30 animals of 3 groups at 4 visits, 12 % missing, rows shuffled; levels of several kinds."""
    random = np.random.default_rng(5)
    visits = [1, 2, 10, 12] if kind == "numbers" else ["w1", "w2", "w10", "w12"]
    rows = []
    for animal in range(30):
        base, own, group = random.normal(50, 10), random.normal(0, 4), animal % 3
        for place, visit in enumerate(visits):
            value = 10 + base / 2 + 2 * place + 1.5 * group * place + own
            value += random.normal(0, 2 + place / 2)
            rows.append((animal, group, visit, base, value if random.uniform() > 0.12 else np.nan))
    table = pd.DataFrame(rows, columns=["animal", "arm", "week", "base", "value"])
    if kind != "numbers":
        table["animal"] = "a" + table["animal"].astype(str)
        table["arm"] = table["arm"].map({0: "none", 1: "one", 2: "two"})
    if kind == "categories":
        table["week"] = pd.Categorical(table["week"], visits)
        table["arm"] = pd.Categorical(table["arm"], ["none", "one", "two"])
        table["animal"] = table["animal"].astype("category")
    return table.sample(frac=1, random_state=len(kind))


@pytest.mark.parametrize("covariance", ["un", "ar1h", "csh", "toeph"])
def test_kinds_of_levels_and_the_order_of_rows_change_nothing(covariance):
    found = {}
    for kind in ("words", "numbers", "categories"):
        formula = (
            "value ~ base + C(arm) * week" if kind == "numbers" else "value ~ base + arm * week"
        )
        result = mmrm(
            second_trial(kind), formula, subject="animal", visit="week", covariance=covariance
        )
        found[kind] = result.contrasts("arm")
    numbers = ["estimate", "se", "df", "t", "p_value", "low", "high"]
    for kind in ("numbers", "categories"):
        np.testing.assert_allclose(found[kind][numbers], found["words"][numbers], rtol=1e-5)
    assert list(found["words"]["contrast"][:3]) == ["one - none", "two - none", "two - one"]
    assert list(dict.fromkeys(found["words"]["week"])) == ["w1", "w2", "w10", "w12"]


def test_groups_that_are_numbers_are_told_how_to_enter():
    result = mmrm(
        second_trial("numbers"), "value ~ base + arm * week", subject="animal", visit="week"
    )
    with pytest.raises(
        InputError, match=r"arm holds numbers and entered as a slope: write C\(arm\)"
    ):
        result.contrasts("arm")


@pytest.mark.parametrize("covariance", ["ar1", "ar1h", "toep", "toeph"])
def test_an_off_schedule_day_is_no_visit(covariance):
    trial = make_trial(visits=(3, 7, 14))
    moved = trial.copy()
    stray = (moved["subject"] == "rat05") & (moved["visit"] == 14)
    moved.loc[stray, "visit"] = 13
    with pytest.raises(InputError, match=r"visit: few have 13 \(rat05\), and those lack the day"):
        mmrm(moved, "value ~ group + visit", covariance=covariance)
    # Who dropped out has no other day in its place.
    left = trial[~(trial["subject"].isin(["rat04", "rat05"]) & (trial["visit"] > 3))]
    assert mmrm(left, "value ~ group + visit", covariance=covariance).n_subjects == 14
