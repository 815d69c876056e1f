"""What scores are worth: of cases held out by the same model, and of those only."""

import numpy as np
from scipy import optimize, special

from biomarkers.predict.cases import Cases
from biomarkers.stats.arrays import Bools, Floats
from biomarkers.stats.combination.nested import held_out_area
from biomarkers.stats.ranks import merge_ties
from biomarkers.stats.roc_analysis.auc import structural_components
from biomarkers.stats.survival.concordance import concordance_parts
from biomarkers.stats.survival.time_roc import time_roc

_FAR = 500.0


def worth(scores: Floats, cases: Cases, held_out: Bools) -> float:
    """Return the AUC, after Cox the concordance, of pairs held out together; NaN without a pair.

    Parameters
    ----------
    scores
        Sets × cases, or one row for all sets; only those held out count.
    cases
        With their outcome.
    held_out
        Sets × cases.

    """
    scores = np.broadcast_to(scores, held_out.shape)
    if cases.time is not None:
        return _concordant(scores, cases, held_out)[0]
    both = (held_out & cases.positive).any(axis=1) & (held_out & ~cases.positive).any(axis=1)
    if not both.any():
        return float("nan")
    return held_out_area(scores[both], cases.positive, held_out[both])


def _concordant(scores: Floats, cases: Cases, held_out: Bools) -> tuple[float, float]:
    """Return the concordance over the pairs of all sets, and its error as if sets were independent.

    Sets of one repeat share no case; of several repeats the error is that of one.
    """
    assert cases.time is not None
    parts = []
    for row, rows in zip(merge_ties(scores), held_out, strict=True):
        event = cases.positive[rows]
        estimate, first, later, pairs = concordance_parts(
            row[rows], cases.time[rows], event, event.astype(float)
        )
        if pairs:
            # Lesions of a subject are not independent: their influence is summed first.
            influence = np.bincount(cases.units.member[rows], weights=first + later)
            parts.append((estimate, np.sqrt(np.sum(influence**2)), pairs))
    if not parts:
        return float("nan"), float("nan")
    estimates, errors, counts = np.array(parts).T
    share = counts / counts.sum()
    repeats = max(held_out.sum() / len(cases), 1.0)
    return float(share @ estimates), float(np.sqrt(repeats * np.sum((share * errors) ** 2)))


def concordance_error(scores: Floats, cases: Cases, held_out: Bools) -> float:
    """Return the standard error of a concordance of cases held out together."""
    return _concordant(scores, cases, held_out)[1]


def areas_at(scores: Floats, cases: Cases, held_out: Bools, horizons: Floats) -> Floats:
    """Return the time-dependent AUC at each horizon, over the pairs of cases held out together.

    NaN at a horizon that no case held out had the event by, or that none was followed beyond.
    """
    assert cases.time is not None
    tables = [
        time_roc(
            row[rows], cases.time[rows], cases.positive[rows], horizons=horizons.tolist()
        ).estimates
        for row, rows in zip(scores, held_out, strict=True)
    ]
    areas = np.array([table["auc"] for table in tables])
    pairs = np.array([table["cases"] * table["controls"] for table in tables])
    known = np.isfinite(areas)
    pairs = np.where(known, pairs, 0)
    total, weights = np.where(known, areas, 0.0) * pairs, pairs.sum(axis=0)
    return np.where(weights > 0, total.sum(axis=0) / np.maximum(weights, 1), np.nan)


def components(scores: Floats, positive: Bools, held_out: Bools) -> Floats:
    """Return DeLong's component of each case among those held out with it, mean over repeats.

    NaN for a case never held out with one of the other class.
    """
    total, times = np.zeros(len(positive)), np.zeros(len(positive))
    for row, rows in zip(scores, held_out, strict=True):
        mine, others = np.flatnonzero(rows & positive), np.flatnonzero(rows & ~positive)
        if not (len(mine) and len(others)):
            continue
        for places, part in zip(
            (mine, others), structural_components(row[mine], row[others]), strict=True
        ):
            total[places] += part
            times[places] += 1
    return np.where(times > 0, total / np.maximum(times, 1), np.nan)


def average_precision(scores: Floats, positive: Bools, held_out: Bools) -> float:
    """Return the area under the precision–recall curve, mean over sets.

    Σ (recall − recall before) · precision over distinct scores, without interpolation.
    """
    values = []
    for row, rows in zip(scores, held_out, strict=True):
        truth = positive[rows]
        if not truth.any():
            continue
        order = np.argsort(-row[rows], kind="stable")
        ranked, hits = row[rows][order], truth[order].cumsum()
        last = np.append(np.diff(ranked) != 0, True)
        recall, precision = hits[last] / truth.sum(), (hits / np.arange(1, len(hits) + 1))[last]
        values.append(float(np.diff(recall, prepend=0.0) @ precision))
    return float(np.mean(values)) if values else float("nan")


def log_loss(odds: Floats, positive: Bools) -> Floats:
    """Return the mean −log likelihood of log odds along the last axis."""
    sign = np.where(positive, 1.0, -1.0)
    return np.asarray(np.log1p(np.exp(np.minimum(-odds * sign, _FAR))).mean(axis=-1))


def calibration_intercept(odds: Floats, positive: Bools) -> float:
    """Return by how much log odds are too low on average (calibration in the large)."""
    wanted = positive.mean()

    def missing(shift: float) -> float:
        return float(special.expit(odds + shift).mean() - wanted)

    far = 50.0 + max(float(np.abs(odds).max()) - 25.0, 0.0)
    return float(optimize.brentq(missing, -far, far))


def net_benefit(odds: Floats, positive: Bools, thresholds: Floats) -> Floats:
    """Return the net benefit of treating at or above thresholds of probability.

    True positives minus false ones times the odds of the threshold, over all cases
    (Vickers & Elkin 2006, doi:10.1177/0272989X06295361).
    """
    likely = special.expit(np.atleast_2d(odds))[..., None]
    treated = likely >= thresholds
    right = (treated & positive[:, None]).mean(axis=(0, 1))
    wrong = (treated & ~positive[:, None]).mean(axis=(0, 1))
    return np.asarray(right - wrong * thresholds / (1 - thresholds))


def best_threshold(odds: Floats, positive: Bools) -> float:
    """Return the log odds at or above which sensitivity plus specificity is largest (Youden)."""
    order = np.argsort(-odds, kind="stable")
    hits = positive[order].cumsum() / max(positive.sum(), 1)
    alarms = (~positive[order]).cumsum() / max((~positive).sum(), 1)
    last = np.append(np.diff(odds[order]) != 0, True)
    place = int(np.argmax(np.where(last, hits - alarms, -np.inf)))
    here = odds[order][place]
    return float(here if place + 1 == len(odds) else (here + odds[order][place + 1]) / 2)
