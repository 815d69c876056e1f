"""Noise judged: 100 cohorts of 87 cases and 440 features, none of which tells the outcome.

Beside it the leaky way, which selects features before the folds, as is often published.

Run: python -m benchmarks.predict_noise [--cohorts 100] [--jobs 2]
"""

import argparse
import time

import numpy as np
import pandas as pd

from biomarkers import predict
from biomarkers.predict.nested import prepare
from biomarkers.predict.worth import worth
from biomarkers.stats.combination.folds import make_folds

CASES, FEATURES, SELECTED = 87, 440, 8
SETTINGS = predict.Validation(folds=5, repeats=1, permutations=19)


def cohort(seed: int) -> predict.Cohort:
    random = np.random.default_rng(seed)
    names = [f"p{number:02d}" for number in range(CASES)]
    columns = [f"f{number}" for number in range(FEATURES)]
    rows = pd.DataFrame(random.normal(size=(CASES, FEATURES)), columns=columns)
    people = pd.DataFrame({"subject": names, "response": random.permutation(CASES) % 2})
    return predict.Cohort.from_tables(rows.assign(subject=names), people, outcome="response")


def leaky_auc(made: predict.Cohort, seed: int) -> float:
    """AUC of a ridge on features that were selected with everybody's outcome, then "validated"."""
    recipe = predict.recipe("logistic", select=predict.Univariate(at_most=SELECTED))
    cases = prepare(recipe, made.cases).cases
    folds = make_folds(
        cases.positive, cases.units, folds=5, repeats=1, random=np.random.default_rng(seed)
    ).held_out
    scores = np.zeros(folds.shape)
    for place, held_out in enumerate(folds):
        training = cases.take(~held_out)
        (model,) = recipe.model.fit(training, [{"penalty": 0.1, "balanced": False}], 0)
        scores[place, held_out] = model.scores(cases.features[held_out])
    return worth(scores, cases, folds)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cohorts", type=int, default=100)
    parser.add_argument("--jobs", type=int, default=1)
    options = parser.parse_args()
    recipe = predict.recipe("logistic", select=predict.Lasso(at_most=SELECTED))
    start, rows = time.process_time(), []
    for seed in range(options.cohorts):
        made = cohort(seed)
        seen = predict.evaluate(recipe, made, settings=SETTINGS, jobs=options.jobs)
        first = seen.performance.iloc[0]
        covers = first["auc_low"] <= 0.5 <= first["auc_high"]
        rows.append((first["auc"], first["p_value"], covers, leaky_auc(made, seed)))
    auc, p_value, covers, leaky = np.array(rows, dtype=float).T
    print(f"{options.cohorts} cohorts of noise, {CASES} cases × {FEATURES} features")
    print(f"AUC of cases held out: mean {auc.mean():.3f} (to be .47 to .53)")
    print(f"p ≤ .05 in {(p_value <= 0.05).sum()} (of 100: to be at most 9)")
    print(f"interval holds .5 in {covers.mean():.0%}")
    print(f"selected before the folds: mean AUC {leaky.mean():.3f} (the leaky way)")
    print(f"{(time.process_time() - start) / options.cohorts:.1f} CPU-s a cohort in this process")


if __name__ == "__main__":
    main()
