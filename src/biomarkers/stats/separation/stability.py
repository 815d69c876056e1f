"""Stability of the earliest visit: the same choice on bootstrap resamples of the subjects.

Whole subjects (or patients) are drawn with replacement within each class; on every resample
the earliest visits are chosen again. At the visit it chose, a resample shows a higher AUC than all
subjects do there: the optimism of choosing, which is taken off the AUC found (Harrell, Lee & Mark
1996, as for `logistic`). The AUC in the subjects that a resample leaves out is not used: averaged
over whatever visits were chosen it is not that of the visit named, and at the visit named it knows
nothing of the choice.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from biomarkers.plan import Plan
from biomarkers.stats.arrays import Bools, Floats, Whole
from biomarkers.stats.drawing import Axes
from biomarkers.stats.intervals import mean_of_known
from biomarkers.stats.labels import drawn_weights
from biomarkers.stats.roc_analysis.resampled import resampled_areas, resampled_errors
from biomarkers.stats.separation.maxt import step_down_rejects
from biomarkers.stats.separation.panel import Panel
from biomarkers.stats.shown import Shown

DRAWS = 1000


@dataclass(frozen=True, eq=False)
class Stability(Shown):
    """The bootstrap distribution of the chosen visit.

    Parameters
    ----------
    shares
        `biomarker, region, visit, share`: how often a resample chose the visit as the earliest;
        `visit` is empty where it chose none.
    corrected
        `biomarker, region, auc_corrected`: the AUC at the earliest visit of all subjects less
        the mean optimism of the resamples that chose a visit; NaN where there is none.
    draws
        Number of resamples.

    """

    shows = "shares"

    shares: pd.DataFrame
    corrected: pd.DataFrame
    draws: int

    @property
    def headline(self) -> str:
        """The commonest choice of each biomarker and region."""
        keys = ["biomarker", "region"]
        parts = []
        for (biomarker, region), rows in self.shares.groupby(keys, sort=False):
            top = rows.sort_values("share", kind="stable").iloc[-1]
            choice = f"visit {top['visit']}" if top["visit"] else "no visit"
            parts.append(f"{biomarker} ({region}): {choice} in {top['share']:.0%}")
        return f"Of {self.draws} resamples: {'; '.join(parts)}."

    def to_dict(self) -> dict[str, Any]:
        """Return the shares and the corrected areas as plain values."""
        return {
            "draws": self.draws,
            "shares": self.shares.to_dict(orient="records"),
            "corrected": self.corrected.to_dict(orient="records"),
        }

    def draw(self, axes: Axes) -> None:
        """Draw the share of each visit, one line per biomarker and region."""
        groups = self.shares.groupby(["biomarker", "region"], sort=False)
        visits, width = list(self.shares["visit"].unique()), 0.8 / len(groups)
        for number, ((biomarker, region), rows) in enumerate(groups):
            at = np.array([visits.index(name) for name in rows["visit"]])
            shift = width * (number - (len(groups) - 1) / 2)
            axes.bar(at + shift, rows["share"], 0.9 * width, label=f"{biomarker} {region}")
        axes.set_xticks(range(len(visits)), [name or "none" for name in visits])
        axes.set(xlabel="Earliest separating visit", ylabel="Share of resamples", ylim=(0, 1.02))
        axes.legend()


def stability(
    panel: Panel, statistics: Floats, plan: Plan, earliest: Sequence[Mapping[str, Any]]
) -> Stability:
    """Choose the earliest visits again on bootstrap resamples.

    Parameters
    ----------
    panel, statistics
        The changes, and their statistics as from `Panel.relabelled`.
    plan
        Gives the error rate, the visits and the seed.
    earliest
        The earliest visits of all subjects, as from `earliest_visits`.

    """
    found: dict[Any, float | None] = {
        (entry["biomarker"], entry["region"]): entry["auc"] for entry in earliest
    }
    weights = drawn_weights(
        panel.positive,
        draws=DRAWS,
        seed=plan.separation.seed,
        units=panel.units,
    )
    areas = resampled_areas(panel.values, panel.positive, weights)
    everyone = resampled_areas(panel.values, panel.positive, np.ones((1, weights.shape[1])))[0]
    declared = panel.tests["direction"].to_numpy()
    higher = np.where(declared == "auto", areas >= 0.5, declared == "higher")
    observed = np.abs(areas - 0.5)
    observed /= resampled_errors(panel.values, panel.positive, weights)
    np.nan_to_num(observed, copy=False)
    chosen = step_down_rejects(statistics, observed, alpha=plan.separation.alpha)
    chosen &= np.where(higher, areas, 1 - areas) > 0.5
    shares, corrected = [], []
    for key, rows in panel.tests.groupby(["biomarker", "region"], sort=False):
        first = _first(chosen[:, rows.index])
        visits = [*rows["visit"], ""]
        shares += [(*key, name, float(np.mean(first == at))) for at, name in enumerate(visits)]
        auc, worth = found[key], np.nan
        if auc is not None:
            draws = np.flatnonzero(first < len(rows))
            tests = rows.index.to_numpy()[first[draws]]
            gain = areas[draws, tests] - everyone[tests]
            optimism = np.where(higher[draws, tests], gain, -gain)
            worth = np.clip(auc - mean_of_known(optimism), 0, 1)
        corrected.append((*key, float(worth)))
    return Stability(
        pd.DataFrame(shares, columns=["biomarker", "region", "visit", "share"]),
        pd.DataFrame(corrected, columns=["biomarker", "region", "auc_corrected"]),
        DRAWS,
    )


def _first(chosen: Bools) -> Whole:
    """Return the place of the first chosen visit of each resample; their number if none."""
    return np.asarray(np.where(chosen.any(axis=1), chosen.argmax(axis=1), chosen.shape[1]))
