"""Perfusion fraction and both coefficients against two pools of known size."""

import numpy as np
import pytest
from diffusion_truth import B_IVIM, covered, magnitudes

from biomarkers import dwi
from biomarkers.errors import InputError
from biomarkers.estimates import FitFlag


def pools(f, d, fast, b=B_IVIM):
    return (1.0 - f) * np.exp(-b * d) + f * np.exp(-b * fast)


def test_without_noise_every_number_comes_back():
    rng = np.random.default_rng(0)
    f, d = rng.uniform(0.05, 0.4, 60), rng.uniform(0.5e-3, 2e-3, 60)
    fast = rng.uniform(8e-3, 0.08, 60)
    fit = dwi.ivim(500.0 * pools(f[:, None], d[:, None], fast[:, None]), B_IVIM)
    for name, truth in (("f", f), ("D", d), ("Dstar", fast)):
        np.testing.assert_allclose(fit[name], truth, rtol=1e-4)
    np.testing.assert_allclose(fit["D*"], fit["Dstar"])
    np.testing.assert_allclose(fit["S0"], 500.0, rtol=1e-5)
    assert not fit.flags.any()


@pytest.mark.parametrize("method", ["nonlinear", "rician"])
def test_truth_within_errors(method):
    truth = {"f": 0.2, "D": 1e-3, "Dstar": 0.02}
    fit = dwi.ivim(magnitudes(pools(*truth.values()), 1 / 80, 2000), B_IVIM, method=method)
    for name, value in truth.items():
        assert 0.92 <= covered(fit, name, value) <= 0.975
        assert abs(np.nanmedian(fit[name]) / value - 1.0) < 0.03
        assert abs(np.nanmedian((fit[name] - value) / fit.se[name])) < 0.15


def test_one_pool_does_not_tell_two():
    fit = dwi.ivim(magnitudes(np.exp(-B_IVIM * 1e-3), 1 / 30, 500), B_IVIM)
    unknown = np.isnan(fit["Dstar"])
    assert unknown.mean() > 0.98
    assert (fit.reasons.has(FitFlag.NOT_IDENTIFIABLE) | fit.flags)[unknown].all()


def test_a_negative_fraction_is_kept_and_flagged():
    fit = dwi.ivim(pools(-0.1, 1e-3, 0.02), B_IVIM)
    assert float(fit["f"]) == pytest.approx(-0.1, rel=1e-3)
    assert fit.flags


def test_what_two_pools_cannot_be_fitted_to_is_refused():
    with pytest.raises(InputError, match="IVIM needs 4"):
        dwi.ivim(np.ones(4), [0, 500, 500, 1000])
    with pytest.raises(InputError, match="no straight line"):
        dwi.ivim(np.ones(14), B_IVIM, method="loglinear")
    with np.errstate(all="raise"):
        assert dwi.ivim(np.zeros((2, 14)), B_IVIM).flags.all()
