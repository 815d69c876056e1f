"""ROC curves of many resamples at once against one at a time."""

import itertools

import numpy as np
import pytest

from biomarkers.errors import InputError
from biomarkers.stats.auc import area
from biomarkers.stats.curves import make_sample, observed_curve, resampling_weights


def classes(seed=0, m=8, n=11):
    random = np.random.default_rng(seed)
    return random.normal(1, 1, m).round(1), random.normal(0, 1, n).round(1)


def test_weights_are_repetitions():
    x, y = classes()
    for_x, for_y = resampling_weights(len(x), len(y), draws=20, seed=3)
    found = make_sample(x, y).curve(for_x, for_y).area()
    for draw in range(20):
        again = [np.repeat(v, w.astype(int)) for v, w in ((x, for_x[draw]), (y, for_y[draw]))]
        assert found[draw] == pytest.approx(area(*again), abs=1e-12)


def test_a_resample_has_the_size_of_the_sample():
    for_x, for_y = resampling_weights(5, 7, draws=50, seed=1)
    assert (for_x.sum(axis=1) == 5).all()
    assert (for_y.sum(axis=1) == 7).all()
    with pytest.raises(InputError, match="draws: found 0"):
        resampling_weights(5, 7, draws=0, seed=1)


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
