"""How alike maps are of rules that were made of other patients."""

import numpy as np
import pandas as pd

from biomarkers.deep.explaining import agreement, attribute, check_rule, smoothed
from biomarkers.deep.inputs import Inputs
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
    >>> import numpy as np
    >>> import pandas as pd
    >>> from biomarkers import deep, predict
    >>> names, truth = [f"m{number:02d}" for number in range(20)], np.arange(20) % 2
    >>> people = pd.DataFrame({"subject": names, "response": truth})
    >>> cohort = predict.Cohort.from_tables(people[["subject"]], people, outcome="response")
    >>> spectra = np.random.default_rng(1).normal(0, 0.1, (20, 64))
    >>> spectra[:, 20] += truth
    >>> cohort = cohort.with_array("mrs", dict(zip(names, spectra)))
    >>> recipe = predict.recipe(deep.SpectrumCNN("mrs", epochs=5, seeds=1))
    >>> len(deep.fold_stability(recipe, cohort, folds=2))
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
        fitted, prepared = check_rule([part]), part.prepared(cases)
        inputs = Inputs.of(prepared, fitted.array, fitted.scaling)
        targets, network = np.zeros(len(cases), dtype=int), next(fitted.networks())
        made, _, _ = attribute(fitted, network, inputs, targets, method, steps=steps)
        maps.append(smoothed(made, smooth, method))
    return pd.DataFrame(
        {"subject": cohort.subject, "lesion": cohort.lesion, "stability": agreement(maps)}
    )
