"""The relations between vessels and relaxation, against spins followed one by one."""

import numpy as np
import pytest
from benchmarks.cylinders import Vessels, diffusing_phases, static_signal
from benchmarks.steady_state import slope

from biomarkers.cbv import AGENTS, blood_susceptibility, blood_volume, delta_r2, delta_r2s
from biomarkers.errors import InputError

CHI, FIELD = 2.4e-6, 7.0
GAMMA = 2.6752218744e8
FREQUENCY = 0.5 * GAMMA * CHI * FIELD  # of a vessel across the field, at its wall, rad/s


def test_spins_at_rest_dephase_as_the_relation_says_in_si_units():
    """A third of γ Δχ B0 ζ if Δχ is in SI; read as CGS it would be 4π times as much."""
    times = np.linspace(4e-3, 20e-3, 9)
    signal = static_signal(Vessels(1.0, 0.02, FREQUENCY), times, spins=80_000, seed=1)
    rate, level = slope(times, signal)
    assert rate == pytest.approx(float(delta_r2s(0.02, delta_chi=CHI, field_t=FIELD)), rel=0.04)
    # Far from time 0 the line through ln S starts at ζ above it (Yablonskiy & Haacke 1994).
    assert level == pytest.approx(0.02, abs=0.015)


def test_early_dephasing_is_quadratic():
    """Echo times must be long against 1/δω, or ΔR2* comes out too small."""
    times = np.array([0.1, 0.2]) / FREQUENCY
    lost = -np.log(static_signal(Vessels(1.0, 0.02, FREQUENCY), times, spins=80_000, seed=2))
    assert lost[1] / lost[0] == pytest.approx(4.0, rel=0.03)


def test_cgs_form_of_yablonskiy_and_haacke():
    cgs = CHI / (4.0 * np.pi)
    expected = 4.0 * np.pi / 3.0 * GAMMA * cgs * FIELD * 0.03
    assert float(delta_r2s(0.03, delta_chi=CHI, field_t=FIELD)) == pytest.approx(expected, 1e-12)


@pytest.mark.parametrize("radius", [3.0, 8.0])
def test_diffusing_spins_give_both_rates(radius):
    times = np.arange(2.0, 21.0, 2.0) * 1e-3
    vessels = Vessels(radius, 0.03, FREQUENCY)
    phases = diffusing_phases(vessels, times, diffusion=700.0, spins=6000, steps=300, seed=4)
    gradient = np.cos(phases[:, 1:]).mean(axis=0)
    half = np.arange(1, 6)
    spin = np.cos(phases[:, 2 * half] - 2.0 * phases[:, half]).mean(axis=0)
    star, echo = slope(times, gradient)[0], slope(times[2 * half - 1], spin)[0]
    settings = {"delta_chi": CHI, "field_t": FIELD}
    assert star == pytest.approx(float(delta_r2s(0.03, **settings)), rel=0.08)
    assert echo == pytest.approx(float(delta_r2(0.03, radius, 0.7e-3, **settings)), rel=0.12)


def test_blood_volume_undoes_the_rate():
    volume = np.array([[0.0, 0.01], [0.05, -0.002]])
    rate = delta_r2s(volume, delta_chi=CHI, field_t=FIELD)
    np.testing.assert_allclose(blood_volume(rate, delta_chi=CHI, field_t=FIELD), volume, 1e-14)


@pytest.mark.parametrize("name", AGENTS)
def test_field_scaling_is_that_of_the_magnetisation(name):
    def rate(field):
        chi = blood_susceptibility(name, dose_mg_fe_kg=10.0, field_t=field)
        return float(delta_r2s(0.03, delta_chi=chi, field_t=field))

    expected = AGENTS[name].magnetisation(9.4) / AGENTS[name].magnetisation(1.5)
    assert rate(9.4) / rate(1.5) == pytest.approx(expected, rel=1e-12)
    assert rate(9.4) / rate(1.5) < 1.25  # nowhere near 9.4/1.5


@pytest.mark.parametrize("changed", [{"delta_chi": 0.0}, {"field_t": -1.0}, {"delta_chi": np.nan}])
def test_bad_settings_are_refused(changed):
    with pytest.raises(InputError, match="expected one positive number"):
        blood_volume(10.0, **({"delta_chi": CHI, "field_t": FIELD} | changed))
