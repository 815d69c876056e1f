"""`explain`: why a rule of networks says what it says of a case."""

from itertools import combinations
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import ndimage, stats

from biomarkers.deep.attribution import attention, integrated_gradients, occlusion, score_of
from biomarkers.deep.explanation import Explanation
from biomarkers.deep.fitted import FittedNetworks
from biomarkers.deep.inputs import Inputs
from biomarkers.deep.training import one_thread
from biomarkers.errors import InputError
from biomarkers.predict.cases import Cases
from biomarkers.predict.cohort import Cohort
from biomarkers.predict.rule import Rule
from biomarkers.predict.rule_features import with_indicators
from biomarkers.predict.weights import AnyTrained, parts_of
from biomarkers.stats.arrays import Floats, Whole
from biomarkers.stats.inputs import check_choice
from biomarkers.stats.words import listed

METHODS = ("integrated_gradients", "occlusion", "attention")
Parts = tuple[Floats, Floats, Floats]


def explain(
    rule: Rule,
    cohort: Cohort,
    *,
    method: str = "integrated_gradients",
    steps: int = 64,
    window: int = 4,
    smooth: float = 1.0,
    axis: npt.ArrayLike | None = None,
) -> Explanation:
    """Say which pixels, points or slices move the score of each case.

    Parameters
    ----------
    rule
        From `predict.fit` or `predict.load`, of a model of this room.
    cohort
        The cases that are explained.
    method
        `integrated_gradients`: shares of the log odds, from the mean of the training set to the
        case, whose sum is known (`completeness`); `occlusion`: by how much they fall where a
        window is covered; `attention`: how the head weighs slices, which is no share of the score.
    steps
        Of integrated gradients.
    window
        Pixels, or points, that are covered at once, moved by half of it.
    smooth
        Standard deviation of the Gaussian that each slice of a map, or a spectrum's, is smoothed
        by, pixels; 0 leaves it. Sums stay. A pixel's noise is part of what it adds: unsmoothed,
        maps are speckled.
    axis
        Of spectra: the ppm of each point.

    Raises
    ------
    InputError
        If the rule is not of networks, its head has no attention, or the cohort does not fit it.

    References
    ----------
    Sundararajan 2017, arXiv:1703.01365 (integrated gradients); Zeiler 2014,
    doi:10.1007/978-3-319-10590-1_53 (occlusion); both as Captum has them.

    Examples
    --------
    >>> from biomarkers import deep, predict, simulate
    >>> made = simulate.slices_in_order(patients=20)
    >>> cohort = predict.Cohort.from_tables(made.rows, made.participants, outcome="response")
    >>> cohort = cohort.with_array("slices", made.arrays["slices"])
    >>> model = deep.SliceSequence("slices", epochs=2, seeds=1)
    >>> seen = deep.explain(predict.fit(predict.recipe(model), cohort), cohort)
    >>> seen.maps.shape, bool(seen.completeness.max() < 0.05)
    ((20, 5, 24, 24), True)

    """
    check_choice("method", method, METHODS)
    if steps < 2 or window < 1 or not smooth >= 0:
        raise InputError(
            f"steps, window, smooth: found {steps}, {window}, {smooth}; expected at least 2, 1, 0"
        )
    fitted, cases = seen_by(rule, cohort)
    inputs = Inputs.of(cases, fitted.array, fitted.scaling)
    targets, called = _targets(fitted, cases)
    by_seed = [
        attribute(fitted, network, inputs, targets, method, steps=steps, window=window)
        for network in fitted.networks()
    ]
    each_map = [smoothed(each[0], smooth, method) for each in by_seed]
    columns = np.mean([each[1] for each in by_seed], axis=0)
    errors = np.array([each[2] for each in by_seed])
    images = np.asarray(inputs.values, dtype=float)
    points = None if axis is None else _axis(axis, images)
    return Explanation(
        maps=np.mean(each_map, axis=0),
        completeness=errors.max(axis=0),
        stability=agreement(each_map),
        clinical=pd.DataFrame(columns, columns=list(cases.names)[: columns.shape[1]]),
        cases=pd.DataFrame({"subject": cohort.subject, "lesion": cohort.lesion, "called": called,
                            "odds": _odds(fitted, cases),
                            "reason": reasons(errors.max(axis=0), method)}),
        images=images, method=method, array=fitted.array, axis=points, steps=steps,
    )  # fmt: skip


def reasons(errors: Floats, method: str) -> list[str]:
    """Return why the error of completeness is not known, empty where it is, by case."""
    why = "the score of no case changes"
    if method != "integrated_gradients":
        why = f"maps of {method} have no sum that is known"
    return [why if unknown else "" for unknown in np.isnan(errors)]


def seen_by(rule: Rule, cohort: Cohort) -> tuple[FittedNetworks, Cases]:
    """Return the networks of a rule, and cases as they reach them.

    Raises
    ------
    InputError
        If the rule is of another model, or does not fit the cohort.

    """
    cohort = with_indicators(cohort, rule.features)
    rule.check(cohort)
    return reaching(rule.trained, cohort.cases)


def reaching(trained: AnyTrained, cases: Cases) -> tuple[FittedNetworks, Cases]:
    """Return the networks of what was fitted, and cases as they reach them.

    Raises
    ------
    InputError
        If it is another model, or one for each of several classes.

    """
    first, *others = parts_of(trained)
    if others or not isinstance(first.model, FittedNetworks):
        kinds = sorted({type(each.model).__name__ for each in (first, *others)})
        raise InputError(
            f"rule: found {1 + len(others)} models ({listed(kinds)}); expected networks that "
            "tell all classes"
        )
    return first.model, first.prepared(cases)


def maps_of_first(
    fitted: FittedNetworks, cases: Cases, *, method: str, steps: int, window: int = 4
) -> Floats:
    """Return the map of each case by the first network: of log odds, or the first class's logit."""
    inputs = Inputs.of(cases, fitted.array, fitted.scaling)
    network, targets = next(fitted.networks()), np.zeros(len(cases), dtype=int)
    return attribute(fitted, network, inputs, targets, method, steps=steps, window=window)[0]


def attribute(
    fitted: FittedNetworks,
    network: Any,
    inputs: Inputs,
    targets: Whole,
    method: str = "integrated_gradients",
    *,
    steps: int = 64,
    window: int = 4,
) -> Parts:
    """Return maps, what columns add, and the error of completeness, by one network."""
    with one_thread():
        if method == "attention":
            seen = inputs if not fitted.plan["encoded"] else fitted.encoded(inputs)
            nothing = np.zeros((len(inputs), 0)), np.full(len(inputs), np.nan)
            return attention(network, seen), *nothing
        score = score_of(fitted, network.double())
        if method == "occlusion":
            return occlusion(score, inputs, targets, window)
        return integrated_gradients(score, inputs, targets, steps)


def smoothed(maps: Floats, by: float, method: str) -> Floats:
    """Return maps smoothed within slices, or along spectra; attention has nothing to smooth."""
    if by == 0 or method == "attention":
        return maps
    axes = (2, 3) if maps.ndim == 4 else (1,)
    return np.asarray(ndimage.gaussian_filter(maps, by, mode="reflect", axes=axes))


def agreement(maps: list[Floats]) -> Floats:
    """Return the mean rank correlation of the maps of each case by any two networks; NaN of one."""
    flat = [each.reshape(len(each), -1) for each in maps]
    pairs = [rank_correlations(one, other) for one, other in combinations(flat, 2)]
    return np.mean(pairs, axis=0) if pairs else np.full(len(flat[0]), np.nan)


def rank_correlations(one: Floats, other: Floats) -> Floats:
    """Return Spearman's correlation of two maps of each case."""
    ranks = [stats.rankdata(each.reshape(len(each), -1), axis=1) for each in (one, other)]
    centred = [each - each.mean(axis=1, keepdims=True) for each in ranks]
    norms = [np.sqrt((each**2).sum(axis=1)) for each in centred]
    product = (centred[0] * centred[1]).sum(axis=1)
    return np.asarray(product / np.maximum(norms[0] * norms[1], 1e-12))


def _targets(fitted: FittedNetworks, cases: Cases) -> tuple[Whole, list[str]]:
    """Return which logit of each case is explained, and the class that the case is called."""
    scores = fitted.class_scores(cases)
    called = scores.argmax(axis=1)
    names = [fitted.classes[place] for place in called]
    return (called if fitted.plan["outputs"] > 1 else np.zeros(len(cases), dtype=int)), names


def _odds(fitted: FittedNetworks, cases: Cases) -> Floats:
    if fitted.plan["outputs"] == 1:
        return fitted.scores_of(cases)
    best = fitted.class_scores(cases).max(axis=1)
    return np.asarray(best - np.log1p(-np.exp(np.minimum(best, -1e-12))))


def _axis(axis: npt.ArrayLike, images: Floats) -> Floats:
    points = np.asarray(axis, dtype=float)
    wanted = images.shape[1:]
    if points.shape != wanted:
        raise InputError(f"axis: found {points.shape}; expected the points of a spectrum, {wanted}")
    return points
