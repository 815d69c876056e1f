"""Which class is called: the most probable, of a subject's cases of one class together."""

import numpy as np

from biomarkers.predict.cases import Cases
from biomarkers.predict.worth import worth
from biomarkers.stats.arrays import Bools, Floats, Whole


def by_repeat(scores: Floats, held_out: Bools) -> Floats:
    """Return what each case was given while held out: repeats × cases × classes.

    Parameters
    ----------
    scores
        Sets × cases × classes; only those held out count.
    held_out
        Sets × cases; the sets of a repeat follow each other.

    """
    repeats = int(held_out[:, 0].sum())
    sets, cases, classes = scores.shape
    kept = np.where(held_out[..., None], scores, 0.0)
    return np.asarray(kept.reshape(repeats, sets // repeats, cases, classes).sum(axis=1))


def called_groups(scores: Floats, cases: Cases) -> tuple[Whole, Whole]:
    """Return the class of each group, and the one that is called.

    A group is the cases of a subject of one class; their log probabilities are averaged.
    """
    member = cases.labelled.member
    assert cases.labels is not None
    truth = cases.labels[np.unique(member, return_index=True)[1]]
    sums = np.zeros((len(truth), scores.shape[1]))
    np.add.at(sums, member, scores)
    return truth, (sums / np.bincount(member)[:, None]).argmax(axis=1)


def confusion(scores: Floats, cases: Cases) -> Floats:
    """Return how many groups of each class are called which, truth × called, mean over repeats."""
    classes = len(cases.classes)
    total = np.zeros((classes, classes))
    for each in scores:
        np.add.at(total, called_groups(each, cases), 1)
    return total / len(scores)


def recalls(counts: Floats) -> Floats:
    """Return the share of each class that is called right."""
    return np.asarray(np.diagonal(counts) / counts.sum(axis=1))


def areas(scores: Floats, cases: Cases, held_out: Bools) -> Floats:
    """Return the AUC of each class against the rest, of cases held out together."""
    return np.array(
        [worth(scores[..., k], cases.against(k), held_out) for k in range(len(cases.classes))]
    )
