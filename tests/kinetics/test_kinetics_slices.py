"""Slices that are taken one after the other: offsets that are possible, and means of several."""

import numpy as np
import pytest

from biomarkers.errors import InputError
from biomarkers.estimates import Chosen
from biomarkers.kinetics import MODELS, Input
from biomarkers.kinetics.slices import as_listed, by_offset, on_one_clock, seen_at, slice_offsets

TIME = 3.0 * np.arange(60)
FINE = np.arange(0.0, 220.0, 0.5)


def level(time):
    since = np.maximum(np.asarray(time) - 20.0, 0.0)
    return 5.0 * (since / 6.0) * np.exp(1.0 - since / 6.0) + 1.0 - np.exp(-since / 9.0)


SOURCE = Input(FINE, plasma=level(FINE))


@pytest.mark.parametrize(
    ("given", "where"),
    [([0.0, 1.0, 2.0], np.s_[:, :, 1]), (np.reshape([0.0, 1.0], (2, 1, 1)), np.s_[1])],
)
def test_offsets_lie_along_the_axis_that_they_broadcast_to(given, where):
    whole = slice_offsets(given, (2, 4, 3), TIME).reshape(2, 4, 3)
    assert (whole[where] == 1.0).all()
    assert np.count_nonzero(whole == 1.0) == whole[where].size
    assert slice_offsets(None, (2, 4, 3), TIME) is None


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ([0.0, 1000.0, 2000.0], r"0 to 2000; expected s within a volume, 0 to 3; .*like ms"),
        ([0.0, 1.0, 3.1], r"goes from 0 to 3\.1; expected s within a volume, 0 to 3$"),
        ([-1.0, 0.0, 1.0], "goes from -1"),
        ([0.0, np.nan, 1.0], "goes from nan"),
        ([0.0, 1.0], "does not fit voxels"),
        (["a", "b", "c"], "slice_timing"),
    ],
)
def test_offsets_that_cannot_be_are_refused(given, said):
    with pytest.raises(InputError, match=said):
        slice_offsets(given, (2, 4, 3), TIME)


def test_two_volumes_tell_how_long_one_takes_and_a_lone_one_does_not():
    with pytest.raises(InputError, match=r"goes from 0 to 3\.1; .* 0 to 3$"):
        slice_offsets([0.0, 1.0, 3.1], (2, 4, 3), TIME[:2])
    assert slice_offsets([0.0, 1.0, 3.1], (1, 1, 3), TIME[:1]).tolist() == [0.0, 1.0, 3.1]


def test_voxels_that_are_taken_together_come_together():
    offsets = np.array([0.0, 2.0, 0.0, 1.0])
    chosen = Chosen((4,), np.array([0, 1, 2]))
    parts = [(late, part.index.tolist()) for late, part in by_offset(offsets, chosen)]
    assert parts == [(0.0, [0, 2]), (2.0, [1])]
    assert [late for late, _ in by_offset(None, chosen)] == [0.0]
    assert as_listed(np.reshape([0.0, 1.0], (2, 1, 1))) == [0.0, 1.0]
    assert as_listed(np.array([[0.0, 1.0], [1.0, 0.0]])) == [0.0, 1.0]


def test_the_mean_of_slices_answers_to_the_mean_of_what_they_see():
    model, true = MODELS["extended_tofts"], {"Ktrans": 0.2, "kep": 0.6, "vp": 0.04}
    offsets = np.array([0.0, 0.9, 0.9, 2.4])
    curves = [model.predict(true, TIME + late, SOURCE) for late in offsets]
    fed = seen_at(SOURCE, offsets)
    np.testing.assert_allclose(model.predict(true, TIME, fed), np.mean(curves, axis=0), atol=1e-12)
    fit = model.fit(np.mean(curves, axis=0), TIME, fed)
    assert [float(fit[name]) for name in true] == pytest.approx(list(true.values()), rel=1e-6)


def test_curves_come_on_one_clock():
    offsets = np.array([0.0, 1.0, 2.0])
    curves = np.array([level(TIME + late) for late in offsets])
    moved, instants = on_one_clock(curves, TIME, offsets)
    np.testing.assert_array_equal(instants, TIME + 1.0)
    np.testing.assert_array_equal(moved[1], curves[1])
    # A monotone cubic cuts the foot and the peak; where the curve is smooth it is right.
    true = np.broadcast_to(level(instants), (3, 60))
    np.testing.assert_allclose(moved[:, 10:], true[:, 10:], atol=0.02)
    assert np.abs(moved - true).max() < 0.5 * np.abs(curves - true).max()
    assert on_one_clock(curves, TIME, None)[1] is TIME
    curves[0, 3] = np.nan
    assert np.isnan(on_one_clock(curves, TIME, offsets)[0]).all(axis=1).tolist() == [1, 0, 0]
