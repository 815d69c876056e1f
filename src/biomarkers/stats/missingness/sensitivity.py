"""Whether what separates would still separate had the missing been measured.

Each analysis answers for every subject of a class, measured or not, under an assumption of its
own: that the gone failed, that they are like those who stayed, or none at all. The classes
separate under it if the test says so and the interval of the AUC lies above ½.
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from biomarkers.plan import Plan
from biomarkers.results import TABLES
from biomarkers.stats.arrays import Bools, Floats, Whole
from biomarkers.stats.intervals import LEVEL, newcombe_interval
from biomarkers.stats.labels import drawn_weights
from biomarkers.stats.missingness.imputation import IMPUTATIONS, Imputed, impute
from biomarkers.stats.missingness.scenarios import against, placed
from biomarkers.stats.missingness.weighting import inverse_probability_weights
from biomarkers.stats.roc_analysis.auc import area, design_effect, structural_components
from biomarkers.stats.roc_analysis.resampled import resampled_areas
from biomarkers.stats.separation.maxt import critical_value, permutation_statistics, step_down_with
from biomarkers.stats.separation.panel import Panel

DRAWS = 500  # bootstrap samples of the weighted AUC

# In the order of the table.
ANALYSES = ("measured", "gone_worst", "weighted", "imputed", "worst_case", "best_case")

_TEST = ["biomarker", "region", "visit"]


@dataclass(frozen=True, eq=False)
class _Case:
    """The tests in which somebody is missing, and what every analysis needs of them.

    `rows` are their places in the panel; `gone` is subjects × tests of the whole panel.
    """

    panel: Panel
    tested: pd.DataFrame
    statistics: Floats
    plan: Plan
    rows: Whole
    gone: Bools

    @property
    def changes(self) -> Floats:
        """Subjects × tests."""
        return self.panel.values  # noqa: PD011

    @property
    def sign(self) -> Floats:
        """1 where positives are higher, −1 where lower, per test of the panel."""
        return np.where(self.tested["direction"] == "higher", 1.0, -1.0)

    @property
    def critical(self) -> float:
        """What the largest statistic of the family exceeds under alpha of the relabellings."""
        family = self.statistics[~np.isnan(self.statistics[:, 0])]
        return critical_value(family, alpha=self.plan.separation.alpha)


def sensitivity(
    panel: Panel,
    statistics: Floats,
    *,
    tested: pd.DataFrame,
    attendance: pd.DataFrame,
    plan: Plan,
    modelled: Collection[tuple[str, str]],
) -> pd.DataFrame:
    """Repeat the test of every visit where a change is missing, under what might have been.

    Parameters
    ----------
    panel, statistics
        The changes, and as from `Panel.relabelled`.
    tested, attendance
        `separation` and `attendance` of `results.TABLES`.
    plan
        Error rate, permutations, seed, and per biomarker what the gone would have shown.
    modelled
        Biomarkers and regions that are weighted and imputed too, which takes its time.

    Returns
    -------
    DataFrame
        `results.TABLES["sensitivity"]`; empty if nothing is missing.

    """
    values = panel.values  # noqa: PD011
    missing = np.isnan(values).any(axis=0) & tested["auc"].notna().to_numpy()
    case = _Case(
        panel=panel,
        tested=tested,
        statistics=statistics,
        plan=plan,
        rows=np.flatnonzero(missing),
        gone=_gone(panel, attendance),
    )
    if not len(case.rows):
        return pd.DataFrame(columns=list(TABLES["sensitivity"]))
    parts = (_measured(case), _failures(case), _extremes(case), _modelled(case, modelled))
    table = pd.DataFrame([row for part in parts for row in part])
    order = table["analysis"].map(ANALYSES.index)
    table = table.assign(order=order).sort_values(["test", "order"], kind="stable")
    named = panel.tests[_TEST].iloc[table["test"]].reset_index(drop=True)
    lost = _counts(case).iloc[table["test"]].reset_index(drop=True)
    table = pd.concat([named, lost, table.reset_index(drop=True)], axis=1)
    return table[list(TABLES["sensitivity"])]


def _gone(panel: Panel, attendance: pd.DataFrame) -> Bools:
    wide = attendance.set_index(["subject", *_TEST])["status"].unstack(_TEST)  # noqa: PD010
    wide = wide.reindex(index=panel.subjects, columns=pd.MultiIndex.from_frame(panel.tests[_TEST]))
    return (wide == "gone").to_numpy()


def _counts(case: _Case) -> pd.DataFrame:
    missing = np.isnan(case.changes)
    positive = case.panel.positive[:, None]
    return pd.DataFrame(
        {
            "missing_positive": (missing & positive).sum(axis=0),
            "missing_negative": (missing & ~positive).sum(axis=0),
        }
    )


def _row(
    test: int, analysis: str, figures: tuple[float, float, float], **rest: Any
) -> dict[str, Any]:
    auc, low, high = figures
    return {
        "test": test, "analysis": analysis, "auc": auc, "auc_low": low, "auc_high": high,
        "p_adjusted": np.nan, "separates": False, "shift": np.nan, **rest,
    }  # fmt: skip


def _measured(case: _Case) -> Iterator[dict[str, Any]]:
    for test in case.rows:
        row = case.tested.iloc[test]
        yield _row(
            int(test), "measured", (row["auc"], row["auc_low"], row["auc_high"]),
            p_adjusted=row["p_adjusted"], separates=bool(row["separates"]),
        )  # fmt: skip


def _failures(case: _Case) -> Iterator[dict[str, Any]]:
    """Give the gone the rank that the plan declares for them; who else is missing stays so."""
    worst = {marker.name: marker.worst for marker in case.plan.biomarkers}
    changed = {}
    for test in case.rows:
        side = worst[case.panel.tests["biomarker"].iloc[test]]
        if side and case.gone[:, test].any():
            nobody = np.zeros(len(case.gone), dtype=bool)
            gone = case.gone[:, test]
            sides = (nobody, gone) if side == "higher" else (gone, nobody)
            changed[int(test)] = placed(case.changes[:, test], *sides)
    yield from _retested(case, "gone_worst", changed)


def _extremes(case: _Case) -> Iterator[dict[str, Any]]:
    """Place every missing value against the direction found, and then with it."""
    values, positive = case.changes, case.panel.positive
    for analysis, turn in (("worst_case", 1), ("best_case", -1)):
        changed = {
            int(test): against(values[:, test], positive, higher=case.sign[test] * turn > 0)
            for test in case.rows
        }
        yield from _retested(case, analysis, changed)


def _retested(case: _Case, analysis: str, changed: dict[int, Floats]) -> Iterator[dict[str, Any]]:
    """Test the family again with other values in some of its tests."""
    if not changed:
        return
    panel, settings = case.panel, case.plan.separation
    others = permutation_statistics(
        np.column_stack(list(changed.values())), panel.labels(case.plan)
    )
    adjusted = step_down_with(case.statistics, list(changed), others).p_adjusted
    for test, values in changed.items():
        figures = _area(case.sign[test] * values, panel)
        yield _row(
            test, analysis, figures, p_adjusted=adjusted[test],
            separates=bool(adjusted[test] <= settings.alpha and figures[1] > 0.5),
        )  # fmt: skip


def _area(values: Floats, panel: Panel) -> tuple[float, float, float]:
    """Return the AUC and its interval, which counts clusters by their design effect."""
    known, member = ~np.isnan(values), panel.units.member
    x, y = known & panel.positive, known & ~panel.positive
    effect = 1.0
    if panel.units.are_clusters:
        parts = structural_components(values[x], values[y])
        effect = design_effect(parts, (member[x], member[y]))
    auc = area(values[x], values[y])
    low, high = newcombe_interval(auc, x.sum() / effect, y.sum() / effect)
    return auc, float(low), float(high)


def _modelled(case: _Case, which: Collection[tuple[str, str]]) -> Iterator[dict[str, Any]]:
    """Weight and impute, one biomarker and region after the other, visits in order."""
    series = case.panel.tests.groupby(["biomarker", "region"], sort=False).indices
    for tests in (tests for key, tests in series.items() if key in which):
        mine = np.sort(tests)
        wanted = [int(test) for test in mine if test in case.rows]
        if wanted:
            yield from _weighted(case, mine, wanted)
            yield from _imputed(case, mine, wanted)


def _weighted(case: _Case, mine: Whole, wanted: list[int]) -> Iterator[dict[str, Any]]:
    panel, gone = case.panel, case.gone[:, mine]
    if not gone.any():
        return
    drawn = drawn_weights(
        panel.positive, draws=DRAWS, seed=case.plan.separation.seed, units=panel.units
    )
    counts = np.vstack([np.ones(len(gone)), drawn])
    stays = inverse_probability_weights(case.changes[:, mine], gone, panel.positive, counts)
    for test in wanted:
        place = int(np.searchsorted(mine, test))
        if not gone[:, place].any():
            continue
        weights = counts * np.nan_to_num(stays[:, :, place])
        column = case.sign[test] * case.changes[:, [test]]
        areas = resampled_areas(column, panel.positive, weights)[:, 0]
        auc, drawn_areas = float(areas[0]), areas[1:][~np.isnan(areas[1:])]
        if len(drawn_areas) < 2 or np.isnan(auc):
            yield _row(test, "weighted", (auc, np.nan, np.nan))
            continue
        low, high = np.quantile(drawn_areas, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
        if low == high:
            known = ~np.isnan(column[:, 0])
            sizes = [(known & kind).sum() for kind in (panel.positive, ~panel.positive)]
            low, high = newcombe_interval(auc, *sizes)
        # Perfect separation has no spread; the error found for the measured is its floor.
        error = max(float(drawn_areas.std(ddof=1)), _measured_error(case, test))
        holds = (auc - 0.5) / error > case.critical and low > 0.5
        yield _row(test, "weighted", (auc, float(low), float(high)), separates=bool(holds))


def _measured_error(case: _Case, test: int) -> float:
    """Return the standard error behind the statistic of the measured."""
    statistic = float(case.statistics[test, 0])
    return abs(float(case.tested["auc"].iloc[test]) - 0.5) / statistic if statistic > 0 else 0.0


def _imputed(case: _Case, mine: Whole, wanted: list[int]) -> Iterator[dict[str, Any]]:
    panel = case.panel
    draws = impute(
        case.changes[:, mine], panel.positive, imputations=IMPUTATIONS,
        seed=case.plan.separation.seed,
    )  # fmt: skip
    for test in wanted:
        values = case.sign[test] * draws[:, :, np.searchsorted(mine, test)]
        if np.isnan(values).any():
            yield _row(test, "imputed", (np.nan, np.nan, np.nan))
            continue
        missing = np.isnan(case.changes[:, test])
        imputed = Imputed(values, missing, panel.positive, panel.units.member)
        auc, error, _ = imputed.pooled()
        low, high = imputed.interval(LEVEL)
        separates = bool((auc - 0.5) / error > case.critical and low > 0.5)
        shift = float("nan")
        if case.tested["separates"].iloc[test]:
            shift = imputed.tipping_point(case.critical) if separates else 0.0
        yield _row(test, "imputed", (auc, low, high), separates=separates, shift=shift)
