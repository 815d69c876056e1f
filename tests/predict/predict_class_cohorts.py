"""Cohorts of several classes made up for the tests of `predict`."""

import numpy as np
import pandas as pd
from predict_cohorts import names, table
from scipy import stats

from biomarkers import predict

NTR = ("N", "T", "R")
ONE = predict.Validation(folds=3, repeats=1, permutations=0)
TOLD = predict.Validation(folds=2, repeats=2, permutations=19)
RIDGE = predict.recipe(predict.Logistic(penalties=(0.3,), balanced=(False,)))


def gaussian(seed=1, *, count=90, apart=1.5, width=5, prefix="", site=None, blocks=None):
    """A subject a case; each class lies apart on a feature of its own: T, R, N."""
    random = np.random.default_rng(seed)
    group = np.tile(NTR, count)[:count]
    values = random.normal(size=(count, width))
    values[:, 0] += apart * (group == "T")
    values[:, 1] += apart * (group == "R")
    values[:, 2] += apart * (group == "N")
    subjects = [prefix + name for name in names(count)]
    people = pd.DataFrame({"subject": subjects, "group": group, "age": random.normal(60, 9, count)})
    if site is not None:
        people["site"] = site
    return predict.Cohort.from_tables(
        table(values, subjects), people, outcome="group", classes=NTR,
        blocks=blocks, site=None if site is None else "site",
    )  # fmt: skip


def tissues(seed=1, *, mice=24, each=2, apart=0.0, share=0.7):
    """Mice with several spectra of several tissues, which look like their mouse."""
    random = np.random.default_rng(seed)
    rows = [
        (mouse, f"{group}{number}", group)
        for mouse in names(mice)
        for group in NTR
        if random.random() < share
        for number in range(each)
    ]
    rows = pd.DataFrame(rows, columns=["subject", "lesion", "group"])
    like = dict(zip(names(mice), random.normal(size=(mice, 6)), strict=True))
    values = np.array([like[name] for name in rows["subject"]])
    values += 0.5 * random.normal(size=values.shape)
    values[:, 0] += apart * (rows["group"] == "T")
    values[:, 1] += apart * (rows["group"] == "R")
    rows = rows.join(pd.DataFrame(values, columns=list("abcdef")))
    people = pd.DataFrame({"subject": names(mice), "age": range(mice)})
    return predict.Cohort.from_tables(rows, people, outcome="group", classes=NTR)


def mice(seed=1, *, count=28, spectra=10, width=8):
    """Spectra that tell their mouse, whose class is drawn at random."""
    random = np.random.default_rng(seed)
    who = np.repeat(names(count), spectra)
    like = np.repeat(random.normal(size=(count, width)), spectra, axis=0)
    rows = table(like + 0.3 * random.normal(size=like.shape), who,
                 lesion=np.tile(np.arange(spectra), count))  # fmt: skip
    people = pd.DataFrame(
        {"subject": names(count), "group": random.permutation(np.tile(NTR, 10)[:count])}
    )
    return predict.Cohort.from_tables(rows, people, outcome="group", classes=NTR)


def oracle(apart):
    """AUC of each class against the rest by its true probability, in 60,000 cases."""
    random = np.random.default_rng(0)
    truth = np.tile([0, 1, 2], 20_000)
    centres = apart * np.eye(3)
    values = random.normal(centres[truth])
    density = np.exp(-((values[:, None] - centres) ** 2).sum(axis=2) / 2)
    likely = density / density.sum(axis=1, keepdims=True)
    ranks = stats.rankdata(likely, axis=0)
    m, n = 20_000, 40_000
    return [(ranks[truth == k, k].sum() - m * (m + 1) / 2) / (m * n) for k in range(3)]
