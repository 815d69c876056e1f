"""Volumes that do not show what the others do: unsettled, corrupt, empty, chosen."""

import numpy as np
import pytest

from biomarkers.errors import AssumptionWarning, InputError
from biomarkers.kinetics.volumes import Unusable, left_out_of, unusable_volumes


def volumes(signal, agent):
    with np.errstate(divide="ignore"):
        return unusable_volumes(np.log(signal), brightens=agent > 0)


TIME = 1.5 * np.arange(60)
PASS = np.clip(TIME - 15, 0, None) ** 3 * np.exp(-np.clip(TIME - 15, 0, None) / 1.5)
BOLUS = np.exp(-0.15 * (PASS / PASS.max() + 0.1 * (TIME > 21)))
UPTAKE = 1.0 + 0.6 * (1.0 - np.exp(-np.clip(TIME - 15, 0, None) / 20.0))
CURVES = [pytest.param(BOLUS, -1, id="dsc"), pytest.param(UPTAKE, 1, id="dce")]


def noisy(curve):
    return 1000.0 * curve + np.random.default_rng(0).normal(0.0, 0.5, curve.shape)


def settling(tr, flip, t1):
    e1, cosine = np.exp(-tr / t1), np.cos(np.deg2rad(flip))
    rest = (1.0 - e1) / (1.0 - e1 * cosine)
    return 1.0 + (1.0 / rest - 1.0) * (e1 * cosine) ** np.arange(TIME.size)


@pytest.mark.parametrize(("curve", "agent"), CURVES)
def test_of_a_sound_series_nothing_is_left_out(curve, agent):
    drift = np.linspace(1.0, 0.85, TIME.size)
    for each in (curve, noisy(curve), noisy(curve * drift), noisy(curve[6:])):
        assert volumes(each, agent).indices == ()


@pytest.mark.parametrize(("curve", "agent"), CURVES)
@pytest.mark.parametrize(("tr", "flip"), [(1.5, 90), (1.5, 60), (1.5, 30), (1.0, 60), (0.5, 60)])
def test_volumes_before_the_steady_state_are_left_out_to_a_thousandth(curve, agent, tr, flip):
    course = settling(tr, flip, 1.6)
    needed = int((course > 1.001).sum())
    found = volumes(noisy(curve * course), agent)
    assert needed <= len(found.unsteady) <= needed + 1
    assert found.unsteady == tuple(range(len(found.unsteady)))
    assert not found.corrupt


@pytest.mark.parametrize(("curve", "agent"), CURVES)
@pytest.mark.parametrize("factor", [0.3, 0.6, 3.0, 0.0, np.nan])
def test_a_lone_volume_is_found_wherever_it_is(curve, agent, factor):
    for index in (1, 5, 20, 40, 58, 59) if factor == 0.6 else (1, 5, 11, 15, 20, 40, 58, 59):
        signal = noisy(curve)
        signal[index] *= factor
        assert volumes(signal, agent).indices == (index,)


@pytest.mark.parametrize(("curve", "agent"), CURVES)
def test_two_volumes_in_a_row_against_the_agent_are_found(curve, agent):
    signal = noisy(curve)
    signal[[30, 31]] *= 0.3 if agent > 0 else 3.0
    assert volumes(signal, agent).corrupt == (30, 31)


@pytest.mark.parametrize("start", [6.0, 7.5, 9.0])
def test_a_bolus_at_the_start_is_not_a_settling_signal(start):
    assert volumes(noisy(BOLUS)[start + 9 < TIME], -1).indices == ()


def test_a_narrow_bolus_is_not_corrupt():
    since = TIME - 15
    for width in (1.0, 1.5, 2.0):
        narrow = np.exp(-0.5 * (since / width) ** 2) + 0.1 * (since > 3)
        assert volumes(noisy(np.exp(-0.3 * narrow)), -1).indices == ()


def test_a_choice_is_added_to_what_is_found_unless_none_is_wanted():
    series = noisy(np.tile(BOLUS, (40, 1)))
    series[:, 40] *= 0.3
    assert left_out_of(series, brightens=False).notes[0].startswith("left out: volume 40; ")
    assert left_out_of(series, [3], brightens=False).indices == (3, 40)
    with pytest.warns(AssumptionWarning, match="kept, but unlike the others: volume 40;"):
        assert left_out_of(series, "none", brightens=False).indices == ()
    for wrong in ([60], [0.5], "all"):
        with pytest.raises(InputError, match="left_out is"):
            left_out_of(series, wrong, brightens=False)


@pytest.mark.parametrize(("curve", "agent"), CURVES)
def test_the_callers_baseline_is_used_without_its_bad_volumes(curve, agent):
    series = noisy(np.tile(curve * settling(0.5, 60, 1.6), (40, 1)))
    series[:, 9] *= 0.3
    left_out = left_out_of(series, brightens=agent > 0, baseline=(5, 10))
    assert left_out.indices == (*range(8), 9)
    assert left_out.notes[1].startswith("left out: volume 9; ")


@pytest.mark.parametrize("chosen", [(), (4,)])
def test_a_callers_baseline_of_bad_volumes_only_is_kept_and_said(chosen):
    series = noisy(np.tile(UPTAKE * settling(0.5, 60, 1.6), (40, 1)))
    with pytest.warns(AssumptionWarning, match="volumes 3.* 5; before the steady state"):
        left_out = left_out_of(series, chosen, brightens=True, baseline=(3, 6))
    assert left_out.indices == tuple(sorted({*chosen, 0, 1, 2, 6, 7}))
    assert left_out.notes[-1].startswith("kept, but unlike the others: volumes 3")


def passages(rng, quiet):
    """Signal of 300 voxels with boluses of many shapes and sizes; a share has hardly any."""
    size = np.where(
        rng.random(300) < quiet, rng.uniform(0.0, 0.15, 300), rng.uniform(0.4, 1.2, 300)
    )
    start, width = rng.uniform(14.0, 16.0, 300), rng.uniform(1.2, 2.5, 300)
    since = np.clip(TIME - start[:, None], 0.0, None) / width[:, None]
    passed = (since / 3.0) ** 3 * np.exp(3.0 - since) + 0.1 * (since > 4.0)
    return np.exp(-size[:, None] * passed) * (1.0 + rng.normal(0.0, 0.01, passed.shape))


def test_passages_of_many_shapes_are_no_fault():
    for seed, quiet in enumerate((0.0, 0.1, 0.25, 0.5) * 3):
        series = passages(np.random.default_rng(seed), quiet)
        assert left_out_of(series, brightens=False).indices == ()


@pytest.mark.parametrize(("factor", "missed"), [(0.3, 0), (0.6, 0), (0.8, 2), (1.3, 2)])
def test_a_volume_scaled_as_a_whole_is_found_on_the_flank_of_a_bolus(factor, missed):
    """A bolus is not in all voxels alike, a fault of the volume is."""
    seen = []
    for index in range(9, 20):
        series = passages(np.random.default_rng(index), quiet=0.25)
        series[:, index] *= factor
        seen.append(left_out_of(series, brightens=False).indices)
        assert seen[-1] in ((), (index,))
    assert seen.count(()) <= missed  # where the bolus begins, its shapes differ most


def test_a_volume_scaled_as_a_whole_is_found_while_tissue_brightens():
    rng = np.random.default_rng(4)
    rise = rng.uniform(0.0, 1.5, (200, 1)) * (UPTAKE - 1.0) / 0.6
    for index, factor in ((12, 1.3), (14, 0.8), (20, 1.2)):
        series = (1.0 + rise) * (1.0 + rng.normal(0.0, 0.01, (200, TIME.size)))
        assert left_out_of(series, brightens=True).indices == ()
        series[:, index] *= factor
        assert left_out_of(series, brightens=True).indices == (index,)


def test_what_few_voxels_show_is_their_own():
    series = noisy(np.tile(BOLUS, (9, 1)))
    series[:, 40] *= 0.3
    assert left_out_of(series, brightens=False).indices == ()
    assert left_out_of(series[:, :], None, brightens=False).indices == ()


def test_voxels_outside_the_mask_and_air_do_not_count():
    rng = np.random.default_rng(5)
    series = np.concatenate([noisy(np.tile(UPTAKE, (40, 1))), rng.rayleigh(5.0, (400, 60))])
    series[40:, 30] *= 8.0
    assert left_out_of(series, brightens=True).indices == ()
    series[:20, 33] *= 0.3
    inside = np.arange(440) < 20
    assert left_out_of(series, brightens=True, mask=inside).indices == (33,)
    assert left_out_of(series, brightens=True, mask=~inside & (np.arange(440) < 40)).indices == ()


@pytest.mark.parametrize("arrival", [20, 30])
def test_a_slow_steady_state_is_seen_where_it_is_reached(arrival):
    """TR 0.5 s and 30 degrees: 15 volumes until a thousandth is left."""
    late = np.concatenate([np.ones(arrival - 10), BOLUS[: 70 - arrival]])
    found = volumes(noisy(late * settling(0.5, 30, 1.8)), -1)
    assert 15 <= len(found.unsteady) <= 18


def test_a_volume_without_values_is_left_out_and_voxels_without_any_do_not_count():
    series = noisy(np.tile(UPTAKE, (40, 1)))
    series[:, 7], series[:5] = np.nan, np.nan
    assert left_out_of(series, brightens=True).indices == (7,)


def test_a_record_shows_volumes_and_not_what_is_said_of_them():
    record = Unusable(unsteady=(0, 1), kept="kept, but unlike the others: volume 9")
    assert repr(record) == "Unusable(unsteady=(0, 1), corrupt=(), chosen=())"
    assert record.notes[-1] == record.kept
