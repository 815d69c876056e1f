"""Smooth ROC curves."""

import numpy as np
import pytest
from scipy import stats as distributions

from biomarkers import stats
from biomarkers.errors import InputError


@pytest.mark.parametrize("method", ["binormal", "density"])
def test_the_area_of_normal_classes_is_found(method):
    random = np.random.default_rng(1)
    values = np.concatenate([random.normal(0, 1, 3000), random.normal(1.5, 2, 3000)])
    found = stats.smooth_roc(values, np.repeat([0, 1], 3000), method=method)
    truth = distributions.norm.cdf(1.5 / np.sqrt(5))
    assert found.auc == pytest.approx(truth, abs=0.02)
    assert (np.diff(found.curve["specificity"]) >= 0).all()
    assert (np.diff(found.curve["sensitivity"]) <= 1e-9).all()
    assert len(found.plot().lines) == 2
    assert f"of the {method} curve" in found.headline


def test_turning_the_marker_round_changes_nothing():
    random = np.random.default_rng(2)
    values, outcome = random.normal(size=40), np.arange(40) % 2
    values[5] = np.nan
    for method in ("binormal", "density"):
        up = stats.smooth_roc(values, outcome, method=method, direction="higher")
        down = stats.smooth_roc(-values, outcome, method=method, direction="lower")
        assert up.auc == pytest.approx(down.auc)
        assert up.left_out == 1


def test_what_cannot_be_smoothed_is_explained():
    with pytest.raises(InputError, match="fewer than two steps"):
        stats.smooth_roc([1, 2, 3, 4], [0, 0, 1, 1])
    with pytest.raises(InputError, match="method: found 'spline'"):
        stats.smooth_roc([1, 2, 3, 4], [0, 0, 1, 1], method="spline")


def test_the_density_curve_is_that_of_gaussian_kernels_of_one_width():
    values, outcome = np.array([0.0, 1.0, 2.5, 4.0, 1.5, 0.2]), np.array([0, 0, 1, 1, 1, 0])
    iqr = np.subtract(*np.quantile(values, [0.75, 0.25]))
    width = 0.9 * min(values.std(ddof=1), iqr / 1.34) * 6**-0.2
    grid = np.linspace(-3 * width, 4 + 3 * width, 512)
    below = []
    for kind in (1, 0):
        own = values[outcome == kind]
        density = distributions.gaussian_kde(own, bw_method=width / own.std(ddof=1))(grid)
        below.append(np.cumsum(density) / density.sum())
    curve = stats.smooth_roc(values, outcome, method="density").curve
    np.testing.assert_allclose(curve["sensitivity"][1:-1], 1 - below[0], atol=1e-12)
    np.testing.assert_allclose(curve["specificity"][1:-1], below[1], atol=1e-12)
