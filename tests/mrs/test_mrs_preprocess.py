"""The steps together: coils, averages, conditions of editing, water."""

import time

import numpy as np
import pytest
from mrs_simulated import POINTS, TIME, line, metabolites, noise, scan

from biomarkers import mrs
from biomarkers.errors import InputError

COILS, AVERAGES = 8, 16
STEPS = [
    "coil combination",
    "registration of averages",
    "outlier rejection",
    "averaging",
    "first sample",
    "eddy-current correction",
    "water removal",
    "line broadening",
]


def acquired(coils=COILS, averages=AVERAGES, sd=4.0):
    """Return a scan that needs every step, and its sensitivities."""
    random = np.random.default_rng(1)
    received = random.normal(size=coils) + 1j * random.normal(size=coils)
    received /= np.linalg.norm(received)
    eddy = 0.9 * (1 - np.exp(-TIME / 0.01)) + 0.4
    drift = np.linspace(-4, 4, averages)
    turns = np.exp(1j * (2 * np.pi * drift[:, None] * TIME + eddy))
    signals = (metabolites() + 400 * line(4.68, 40.0)) * turns
    signals[2] += 400 * line(1.3, 90.0)
    signals[:, 0] *= 0.5
    fid = received[:, None, None] * signals + noise((coils, averages, POINTS), sd)
    water = 9000 * line(4.65, 18.0) * np.exp(1j * eddy)
    water = received[:, None, None] * water + noise((coils, 2, POINTS), sd, 1)
    axes = ("DIM_COIL", "DIM_DYN")
    return scan(fid, *axes, water=scan(water, *axes)), received


def test_every_step_is_done_listed_and_valued():
    data, _ = acquired()
    clean = mrs.preprocess(data, broaden_hz=2.0)
    assert [step.name for step in clean.steps] == STEPS
    assert clean.axes == () == clean.water.axes
    assert clean.fid.shape == (1, 1, 1, POINTS) == clean.water.fid.shape
    values = {step.name: step.values for step in clean.steps}
    np.testing.assert_array_equal(
        np.flatnonzero(values["outlier rejection"]["rejected"][0, 0, 0]), [2]
    )
    assert values["averaging"]["count"][0, 0, 0] == AVERAGES - 1
    assert values["line broadening"]["broaden_hz"] == 2.0
    assert all(step.method for step in clean.steps)


def test_what_comes_out_is_what_went_in():
    data, received = acquired()
    clean = mrs.preprocess(data)
    difference = clean.fid[0, 0, 0] - metabolites()
    # the phase of the water is that of the metabolites, whatever the coils' phases
    least = 4.0 * np.sqrt(2 * POINTS / (AVERAGES - 1))
    assert np.linalg.norm(difference) < 1.3 * least
    assert mrs.water_amplitude(clean).value == pytest.approx(9000.0, rel=2e-3)
    assert np.linalg.norm(received) == pytest.approx(1.0)


def test_each_step_is_optional():
    data, _ = acquired()
    none = {"coils": False, "register": False, "reject": False, "average": False}
    clean = mrs.preprocess(data, **none, eddy=False, remove_water=False)
    assert clean.axes == data.axes
    assert [step.name for step in clean.steps] == ["first sample"]
    clean = mrs.preprocess(data, average=False, remove_water=False)
    assert clean.axes == ("DIM_DYN",)
    assert "averaging" not in [step.name for step in clean.steps]
    clean = mrs.preprocess(data, reject=False, register=False)
    assert [s.name for s in clean.steps] == [s for s in STEPS[:-1] if s not in STEPS[1:3]]


def test_nothing_to_do_is_nothing_done():
    data = scan(metabolites() + noise(POINTS, 1.0))
    clean = mrs.preprocess(data)
    assert clean.steps == ()
    np.testing.assert_array_equal(clean.fid, data.fid)


def test_editing_stays():
    on, off = acquired()[0], acquired()[0]
    fid = np.stack([on.fid, 2 * off.fid], axis=5)
    data = on.with_fid(fid, axes=("DIM_COIL", "DIM_DYN", "DIM_EDIT"))
    clean = mrs.preprocess(data)
    assert clean.axes == ("DIM_EDIT",)
    np.testing.assert_allclose(
        clean.fid[..., 1, 30:300], 2 * clean.fid[..., 0, 30:300], rtol=0.05, atol=5.0
    )


def test_broadening_is_lorentzian():
    clean = mrs.preprocess(scan(metabolites()), broaden_hz=3.0)
    np.testing.assert_allclose(clean.fid[0, 0, 0], metabolites() * np.exp(-3 * np.pi * TIME))


def test_thirty_two_coils_and_sixty_four_averages_take_less_than_two_seconds():
    data, _ = acquired(32, 64)
    start = time.process_time()
    mrs.preprocess(data)
    assert time.process_time() - start < 2.0


def test_a_figure_shows_what_was_done():
    data, _ = acquired()
    clean = mrs.preprocess(data)
    figure = mrs.processing_figure(clean, data)
    titles = [axes.get_title() for axes in figure.axes]
    for name in (STEPS[k] for k in (0, 1, 2, 5, 6)):
        assert name in titles
    legends = [axes.get_legend_handles_labels()[1] for axes in figure.axes]
    assert ["before", "after"] in legends
    assert len(mrs.processing_figure(mrs.preprocess(scan(metabolites()))).axes) == 1


def test_bad_arguments_are_errors():
    with pytest.raises(InputError, match="scan"):
        mrs.preprocess(metabolites())
    with pytest.raises(InputError, match="broaden_hz"):
        mrs.preprocess(scan(metabolites()), broaden_hz=-1.0)
    other = scan(metabolites()).with_fid(np.ones((2, 1, 1, POINTS), dtype=complex))
    with pytest.raises(InputError, match="same voxels"):
        mrs.preprocess(scan(metabolites(), water=other))


def test_voxels_of_a_grid_are_processed_each_on_its_own():
    one, _ = acquired(4, 8)
    fid = np.concatenate([one.fid, 0.5j * one.fid], axis=1)
    water = np.concatenate([one.water.fid, 0.5j * one.water.fid], axis=1)
    grid = one.with_fid(fid, water=one.water.with_fid(water))
    alone = mrs.preprocess(one, remove_water=False)
    both = mrs.preprocess(grid, remove_water=False)
    assert both.fid.shape == (1, 2, 1, POINTS)
    for voxel, size in ((0, 1.0), (1, 0.5)):
        # noise is told from all voxels: weights differ a little
        difference = both.fid[0, voxel, 0] / size - alone.fid[0, 0, 0]
        assert np.linalg.norm(difference) < 0.05 * np.linalg.norm(alone.fid)


@pytest.mark.parametrize("value", [np.nan, 0.0])
def test_a_voxel_without_signal_does_not_touch_its_neighbours(value):
    one, _ = acquired(4, 8)
    fid = np.concatenate([one.fid, np.full_like(one.fid, value)], axis=2)
    water = np.concatenate([one.water.fid, np.full_like(one.water.fid, value)], axis=2)
    grid = one.with_fid(fid, water=one.water.with_fid(water))
    clean = mrs.preprocess(grid)
    np.testing.assert_array_equal(clean.fid[0, 0, 1], value)
    difference = clean.fid[0, 0, 0] - mrs.preprocess(one).fid[0, 0, 0]
    assert np.linalg.norm(difference) < 0.05 * np.linalg.norm(clean.fid[0, 0, 0])
