"""ROC curves of many resamples at once against one at a time."""

import itertools

import numpy as np
import pytest

from biomarkers.stats.labels import drawn_weights
from biomarkers.stats.roc_analysis.auc import area
from biomarkers.stats.roc_analysis.curves import make_sample, observed_curve


def classes(seed=0, m=8, n=11):
    random = np.random.default_rng(seed)
    return random.normal(1, 1, m).round(1), random.normal(0, 1, n).round(1)


def test_weights_are_repetitions():
    x, y = classes()
    weights = drawn_weights(np.arange(19) < 8, draws=20, seed=3).astype(int)
    drawn, left_out = make_sample(x, y).resampled(20, seed=3)
    for draw in range(20):
        again = [np.repeat(v, w) for v, w in ((x, weights[draw, :8]), (y, weights[draw, 8:]))]
        unseen = [v[w == 0] for v, w in ((x, weights[draw, :8]), (y, weights[draw, 8:]))]
        assert drawn.area()[draw] == pytest.approx(area(*again), abs=1e-12)
        if not all(map(len, unseen)):
            continue
        assert left_out.area()[draw] == pytest.approx(area(*unseen), abs=1e-12)


def test_a_class_left_out_altogether_has_no_curve():
    x, y = classes()
    curve = make_sample(x, y).curve(np.zeros(len(x)), np.ones(len(y)))
    assert np.isnan(curve.sensitivity).all()
    assert np.isfinite(curve.specificity).all()


@pytest.mark.parametrize("focus", ["specificity", "sensitivity"])
def test_parts_of_the_area_add_up(focus):
    curve = observed_curve(*classes(4))
    cuts = [0, 0.13, 0.5, 0.77, 1]
    parts = [curve.partial_area(a, b, focus=focus) for a, b in itertools.pairwise(cuts)]
    assert sum(parts) == pytest.approx(area(*classes(4)), abs=1e-12)


def test_partial_area_of_a_curve_worked_by_hand():
    # One tie: the curve runs straight from (0, 0) to (1, 1); the corner is half of .1².
    curve = observed_curve(np.array([1.0]), np.array([1.0]))
    assert curve.partial_area(0.9, 1, focus="specificity") == pytest.approx(0.005)
    assert curve.partial_area(0.9, 1, focus="sensitivity") == pytest.approx(0.005)
    perfect = observed_curve(np.array([2.0]), np.array([1.0]))
    assert perfect.partial_area(0.9, 1, focus="specificity") == pytest.approx(0.1)
