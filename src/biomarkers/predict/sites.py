"""Sites: what a recipe is worth in each, and whether features tell one from another."""

from dataclasses import replace

import numpy as np
import pandas as pd

from biomarkers.predict.gathered import class_sizes
from biomarkers.predict.nested import prepare
from biomarkers.predict.recipes import recipe
from biomarkers.predict.tasks import Judged, Result
from biomarkers.predict.worth import worth
from biomarkers.stats.arrays import Bools, Floats
from biomarkers.stats.combination.folds import make_folds
from biomarkers.stats.intervals import newcombe_interval
from biomarkers.stats.labels import make_units

_FEWEST = 3  # subjects of a site, below which nothing foretells it


def site_table(
    judged: Judged, scores: Floats, left_out: list[Result], effect: float
) -> pd.DataFrame:
    """Return a row for each site: its cases, and the worth of the recipe within and without it.

    Parameters
    ----------
    judged
        With sites.
    scores
        Of the recipe, sets × cases.
    left_out
        The scores of each site by a model of all others.
    effect
        Of the recipe's interval.

    """
    cases, held_out, rows = judged.cases, judged.outer.held_out, []
    for site, result in zip(np.unique(cases.site), left_out, strict=True):
        here = cases.site == site
        others = np.asarray(result["scores"], dtype=float)
        whole = np.ones((1, int(here.sum())), dtype=bool)
        alone = np.nan if np.isnan(others).any() else worth(others[None], cases.take(here), whole)
        positives, count = int(cases.positive[here].sum()), int(here.sum())
        row = {
            "site": str(site),
            "cases": count,
            "positives": positives,
            "prevalence": positives / count,
            "within": worth(scores, cases, held_out & here),
            "left_out": alone,
        }
        if cases.time is None:
            sizes = class_sizes(cases.take(here), bool(judged.settings.permutations)) / effect
            with np.errstate(divide="ignore", invalid="ignore"):
                low, high = newcombe_interval(alone, *sizes)
            row |= {"left_out_low": float(low), "left_out_high": float(high)}
        rows.append(row)
    return pd.DataFrame(rows)


def site_scores(judged: Judged) -> float:
    """Return how well image values tell each site from the others: mean held-out AUC.

    Ridge logistic regression, in folds of whole subjects; sites of fewer than 3 subjects are not
    asked for.
    """
    cases = judged.cases
    if not cases.names:
        return float("nan")
    areas = []
    for site in np.unique(cases.site):
        here = cases.site == site
        counts = [len(np.unique(cases.subject[rows])) for rows in (here, ~here)]
        if min(counts) >= _FEWEST:
            areas.append(_told(judged, here))
    return float(np.mean(areas)) if areas else float("nan")


def _told(judged: Judged, here: Bools) -> float:
    cases = judged.cases
    asked = replace(cases, positive=here, time=None)
    folds = make_folds(
        here, make_units(len(cases), clusters=cases.subject), folds=judged.settings.folds,
        repeats=1, random=np.random.default_rng(judged.settings.seed),
    ).held_out  # fmt: skip
    plain = recipe("logistic")
    scores = np.zeros(folds.shape)
    for place, held_out in enumerate(folds):
        prepared = prepare(plain, asked.take(~held_out))
        (model,) = plain.model.fit(prepared.cases, [{"penalty": 0.3, "balanced": False}], 0)
        scores[place, held_out] = model.scores(prepared.apply(asked.take(held_out)).features)
    return worth(scores, asked, folds)
