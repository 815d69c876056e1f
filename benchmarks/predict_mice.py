"""Spectra of 28 mice, ten each, whose class is a name alone: by mouse, and split by spectrum.

Every spectrum tells its mouse. `evaluate` holds mice out whole; the split by spectrum, as is often
published, is made by hand beside it: it finds three classes where there are none.

Run: python -m benchmarks.predict_mice [--cohorts 3] [--repeats 1] [--effect 0] [logistic svm ...]
"""

import argparse
import time
from importlib.util import find_spec

import numpy as np
import pandas as pd

from biomarkers import predict, simulate
from biomarkers.predict.classes.calling import areas
from biomarkers.predict.classes.training import train_classes

MICE, SPECTRA, POINTS, FOLDS = 28, 10, 128, 5
CLASSES = ("N", "T", "R")
MODELS = ("logistic", "svm", "forest", "xgboost")


def cohort(seed: int, effect: float) -> predict.Cohort:
    """Spectra of mice, a feature a point."""
    made = simulate.mouse_spectra(MICE, spectra=SPECTRA, seed=seed, effect=effect, points=POINTS)
    values = np.array(list(made.arrays["mrs"].values()))
    rows = pd.DataFrame(values, columns=[f"p{place:02d}" for place in range(POINTS)])
    rows = rows.assign(subject=made.rows["subject"], lesion=made.rows["lesion"])
    return predict.Cohort.from_tables(rows, made.participants, outcome="group", classes=CLASSES)


def by_spectrum(recipe: predict.Recipe, made: predict.Cohort, seed: int) -> tuple[float, float]:
    """Return mean AUC and accuracy of spectra held out beside others of the same mouse."""
    cases = made.cases
    fold = np.random.default_rng(seed).permutation(len(cases)) % FOLDS
    held_out = fold == np.arange(FOLDS)[:, None]
    scores = np.zeros((*held_out.shape, len(CLASSES)))
    for place, rows in enumerate(held_out):
        training = fold[~rows]
        inner = training == np.unique(training)[:, None]
        trained = train_classes(recipe, cases.take(~rows), inner, 1)
        scores[place, rows] = trained.log_probabilities(cases.take(rows))
    called = np.where(held_out[..., None], scores, 0).sum(axis=0).argmax(axis=1)
    return areas(scores, cases, held_out).mean(), float((called == cases.labels).mean())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("models", nargs="*", default=MODELS)
    parser.add_argument("--cohorts", type=int, default=3)
    parser.add_argument("--repeats", type=int, default=1)
    parser.add_argument("--effect", type=float, default=0.0, help="of the class on levels; 1: true")
    options = parser.parse_args()
    settings = predict.Validation(folds=FOLDS, repeats=options.repeats, permutations=0)
    print(f"{MICE} mice × {SPECTRA} spectra, effect {options.effect:g}; mean AUC against the rest")
    for name in options.models:
        if name in ("xgboost", "lightgbm") and find_spec(name) is None:
            print(f"{name:10} is not installed")
            continue
        start, recipe = time.process_time(), predict.recipe(name)
        for seed in range(options.cohorts):
            made = cohort(seed, options.effect)
            seen = predict.evaluate(recipe, made, settings=settings)
            own = seen.performance[seen.performance["rule"] == "recipe"]
            low = ", ".join(
                f"{row['class']} {row['auc_low']:.2f}" for row in own.to_dict("records")
            )
            right = seen.decisions["accuracy"][0]
            area, accuracy = by_spectrum(recipe, made, seed)
            print(
                f"{name:10} by mouse {seen.mean_auc:.2f} (from {low}), accuracy {right:.2f}; "
                f"by spectrum {area:.2f}, accuracy {accuracy:.2f} (the leaky way)"
            )
        print(f"{name:10} {(time.process_time() - start) / options.cohorts:.0f} CPU-s a cohort")


if __name__ == "__main__":
    main()
