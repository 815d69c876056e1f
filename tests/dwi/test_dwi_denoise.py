"""Denoising before the fit, by DIPY."""

import nibabel as nib
import numpy as np
import pytest
from diffusion_truth import B

from biomarkers import dwi
from biomarkers.errors import InputError
from biomarkers.images import Image

SHAPE = (12, 12, 5)


def series():
    left = np.arange(SHAPE[0])[:, None, None, None] < 6
    clean = 100 * np.exp(-np.repeat(B, 3) * np.where(left, 0.7e-3, 1.2e-3)) * np.ones((*SHAPE, 1))
    noise = 5 * np.random.default_rng(0).standard_normal(clean.shape)
    return clean, clean + noise


def test_noise_falls_and_the_signal_stays():
    clean, noisy = series()
    done = dwi.denoise(noisy)
    assert np.std(done - clean) < 0.35 * np.std(noisy - clean)
    assert abs(np.mean(done - clean)) < 0.3


def test_an_image_comes_back_as_it_was_given():
    _, noisy = series()
    affine = np.diag([0.5, 0.5, 1.0, 1.0])
    of_ours = dwi.denoise(Image(noisy, affine, "here"))
    assert isinstance(of_ours, Image) and "denoised" in of_ours.source
    of_nibabel = dwi.denoise(nib.Nifti1Image(noisy, affine))
    assert isinstance(of_nibabel, nib.Nifti1Image)
    np.testing.assert_allclose(of_nibabel.get_fdata(), of_ours.data, rtol=1e-5)
    fit = dwi.adc(of_nibabel, np.repeat(B, 3))
    assert fit["ADC"].shape == SHAPE


def test_only_a_volume_series_can_be_denoised():
    with pytest.raises(InputError, match="needs"):
        dwi.denoise(np.ones((4, 6)))
    with pytest.raises(InputError, match="mask of shape"):
        dwi.denoise(series()[1], mask=np.ones(3))
