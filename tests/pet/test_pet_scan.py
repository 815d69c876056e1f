"""A scan built from arrays, and the decay of its frames."""

import math

import numpy as np
import pytest
from scipy.integrate import quad

from biomarkers import pet
from biomarkers.errors import InputError
from biomarkers.images import Image
from biomarkers.timing import Frames

F18 = pet.nuclide("F18")
FRAMES = Frames([0.0, 60.0, 600.0], [60.0, 540.0, 3000.0])


def scan(values: object, *, to: float | None = 0.0, frames: Frames = FRAMES) -> pet.Scan:
    image = Image(np.asarray(values, dtype=float), np.eye(4), "made here", "kBq/mL")
    return pet.Scan(image, frames, F18, decay_corrected_to=to)


def constant(rows: np.ndarray | list[float]) -> np.ndarray:
    return np.broadcast_to(np.asarray(rows), (2, 1, 1, len(rows)))


@pytest.mark.parametrize("spelling", ["F18", "F-18", "18F", "[18F]", "^18^F"])
def test_a_nuclide_by_any_of_its_spellings(spelling: str) -> None:
    assert pet.nuclide(spelling) == F18
    assert F18.half_life == pytest.approx(6586.2)


def test_an_unknown_nuclide_is_refused() -> None:
    with pytest.raises(InputError, match="unknown nuclide 'F19'"):
        pet.nuclide("F19")


@pytest.mark.parametrize("to", [0.0, -300.0, 2400.0])
def test_uncorrected_frames_are_corrected_as_their_integral_says(to: float) -> None:
    rate = math.log(2.0) / 6586.2
    measured = [
        5.0 * quad(lambda t: math.exp(-rate * t), start, end)[0] / (end - start)
        for start, end in zip(FRAMES.start, FRAMES.end, strict=True)
    ]
    corrected = scan(constant(measured), to=None).decay_corrected(to)
    assert corrected.decay_corrected_to == to
    assert corrected.series == pytest.approx(5.0 * math.exp(-rate * to), rel=1e-12)


def test_an_instant_decays_by_its_time_alone() -> None:
    found = pet.correction_factors(Frames.instants([0.0, 6586.2]), F18)
    assert found == pytest.approx([1.0, 2.0])


def test_a_correction_to_another_time_is_carried_over() -> None:
    at_start = scan(constant([1.0, 2.0, 3.0]), to=6586.2)
    assert at_start.decay_corrected().series[0, 0, 0] == pytest.approx([2.0, 4.0, 6.0])
    assert at_start.decay_corrected(6586.2) is at_start


def test_one_frame_has_a_time_axis_in_its_series() -> None:
    for shape in ((2, 3, 4), (2, 3, 4, 1)):
        single = scan(np.ones(shape), frames=Frames([0.0], [60.0]))
        assert single.series.shape == (2, 3, 4, 1)
        assert single.image.shape == single.decay_corrected(60.0).image.shape == (2, 3, 4)


def test_what_does_not_fit_is_refused() -> None:
    with pytest.raises(InputError, match=r"does not fit 3 frame"):
        scan(np.ones((2, 3, 4)))
    with pytest.raises(InputError, match="unit is not given; expected kBq/mL"):
        pet.Scan(Image(np.ones((1, 1, 1)), np.eye(4), "made here"), Frames([0.0], [1.0]), F18)
    with pytest.raises(InputError, match="dose_mbq is -1"):
        pet.Scan(scan(constant([1.0, 1.0, 1.0])).image, FRAMES, F18, dose_mbq=-1.0)
    with pytest.raises(InputError, match="weight_g is 0"):
        pet.Body(weight_g=0.0)
    with pytest.raises(InputError, match="sex is 'X'"):
        pet.Body(sex="X")
