"""The order of rows changes nothing; labels say what belongs together."""

import numpy as np
import pandas as pd
import pytest

from biomarkers import stats
from biomarkers.errors import InputError
from biomarkers.plan import make_plan

SIZE = 24
SETTINGS = stats.CrossValidation(permutations=19, folds=3)


@pytest.fixture(scope="module")
def data():
    """Loose numbers of subjects, with ties, in a random order."""
    random = np.random.default_rng(5)
    group = np.arange(SIZE) % 2
    table = pd.DataFrame(
        {
            "a": np.round(random.normal(size=SIZE) + group, 1),
            "b": np.round(random.normal(size=SIZE) + group, 1),
            "age": np.round(random.normal(size=SIZE), 1),
            "time": np.round(random.exponential(size=SIZE), 1) + 0.1,
            "event": random.integers(0, 2, SIZE),
            "group": group,
        },
        index=[f"s{number:02d}" for number in range(SIZE)],
    )
    return table.sample(frac=1, random_state=1)


def figures(result):
    """Every number of a result."""
    numbers = result.table.select_dtypes("number").to_numpy(dtype=float).ravel()
    return np.append(numbers, getattr(result, "p_value", np.nan))


SEEDED = {
    "roc": lambda d: stats.roc(d["a"], d["group"], ci="bootstrap", draws=50),
    "cutoff": lambda d: stats.cutoff(d["a"], d["group"], draws=50),
    "partial_auc": lambda d: stats.partial_auc(d["a"], d["group"], draws=50),
    "adjusted_auc": lambda d: stats.adjusted_auc(d["a"], d["group"], d[["age"]], draws=30),
    "compare, bootstrap": lambda d: stats.compare_roc(
        d["a"], d["b"], d["group"], method=stats.Resampling("bootstrap", draws=50)
    ),
    "compare, unpaired": lambda d: stats.compare_roc(
        d["a"], d["b"], (d["group"], d["group"]), paired=False,
        method=stats.Resampling("venkatraman", draws=50),
    ),
    "logistic": lambda d: stats.logistic(d[["a", "b"]], d["group"], draws=20),
    "combine_markers": lambda d: stats.combine_markers(
        d[["a", "b"]], d["group"], settings=SETTINGS
    ),
    "regression_limits": lambda d: stats.regression_limits(d["a"], d["b"], draws=50),
    "log_rank": lambda d: stats.log_rank(
        d, time="time", event="event", group="group", permutations=49
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", SEEDED)
def test_a_seed_gives_the_same_figures_in_any_order_of_subjects(data, name):
    first, second = (SEEDED[name](rows) for rows in (data, data.sort_index()))
    np.testing.assert_allclose(figures(first), figures(second), rtol=1e-12, atol=1e-14)


def test_the_test_of_whole_curves_does_not_hang_on_the_order_of_ties(data):
    test = stats.Resampling("venkatraman", draws=99)
    first, second = (
        stats.compare_roc(rows["a"], rows["b"], rows["group"], method=test)
        for rows in (data, data.sort_index())
    )
    assert first.p_value == second.p_value


def test_the_order_of_markers_changes_no_figure_of_a_combination(data):
    first, second = (
        stats.combine_markers(data[names], data["group"], settings=SETTINGS)
        for names in (["a", "b", "age"], ["age", "b", "a"])
    )
    assert second.table["marker"].tolist() == ["age", "b", "a"]
    same = first.table.set_index("marker").loc[["age", "b", "a"]].reset_index()
    pd.testing.assert_frame_equal(second.table, same)
    pd.testing.assert_frame_equal(first.performance, second.performance)
    assert first.subjects.index.tolist() == data.index.tolist()


def test_an_analysis_does_not_hang_on_the_order_of_rows_or_biomarkers():
    random = np.random.default_rng(3)
    names = [f"s{number}" for number in range(14)]
    table = pd.DataFrame(
        [(n, day, marker, float(np.exp(random.normal()))) for n in names
         for day in (0, 7, 14) for marker in ("m1", "m2")],
        columns=["subject", "day", "biomarker", "value"],
    )  # fmt: skip
    table = table[~((table["subject"].isin(["s3", "s8"])) & (table["day"] == 14))]
    who = pd.DataFrame({"subject": names, "responder": [1, 0] * 7, "site": list("aabbbaa") * 2})

    def run(table, who, markers):
        plan = make_plan(
            {"outcome": "responder", "positive": 1, "baseline": 0,
             "visits": {"0": [0], "7": [7], "14": [14]}, "biomarkers": {m: {} for m in markers},
             "separation": {"permutations": 199, "blocks": "site"}}
        )  # fmt: skip
        results = stats.analyse(table, who, plan)
        keys = ["biomarker", "visit"]
        shares = pd.DataFrame(results.analysis["stability"]["shares"])
        return [
            rows.sort_values([*keys, *(["analysis"] if "analysis" in rows else [])]).reset_index(
                drop=True
            )
            for rows in (results.separation, results.tables["sensitivity"], shares)
        ]

    expected = run(table, who, ["m1", "m2"])
    for other in (
        run(table.sample(frac=1, random_state=2), who, ["m1", "m2"]),
        run(table, who.sample(frac=1, random_state=2), ["m1", "m2"]),
        run(table, who, ["m2", "m1"]),
    ):
        for one, same in zip(other, expected, strict=True):
            pd.testing.assert_frame_equal(one, same, check_exact=False, rtol=1e-9)


LABELLED = {
    "roc": lambda a, b, y: stats.roc(a, y),
    "cutoff": lambda a, b, y: stats.cutoff(a, y, draws=10),
    "accuracy": lambda a, b, y: stats.accuracy(a, y, threshold=0.5),
    "smooth_roc": lambda a, b, y: stats.smooth_roc(a, y),
    "auc_bounds": lambda a, b, y: stats.auc_bounds(a, y),
    "compare_roc": stats.compare_roc,
    "adjusted_auc": lambda a, b, y: stats.adjusted_auc(a, y, {"b": b}, draws=10),
    "clustered_roc": lambda a, b, y: stats.clustered_roc(a, y, b),
    "logistic": lambda a, b, y: stats.logistic({"a": a, "b": b}, y, draws=5),
    "limits": lambda a, b, y: stats.limits_of_agreement(a, b),
    "agreement": lambda a, b, y: stats.concordance_correlation(a, b),
    "deming": lambda a, b, y: stats.deming(a, b),
    "repeatability": lambda a, b, y: stats.repeatability(a, y),
    "concordance": lambda a, b, y: stats.concordance(a, b - b.min(), y),
}  # fmt: skip


@pytest.mark.parametrize("name", LABELLED)
def test_series_pair_by_label_and_arrays_by_position(data, name):
    a, b, y = data["a"], data["b"], data["group"]
    expected = figures(LABELLED[name](a, b, y))
    turned = figures(LABELLED[name](a, b.iloc[::-1], y.sort_index()))
    np.testing.assert_allclose(turned, expected, rtol=1e-9)
    loose = figures(LABELLED[name](a.to_numpy(), b.to_numpy(), y.to_numpy()))
    np.testing.assert_allclose(loose, expected, rtol=1e-9)
    other = {"b": b.rename({"s03": "s99"}), "y": y.rename({"s03": "s99"})}
    with pytest.raises(InputError, match=r"labelled differently \('s03', 's99'\)"):
        LABELLED[name](a, other["b"], other["y"])


def test_repeated_labels_in_another_order_are_refused():
    marker = pd.Series([1, 2, 3, 4.0], index=list("aabb"))
    outcome = pd.Series([0, 0, 1, 1], index=list("bbaa"))
    with pytest.raises(InputError, match="same labels in another order, and some twice"):
        stats.roc(marker, outcome)
    assert stats.roc(marker, outcome.set_axis(marker.index)).auc == 1
