"""How alike maps are of rules that were made of other patients."""

import numpy as np
import pandas as pd

from biomarkers.deep.explaining import agreement, maps_of_first, reaching, smoothed
from biomarkers.deep.randomised import TELLING
from biomarkers.errors import InputError
from biomarkers.predict.cohort import Cohort
from biomarkers.predict.evaluating import check_fits
from biomarkers.predict.nested import reached, train
from biomarkers.predict.recipes import Recipe
from biomarkers.predict.splits import folds_of
from biomarkers.stats.inputs import check_choice


def fold_stability(
    recipe: Recipe,
    cohort: Cohort,
    *,
    method: str = "integrated_gradients",
    folds: int = 5,
    seed: int = 1,
    steps: int = 16,
    smooth: float = 1.0,
) -> pd.DataFrame:
    """Fit a recipe to each training set, and compare the maps of every case by any two.

    Parameters
    ----------
    recipe, cohort
        Of a network that tells two classes.
    method, steps, smooth
        As of `explain`; the first of the seeds of each rule is taken.
    folds, seed
        Of subjects, as `predict.evaluate` splits them.

    Returns
    -------
    pd.DataFrame
        `subject, lesion, stability`: mean rank correlation of maps by two training sets.

    Raises
    ------
    InputError
        If the recipe is not of networks, or does not fit the cohort.

    Examples
    --------
    >>> from biomarkers import deep, predict, simulate
    >>> made = simulate.slices_in_order(patients=20)
    >>> cohort = predict.Cohort.from_tables(made.rows, made.participants, outcome="response")
    >>> cohort = cohort.with_array("slices", made.arrays["slices"])
    >>> recipe = predict.recipe(deep.SliceSequence("slices", epochs=2, seeds=1))
    >>> len(deep.fold_stability(recipe, cohort, folds=2, steps=2))
    20

    """
    check_choice("method", method, TELLING)
    check_fits(recipe, cohort)
    if cohort.classes:
        raise InputError("fold_stability: needs two classes; see the stability of explain")
    cases = reached(recipe, cohort.cases)
    split = folds_of(cases, folds=folds, repeats=1, random=np.random.default_rng(seed))
    maps = []
    for held_out, inner in zip(split.held_out, split.inner, strict=True):
        part = train(recipe, cases.take(~held_out), inner[:, ~held_out], seed)
        made = maps_of_first(*reaching(part, cases), method=method, steps=steps)
        maps.append(smoothed(made, smooth, method))
    return pd.DataFrame(
        {"subject": cohort.subject, "lesion": cohort.lesion, "stability": agreement(maps)}
    )
