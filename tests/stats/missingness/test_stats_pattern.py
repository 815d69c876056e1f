"""Patterns of missing measurements, and what going depends on."""

import numpy as np
import pandas as pd
import pytest
from scipy.stats import mannwhitneyu
from statsmodels.duration.survfunc import survdiff

from biomarkers import stats
from biomarkers.errors import InputError

VISITS = ["0", "7", "10"]


def attendance(patterns):
    """Rows of `status` from patterns like `x.o` by subject; the first letter is the class."""
    statuses = {"x": "measured", "o": "missing", ".": "gone", "f": "failed_qc"}
    return pd.DataFrame(
        [
            (name, name[0] == "p", "ADC", "tumor", visit, statuses[sign])
            for name, pattern in patterns.items()
            for visit, sign in zip(VISITS, pattern, strict=True)
        ],
        columns=["subject", "positive", "biomarker", "region", "visit", "status"],
    )


def test_patterns_are_counted_by_class_and_named():
    found = stats.missing_pattern(
        attendance({"p1": "xxx", "p2": "xxx", "p3": "xfx", "n1": "x..", "n2": "xo.", "n3": "xxx"})
    )
    rows = found.table.set_index(["positive", "pattern"])
    assert rows["n"].to_dict() == {
        (True, "xxx"): 2, (True, "xox"): 1, (False, "x.."): 1, (False, "xo."): 1, (False, "xxx"): 1,
    }  # fmt: skip
    assert rows["kind"].to_dict() == {
        (True, "xxx"): "complete", (True, "xox"): "intermittent", (False, "x.."): "monotone",
        (False, "xo."): "both", (False, "xxx"): "complete",
    }  # fmt: skip
    at = found.by_visit.set_index(["visit", "positive"]).loc[("7", False)]
    assert at[["n", "measured", "absent", "gone"]].tolist() == [3, 1, 1, 1]
    assert "50% complete" in found.headline
    axes = found.plot()
    assert [label.get_text() for label in axes.get_xticklabels()] == VISITS


def test_a_table_that_is_no_attendance_is_refused():
    with pytest.raises(InputError, match="no column status"):
        stats.missing_pattern(attendance({"p1": "xxx"}).drop(columns="status"))
    with pytest.raises(InputError, match="no row"):
        stats.missing_pattern(attendance({}))
    with pytest.raises(InputError, match="changes: no column change"):
        stats.drop_out_tests(
            attendance({"p1": "xxx"}),
            pd.DataFrame(columns=["subject", "biomarker", "region", "visit"]),
        )


def study(random, *, by_class=0.0, by_change=0.0, count=40):
    patterns, rows = {}, []
    for number in range(count):
        positive = number % 2 == 0
        name = f"{'p' if positive else 'n'}{number}"
        pattern, change = "x", 0.0
        for _ in VISITS[1:]:
            score = -1.0 + by_class * positive + by_change * change
            if pattern[-1] == "." or (
                len(pattern) > 1 and random.uniform() < 1 / (1 + np.exp(-score))
            ):
                pattern += "."
                continue
            pattern += "x"
            change = random.normal()
            rows.append((name, "ADC", "tumor", VISITS[len(pattern) - 1], change))
        patterns[name] = pattern
    columns = ["subject", "biomarker", "region", "visit", "change"]
    return attendance(patterns), pd.DataFrame(rows, columns=columns)


@pytest.mark.parametrize(
    ("options", "predictor"),
    [({"by_class": 3.0}, "class"), ({"by_change": -3.0}, "last_change")],
)
def test_what_going_depends_on_is_found(options, predictor):
    found = stats.drop_out_tests(*study(np.random.default_rng(1), **options), permutations=499)
    rows = found.table.set_index("predictor")
    assert rows.loc[predictor, "p_value"] <= 0.02
    other = "class" if predictor == "last_change" else "last_change"
    assert rows.loc[other, "p_value"] > 0.05
    if predictor == "last_change":
        assert rows.loc[predictor, "effect"] < 0.3  # those who go had the lower change
    assert found.headline.startswith("Going depends most on the")
    points, *lines = found.plot().lines
    assert list(points.get_xdata()) == list(found.table["z"])
    assert [line.get_xdata()[0] for line in lines] == [0, -1.96, 1.96]


def test_the_level_is_kept_where_going_depends_on_nothing():
    random = np.random.default_rng(2)
    p_values = np.array(
        [
            stats.drop_out_tests(*study(random), permutations=99)
            .table.set_index("predictor")["p_value"]
            .to_numpy()
            for _ in range(100)
        ]
    )
    assert ((p_values <= 0.05).mean(axis=0) <= 0.12).all()
    assert (p_values.mean(axis=0) > 0.4).all()


def test_where_nobody_goes_nothing_is_tested():
    found = stats.drop_out_tests(*study(np.random.default_rng(3), by_class=-99, by_change=0))
    silent = stats.drop_out_tests(
        attendance({"p1": "xxx", "n1": "xxx"}),
        pd.DataFrame(columns=["subject", "biomarker", "region", "visit", "change"]),
    )
    assert silent.table["p_value"].isna().all()
    assert silent.headline.startswith("Nobody has gone")
    assert found.table["gone"].ge(0).all()


def gone_and_last(table, changes):
    """Who is gone at each visit, the last change before it, and the classes."""
    wide = table.pivot(index="subject", columns="visit", values="status")[VISITS]  # noqa: PD010
    values = changes.pivot(index="subject", columns="visit", values="change")  # noqa: PD010
    values = values.reindex(index=wide.index, columns=VISITS)
    last = values.ffill(axis=1).shift(axis=1).fillna(0.0).to_numpy()
    return (wide == "gone").to_numpy(), last, wide.index.str[0] == "p"


def test_the_test_by_class_is_a_log_rank_test():
    table, changes = study(np.random.default_rng(4), by_class=1.5)
    found = stats.drop_out_tests(table, changes, permutations=99).table
    row = found.set_index("predictor").loc["class"]
    gone, _, positive = gone_and_last(table, changes)
    went = gone.any(axis=1)
    chi2, _ = survdiff(np.where(went, gone.argmax(axis=1), 2), went.astype(int), positive)
    assert row["z"] == pytest.approx(np.sqrt(chi2))
    assert row["gone"] == went.sum()
    assert row["effect"] == pytest.approx(went[positive].mean() - went[~positive].mean())


def test_who_has_gone_before_is_not_at_risk_again():
    counts = {"p": {"x..": 4, "xx.": 2, "xxx": 5}, "n": {"x..": 1, "xx.": 4, "xxx": 7}}
    patterns = {
        f"{side}{pattern}{number}": pattern
        for side, those in counts.items()
        for pattern, many in those.items()
        for number in range(many)
    }
    rows = [(name, "ADC", "tumor", "7", 0.1) for name, each in patterns.items() if each[1] == "x"]
    changes = pd.DataFrame(rows, columns=["subject", "biomarker", "region", "visit", "change"])
    table = attendance(patterns)
    row = stats.drop_out_tests(table, changes, permutations=99).table.set_index("predictor")
    gone, _, positive = gone_and_last(table, changes)
    went = gone.any(axis=1)
    chi2, _ = survdiff(np.where(went, gone.argmax(axis=1), 2), went.astype(int), positive)
    assert row.loc["class", "z"] == pytest.approx(np.sqrt(chi2))


def test_the_test_by_last_change_adds_rank_sums_within_visit_and_class():
    table, changes = study(np.random.default_rng(4), by_change=-1.0)
    changes["change"] = changes["change"].round(1)  # ties
    found = stats.drop_out_tests(table, changes, permutations=99).table
    row = found.set_index("predictor").loc["last_change"]
    gone, last, positive = gone_and_last(table, changes)
    won, pairs, variance, count = 0.0, 0, 0.0, 0
    for visit in (1, 2):
        for side in (positive, ~positive):
            there = side & ~gone[:, visit - 1]
            went = there & gone[:, visit]
            m, n = int(went.sum()), int((there & ~went).sum())
            if not m * n:
                continue
            u = mannwhitneyu(last[went, visit], last[there & ~went, visit]).statistic
            ties = np.unique(last[there, visit], return_counts=True)[1]
            correction = (ties**3 - ties).sum() / ((m + n) * (m + n - 1))
            won, pairs, count = won + u, pairs + m * n, count + m
            variance += m * n / 12 * (m + n + 1 - correction)
    assert row["z"] == pytest.approx((won - pairs / 2) / np.sqrt(variance))
    assert row["effect"] == pytest.approx(won / pairs)
    assert row["gone"] == count
