"""The pieces of a judgement of several classes: those of `predict.tasks`, with all classes."""

import numpy as np

from biomarkers.blas import one_blas_thread
from biomarkers.predict.cases import Cases
from biomarkers.predict.classes.calling import areas, by_repeat, confusion, recalls
from biomarkers.predict.classes.training import TrainedClasses, train_classes
from biomarkers.predict.labelling import drawn_share, subjects_by_class
from biomarkers.predict.steps.stability import TooFewLesionsError
from biomarkers.predict.tasks import (
    CURVE,
    LEFT_OUT,
    PERMUTED,
    SHARES,
    SHUFFLED,
    SPLITS,
    Judged,
    Result,
    Task,
    importance,
)
from biomarkers.stats.arrays import Bools, Floats
from biomarkers.stats.combination.sample import FEWEST


def do_classes(task: Task) -> Result:
    """Do a piece on one thread; the work of a process."""
    with one_blas_thread():
        return _KINDS[task.kind](task.judged, task.number, task.name)


def _trained(judged: Judged, cases: Cases, held_out: Bools, inner: Bools) -> list[TrainedClasses]:
    training, seed = cases.take(~held_out), judged.settings.seed
    return [train_classes(each, training, inner[:, ~held_out], seed) for each in judged.recipes]


def _outer(judged: Judged, number: int, _: str) -> Result:
    """Train on one outer training set, and score those held out."""
    folds, cases = judged.outer, judged.cases
    held_out = folds.held_out[number]
    others = cases.take(held_out)
    trained = _trained(judged, cases, held_out, folds.inner[number])
    result = {
        "scores": np.array([each.log_probabilities(others) for each in trained]),
        "prevalence": cases.take(~held_out).class_sizes / (~held_out).sum(),
        "unseen": np.array(trained[0].unseen_sites(others), dtype=str),
    }
    for place in range(len(cases.classes)):
        part = trained[0].against(place)
        random = np.random.default_rng([judged.settings.seed, SHUFFLED, number, place])
        result |= {
            f"names {place}": np.array(part.names, dtype=str),
            f"directions {place}": part.directions,
            f"reaches {place}": part.reaches,
            f"importance {place}": importance(part, others.against(place), random),
        }
    return result


def _chance(judged: Judged, number: int, _: str) -> Result:
    """Judge every recipe on permuted classes, in one repeat, its folds drawn anew."""
    cases = judged.permuted(number)
    folds = judged.folds(cases, 1, PERMUTED, number)
    scores = np.zeros((len(judged.recipes), *folds.held_out.shape, len(cases.classes)))
    for place, held_out in enumerate(folds.held_out):
        others = cases.take(held_out)
        for rule, each in enumerate(_trained(judged, cases, held_out, folds.inner[place])):
            scores[rule, place, held_out] = each.log_probabilities(others)
    counts = [confusion(by_repeat(each, folds.held_out), cases) for each in scores]
    return {
        "areas": np.array([areas(each, cases, folds.held_out) for each in scores]),
        "recalls": np.array([recalls(each) for each in counts]),
    }


def _site(judged: Judged, number: int, name: str) -> Result:
    """Train on all other sites, and score the one left out."""
    cases = judged.cases
    here = cases.site == name
    training, others = cases.take(~here), cases.take(here)
    nothing: Floats = np.full((len(others), len(cases.classes)), np.nan)
    unknown = {"scores": nothing, "unseen": np.array([], dtype=str)}
    if min(subjects_by_class(training)) < FEWEST:
        return unknown
    inner = judged.folds(training, 1, LEFT_OUT, number).held_out
    try:
        trained = train_classes(judged.recipes[0], training, inner, judged.settings.seed)
    except TooFewLesionsError:
        return unknown | {"undone": f"without site {name}"}
    return {
        "scores": trained.log_probabilities(others),
        "unseen": np.array(trained.unseen_sites(others), dtype=str),
    }


def _curve(judged: Judged, number: int, _: str) -> Result:
    """Judge the recipe in the first repeat, made of a share of each training set's subjects."""
    share, cases = SHARES[number], judged.cases
    held_out = judged.folds(cases, 1, SPLITS).held_out
    random = np.random.default_rng([judged.settings.seed, CURVE, number])
    scores, sizes = np.zeros((*held_out.shape, len(cases.classes))), []
    for place, rows in enumerate(held_out):
        training = drawn_share(cases.take(~rows), share, random)
        sizes.append(len(np.unique(training.subject)))
        inner = judged.folds(training, 1, CURVE, number, place).held_out
        try:
            trained = train_classes(judged.recipes[0], training, inner, judged.settings.seed)
        except TooFewLesionsError:
            undone = f"of {share:.0%} of the training subjects"
            return {"subjects": float(np.mean(sizes)), "worth": np.nan, "undone": undone}
        scores[place, rows] = trained.log_probabilities(cases.take(rows))
    return {"subjects": float(np.mean(sizes)), "worth": areas(scores, cases, held_out).mean()}


_KINDS = {"outer": _outer, "chance": _chance, "site": _site, "curve": _curve}
