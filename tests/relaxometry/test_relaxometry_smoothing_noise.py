"""The error of a smoothed transmit field is its scatter."""

import numpy as np
import pytest
from test_relaxometry_b1 import AFI, FWHM, SIZE, afi_signals, phantom

from biomarkers.errors import InputError
from biomarkers.relaxometry import b1_afi, b1_afi_se, smooth_pair, smoothed_noise

NEAR = {"voxel_size": SIZE, "fwhm_mm": FWHM}


def field(first, second):
    """Return the smoothed field and its standard error."""
    smooth = smooth_pair(first, second, **NEAR)
    noise = smoothed_noise((first, second), smooth, **NEAR)
    return b1_afi(*smooth, **AFI), noise * b1_afi_se(*smooth, **AFI, noise=1.0)


@pytest.mark.parametrize(("level", "snr"), [(0.7, 20), (1.0, 20), (0.85, 8)])
def test_the_error_of_the_smoothed_field_is_its_scatter(level, snr):
    scans = [phantom(level, snr, seed=seed, shape=(48, 48, 6)) for seed in range(30)]
    inside = scans[0][1]
    found = [field(*scan[2:]) for scan in scans]
    scatter = np.std([b1[inside] for b1, _ in found], axis=0, ddof=1)
    stated = np.sqrt(np.mean([se[inside] ** 2 for _, se in found], axis=0))
    assert np.median(stated / scatter) == pytest.approx(1.0, abs=0.1)
    # Everywhere, near the edge of the object too; 30 scans know their scatter to 13 %.
    assert np.percentile(stated / scatter, [2, 98]) == pytest.approx([0.75, 1.35], abs=0.12)


def test_smoothing_takes_noise_away():
    _, inside, first, second = phantom(0.9, 20)
    _, smooth = field(first, second)
    rough = b1_afi_se(first, second, **AFI, noise=1.0)
    assert np.nanmedian((smooth / rough)[inside]) < 0.3


def test_without_noise_there_is_no_error():
    first, second = (np.full((12, 12, 6), each) for each in afi_signals(0.9))
    _, error = field(first, second)
    assert error.max() < 1e-9


def test_a_gaussian_of_one_voxel_tells_nothing_of_noise():
    _, _, first, second = phantom(0.9, 20, shape=(24, 24, 6))
    noise = smoothed_noise(
        (first, second), (first, second), voxel_size=[5.0, 5.0, 5.0], fwhm_mm=FWHM
    )
    assert np.isnan(noise).all()


def test_shapes_have_to_agree():
    whole, part = np.ones((4, 4, 4)), np.ones((4, 4, 3))
    with pytest.raises(InputError, match="one shape"):
        smoothed_noise((whole, whole), (whole, part), **NEAR)
