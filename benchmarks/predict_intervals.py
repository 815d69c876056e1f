"""How often intervals hold what they are of: the mean worth of the models so made, in new cases.

80 cases, 30 features of which one tells, AUC .5, .63 and .8; ridge, 2 repeats, 39 permutations.

Run: python -m benchmarks.predict_intervals [--cohorts 120] [--jobs 2]     (3 CPU-hours)
"""

import argparse
import time

import numpy as np
import pandas as pd
from scipy import stats

from biomarkers import predict
from biomarkers.predict.cases import Cases
from biomarkers.predict.nested import train
from biomarkers.predict.tasks import make_judged
from biomarkers.stats.roc_analysis.auc import area

CASES, FEATURES, NEW = 80, 30, 20_000
AREAS = (0.5, 0.63, 0.8)
SETTINGS = predict.Validation(folds=5, repeats=2, permutations=39)
RECIPE = predict.recipe("logistic")


def drawn(auc: float, count: int, random: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Return cases × features and classes; the first feature has this AUC by itself."""
    truth = np.arange(count) % 2
    values = random.normal(size=(count, FEATURES))
    values[:, 0] += truth * np.sqrt(2) * stats.norm.ppf(auc)
    return values, truth


def cohort(auc: float, random: np.random.Generator) -> predict.Cohort:
    values, truth = drawn(auc, CASES, random)
    names = [f"p{number:02d}" for number in range(CASES)]
    rows = pd.DataFrame(values, columns=[f"f{number}" for number in range(FEATURES)])
    people = pd.DataFrame({"subject": names, "response": truth})
    return predict.Cohort.from_tables(rows.assign(subject=names), people, outcome="response")


def worth_in_new_cases(made: predict.Cohort, new: Cases) -> float:
    """Return the mean AUC, in new cases, of the models of all outer training sets."""
    judged = make_judged(made.cases, (RECIPE,), SETTINGS)
    folds, cases, areas = judged.outer, made.cases, []
    for number, held_out in enumerate(folds.held_out):
        inner = folds.inner[number][:, ~held_out]
        scores = train(RECIPE, cases.take(~held_out), inner, SETTINGS.seed).scores(new)
        areas.append(area(scores[new.positive], scores[~new.positive]))
    return float(np.mean(areas))


def cell(auc: float, cohorts: int, jobs: int) -> tuple[int, float, float]:
    """Return how many intervals hold the worth, their mean width, and the mean worth."""
    random = np.random.default_rng(round(1000 * auc))
    values, truth = drawn(auc, NEW, random)
    held, widths, worths = 0, [], []
    for _ in range(cohorts):
        made = cohort(auc, random)
        some = made.cases.take(np.zeros(NEW, dtype=np.intp))
        new = Cases(values, some.names, truth == 1, None, some.subject, some.site, {},
                    made.cases.everyone)  # fmt: skip
        worth = worth_in_new_cases(made, new)
        first = predict.evaluate(RECIPE, made, settings=SETTINGS, jobs=jobs).performance.iloc[0]
        held += first["auc_low"] <= worth <= first["auc_high"]
        widths.append(first["auc_high"] - first["auc_low"])
        worths.append(worth)
    return int(held), float(np.mean(widths)), float(np.mean(worths))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cohorts", type=int, default=120)
    parser.add_argument("--jobs", type=int, default=1)
    options = parser.parse_args()
    start, total = time.process_time(), 0
    for auc in AREAS:
        held, width, worth = cell(auc, options.cohorts, options.jobs)
        total += held
        share = held / options.cohorts
        print(f"AUC {auc:.2f}: mean worth {worth:.3f}, held in {share:.1%}, mean width {width:.3f}")
    print(f"all: held in {total / (len(AREAS) * options.cohorts):.1%} (to be 91 % or more)")
    print(f"{time.process_time() - start:.0f} CPU-s in this process")


if __name__ == "__main__":
    main()
