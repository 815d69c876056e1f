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
