"""Published input functions: arrival, dose, haematocrit, and their forms against other ways."""

import numpy as np
import pytest
from scipy.integrate import quad, solve_ivp
from scipy.stats import gamma

from biomarkers.dce import POPULATION_INPUTS, population_input
from biomarkers.errors import InputError

TIME = np.arange(0.0, 600.0, 0.5)
NAMES = list(POPULATION_INPUTS)


@pytest.mark.parametrize("name", NAMES)
def test_contrast_arrives_after_the_delay(name):
    there = population_input(name, TIME)
    late = population_input(name, TIME, delay=20.0)
    assert not late.blood[TIME < 20].any()
    np.testing.assert_allclose(late.blood[TIME >= 20], there.blood[: (TIME >= 20).sum()])
    np.testing.assert_array_equal(late.time, TIME)


@pytest.mark.parametrize("name", NAMES)
def test_it_is_finite_and_falls_after_its_peak(name):
    blood = population_input(name, np.arange(0.0, 7200.0, 1.0)).blood
    assert np.isfinite(blood).all() and (blood >= 0).all()
    late = blood[200:]
    assert (np.diff(late) < 0).all()


@pytest.mark.parametrize("name", NAMES)
def test_the_haematocrit_leaves_what_was_measured(name):
    declared = POPULATION_INPUTS[name]
    usual, other = population_input(name, TIME), population_input(name, TIME, hct=0.3)
    measured = declared.measured
    np.testing.assert_array_equal(getattr(usual, measured), getattr(other, measured))
    assert usual.hct == declared.hct
    np.testing.assert_allclose(other.blood, 0.7 * other.plasma)


@pytest.mark.parametrize("name", NAMES)
def test_the_dose_scales_it_where_that_of_the_source_is_known(name):
    declared = POPULATION_INPUTS[name]
    if declared.dose is None:
        with pytest.raises(InputError, match=f"dose behind '{name}' is not known"):
            population_input(name, TIME, dose=0.1)
        return
    one, two = (population_input(name, TIME, dose=k * declared.dose) for k in (1, 2))
    np.testing.assert_allclose(one.blood, population_input(name, TIME).blood)
    np.testing.assert_allclose(two.blood, 2 * one.blood)


@pytest.mark.parametrize("name", NAMES)
def test_every_one_says_where_it_is_from(name):
    declared = POPULATION_INPUTS[name]
    assert "doi:10." in declared.source or "as quoted by" in declared.source
    assert declared.subjects.startswith(("humans", "rats", "tumour-bearing rats", "mice"))


def test_georgiou_is_a_train_of_gamma_variates():
    t = TIME[:400] / 60
    alpha, tau = 5.26699, 0.128556
    train = sum(
        gamma.pdf(t - j * tau, (j + 1) * (alpha + 1), scale=0.0320788)
        for j in range(int(t[-1] / tau) + 1)
    )
    level = sum(
        a * np.exp(-m * t)
        for a, m in ((0.374322, 0.112701), (0.331184, 1.17465), (10.0612, 16.01996))
    )
    np.testing.assert_allclose(
        population_input("georgiou", TIME[:400]).blood, level * train, rtol=1e-9, atol=1e-12
    )


def test_georgiou_runs_on_where_the_train_has_settled():
    edge = 60 * 60 * 0.128556  # s
    around = population_input("georgiou", edge + np.array([-2.0, -1.0, 1.0, 2.0])).blood
    assert np.diff(np.log(around)) == pytest.approx(np.array([1, 2, 1]) * -0.112701 / 60, rel=5e-3)


def test_orton_is_a_bolus_and_its_washout():
    bolus, rate, washout, decay = 2.84, 22.8, 1.36, 0.171

    def level(t):
        return bolus * (1 - np.cos(rate * t)) if 0 <= t <= 2 * np.pi / rate else 0.0

    seconds = np.array([3.0, 9.0, 16.0, 40.0, 300.0])
    for t, found in zip(seconds / 60, population_input("orton", seconds).blood, strict=True):
        end = min(t, 2 * np.pi / rate)
        spread = quad(lambda u, t=t: level(u) * np.exp(-decay * (t - u)), 0, end)[0]
        assert found == pytest.approx(level(t) + washout * spread, rel=1e-9)


def test_tristan_is_the_solution_of_its_compartments():
    vp, ve, p = (1 - 0.418) * 15.8, 30.0, 0.172
    k = 1.38 / 60 + 0.4 * (1 - 0.418) * 2.27 / 60 * 8.47

    def change(t, c, infused):
        return [
            (infused - (k + p) * c[0] + p * c[1]) / vp,
            p * (c[0] - c[1]) / ve,
        ]

    options = {"rtol": 1e-10, "atol": 1e-14, "dense_output": True}
    during = solve_ivp(change, (0, 30), [0, 0], args=(0.0075 / 30,), **options)
    after = solve_ivp(change, (30, 1200), during.y[:, -1], args=(0.0,), **options)
    seconds = np.array([5.0, 29.0, 31.0, 60.0, 300.0, 1200.0])
    plasma = [1e3 * (during if t <= 30 else after).sol(t)[0] for t in seconds]
    found = population_input("tristan_rat", seconds)
    np.testing.assert_allclose(found.plasma, plasma, rtol=1e-6)


def test_heilmann_is_cleared_as_mice_clear():
    # The constants are quoted without their units but for the dose (mmol/kg) and times in minutes.
    # If they are of plasma and in kg/L, what leaves is what the kidneys filter: 12.15 +- 2.01
    # mL/min/kg (200 C57BL/6, "Physiological glomerular filtration rate and responses to Zeitgeber
    # time and cold stress in C57BL/6 mice"); a mouse of 25 g so clears 284 uL/min, where iohexol
    # found 223 +- 64 (doi:10.1007/s00424-016-1843-4). In blood, plasma would hold 1 / (1 - hct)
    # times as much and 6.6 mL/min/kg leave; with 0.23 for 2.3 1/min, 8.1.
    time = np.concatenate([np.arange(0, 120, 0.05), np.arange(120, 12000, 1.0)])
    plasma = population_input("heilmann_mouse", time, dose=1.0).plasma
    cleared = 1e3 * 60 / np.trapezoid(plasma, time)  # mL/min/kg
    assert cleared == pytest.approx(1e3 / (9.2 / 2.3 + 4.2 / 0.05), rel=1e-4)
    assert cleared == pytest.approx(12.15, abs=2.01)
    assert 25e-3 * cleared == pytest.approx(223.3e-3, abs=64.3e-3)


def test_heilmann_is_what_quantiphyse_has():
    # pkrun2.cpp: AIF = 9.2, 4.2, 2.3, 0.05; ToftsWeinOffsetVp.cpp, times in minutes:
    # Cp = Dose * (a1 * exp(-m1 * t) + a2 * exp(-m2 * t)).
    minutes = np.array([0.0, 0.5, 3.0, 20.0])
    found = population_input("heilmann_mouse", 60 * minutes, dose=0.3)
    expected = [0.3 * (9.2 * np.exp(-2.3 * t) + 4.2 * np.exp(-0.05 * t)) for t in minutes]
    np.testing.assert_allclose(found.plasma, expected, rtol=1e-12)


@pytest.mark.parametrize(
    ("name", "change", "message"),
    [
        ("buckley", {}, "expected one of parker, georgiou"),
        ("parker", {"delay": np.nan}, "delay is"),
        ("parker", {"dose": 0.0}, "dose is"),
        ("parker", {"hct": 1.2}, "haematocrit"),
        ("mcgrath_rat", {"delay": 1e4}, "zero throughout"),
    ],
)
def test_impossible_requests_are_refused(name, change, message):
    with pytest.raises(InputError, match=message):
        population_input(name, TIME, **change)
