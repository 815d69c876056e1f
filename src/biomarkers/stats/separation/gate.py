"""The second gate: a visit that separates must also be useful, and little worse than the last.

Non-inferiority by Wald's test claims too often: at a nominal .05 its size is .05 to .10 with
24 + 25 subjects and .09 to .22 with 6 + 6 (benchmarks/results/earliest_inferior.csv). Here the
loss of AUC has the interval that Zou & Donner 2008 (doi:10.1002/sim.3095) build from those of the
two areas, both Newcombe's, with DeLong's correlation between them: sizes of .01 to .05.
"""

from collections.abc import Hashable

import numpy as np
import pandas as pd

from biomarkers.errors import InputError
from biomarkers.results import Results
from biomarkers.stats.arrays import Bools, Floats
from biomarkers.stats.intervals import newcombe_interval
from biomarkers.stats.roc_analysis.auc import delong_variance, structural_components


def second_gate(results: Results, *, useful: float = 0.7, margin: float = 0.1) -> pd.DataFrame:
    """Hold every tested visit against a useful AUC and against the last visit.

    Parameters
    ----------
    results
        As from `analyse`.
    useful
        The AUC that must be exceeded.
    margin
        The loss of AUC against the last visit that must not be reached.

    Returns
    -------
    DataFrame
        `biomarker, region, visit, auc, lower, is_useful, loss, loss_high, non_inferior, passes`.
        `lower` is a one-sided bound that holds for all tests at once (Bonferroni); `loss` and
        its one-sided upper bound are of the subjects measured at both visits, in the direction
        of the earlier; the last visit is the last that could be tested, and itself has no loss
        (NaN). A visit `passes` if it separates, is useful and, the last excepted, is
        non-inferior.

    Raises
    ------
    InputError
        If the useful AUC is not in ½ to 1 or the margin not in 0 to 1, or if the plan has
        clusters, for which the bounds are not calibrated.

    Examples
    --------
    >>> from biomarkers import sample_data, stats
    >>> table, people = sample_data.measurements(), sample_data.participants()
    >>> results = stats.earliest(table, people, permutations=199).results
    >>> gate = stats.second_gate(results, useful=0.6, margin=0.5)
    >>> gate[["biomarker", "visit", "passes"]].to_numpy().tolist()
    [['Ktrans', '3', True], ['Ktrans', '10', True], ['volume', '3', False], ['volume', '10', True]]

    """
    if results.analysis["plan"]["separation"]["cluster"]:
        raise InputError("the second gate is calibrated for independent subjects, not clusters")
    if not 0.5 <= useful < 1 or not 0 < margin < 1:
        raise InputError(
            f"found useful = {useful:g} and margin = {margin:g}; expected a useful AUC from 0.5 "
            "to below 1 and a margin between 0 and 1"
        )
    tested, alpha = results.separation, float(results.analysis["alpha"])
    family = max(int(tested["p_value"].notna().sum()), 1)
    lower, _ = newcombe_interval(
        tested["auc"], tested["n_positive"], tested["n_negative"], level=1 - 2 * alpha / family
    )
    losses = [
        loss
        for key, rows in tested.groupby(["biomarker", "region"], sort=False)
        for loss in _losses(_of(results.tables["changes"], key), rows, alpha)
    ]
    table = tested[["biomarker", "region", "visit", "auc"]].assign(
        lower=lower,
        is_useful=lower > useful,
        loss=[loss for loss, _ in losses],
        loss_high=[high for _, high in losses],
    )
    table["non_inferior"] = table["loss_high"] < margin
    testable = tested[tested["auc"].notna()]
    last = table.index.isin(
        testable.index[~testable.duplicated(["biomarker", "region"], keep="last")]
    )
    table["passes"] = tested["separates"] & table["is_useful"] & (table["non_inferior"] | last)
    return table


def _of(changes: pd.DataFrame, key: tuple[Hashable, ...]) -> pd.DataFrame:
    """Return the changes of one series as subjects by visits, with the class in the index."""
    mine = changes[(changes["biomarker"] == key[0]) & (changes["region"] == key[1])]
    index = ["subject", "positive"]
    return mine.set_index([*index, "visit"])["change"].unstack("visit")  # noqa: PD010


def _losses(changes: pd.DataFrame, tested: pd.DataFrame, alpha: float) -> list[tuple[float, float]]:
    """Return the loss and its bound at each visit of a series; the last tested has none."""
    rows = tested.to_dict("records")
    last = max((place for place, row in enumerate(rows) if not np.isnan(row["auc"])), default=0)
    losses = []
    for place, row in enumerate(rows):
        if place >= last or np.isnan(row["auc"]):
            losses.append((np.nan, np.nan))
            continue
        pair = changes.reindex(columns=[row["visit"], rows[last]["visit"]]).dropna()
        early, late = pair.to_numpy().T * (1.0 if row["direction"] == "higher" else -1.0)
        positive = pair.index.get_level_values("positive").to_numpy(dtype=bool)
        losses.append(loss_of_auc(early, late, positive, alpha=alpha))
    return losses


def loss_of_auc(
    early: Floats, late: Floats, positive: Bools, *, alpha: float
) -> tuple[float, float]:
    """Return AUC of `late` − AUC of `early` in the same subjects, and its upper bound.

    Parameters
    ----------
    early, late
        Values of the same subjects, higher in positives.
    positive
        Their classes.
    alpha
        One-sided error of the bound.

    """
    counts = int(positive.sum()), int((~positive).sum())
    if min(counts) < 2:
        return np.nan, np.nan
    first, second = (
        structural_components(values[positive], values[~positive]) for values in (early, late)
    )
    areas = np.array([first[0].mean(), second[0].mean()])
    low, high = newcombe_interval(areas, *counts, level=1 - 2 * alpha)
    down, up = areas[0] - low[0], high[1] - areas[1]
    spread = down**2 + up**2 - 2 * _correlation(first, second) * down * up
    loss = float(areas[1] - areas[0])
    return loss, min(loss + float(np.sqrt(max(spread, 0))), 1.0)


def _correlation(first: tuple[Floats, Floats], second: tuple[Floats, Floats]) -> float:
    """DeLong's correlation of two areas; 0 where one has no variance."""
    own = [delong_variance(*parts) for parts in (first, second)]
    joint = delong_variance(first[0] + second[0], first[1] + second[1])
    product = own[0] * own[1]
    return float((joint - sum(own)) / 2 / np.sqrt(product)) if product > 0 else 0.0
