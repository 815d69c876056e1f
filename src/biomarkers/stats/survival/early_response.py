"""Who had responded by a day, from what was measured up to that day."""

from collections.abc import Sequence
from typing import Literal

import pandas as pd

from biomarkers.plan import Visit
from biomarkers.stats.changes import change, checked, require_one_region
from biomarkers.stats.inputs import check_choice
from biomarkers.stats.ranks import reaches
from biomarkers.stats.response import MADE_OF
from biomarkers.stats.visits import window


def early_response(
    table: pd.DataFrame,
    days: Sequence[float | Visit],
    *,
    biomarker: str,
    threshold: float,
    kind: str = "log_ratio",
    responds: Literal["below", "above"] = "below",
    baseline: float = 0,
    within: float = 0,
) -> pd.DataFrame:
    """Return whether each subject's change from baseline was beyond a threshold on given days.

    Parameters
    ----------
    table
        Measurements of one region.
    days
        The landmarks; a visit of a plan (`plan.follow_ups`) is one on the last day of its window,
        for which any measurement within the window stands.
    biomarker
        What is measured.
    threshold
        Of the change; declared beforehand, as one that was chosen on the outcome flatters.
    kind
        `log_ratio`, `percent` or `absolute`, as for `change`.
    responds
        `below`: a change up to the threshold is a response; `above`: from it on.
    baseline
        Day of the baseline.
    within
        A measurement up to so many days before a landmark stands for it, the latest one; never
        one after it.

    Returns
    -------
    DataFrame
        `subject`, then a column `response_D` per day D: 1 or 0, NaN where nothing was measured:
        unknown, not carried from an earlier visit.

    Raises
    ------
    InputError
        If the biomarker is not measured, or in several regions, or `responds` is unknown.

    Examples
    --------
    >>> from biomarkers import sample_data, stats
    >>> table = sample_data.measurements()
    >>> early = stats.early_response(table, [3], biomarker="Ktrans", threshold=-0.25)
    >>> response = early.set_index("subject")["response_3"]
    >>> sorted(response[response == 1].index)  # who truly responds: 01 to 08
    ['01', '02', '03', '04', '05', '06', '07', '08']

    """
    check_choice("responds", responds, ("below", "above"))
    windows = [window(day, within=within) for day in days]
    table = checked(table)
    rows = table[table["biomarker"] == biomarker]
    require_one_region(rows, biomarker, table)
    changes = change(rows, baseline=baseline, kind=kind)
    result = pd.DataFrame({"subject": changes["subject"].unique()})
    for first, day in windows:
        there = reaches(changes["day"], first) & reaches(day, changes["day"])
        near = changes[there & (changes["day"] > baseline)]
        latest = near.dropna(subset="change").sort_values("day", kind="stable")
        value = latest.drop_duplicates("subject", keep="last").set_index("subject")["change"]
        sign = -1 if responds == "below" else 1
        beyond = pd.Series(reaches(sign * value, sign * threshold), value.index, dtype=float)
        result[column_of(day)] = result["subject"].map(beyond)
    result.attrs[MADE_OF] = {column_of(day): biomarker for _, day in windows}
    return result


def column_of(day: float) -> str:
    """Return the name of the response on a day."""
    return f"response_{day:g}"
