"""A subject is at risk once at a time, and has one event, at its end."""

import pandas as pd
import pytest

from biomarkers import stats
from biomarkers.errors import InputError

ROWS = [
    ("a", 0, 5, 0, 1.0), ("a", 5, 9, 1, 2.0), ("b", 0, 4, 1, 0.5), ("c", 0, 7, 0, 2.5),
    ("d", 0, 6, 1, 1.5), ("e", 0, 8, 0, 0.2), ("f", 0, 3, 1, 2.2),
]  # fmt: skip


def intervals(*more):
    return pd.DataFrame([*ROWS, *more], columns=["subject", "start", "stop", "died", "x"])


def fit(table):
    return stats.cox(table, "x", time=("start", "stop"), event="died")


def test_intervals_one_after_the_other_are_a_history():
    assert len(fit(intervals()).table) == 1
    # .1 + .2 and .3 are one moment, not an overlap.
    assert len(fit(intervals(("g", 0, 0.1 + 0.2, 0, 1.0), ("g", 0.3, 2, 0, 1.1))).table) == 1


@pytest.mark.parametrize(
    ("more", "message"),
    [
        (("a", 3, 6, 0, 1.0),
         r"subject a: it is at risk twice at a time \(row 0: after 0 up to 5, no event; row 7: "
         r"after 3 up to 6, no event\)"),
        (("d", 6, 9, 1, 1.0),
         r"subject d: its event is over \(row 4: after 0 up to 6, event; row 7: after 6 up to 9, "
         "event"),
        (("d", 6, 9, 0, 1.0), "subject d: its event is over"),
    ],
)  # fmt: skip
def test_what_no_subject_can_have_is_refused(more, message):
    with pytest.raises(InputError, match=message):
        fit(intervals(more))


@pytest.mark.parametrize(
    "call",
    [
        lambda table: stats.cox(table, "x", time="stop", event="died"),
        lambda table: stats.kaplan_meier(table, time="stop", event="died"),
        lambda table: stats.log_rank(table, time="stop", event="died", group="site"),
    ],
)
def test_a_subject_in_two_rows_that_are_no_intervals_is_refused(call):
    table = intervals().assign(site=list("abababa"))
    with pytest.raises(InputError, match=r"subject a: it is at risk twice .*expected one row per"):
        call(table)
    assert call(table.iloc[1:]) is not None
