"""CPU time of a judgement: 125 cases, 200 features, nested folds.

Run: python -m benchmarks.predict_speed [--repeats 10] [--permutations 2] [logistic svm ...]
"""

import argparse
import time

import numpy as np
import pandas as pd

from biomarkers import predict
from biomarkers.predict.tasks import Task, do, make_judged

CASES, FEATURES = 125, 200
MODELS = ("logistic", "svm", "svm_rbf", "elastic_net", "forest")


def cohort() -> predict.Cohort:
    random = np.random.default_rng(1)
    names, truth = [f"p{number:03d}" for number in range(CASES)], np.arange(CASES) % 2
    values = random.normal(size=(CASES, FEATURES))
    values[:, :3] += truth[:, None]
    rows = pd.DataFrame(values, columns=[f"f{number}" for number in range(FEATURES)])
    people = pd.DataFrame({"subject": names, "response": truth})
    return predict.Cohort.from_tables(rows.assign(subject=names), people, outcome="response")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("models", nargs="*", default=list(MODELS))
    parser.add_argument("--repeats", type=int, default=10)
    parser.add_argument("--permutations", type=int, default=2, help="timed, not judged by")
    options = parser.parse_args()
    made = cohort()
    for name in options.models:
        recipe = predict.recipe(name)
        settings = predict.Validation(folds=5, repeats=options.repeats, permutations=0)
        start = time.process_time()
        predict.evaluate(recipe, made, settings=settings)
        folds = time.process_time() - start
        judged = make_judged(made.cases, (recipe,), predict.Validation(permutations=199))
        start = time.process_time()
        for number in range(1, options.permutations + 1):
            do(Task(judged, "chance", number))
        each = (time.process_time() - start) / max(options.permutations, 1)
        print(
            f"{name}: {options.repeats} × 5 nested folds {folds:.1f} CPU-s; a permutation "
            f"{each:.2f}, 199 of them {199 * each / 2:.0f} s on 2 cores"
        )


if __name__ == "__main__":
    main()
