"""Size and density of vessels from the changes of both rates."""

import numpy as np
import pytest

from biomarkers.cbv import (
    blood_susceptibility,
    delta_r2,
    delta_r2s,
    vessel_density,
    vessel_errors,
    vessel_size,
)
from biomarkers.errors import InputError

AGENT = {"agent": "P904", "dose_mg_fe_kg": 11.17, "field_t": 7.0}
CHI = {"delta_chi": blood_susceptibility(**AGENT), "field_t": 7.0}
VOLUME = np.array([0.02, 0.03, 0.06])
RADIUS = np.array([[4.0], [9.0], [20.0]])
ADC = 0.75e-3
STAR, ECHO = delta_r2s(VOLUME, **CHI), delta_r2(VOLUME, RADIUS, ADC, **CHI)


def test_radius_and_density_are_recovered_exactly():
    found = vessel_size(STAR, ECHO, ADC, **AGENT)
    np.testing.assert_allclose(found, np.broadcast_to(RADIUS, (3, 3)), rtol=1e-12)
    expected = VOLUME / (2.0 * np.pi * (1e-3 * RADIUS) ** 2)
    np.testing.assert_allclose(vessel_density(STAR, ECHO, ADC), expected, rtol=1e-12)


def test_a_known_susceptibility_stands_for_agent_and_dose():
    known = vessel_size(STAR, ECHO, ADC, **CHI)
    np.testing.assert_array_equal(known, vessel_size(STAR, ECHO, ADC, **AGENT))
    for given in ({}, {"agent": "P904"}, CHI | {"agent": "P904"}, CHI | {"dose_mg_fe_kg": 1.0}):
        with pytest.raises(InputError, match="or else delta_chi"):
            vessel_size(STAR, ECHO, ADC, **({"field_t": 7.0} | given))


def test_lines_of_random_direction_cross_a_cut_half_as_often_as_they_are_long():
    """N = L/2 for a length L per volume: counted on random lines through a sphere."""
    rng = np.random.default_rng(3)
    count, reach = 40_000, 1.0
    axis = rng.normal(size=(count, 3))
    axis /= np.linalg.norm(axis, axis=1, keepdims=True)
    base = rng.normal(size=(count, 3))
    base -= axis * (base * axis).sum(axis=1, keepdims=True)
    base *= (np.sqrt(rng.random(count)) / np.linalg.norm(base, axis=1))[:, None]
    length = 2.0 * np.sqrt(reach**2 - (base**2).sum(axis=1))
    at = base - axis * (base[:, 2] / axis[:, 2])[:, None]  # where the plane z = 0 is crossed
    crossings = ((at**2).sum(axis=1) < reach**2).sum()
    per_area, per_volume = crossings / np.pi, length.sum() / (4.0 / 3.0 * np.pi)
    assert per_area / per_volume == pytest.approx(0.5, rel=0.02)


def test_density_does_not_depend_on_the_dose():
    other = {"delta_chi": 0.6 * CHI["delta_chi"], "field_t": 7.0}
    weaker = vessel_density(delta_r2s(VOLUME, **other), delta_r2(VOLUME, RADIUS, ADC, **other), ADC)
    np.testing.assert_allclose(weaker, vessel_density(STAR, ECHO, ADC), rtol=1e-12)


def test_what_is_not_positive_has_no_vessels():
    found = vessel_size([50.0, -1.0, 50.0, np.nan], [8.0, 8.0, 0.0, 8.0], ADC, **AGENT)
    assert np.isfinite(found).tolist() == [True, False, False, False]
    assert np.isnan(vessel_density(50.0, 8.0, np.nan))


def test_errors_are_those_of_the_delta_method():
    rng = np.random.default_rng(4)
    star, echo, adc = 60.0, 9.0, ADC
    spread = {"dR2s_se": 0.6, "dR2_se": 0.12, "adc_se": 0.01e-3}
    draws = [
        value + error * rng.normal(size=40_000)
        for value, error in zip((star, echo, adc), spread.values(), strict=True)
    ]
    size, density = vessel_errors(star, echo, adc, **spread)
    found = vessel_size(*draws, **AGENT)
    assert found.std() / found.mean() == pytest.approx(float(size), rel=0.02)
    found = vessel_density(*draws)
    assert found.std() / found.mean() == pytest.approx(float(density), rel=0.02)


def test_wrong_units_and_shapes_are_refused():
    with pytest.raises(InputError, match=r"expected .* mm\^2/s .*looks like um\^2/s"):
        vessel_size(50.0, 8.0, 750.0, **AGENT)
    with pytest.raises(InputError, match="do not fit"):
        vessel_density(np.ones(3), np.ones(4), ADC)
