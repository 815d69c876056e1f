"""The AUC of lesions in patients: several subjects of one patient are not so many subjects."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from biomarkers.errors import InputError
from biomarkers.stats.auc import delong_variance, structural_components
from biomarkers.stats.classes import Direction, markers_of, orientation
from biomarkers.stats.intervals import LEVEL, newcombe_interval
from biomarkers.stats.roc import Roc

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class ClusteredRoc(Roc):
    """A `Roc` whose variance and interval count patients, not lesions.

    Parameters
    ----------
    clusters
        Number of patients.
    design_effect
        How many lesions carry the information of one independent lesion; at least 1.

    """

    clusters: int
    design_effect: float

    @property
    def headline(self) -> str:
        """The finding in one sentence."""
        return (
            f"{super().headline[:-1]}, of {self.clusters} clusters "
            f"(design effect {self.design_effect:.2f})."
        )


def clustered_roc(
    marker: ArrayLike,
    outcome: ArrayLike,
    cluster: ArrayLike,
    *,
    positive: object = 1,
    direction: Direction = "auto",
    level: float = LEVEL,
) -> ClusteredRoc:
    """Return the ROC curve of lesions, with an AUC interval that knows their patients.

    Parameters
    ----------
    marker, outcome
        One value per lesion, as for `roc`.
    cluster
        The patient of each lesion. A patient may have lesions of both kinds.
    positive, direction, level
        As for `roc`.

    Notes
    -----
    Variance: Obuchowski 1997, doi:10.2307/2533958. Interval: Newcombe's score interval with both
    class sizes divided by the design effect, the ratio of that variance to DeLong's (Rao & Scott
    1992), not less than 1. In simulations of 12 to 32 patients with 1 to 5 lesions each it
    covered .91 to .97, where lesions taken as independent covered .68 to .97.

    Raises
    ------
    InputError
        As `roc`, if a lesion has no patient, or if a class comes from a single patient.

    """
    codes, names = pd.factorize(pd.Series(cluster))
    if (codes < 0).any():
        raise InputError(f"cluster: blank in row {int(np.argmax(codes < 0)) + 1}; expected a name")
    # The codes travel with the marker, so that both lose the same lesions.
    (values, of), truth = markers_of([marker, codes], outcome, positive=positive)
    members = of.astype(np.intp)
    for kind, rows in (("positive", truth), ("negative", ~truth)):
        alone = np.unique(members[rows])
        if len(alone) == 1:
            raise InputError(
                f"cluster: every {kind} belongs to {names[alone[0]]}; one cluster shows no spread"
            )
    sign = orientation(values, truth, direction)
    positives, negatives = sign * values[truth], sign * values[~truth]
    parts = structural_components(positives, negatives)
    variance = obuchowski_variance(parts, (members[truth], members[~truth]))
    count = len(np.unique(members))
    effect = _design_effect(variance, delong_variance(*parts), len(values) / count)
    auc = float(parts[0].mean())
    low, high = newcombe_interval(
        auc, len(positives) / effect, len(negatives) / effect, level=level
    )
    return ClusteredRoc(
        auc=auc,
        auc_low=float(low),
        auc_high=float(high),
        variance=variance,
        direction="higher" if sign > 0 else "lower",
        ci="newcombe",
        level=level,
        positives=np.sort(positives),
        negatives=np.sort(negatives),
        clusters=count,
        design_effect=effect,
    )


def obuchowski_variance(
    parts: tuple[Floats, Floats], members: tuple[NDArray[np.intp], NDArray[np.intp]]
) -> float:
    """Return the variance of a clustered AUC.

    Parameters
    ----------
    parts
        Structural components of positives and negatives.
    members
        The cluster of each of them.

    """
    auc = parts[0].mean()
    clusters = int(max(member.max() for member in members)) + 1
    sums, factors = [], []
    for part, member in zip(parts, members, strict=True):
        sums.append(np.bincount(member, weights=part - auc, minlength=clusters) / len(part))
        own = len(np.unique(member))
        factors.append(own / (own - 1))
    everyone = len(np.unique(np.concatenate(members)))
    together = everyone / (everyone - 1) * np.sum(sums[0] * sums[1])
    alone = [factor * np.sum(part**2) for factor, part in zip(factors, sums, strict=True)]
    return float(alone[0] + alone[1] + 2 * together)


def _design_effect(clustered: float, independent: float, lesions: float) -> float:
    """Ratio of the variances; at perfect separation both are 0 and a cluster counts as one."""
    return max(clustered / independent, 1.0) if independent > 0 else lesions
