"""Sidecars that contradict themselves: the likely cause is named, and the way to go on.

Of the ten PET sidecars in the public BIDS examples (github.com/bids-standard/bids-examples) three
hold the start of the next frame as `FrameDuration`, three decay factors of another time than
`ImageDecayCorrectionTime`, three a body weight without a unit, and one is in order.
"""

from pathlib import Path

import numpy as np
import pytest
from pet_dataset import write_dataset, write_table

from biomarkers import pet
from biomarkers.errors import InputError, StudyError
from biomarkers.timing import Frames

START, LENGTH = np.array([0.0, 300.0, 600.0]), np.array([300.0, 300.0, 600.0])
TIMES = {"FrameTimesStart": START.tolist(), "FrameDuration": LENGTH.tolist()}
INJECTED = 3600.0  # s before the first frame


def dataset(root: Path, **keys: object) -> Path:
    return write_dataset(root, keys={**TIMES, **keys}, shape=(2, 2, 2, 3))


def suv(scan: pet.Scan) -> float:
    return float(pet.suv(scan, window=(INJECTED, INJECTED + 1800.0)).data[0, 0, 0])


@pytest.fixture
def right(tmp_path: Path) -> pet.Scan:
    """The scan as it should have been described, of a rat of 251 g."""
    return pet.load(dataset(tmp_path / "right"), weight_g=251.0)


def test_one_that_is_in_order_loads(right):
    np.testing.assert_array_equal(right.frames.start, START + INJECTED)
    assert suv(right) > 0


@pytest.mark.parametrize("zero", [0.0, 60.0], ids=["from the first frame", "from TimeZero"])
@pytest.mark.parametrize("last", [1200.0, 600.0], ids=["its end", "its length"])
def test_ends_for_durations(right, tmp_path: Path, zero, last) -> None:
    start, ends = START + zero, [*(START[1:] + zero), last + zero]
    keys = {"FrameTimesStart": start.tolist(), "FrameDuration": ends, "ScanStart": zero}
    image = dataset(tmp_path / "ends", **keys)
    said = r"FrameDuration holds the end of each frame.*pet\.load\(\.\.\., frames=Frames"
    with pytest.raises(StudyError, match=said) as told:
        pet.load(image)
    assert str(image.with_name(image.name.replace(".nii.gz", ".json"))) in str(told.value)
    mended = Frames(start + INJECTED, LENGTH)
    scan = pet.load(image, frames=mended, weight_g=251.0)
    np.testing.assert_array_equal(scan.frames.duration, LENGTH)
    assert suv(scan) == pytest.approx(suv(right)) if zero == 0 else suv(scan) > 0


@pytest.mark.parametrize(
    ("to", "named"),
    [
        (0.0, "the injection .*decay_corrected_to=0"),
        (INJECTED + 600.0, "the start of the scan .*decay_corrected_to=4200"),
        (1234.0, r"to go by neither, pet\.load\(\.\.\., decay_corrected_to="),
    ],
)
def test_decay_factors_of_another_time(tmp_path: Path, to, named) -> None:
    start = (START + 600.0).tolist()
    plain = pet.load(dataset(tmp_path / "plain", FrameTimesStart=start), weight_g=251.0)
    factors = pet.correction_factors(plain.frames, plain.nuclide, to=to).tolist()
    image = dataset(tmp_path / "other", FrameTimesStart=start, DecayCorrectionFactor=factors)
    with pytest.raises(StudyError, match=f"DecayCorrectionFactor does not correct .*{named}"):
        pet.load(image)
    scan = pet.load(image, decay_corrected_to=to, weight_g=251.0)
    assert scan.decay_corrected_to == to
    ratio = np.exp(scan.nuclide.decay_constant * (to - plain.decay_corrected_to))
    assert suv(scan) / suv(plain) == pytest.approx(ratio)


@pytest.mark.parametrize(
    ("table", "name"),
    [
        ("participants.tsv", "participant_id"),
        ("sub-01/sub-01_sessions.tsv", "session_id"),
        (None, "weight"),
    ],
)
def test_a_weight_without_a_unit_is_asked_for_where_it_is_needed(
    right, tmp_path: Path, table, name
) -> None:
    keys = {} if table else {"weight": 251.0}
    image = dataset(tmp_path / "unitless", **keys)
    if table:
        whose = "sub-01" if name == "participant_id" else "ses-day03"
        write_table(tmp_path / "unitless" / table, [{name: whose, "weight": 251.0}])
    scan = pet.load(image)  # nobody asks for an SUV yet
    assert scan.weight_g is None
    assert np.isfinite(pet.suv(scan, kind="%ID/mL").data).all()
    with pytest.raises(InputError, match=r"weight_g=.*weight has no unit.*as in weight_g"):
        pet.suv(scan)
    assert suv(pet.load(image, weight_g=251.0)) == pytest.approx(suv(right))
