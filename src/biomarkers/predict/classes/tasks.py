"""The pieces of a judgement of several classes: those of `predict.tasks`, with all classes."""

import numpy as np

from biomarkers.blas import one_blas_thread
from biomarkers.predict.cases import Cases
from biomarkers.predict.classes.calling import areas, by_repeat, confusion, recalls
from biomarkers.predict.classes.training import TrainedClasses, train_classes
from biomarkers.predict.labelling import drawn_share, subjects_by_class
from biomarkers.predict.tasks import (
    PERMUTED,
    SHUFFLED,
    Judged,
    Judging,
    Result,
    Task,
    importance,
    mean_shap,
)
from biomarkers.stats.arrays import Bools, Floats


def do_classes(task: Task) -> Result:
    """Do a piece on one thread; the work of a process."""
    with one_blas_thread():
        return _KINDS[task.kind](task.judged, task.number, task.name)


def _outer(judged: Judged, number: int, _: str) -> Result:
    """Train on one outer training set, and score those held out."""
    folds, cases = judged.outer, judged.cases
    held_out = folds.held_out[number]
    training, others = cases.take(~held_out), cases.take(held_out)
    inner, seed = folds.inner[number][:, ~held_out], judged.settings.seed
    trained = [train_classes(each, training, inner, seed) for each in judged.recipes]
    result = {
        "scores": np.array([each.log_probabilities(others) for each in trained]),
        "prevalence": training.class_sizes / len(training),
        "unseen": np.array(trained[0].unseen_sites(others), dtype=str),
    }
    for place in range(len(cases.classes)):
        part = trained[0].against(place)
        random = np.random.default_rng([seed, SHUFFLED, number, place])
        result |= {
            f"names {place}": np.array(part.names, dtype=str),
            f"directions {place}": part.directions,
            f"reaches {place}": part.reaches,
            f"importance {place}": importance(part, others.against(place), random),
            f"shap {place}": mean_shap(part, others, part.prepared(training)),
        }
    return result


def _chance(judged: Judged, number: int, _: str) -> Result:
    """Judge every recipe on permuted classes, in one repeat, its folds drawn anew."""
    cases = judged.permuted(number)
    folds = judged.folds(cases, 1, PERMUTED, number)
    scores = _JUDGING.one_repeat(judged, cases, folds)
    counts = [confusion(by_repeat(each, folds.held_out), cases) for each in scores]
    return {
        "areas": np.array([areas(each, cases, folds.held_out) for each in scores]),
        "recalls": np.array([recalls(each) for each in counts]),
    }


def _mean_area(scores: Floats, cases: Cases, held_out: Bools) -> float:
    return float(areas(scores, cases, held_out).mean())


_JUDGING = Judging(
    train_classes, TrainedClasses.log_probabilities, _mean_area, subjects_by_class, drawn_share
)
_KINDS = {"outer": _outer, "chance": _chance, "site": _JUDGING.site, "curve": _JUDGING.curve}
