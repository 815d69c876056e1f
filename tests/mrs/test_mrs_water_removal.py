"""Residual water is taken off, and metabolites are not."""

import numpy as np
import pytest
from mrs_simulated import MHZ, POINTS, TIME, basis, line, metabolites, noise, scan

from biomarkers.mrs.water_removal import remove_water


def linear_fit(fid):
    """Return amplitudes of metabolites, fitted to the spectrum from 0.5 to 4.1 ppm."""
    model = basis().fid * np.exp(-15.0 * TIME)
    ppm = scan(fid).ppm
    inside = (ppm > 0.5) & (ppm < 4.1)
    spectra = np.fft.fftshift(np.fft.fft(model, axis=-1), axes=-1)[:, inside]
    data = np.fft.fftshift(np.fft.fft(fid))[inside]
    return np.linalg.lstsq(spectra.T, data, rcond=None)[0].real


def water(size, width_hz, ppm=4.68):
    """Return residual water: two lines of which one is a Gaussian, out of phase."""
    gauss = np.exp(-((np.pi * width_hz * TIME) ** 2) / (4 * np.log(2)))
    lorentz = line(ppm, np.pi * width_hz)
    return size * np.exp(0.8j) * (0.7 * lorentz + 0.3 * gauss * line(ppm + 0.03, 5.0))


@pytest.mark.parametrize("size", [30.0, 300.0, 3000.0])
@pytest.mark.parametrize("width_hz", [4.0, 10.0, 20.0])
def test_water_goes_and_metabolites_stay(size, width_hz):
    clean = metabolites() + noise(POINTS, 0.3)
    removed = remove_water(scan(clean + water(size, width_hz)))
    assert [step.name for step in removed.steps] == ["water removal"]
    left = removed.fid[0, 0, 0] - clean
    near = np.abs(removed.ppm - 4.68) < 0.4
    spectrum = np.fft.fftshift(np.fft.fft(left))[near]
    before = np.fft.fftshift(np.fft.fft(water(size, width_hz)))[near]
    # what is left is noise that was taken off with it, or 0.1 % of it
    noise_energy = near.sum() * 2 * 0.3**2 * POINTS
    assert np.sum(np.abs(spectrum) ** 2) < 1e-6 * np.sum(np.abs(before) ** 2) + noise_energy
    change = linear_fit(removed.fid[0, 0, 0]) / linear_fit(clean) - 1
    assert np.abs(change[:5]).max() < 0.005


def test_water_leaves_a_thousandth_without_noise():
    removed = remove_water(scan(metabolites() + water(3000.0, 8.0)))
    left = removed.fid[0, 0, 0] - metabolites()
    assert np.linalg.norm(left) < 1e-3 * np.linalg.norm(water(3000.0, 8.0))


@pytest.mark.parametrize("offset", [-0.3, 0.3])
def test_water_of_a_spectrum_that_is_shifted_is_removed(offset):
    shift = np.exp(2j * np.pi * offset * MHZ * TIME)
    removed = remove_water(scan((metabolites() + water(1000.0, 8.0, ppm=4.65)) * shift))
    centre = removed.steps[0].values["centre_ppm"][0, 0, 0]
    assert centre == pytest.approx(4.65 + offset, abs=0.05)
    change = linear_fit(removed.fid[0, 0, 0] / shift) / linear_fit(metabolites()) - 1
    assert np.abs(change).max() < 0.005


def test_without_water_nothing_is_done():
    data = scan(metabolites())
    assert remove_water(data) is data


def test_lines_of_metabolites_beside_water_are_not_taken_for_it():
    clean = metabolites() + line(4.38, 15.0) + 0.5 * line(4.31, 15.0)
    for seed in range(4):
        data = scan(clean + np.random.default_rng(seed).normal(0, 0.05, (2, POINTS)).T @ (1, 1j))
        assert remove_water(data) is data


def test_each_condition_and_voxel_has_its_own():
    one = metabolites() + water(100.0, 8.0)
    two = metabolites() + water(900.0, 8.0)
    clean = remove_water(scan(np.stack([one, two]), "DIM_EDIT"))
    assert clean.axes == ("DIM_EDIT",)
    for signal in clean.fid[0, 0, 0]:
        assert np.linalg.norm(signal - metabolites()) < 0.05 * np.linalg.norm(metabolites())


def test_a_voxel_without_values_is_left_as_it_is():
    fid = np.stack([metabolites() + water(100.0, 8.0), np.full(POINTS, np.nan)])
    clean = remove_water(scan(fid, "DIM_EDIT"))
    assert np.isnan(clean.fid[0, 0, 0, 1]).all()
    assert np.isfinite(clean.fid[0, 0, 0, 0]).all()
