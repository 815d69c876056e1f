"""Tensor, kurtosis and IVIM against DIPY 1.12, on the same noisy signals.

Where both minimise the same sum of squares they agree; where DIPY takes other weights (WLS of the
logarithms, weighted by the noisy signals) or another search, neither may be farther from the truth.
"""

import numpy as np
import pytest
from dipy.core.gradients import gradient_table
from dipy.reconst.dki import DiffusionKurtosisModel
from dipy.reconst.dti import TensorModel
from dipy.reconst.ivim import IvimModel

from biomarkers import dwi

RNG = np.random.default_rng(0)
AXES = np.linalg.qr(RNG.normal(size=(3, 3)))[0]
FIBRE, ROUND = np.array([1.7e-3, 0.3e-3, 0.3e-3]), np.array([1.1e-3, 0.9e-3, 0.7e-3])


def directions(count):
    g = RNG.normal(size=(count, 3))
    return g / np.linalg.norm(g, axis=1)[:, None]


def shells(*of):
    b = np.concatenate([np.zeros(3), *(np.full(n, float(value)) for value, n in of)])
    return b, np.vstack([np.zeros((3, 3)), *(directions(n) for _, n in of)])


def noisy(clean, snr, voxels):
    noise = RNG.standard_normal((2, voxels, clean.size)) / snr
    return 100.0 * np.hypot(clean + noise[0], noise[1])


def tensor_signal(b, g, eigenvalues):
    return np.exp(-b * ((g @ AXES) ** 2 @ eigenvalues))


@pytest.mark.parametrize("eigenvalues", [FIBRE, ROUND])
def test_the_tensor_is_that_of_nonlinear_least_squares(eigenvalues):
    b, g = shells((1000, 30))
    signal = noisy(tensor_signal(b, g, eigenvalues), 30, 100)
    theirs = TensorModel(gradient_table(b, bvecs=g), fit_method="NLLS").fit(signal)
    ours = dwi.tensor(signal, b, g)
    np.testing.assert_allclose(ours["MD"], theirs.md, rtol=1e-5)
    np.testing.assert_allclose(ours["FA"], theirs.fa, atol=1e-5)
    np.testing.assert_allclose(dwi.adc(signal, b, bvecs=g)["ADC"], theirs.md, rtol=1e-5)


def test_weighted_logarithms_agree_but_for_what_the_weights_are():
    b, g = shells((1000, 30))
    signal = noisy(tensor_signal(b, g, ROUND), 50, 100)
    theirs = TensorModel(gradient_table(b, bvecs=g), fit_method="WLS").fit(signal)
    ours = dwi.tensor(signal, b, g, method="loglinear")
    np.testing.assert_allclose(ours["MD"], theirs.md, rtol=2e-3)
    np.testing.assert_allclose(ours["FA"], theirs.fa, atol=5e-3)


def test_the_mean_of_single_decays_is_the_md_of_an_even_shell():
    b, g = shells((1000, 200))
    signal = tensor_signal(b, g, ROUND)
    md = float(TensorModel(gradient_table(b, bvecs=g)).fit(signal).md)
    assert float(dwi.adc(signal, b, bvecs=g)["ADC"]) == pytest.approx(md, rel=1e-6)


def test_kurtosis_has_the_mean_of_their_closed_form():
    b, g = shells((1000, 30), (2000, 30))
    clean = 0.5 * tensor_signal(b, g, FIBRE) + 0.5 * np.exp(-b * 0.9e-3)
    theirs = DiffusionKurtosisModel(gradient_table(b, bvecs=g), fit_method="WLS").fit(clean[None])
    ours = dwi.kurtosis(clean, b, g, method="loglinear")
    assert float(ours["MK"]) == pytest.approx(theirs.mk(min_kurtosis=-1)[0], abs=2e-4)
    assert float(ours["MD"]) == pytest.approx(theirs.md[0], rel=1e-4)


def test_ivim_is_nearer_to_the_truth():
    b = np.array([0, 0, 10, 20, 30, 50, 80, 100, 150, 200, 300, 400, 600, 800.0])
    clean = 0.8 * np.exp(-b * 1e-3) + 0.2 * np.exp(-b * 0.02)
    signal = noisy(clean, 80, 40)
    table = gradient_table(b, bvecs=np.outer(b > 0, [1.0, 0.0, 0.0]), b0_threshold=0)
    theirs = IvimModel(table, fit_method="trr").fit(signal).model_params
    ours = dwi.ivim(signal, b)

    def squares(f, fast, slow):
        curve = (1 - f)[:, None] * np.exp(-np.outer(slow, b)) + f[:, None] * np.exp(
            -np.outer(fast, b)
        )
        level = (curve * signal).sum(1) / (curve**2).sum(1)
        return ((signal - level[:, None] * curve) ** 2).sum(1)

    known = np.isfinite(ours["D*"])
    left = squares(ours["f"], ours["D*"], ours["D"])[known]
    assert (left <= squares(*theirs[:, 1:].T)[known] * (1 + 1e-6)).all()
    assert known.mean() > 0.9
