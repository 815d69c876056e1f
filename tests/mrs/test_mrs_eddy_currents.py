"""Eddy currents are taken off by the phase of water of any length."""

import numpy as np
import pytest
from mrs_simulated import DWELL, POINTS, TIME, line, metabolites, noise, scan

from biomarkers.mrs.eddy_currents import correct_eddy_currents, smooth_phase


def eddy(time):
    """Return the phase that eddy currents of two time constants make, rad."""
    return 1.2 * (1 - np.exp(-time / 0.008)) - 2.0 * (1 - np.exp(-time / 0.06))


def water_of(points, dwell, sd=0.5, decay=18.0):
    time = np.arange(points) * dwell
    phase = eddy(time) + 0.7 + 2 * np.pi * 3.0 * time
    signal = 3000 * np.exp(-decay * time) * np.exp(1j * phase)
    return scan(signal + noise(points, sd), dwell=dwell)


@pytest.mark.parametrize(
    ("points", "dwell"),
    [(POINTS, DWELL), (POINTS // 4, DWELL), (POINTS // 2, 2 * DWELL), (4 * POINTS, DWELL / 2)],
)
def test_phase_of_water_of_any_length_is_taken_off(points, dwell):
    phase = eddy(TIME) + 0.7 + 2 * np.pi * 3.0 * TIME
    data = scan(metabolites() * np.exp(1j * phase), water=water_of(points, dwell))
    corrected = correct_eddy_currents(data)
    difference = corrected.fid[0, 0, 0] - metabolites()
    left = np.linalg.norm(difference) / np.linalg.norm(metabolites())
    # water that ends at 128 ms leaves the slow part to be carried on
    assert left < (0.01 if points * dwell > 0.2 else 0.03)
    assert np.linalg.norm(data.fid[0, 0, 0] - metabolites()) > np.linalg.norm(metabolites())


def test_noise_is_smoothed_and_carried_on():
    phase = smooth_phase(water_of(POINTS, DWELL, sd=10.0).fid[0, 0, 0])
    error = phase - (eddy(TIME) + 0.7 + 2 * np.pi * 3.0 * TIME)
    assert np.abs(error[TIME < 0.15]).max() < 0.05
    # without smoothing, noise turns by up to half a circle once the water is gone
    change = metabolites() * (np.exp(1j * error) - 1)
    assert np.linalg.norm(change) < 0.01 * np.linalg.norm(metabolites())
    assert np.abs(np.diff(phase)).max() < 0.3


def test_water_itself_comes_to_phase_0():
    corrected = correct_eddy_currents(scan(metabolites(), water=water_of(POINTS, DWELL)))
    signal = corrected.water.fid[0, 0, 0, :400]
    assert np.abs(np.angle(signal)).max() < 0.02
    assert corrected.water.steps[-1].name == "eddy-current correction"


def test_grid_and_conditions_get_the_water_of_their_voxel():
    voxels = np.exp(1j * np.array([0.3, -0.4]))[:, None]
    fid = (voxels * metabolites())[:, None, None]
    water = (voxels * 1000 * line(4.65))[:, None, None]
    edited = np.stack([fid, 2 * fid], axis=3)
    template = scan(metabolites())
    data = template.with_fid(edited, axes=("DIM_EDIT",), water=template.with_fid(water))
    corrected = correct_eddy_currents(data).fid
    np.testing.assert_allclose(corrected[:, 0, 0, 0], np.tile(metabolites(), (2, 1)), atol=1e-6)
    np.testing.assert_allclose(corrected[..., 1, :], 2 * corrected[..., 0, :])


def test_without_water_or_eddy_currents_nothing_is_done():
    assert correct_eddy_currents(scan(metabolites())).steps == ()
    still = scan(metabolites(), water=scan(1000 * line(4.65) + noise(POINTS, 0.5)))
    assert correct_eddy_currents(still).steps == ()
