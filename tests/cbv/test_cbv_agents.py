"""How iron oxides are magnetised, and what a dose makes of blood."""

import numpy as np
import pytest

from biomarkers.cbv import AGENTS, SPECIES, Agent, Species, blood_susceptibility
from biomarkers.errors import InputError


@pytest.mark.parametrize("agent", AGENTS.values(), ids=lambda agent: agent.name)
def test_magnetisation_is_the_thermal_mean_of_moments(agent):
    """Boltzmann's average over directions, by a sum and not by Langevin's formula."""
    cosine = np.linspace(-1.0, 1.0, 20001)
    iron = 3 * 55.845 / (3 * 55.845 + 4 * 15.999) * 5180.0  # kg/m^3 of magnetite's iron
    moment = agent.saturation * iron * np.pi / 6.0 * (agent.core_nm * 1e-9) ** 3
    for field in (0.05, 0.5, 1.5, 7.0):
        weight = np.exp(moment * field * (cosine - 1.0) / (1.380649e-23 * 310.15))
        mean = np.trapezoid(cosine * weight, cosine) / np.trapezoid(weight, cosine)
        assert agent.magnetisation(field) == pytest.approx(agent.saturation * mean, rel=1e-3)


@pytest.mark.parametrize("name", ["P904", "ferumoxytol"])
def test_iron_oxide_saturates_near_one_tesla(name):
    """Ferumoxytol saturates at around 1.5 T (Proc ISMRM 2016:2851)."""
    agent = AGENTS[name]
    parts = [agent.magnetisation(field) / agent.saturation for field in (0.1, 1.5, 3.0, 7.0)]
    assert parts[0] < 0.4
    assert parts[1] > 0.9
    assert parts[3] / parts[1] < 1.1  # while the field is 4.7 times as strong


def test_at_very_low_field_magnetisation_is_proportional_to_it():
    agent = AGENTS["MION"]
    assert agent.magnetisation(2e-7) == pytest.approx(2.0 * agent.magnetisation(1e-7), rel=1e-6)
    assert agent.magnetisation(2e-5) == pytest.approx(200.0 * agent.magnetisation(1e-7), rel=1e-4)


def test_susceptibility_is_exactly_proportional_to_dose_and_falls_with_field():
    one = blood_susceptibility("P904", dose_mg_fe_kg=5.0, field_t=7.0)
    two = blood_susceptibility("P904", dose_mg_fe_kg=10.0, field_t=7.0)
    assert two == pytest.approx(2.0 * one, rel=1e-14)
    agent = AGENTS["P904"]
    low = blood_susceptibility("P904", dose_mg_fe_kg=5.0, field_t=1.5)
    expected = agent.magnetisation(7.0) / agent.magnetisation(1.5) * 1.5 / 7.0
    assert one / low == pytest.approx(expected, rel=1e-12)


def test_susceptibility_of_p904_is_the_one_in_use_in_rats():
    """0.28 ppm (CGS) at 4.7 T for 200 umol Fe/kg; its error spans MP3's default, 0.1867 ppm."""
    chi = blood_susceptibility("P904", dose_mg_fe_kg=0.2 * 55.845, field_t=4.7) / (4.0 * np.pi)
    assert chi == pytest.approx(0.28e-6, rel=0.005)
    assert chi - 0.1867e-6 < AGENTS["P904"].uncertainty * chi


@pytest.mark.parametrize("agent", AGENTS.values(), ids=lambda agent: agent.name)
def test_no_agent_is_stronger_than_bulk_magnetite(agent):
    """480 kA/m and 5180 kg/m^3, of which 72.4 % is iron; small crystals have less."""
    bulk = 480e3 / (5180.0 * 0.724)
    assert agent.saturation * (1.0 + agent.uncertainty) < bulk


def test_rats_have_the_blood_that_was_measured_in_rats():
    """0.06 mL/g and 0.77 mL of blood in rats of 100 to 400 g (Lee & Blaufox 1985)."""
    heavy, light = (0.06 + 0.77 / grams for grams in (400.0, 100.0))
    assert 1e3 * heavy < SPECIES["rat"].blood_ml_per_kg < 1e3 * light


def test_susceptibility_is_that_of_the_magnetised_iron():
    """By hand: 4 mg/kg of ferumoxytol in a human at 3 T."""
    field = 4.0 / 69.0 * AGENTS["ferumoxytol"].magnetisation(3.0) * 4e-7 * np.pi  # T
    chi = blood_susceptibility("Feraheme", dose_mg_fe_kg=4.0, field_t=3.0, species="human")
    assert chi == pytest.approx(field / 3.0, rel=1e-6)


def test_agents_and_species_of_ones_own_are_taken():
    mine = Agent("mine", 60.0, 8.0, 0.1, "a magnetometer")
    mouse = Species("mouse", 79.0, "a paper")
    chi = blood_susceptibility(mine, dose_mg_fe_kg=10.0, field_t=9.4, species=mouse)
    assert chi == pytest.approx(10 / 79 * mine.magnetisation(9.4) * 4e-7 * np.pi / 9.4, rel=1e-6)


def test_every_number_has_its_source():
    for each in (*AGENTS.values(), *SPECIES.values()):
        assert "doi" in each.source or "ICRP" in each.source


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"agent": "gadolinium"}, "known are P904, ferumoxytol, MION"),
        ({"species": "cat"}, "known are rat, human"),
        ({"dose_mg_fe_kg": 0.0}, "dose_mg_fe_kg is 0.0; expected one positive number"),
        ({"field_t": float("nan")}, "field_t is nan"),
    ],
)
def test_bad_input_is_refused(changed, says):
    given = {"agent": "P904", "dose_mg_fe_kg": 10.0, "field_t": 7.0} | changed
    with pytest.raises(InputError, match=says):
        blood_susceptibility(given.pop("agent"), **given)


def test_agents_and_species_that_make_no_sense_are_refused():
    with pytest.raises(InputError, match="saturation of agent 'x' is -1"):
        Agent("x", -1.0, 5.0, 0.1, "")
    with pytest.raises(InputError, match="blood_ml_per_kg of 'x' is 0"):
        Species("x", 0.0, "")
