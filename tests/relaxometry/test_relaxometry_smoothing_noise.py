"""The error of a smoothed transmit field is its scatter."""

import numpy as np
import pytest
from test_relaxometry_b1 import AFI, FWHM, SIZE, afi_signals, phantom

from biomarkers.errors import InputError
from biomarkers.relaxometry import afi_map, b1_afi, share_kept_by_mean, smooth_pair, smoothed_noise

NEAR = {"voxel_size": SIZE, "fwhm_mm": FWHM}


def field(first, second):
    """Return the smoothed field and its standard error."""
    smooth = smooth_pair(first, second, **NEAR)
    noise = smoothed_noise((first, second), smooth, **NEAR)
    return b1_afi(*smooth, **AFI), noise * afi_map(*smooth, **AFI, noise=1.0).se["B1"]


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
    rough = afi_map(first, second, **AFI, noise=1.0).se["B1"]
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


@pytest.mark.parametrize("slices", [1, 8])
def test_a_region_averages_out_what_neighbours_do_not_share(slices):
    shape = (64, 64, slices)
    inner = slice(2, 6) if slices > 1 else slice(None)
    regions = [(slice(12, 12 + n), slice(12, 12 + n), inner) for n in (1, 8, 20, 40)]
    found, errors = [], []
    for seed in range(60):
        rng = np.random.default_rng(seed)
        first, second = (
            np.full(shape, each) + 0.01 * rng.normal(size=shape) for each in afi_signals(0.9)
        )
        b1, se = field(first, second)
        found.append([b1[region].mean() for region in regions])
        errors.append([np.mean(se[region] ** 2) for region in regions])
    stated = np.sqrt(np.mean(errors, axis=0))
    for k, region in enumerate(regions):
        inside = np.zeros(shape, dtype=bool)
        inside[region] = True
        stated[k] *= share_kept_by_mean(inside, **NEAR)
    # 60 scans know their scatter to 9 %.
    np.testing.assert_allclose(stated / np.std(found, axis=0, ddof=1), 1.0, atol=0.25)
    assert stated[-1] < 0.5 * stated[0]


def test_what_stays_is_all_of_it_in_one_voxel_and_nothing_is_known_of_none():
    region = np.zeros((40, 40, 12), dtype=bool)
    assert np.isnan(share_kept_by_mean(region, **NEAR))
    region[20, 20, 6] = True
    assert share_kept_by_mean(region, **NEAR) == pytest.approx(1.0, abs=1e-6)
    assert share_kept_by_mean(region[:, :, 6:7], **NEAR) == pytest.approx(1.0, abs=1e-6)
