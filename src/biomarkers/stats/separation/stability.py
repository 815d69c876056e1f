"""Stability of the earliest visit: the same choice on bootstrap resamples of the subjects.

Whole subjects (or patients) are drawn with replacement within each class; on every resample
the earliest visits are chosen again. The subjects a resample left out give an AUC of the
chosen visit that is not flattered by the choice.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from biomarkers.plan import Plan
from biomarkers.stats.arrays import Bools, Floats, Whole
from biomarkers.stats.intervals import mean_of_known
from biomarkers.stats.labels import drawn_weights
from biomarkers.stats.separation.maxt import step_down_rejects
from biomarkers.stats.separation.panel import Panel
from biomarkers.stats.separation.resampled import resampled_areas, resampled_errors
from biomarkers.stats.shown import Axes, Shown, new_axes

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
        `biomarker, region, auc_corrected`: the AUC at the chosen visit in the subjects left out
        of the choice, averaged over the resamples that chose one; NaN if none did.
    draws
        Number of resamples.

    """

    shares: pd.DataFrame
    corrected: pd.DataFrame
    draws: int

    @property
    def table(self) -> pd.DataFrame:
        """One row per biomarker, region and chosen visit."""
        return self.shares

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

    def plot(self, axes: Axes | None = None) -> Axes:
        """Draw the share of each visit, one line per biomarker and region."""
        axes = new_axes(axes)
        for (biomarker, region), rows in self.shares.groupby(["biomarker", "region"], sort=False):
            axes.plot(rows["visit"].replace("", "none"), rows["share"], "o-",
                      label=f"{biomarker} {region}")  # fmt: skip
        axes.set(xlabel="Earliest separating visit", ylabel="Share of resamples", ylim=(0, 1.02))
        axes.legend()
        return axes


def stability(panel: Panel, statistics: Floats, plan: Plan) -> Stability:
    """Choose the earliest visits again on bootstrap resamples.

    Parameters
    ----------
    panel, statistics
        The changes, and their statistics as from `Panel.relabelled`.
    plan
        Gives the error rate, the visits and the seed.

    """
    weights = drawn_weights(
        panel.positive,
        draws=DRAWS,
        seed=plan.separation.seed,
        units=panel.units,
    )
    areas = resampled_areas(panel.values, panel.positive, weights)
    errors = resampled_errors(panel.values, panel.positive, weights)
    left_out = resampled_areas(panel.values, panel.positive, (weights == 0).astype(float))
    declared = panel.tests["direction"].to_numpy()
    higher = np.where(declared == "auto", areas >= 0.5, declared == "higher")
    observed = np.nan_to_num(np.abs(areas - 0.5) / errors)
    chosen = step_down_rejects(statistics, observed, alpha=plan.separation.alpha)
    chosen &= np.where(higher, areas, 1 - areas) > 0.5
    unseen = np.where(higher, left_out, 1 - left_out)
    shares, corrected = [], []
    for key, rows in panel.tests.groupby(["biomarker", "region"], sort=False):
        first = _first(chosen[:, rows.index])
        visits = [*rows["visit"], ""]
        shares += [(*key, name, float(np.mean(first == at))) for at, name in enumerate(visits)]
        worth = unseen[:, rows.index][np.arange(DRAWS), np.minimum(first, len(rows) - 1)]
        corrected.append((*key, mean_of_known(worth[first < len(rows)])))
    return Stability(
        pd.DataFrame(shares, columns=["biomarker", "region", "visit", "share"]),
        pd.DataFrame(corrected, columns=["biomarker", "region", "auc_corrected"]),
        DRAWS,
    )


def _first(chosen: Bools) -> Whole:
    """Return the place of the first chosen visit of each resample; their number if none."""
    return np.asarray(np.where(chosen.any(axis=1), chosen.argmax(axis=1), chosen.shape[1]))
