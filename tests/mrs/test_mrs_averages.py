"""Averages are registered at the bound of Cramér and Rao; those unlike the rest are left out."""

import numpy as np
import pytest
from mrs_simulated import POINTS, TIME, line, metabolites, noise, scan

from biomarkers.mrs.averages import STEADY_PPM, average, register

AVERAGES = 32
DRIFT = np.linspace(-6, 6, AVERAGES) + 1.5 * np.sin(np.arange(AVERAGES))
TURN = np.deg2rad(40 * np.cos(1.7 * np.arange(AVERAGES)))


def drifted(signal, sd, seed=0):
    turned = signal * np.exp(1j * (2 * np.pi * DRIFT[:, None] * TIME + TURN[:, None]))
    return turned + noise((AVERAGES, POINTS), sd, seed)


def bound(signal, sd):
    """Return the least standard error of a shift, Hz, beside an unknown phase."""
    weight = np.abs(signal) ** 2
    centre = np.average(TIME, weights=weight)
    return sd / np.sqrt(np.sum(weight * (TIME - centre) ** 2)) / (2 * np.pi)


@pytest.mark.parametrize("sd", [5.0, 20.0])
def test_shifts_are_found_at_the_bound(sd):
    errors = []
    for seed in range(6):
        step = register(scan(drifted(metabolites(), sd, seed), "DIM_DYN")).steps[0]
        shift = step.values["shift_hz"][0, 0, 0]
        errors.append(shift - DRIFT - np.median(shift - DRIFT))
        assert step.values["ppm"][0, 0, 0, 1] < 4.25
    # the bound holds for the whole spectrum; the metabolites' band has nearly all of it
    assert np.std(errors) < 1.15 * bound(metabolites(), sd)
    assert step.values["se_hz"][0, 0, 0] == pytest.approx(np.std(errors), rel=0.2)


def test_phases_are_found():
    step = register(scan(drifted(metabolites(), 5.0), "DIM_DYN")).steps[0]
    error = step.values["phase"][0, 0, 0] - TURN
    assert np.std(error) < np.deg2rad(2)


def test_water_of_changing_phase_does_not_mislead():
    random = np.random.default_rng(3)
    turns = np.exp(2j * np.pi * random.uniform(size=AVERAGES))[:, None]
    data = scan(drifted(metabolites(), 5.0) + 150 * turns * line(4.7, 40.0), "DIM_DYN")
    errors = [
        np.std(register(data, ppm=band).steps[0].values["shift_hz"][0, 0, 0] - DRIFT)
        for band in (STEADY_PPM, None)
    ]
    assert errors[0] < 0.5
    assert errors[1] > 2.0


def test_where_metabolites_do_not_suffice_the_whole_signal_decides():
    signal = 0.01 * metabolites() + 150 * line(4.65, 20.0)
    step = register(scan(drifted(signal, 20.0), "DIM_DYN")).steps[0]
    assert step.values["ppm"][0, 0, 0, 1] > 10
    assert np.std(step.values["shift_hz"][0, 0, 0] - DRIFT) < 1.2 * bound(signal, 20.0)


def test_noise_is_not_registered():
    data = scan(noise((AVERAGES, POINTS), 5.0), "DIM_DYN")
    assert register(data) is data


def test_registration_restores_the_mean():
    registered = average(register(scan(drifted(metabolites(), 5.0), "DIM_DYN")))
    loss = np.abs(registered.fid[0, 0, 0, 5:400]) / np.abs(metabolites()[5:400])
    assert np.median(loss) == pytest.approx(1.0, abs=0.01)
    plain = average(scan(drifted(metabolites(), 5.0), "DIM_DYN"))
    assert np.median(np.abs(plain.fid[0, 0, 0, 5:400]) / np.abs(metabolites()[5:400])) < 0.85


def test_conditions_of_editing_stay_apart():
    on = drifted(metabolites() - 40 * line(2.01), 5.0, 1)
    off = drifted(metabolites(), 5.0, 2)
    data = scan(np.stack([on, off]), "DIM_EDIT", "DIM_DYN")
    clean = average(register(data))
    assert clean.axes == ("DIM_EDIT",)
    assert clean.fid.shape == (1, 1, 1, 2, POINTS)
    assert clean.steps[0].values["shift_hz"].shape == (1, 1, 1, 2, AVERAGES)
    np.testing.assert_array_equal(clean.steps[-1].values["count"], AVERAGES)


def test_outliers_are_left_out():
    fid = metabolites() + noise((AVERAGES, POINTS), 5.0)
    fid[5] += 60 * line(1.3, 80.0)  # lipid, as after a movement
    fid[20] *= 0.3
    fid[21] = np.nan
    steps = {step.name: step.values for step in average(scan(fid, "DIM_DYN")).steps}
    np.testing.assert_array_equal(
        np.flatnonzero(steps["outlier rejection"]["rejected"][0, 0, 0]), [5, 20, 21]
    )
    assert steps["averaging"]["count"][0, 0, 0] == AVERAGES - 3


def test_good_averages_are_kept():
    data = scan(metabolites() + noise((400, POINTS), 5.0), "DIM_DYN")
    names = {step.name: step.values for step in average(data).steps}
    rejected = names.get("outlier rejection", {"rejected": np.zeros(400)})["rejected"]
    assert rejected.sum() <= 2  # 3.5 robust standard deviations, one side


def test_outliers_do_not_bend_the_registration():
    fid = drifted(metabolites(), 5.0)
    fid[[3, 9]] = noise((2, POINTS), 100.0, 7)
    shift = register(scan(fid, "DIM_DYN")).steps[0].values["shift_hz"][0, 0, 0]
    good = np.delete(np.arange(AVERAGES), [3, 9])
    error = (shift - DRIFT)[good]
    assert np.std(error) < 1.3 * bound(metabolites(), 5.0)


def test_equal_averages_are_all_kept():
    data = scan(np.repeat(metabolites()[None], 8, axis=0), "DIM_DYN")
    assert [step.name for step in average(data).steps] == ["averaging"]


def test_one_average_is_nothing_to_do():
    for data in (scan(metabolites()), scan(metabolites()[None], "DIM_DYN")):
        clean = average(register(data))
        assert (clean.steps, clean.axes) == ((), ())
        np.testing.assert_array_equal(clean.fid[0, 0, 0], metabolites())


def test_shifts_do_not_fall_on_multiples_of_the_resolution():
    """Ringing of the band around the end of the signal would draw them there."""
    shift = register(scan(drifted(metabolites(5.0), 5.0), "DIM_DYN")).steps[0].values["shift_hz"]
    error = shift[0, 0, 0] - DRIFT
    assert np.abs(error - np.median(error)).max() < 0.2
