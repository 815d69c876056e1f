"""Small studies of prediction, for the tests of their pages."""

import numpy as np
import pandas as pd

from biomarkers import predict

BARE = predict.Validation(folds=3, repeats=1, permutations=0)
NTR = ("N", "T", "R")


def tables(*, prefix="s", seed=1, count=36):
    """Rows of four features, and people with a class of two, one of three, a time and an age."""
    random = np.random.default_rng(seed)
    names, number = [f"{prefix}{each:02d}" for each in range(count)], np.arange(count)
    group = np.array(NTR)[number % 3]
    rows = pd.DataFrame(random.normal(size=(count, 4)), columns=["glcm_a", "glcm_b", "x", "y"])
    rows = rows.assign(
        subject=names, x=rows["x"] + 2 * (number % 2), y=rows["y"] + 2 * (group == "T")
    )
    people = pd.DataFrame({
        "subject": names, "response": number % 2, "group": group, "died": number % 4 > 0,
        "time": random.exponential(9, count), "age": random.normal(60, 9, count),
    })  # fmt: skip
    return rows, people.astype({"died": int})


def cohort(outcome="response", *, blocks=None, site=None, **how):
    rows, people = tables(**how)
    if site is not None:
        people["site"] = site
    return predict.Cohort.from_tables(
        rows, people, outcome=outcome, blocks=blocks, site=None if site is None else "site",
        classes=NTR if outcome == "group" else (),
    )  # fmt: skip
