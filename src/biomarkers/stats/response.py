"""Who responded: from time and event, or from the growth of a tumour.

An outcome that is not known is missing, never negative. An outcome made of a marker carries its
name, so that `analyse` can warn of predicting a marker by itself.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from biomarkers.errors import InputError
from biomarkers.plan import Visit
from biomarkers.stats.arrays import Floats
from biomarkers.stats.changes import checked, require_one_region, with_baseline
from biomarkers.stats.inputs import event_flags, require_columns, time_values
from biomarkers.stats.ranks import reaches, rounding
from biomarkers.stats.visits import window

# Where a table of participants says of which biomarker an outcome was made.
MADE_OF = "made_of"


@dataclass(frozen=True)
class VolumeRule:
    """Limits of a volume's percent change that make a response.

    Parameters
    ----------
    partial
        A partial response is a fall from baseline by at least this much, in percent.
    progression
        Progression is a rise from the smallest volume so far by at least this much, in percent.

    Examples
    --------
    >>> import pandas as pd
    >>> from biomarkers import stats
    >>> table = pd.DataFrame({"subject": "01", "day": [0.0, 30.0], "region": "tumor",
    ...                       "biomarker": "volume", "value": [40.0, 16.0], "unit": "mm^3"})
    >>> # A fall by 60 %.
    >>> for rule in (stats.RANO_VOLUME, stats.VolumeRule(partial=50, progression=40)):
    ...     print(stats.volume_response(table, biomarker="volume", rule=rule)["response"][0])
    SD
    PR

    """

    partial: float
    progression: float


# Wen et al. 2023, RANO 2.0, doi:10.1200/JCO.23.01059: volumes.
RANO_VOLUME = VolumeRule(partial=65, progression=40)


def response_by_time(
    participants: pd.DataFrame,
    *,
    time: str,
    horizon: float,
    event: str | None = None,
    name: str = "responder",
) -> pd.DataFrame:
    """Return participants with a column that says who was free of the event up to a horizon.

    Parameters
    ----------
    participants
        One row per subject.
    time
        Column with the time of the event, or of the last observation.
    horizon
        In the unit of `time`: 1 from there on, 0 for an event before.
    event
        Column that is true (1) where `time` ends in the event and false (0) where observation
        merely ended; None: every time is an event. Censored before the horizon is unknown.
    name
        Of the new column.

    Raises
    ------
    InputError
        If the horizon is not above 0, a column is absent, a time is negative, or an event is
        neither true nor false.

    Examples
    --------
    >>> import pandas as pd
    >>> from biomarkers import stats
    >>> people = pd.DataFrame({"subject": ["1", "2", "3"], "day": [20, 60, 30], "died": [1, 1, 0]})
    >>> response = stats.response_by_time(people, time="day", horizon=40, event="died")
    >>> response["responder"].tolist()  # the third was lost before day 40
    [0.0, 1.0, nan]

    """
    if not 0 < horizon < np.inf:
        raise InputError(f"horizon: found {horizon}, expected a time above 0")
    require_columns(participants, filter(None, (time, event)), "participants")
    times = time_values(participants, time)
    happened = event_flags(participants, event)
    free = pd.Series(reaches(times, horizon), index=times.index)
    known = times.notna() & (free | (happened == 1))
    response = free.astype(float).where(known)
    return participants.assign(**{name: response})


def time_to_growth(
    table: pd.DataFrame, *, biomarker: str, factor: float = 2.0, baseline: float = 0
) -> pd.DataFrame:
    """Return when each subject's tumour first reached a multiple of its baseline volume.

    Parameters
    ----------
    table
        Measurements of one region.
    biomarker
        The volume.
    factor
        Multiple of the baseline, above 1: 2 is doubling.
    baseline
        Day of the baseline.

    Returns
    -------
    DataFrame
        `subject, time, event`: days since baseline, between two measurements by straight line in
        the logarithm; `event` is false where the multiple was not reached by the last one, whose
        time it then is. Both are missing for a subject without a baseline above 0.

    Examples
    --------
    >>> import pandas as pd
    >>> from biomarkers import stats
    >>> volume = [40.0, 80.0, 160.0]  # mm^3, doubling every 7 days
    >>> table = pd.DataFrame({"subject": "01", "day": [0.0, 7.0, 14.0], "region": "tumor",
    ...                       "biomarker": "volume", "value": volume, "unit": "mm^3"})
    >>> stats.time_to_growth(table, biomarker="volume", factor=3.0).round(2).to_numpy().tolist()
    [['01', 11.09, True]]

    """
    if not factor > 1:
        raise InputError(f"factor: found {factor:g}, expected more than 1")
    rows = _series(table, biomarker, baseline)
    crossings = []
    for subject, mine in rows.groupby("subject", sort=False):
        days = mine["day"].to_numpy() - baseline
        with np.errstate(divide="ignore"):
            logs = np.log(mine["value"].to_numpy() / mine["baseline_value"].to_numpy())
        crossings.append((subject, *_crossing(days, logs, float(np.log(factor)))))
    unknown = pd.DataFrame({"subject": list(_reasons(table, biomarker, baseline))})
    result = pd.DataFrame(crossings, columns=["subject", "time", "event"])
    if len(unknown):
        result = pd.concat([result.astype({"event": "boolean"}), unknown], ignore_index=True)
    result.attrs[MADE_OF] = {"event": biomarker, "time": biomarker}
    return result


def _crossing(days: Floats, logs: Floats, level: float) -> tuple[float, bool]:
    # From the factor on, but for rounding: 140 is 1.4 times 100.
    above = np.flatnonzero(logs >= level - rounding(1.0, logs))
    if not len(above):
        return float(days[-1]), False
    last = above[0]
    before = logs[last - 1]
    # A tumour that had vanished has no straight line in its logarithm: it is found at the visit.
    share = min((level - before) / (logs[last] - before), 1.0) if np.isfinite(before) else 1.0
    return float(days[last - 1] + share * (days[last] - days[last - 1])), True


def volume_response(
    table: pd.DataFrame,
    *,
    biomarker: str,
    baseline: float = 0,
    until: float = np.inf,
    rule: VolumeRule = RANO_VOLUME,
) -> pd.DataFrame:
    """Return each subject's best response by change of volume.

    Parameters
    ----------
    table
        Measurements of one region.
    biomarker
        The volume.
    baseline
        Day of the baseline.
    until
        Last day that counts.
    rule
        The limits; `RANO_VOLUME` by default.

    Returns
    -------
    DataFrame
        `subject, best_percent, response, responder, reason`: the response is `CR` (volume 0),
        `PR`, `SD` or `PD`, the best before progression; `responder` is 1 for CR and PR. Every
        subject of the table has a row: without a baseline above 0 or a later measurement it
        cannot be evaluated, its response is `NE`, `responder` NaN, and `reason` says why.

    Examples
    --------
    >>> import pandas as pd
    >>> from biomarkers import stats
    >>> table = pd.DataFrame({"subject": ["01", "01", "02", "02"], "day": [0.0, 30.0] * 2,
    ...                       "region": "tumor", "biomarker": "volume",
    ...                       "value": [40.0, 12.0, 40.0, 60.0], "unit": "mm^3"})
    >>> response = stats.volume_response(table, biomarker="volume")  # -70 % and +50 %
    >>> response[["subject", "best_percent", "response"]].round(1).to_numpy().tolist()
    [['01', -70.0, 'PR'], ['02', 50.0, 'PD']]

    """
    rows = _series(table, biomarker, baseline)
    rows = rows[rows["day"] <= until]
    reasons = _reasons(table, biomarker, baseline)
    responses = []
    for subject, mine in rows.groupby("subject", sort=False):
        if (mine["day"] > baseline).any():
            percent = 100 * (mine["value"] / mine["baseline_value"] - 1).to_numpy()
            responses.append((subject, *_best(percent, rule), ""))
        else:
            reasons[str(subject)] = f"no {biomarker} after the baseline"
    responses += [(subject, np.nan, "NE", reason) for subject, reason in reasons.items()]
    columns = ["subject", "best_percent", "response", "reason"]
    result = pd.DataFrame(responses, columns=columns)
    known = result["response"] != "NE"
    responder = result["response"].isin(("CR", "PR")).astype(float).where(known)
    result.insert(3, "responder", responder)
    result.attrs[MADE_OF] = {"responder": biomarker, "response": biomarker}
    return result


def _best(percent: Floats, rule: VolumeRule) -> tuple[float, str]:
    """Return the best of the changes up to progression; the first is the baseline's, 0."""
    nadir = np.minimum.accumulate(percent)[:-1]
    grown = reaches(100 + percent[1:], (100 + nadir) * (1 + rule.progression / 100))
    # From nothing, anything is growth; nothing from nothing is not.
    grown &= percent[1:] > nadir
    stop = int(np.argmax(grown)) if grown.any() else len(grown)
    counted = percent[1 : stop + 1]
    if not len(counted):
        return float(percent[1]), "PD"
    best = float(counted.min())
    if best <= -100:
        return best, "CR"
    return best, "PR" if reaches(-best, rule.partial) else "SD"


def _series(table: pd.DataFrame, biomarker: str, baseline: float) -> pd.DataFrame:
    """Return the rows of one biomarker from baseline on, where the baseline is above 0."""
    table = checked(table)
    rows = table[(table["biomarker"] == biomarker) & table["value"].notna()]
    require_one_region(rows, biomarker, table)
    rows = with_baseline(rows, rows[rows["day"] == baseline])
    usable = rows[(rows["day"] >= baseline) & (rows["baseline_value"] > 0)]
    return usable.sort_values(["subject", "day"], kind="stable")


def _reasons(table: pd.DataFrame, biomarker: str, baseline: float) -> dict[str, str]:
    """Return why each subject without a baseline above 0 cannot be evaluated."""
    rows = checked(table)
    valued = rows[(rows["biomarker"] == biomarker) & rows["value"].notna()]
    measured = set(valued["subject"])
    there = set(valued.loc[valued["day"] == baseline, "subject"])
    based = set(valued.loc[(valued["day"] == baseline) & (valued["value"] > 0), "subject"])
    reasons = {}
    for subject in rows["subject"].unique():
        if subject not in measured:
            reasons[subject] = f"{biomarker} was never measured"
        elif subject not in there:
            reasons[subject] = f"no {biomarker} at baseline (day {baseline:g})"
        elif subject not in based:
            reasons[subject] = f"{biomarker} at baseline is 0 or below"
    return reasons


def landmark(
    participants: pd.DataFrame,
    days: Sequence[float | Visit],
    *,
    time: str,
    outcome: str,
    within: float = 0,
) -> pd.DataFrame:
    """Return for each visit who could still be compared at it.

    An outcome that takes time to come about is known early for those whose event comes early:
    at a later visit only those still without it are compared, and to have reached the visit is
    itself part of the outcome (immortal time).

    Parameters
    ----------
    participants
        One row per subject.
    days
        Of the visits, in the unit of `time`, or the visits of a plan (`plan.follow_ups`): whoever
        was observed on the first day of a visit's window could be measured at it.
    time
        Column with the time of the event or of the last observation.
    outcome
        Column that is 1 in positives and 0 in negatives.
    within
        An observation up to so many days before a day stands for it, as in `early_response`.

    Returns
    -------
    DataFrame
        `day, positive, negative, decided_positive, decided_negative, unknown`: still without
        event or under observation at the visit, already decided before it, and those whose time
        or outcome is not known. A time that is a day but for rounding reaches it.

    Raises
    ------
    InputError
        If a column is absent, a time is no number or an outcome neither 1 nor 0.

    Examples
    --------
    >>> from biomarkers import sample_data, stats
    >>> people = sample_data.participants()
    >>> at = stats.landmark(people, [0, 30], time="days_on_study", outcome="responder")
    >>> at[["day", "positive", "negative", "decided_negative"]].to_numpy().tolist()
    [[0.0, 8.0, 8.0, 0.0], [30.0, 8.0, 3.0, 5.0]]

    """
    require_columns(participants, [time, outcome], "participants")
    times, positive = time_values(participants, time), event_flags(participants, outcome)
    known = (times.notna() & positive.notna()).to_numpy()
    rows = []
    for day in days:
        there = reaches(times, window(day, within=within)[0])
        counts = [
            int((known & state & (positive == value)).sum())
            for state in (there, ~there)
            for value in (1, 0)
        ]
        rows.append((day.target if isinstance(day, Visit) else float(day), *counts, (~known).sum()))
    columns = ["day", "positive", "negative", "decided_positive", "decided_negative", "unknown"]
    return pd.DataFrame(rows, columns=columns)
