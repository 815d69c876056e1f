"""Iron oxide in vessels: against limits known by heart, and what `cbv` makes of it."""

import numpy as np
import pytest

from biomarkers import cbv
from biomarkers.simulate import iron

AGENT = {"agent": "P904", "dose_mg_fe_kg": 11.17, "field_t": 7.0}


def test_early_on_the_decay_is_quadratic_and_late_it_is_the_static_rate():
    small = 1e-3
    # Half of the mean of (w sin^2 cos 2phi)^2 over directions, and of (R/r)^4 over the plane:
    # 1/2 x 8/15 x 1/2.
    assert iron.dephased(small) == pytest.approx(2.0 / 15.0 * small**2, rel=1e-3)
    late = np.array([iron.dephased(angle) for angle in (60.0, 90.0)])
    assert np.diff(late) / 30.0 == pytest.approx(2.0 / 3.0, rel=5e-3)
    assert late[0] == pytest.approx(2.0 / 3.0 * 60.0 - 1.0, rel=0.02)


def test_blood_is_as_magnetic_as_the_fit_takes_it_to_be():
    chi = cbv.blood_susceptibility(**AGENT)
    expected = 1.5 * float(cbv.delta_r2s(1.0, delta_chi=chi, field_t=7.0))
    assert iron.frequency(11.17) == pytest.approx(expected, rel=1e-3)


def test_larger_vessels_and_slower_water_cost_a_spin_echo_less():
    angular = iron.frequency(11.17)
    rates = iron.spin_echo_rate(np.array([3.0, 5.0, 10.0]), np.full(3, 0.7e-3), angular)
    assert (np.diff(rates) < 0).all()
    fast, slow = iron.spin_echo_rate(np.full(2, 5.0), np.array([1.4e-3, 0.7e-3]), angular)
    assert fast > slow
    # Spins followed one by one, 5 um: 10.66 1/s at 3 % of blood.
    assert 0.03 * slow == pytest.approx(10.66, rel=0.01)


@pytest.mark.parametrize(("radius", "off"), [(5.0, 0.03), (10.0, 0.10)])
def test_the_published_relations_find_blood_and_vessels_nearly(radius, off):
    angular, volume, adc = iron.frequency(11.17), 0.03, np.array([0.7e-3])
    te = np.array([0.003, 0.006, 0.009, 0.012])
    lost = volume * np.array([iron.dephased(angular * each) for each in te])
    star = np.polyfit(te, lost, 1)[0]
    echo = volume * iron.spin_echo_rate(np.array([radius]), adc, angular)
    chi = cbv.blood_susceptibility(**AGENT)
    assert cbv.blood_volume(star, delta_chi=chi, field_t=7.0) == pytest.approx(volume, rel=0.02)
    size = cbv.vessel_size(star, echo, adc, field_t=7.0, delta_chi=chi)
    assert size == pytest.approx(radius, rel=off)
