"""Cohorts made up for the tests of `predict`."""

import numpy as np
import pandas as pd

from biomarkers import predict

QUICK = predict.Validation(folds=3, repeats=2, permutations=19)
ONE = predict.Validation(folds=3, repeats=1, permutations=0)


def names(count: int) -> list[str]:
    return [f"s{number:03d}" for number in range(count)]


def table(values: np.ndarray, subjects, **more) -> pd.DataFrame:
    columns = [f"f{place:02d}" for place in range(values.shape[1])]
    return pd.DataFrame(values, columns=columns).assign(subject=subjects, **more)


def cohort(
    values: np.ndarray, truth: np.ndarray, *, blocks=None, site=None, more=None, facts=None
) -> predict.Cohort:
    """A case a subject, in order."""
    subjects = names(len(truth))
    people = pd.DataFrame({"subject": subjects, "response": truth, **(facts or {})})
    if site is not None:
        people["site"] = site
    return predict.Cohort.from_tables(
        table(values, subjects, **(more or {})), people, outcome="response",
        site=None if site is None else "site", blocks=blocks,
    )  # fmt: skip


def noise(seed: int, *, count: int = 60, width: int = 30) -> predict.Cohort:
    random = np.random.default_rng(seed)
    truth = random.permutation(np.arange(count) % 2)
    return cohort(random.normal(size=(count, width)), truth)


def signal(
    seed: int = 1, *, count: int = 100, width: int = 40, told: int = 3, missing: float = 0.15
) -> predict.Cohort:
    """The first features differ between the classes by 1 sd; some values are missing."""
    random = np.random.default_rng(seed)
    truth = np.arange(count) % 2
    values = random.normal(size=(count, width))
    values[:, :told] += truth[:, None]
    values[random.random(values.shape) < missing] = np.nan
    facts = {"age": random.normal(60, 9, count)}
    return cohort(values, truth, blocks={"clinical": ["age"]}, facts=facts)


def lesions(seed: int = 1, *, subjects: int = 30, each: int = 4, width: int = 8) -> predict.Cohort:
    """Lesions that look like their patient, whose outcome is drawn at random."""
    random = np.random.default_rng(seed)
    who = np.repeat(names(subjects), each)
    like = np.repeat(random.normal(size=(subjects, width)), each, axis=0)
    values = like + 0.3 * random.normal(size=like.shape)
    rows = table(values, who, lesion=np.tile(np.arange(each), subjects))
    truth = random.permutation(np.arange(subjects) % 2)
    people = pd.DataFrame({"subject": names(subjects), "response": truth})
    return predict.Cohort.from_tables(rows, people, outcome="response")


def survival(seed: int = 1, *, count: int = 70, width: int = 8) -> predict.Cohort:
    """The first feature doubles the hazard with every standard deviation."""
    random = np.random.default_rng(seed)
    values = random.normal(size=(count, width))
    event = random.exponential(np.exp(-1.2 * values[:, 0]))
    censored = random.exponential(2.0, count)
    people = pd.DataFrame(
        {"subject": names(count), "time": np.minimum(event, censored),
         "died": (event < censored).astype(int), "age": random.normal(60, 9, count)}
    )  # fmt: skip
    return predict.Cohort.from_tables(
        table(values, names(count)), people, outcome=("time", "died"), blocks={"clinical": ["age"]}
    )
