"""Standardised uptake against cases computed by hand."""

import math
from dataclasses import replace

import numpy as np
import pytest
from pet_dataset import write_dataset, write_table

from biomarkers import pet
from biomarkers.errors import InputError
from biomarkers.images import Image
from biomarkers.pet.clock import DicomTimes, bids_timing
from biomarkers.timing import Frames

HALF = 6586.2  # s, F18
MAN = pet.Body(weight_g=80000.0, height_cm=180.0, sex="male")
WOMAN = pet.Body(weight_g=60000.0, height_cm=165.0, sex="female")
RAT = pet.Body(weight_g=250.0, species="rattus norvegicus")


def one_frame(
    activity: float, *, to: float | None, body: pet.Body = RAT, start: float = HALF
) -> pet.Scan:
    """A frame of 600 s that starts one half-life after 20 MBq of F18 were injected."""
    image = Image(np.full((1, 1, 1), activity), np.eye(4), "made here", "kBq/mL")
    return pet.Scan(
        image, Frames([start], [600.0]), pet.nuclide("F18"), 20.0, body, decay_corrected_to=to
    )


# A rat of 250 g holds 20 MBq, 80 kBq/g at the injection. A tissue of SUV 3 holds 240 kBq/mL then,
# 120 after one half-life (when the scan starts), 60 after two. Uncorrected, the frame of 600 s has
# the mean of its decay: 120 · (1 − 2^(−600/6586.2)) / (600/6586.2 · ln 2) = 116.28978.
BY_HAND = [
    ("corrected to the injection", 240.0, 0.0),
    ("corrected to the start of the scan", 120.0, HALF),
    ("corrected to two half-lives", 60.0, 2.0 * HALF),
    ("corrected to a time before the injection", 480.0, -HALF),
    ("not corrected", 116.28978, None),
]


@pytest.mark.parametrize(("case", "activity", "to"), BY_HAND, ids=[case[0] for case in BY_HAND])
def test_every_decay_correction_gives_one_suv(case: str, activity: float, to: float | None) -> None:
    found = pet.suv(one_frame(activity, to=to))
    assert found.unit == "g/mL"
    assert found.data[0, 0, 0] == pytest.approx(3.0, rel=1e-6)


def test_the_recipe_of_qiba() -> None:
    """Weight in kg × 1000 over the dose decayed to the start of the scan, on pixels in Bq/mL.

    The vendor-neutral pseudo-code of the Quantitative Imaging Biomarkers Alliance, as quoted by
    the R package oro.pet; for an image whose Decay Correction is START.
    """
    weight, dose, waited, pixel = 71.3, 374e6, 3517.0, 5321.0
    decayed_dose = dose * 2.0 ** (-waited / HALF)
    expected = pixel * weight * 1000.0 / decayed_dose
    scan = one_frame(pixel / 1000.0, to=waited, body=pet.Body(weight_g=71300.0), start=waited)
    assert pet.suv(replace(scan, dose_mbq=374.0)).data == pytest.approx(expected)


@pytest.mark.parametrize("decay", ["START", "ADMIN", "NONE"])
@pytest.mark.parametrize("zero", [-3600.0, 0.0, 500.0])
def test_from_dicom_clock_to_suv_over_midnight(tmp_path, decay: str, zero: float) -> None:
    """Whatever the header says and wherever `TimeZero` is, 5 kBq/mL at the injection is SUV 1."""
    rate = math.log(2.0) / HALF
    within = rate * 600.0
    value = {
        "ADMIN": 5000.0,
        "START": 5000.0 * math.exp(-rate * 3600.0),
        "NONE": 5000.0 * math.exp(-rate * 3600.0) * (1.0 - math.exp(-within)) / within,
    }[decay]
    times = DicomTimes(
        decay, "20240201003000", ("20240201003000",), (600000,), HALF, start_time="233000"
    )
    keys = bids_timing(times)
    for key in ("InjectionStart", "ScanStart", "ImageDecayCorrectionTime"):
        keys[key] += zero
    keys["FrameTimesStart"] = [start + zero for start in keys["FrameTimesStart"]]
    path = write_dataset(tmp_path, keys=keys, shape=(1, 1, 1), value=value)
    write_table(tmp_path / "participants.tsv", [{"participant_id": "sub-01", "weight_g": 4000}])
    assert pet.suv(pet.load(path)).data == pytest.approx(1.0, rel=1e-6)


# Lean mass and surface by hand. BMI of 80 kg and 1.80 m is 24.6914, of 60 kg and 1.65 m 22.0386.
SIZES = [
    # 9270·80 / (6680 + 216·24.6914) = 61.7314 kg; 9270·60 / (8780 + 244·22.0386) = 39.2868 kg
    ("lbm-janmahasatian", MAN, 61731.4, "g/mL"),
    ("lbm-janmahasatian", WOMAN, 39286.8, "g/mL"),
    # 1.10·80 − 128·(80/180)² = 62.7160 kg; 1.07·60 − 148·(60/165)² = 44.6298 kg
    ("lbm-james", MAN, 62716.0, "g/mL"),
    ("lbm-james", WOMAN, 44629.8, "g/mL"),
    # A worked example: www.shorttutorials.com/lean-body-mass/lbm-in-women-james-formula.html
    ("lbm-james", replace(WOMAN, height_cm=160.0), 43387.5, "g/mL"),
    # 0.007184 · 80^0.425 · 180^0.725 = 1.99642 m²; of 60 kg and 165 cm: 1.65866 m²
    ("bsa", MAN, 19964.2, "cm^2/mL"),
    ("bsa", WOMAN, 16586.6, "cm^2/mL"),
    ("%ID/g", RAT, 100.0, "%/g"),
    ("%ID/mL", RAT, 100.0, "%/mL"),
]


@pytest.mark.parametrize(("kind", "body", "size", "unit"), SIZES)
def test_every_kind_by_hand(kind: str, body: pet.Body, size: float, unit: str) -> None:
    found = pet.suv(one_frame(5.0, to=0.0, body=body), kind=kind)
    assert found.unit == unit
    assert found.data[0, 0, 0] == pytest.approx(5.0 / 20000.0 * size, rel=1e-5)


@pytest.mark.parametrize("kind", ["lbm-janmahasatian", "lbm-james", "bsa"])
@pytest.mark.parametrize(
    ("body", "message"),
    [
        (RAT, "here is rattus norvegicus of 250 g"),
        (replace(MAN, species="macaca mulatta"), "here is macaca mulatta"),
        (pet.Body(weight_g=250.0, height_cm=20.0, sex="male"), "here is a body of 250 g"),
        (replace(MAN, height_cm=None), "body height is not known"),
        (replace(MAN, weight_g=None), "body weight is not known; give weight_g"),
    ],
)
def test_formulas_of_adults_are_refused_for_others(kind, body, message) -> None:
    with pytest.raises(InputError, match=f"made here: .*{message}"):
        pet.suv(one_frame(5.0, to=0.0, body=body), kind=kind)


def test_lean_mass_needs_a_sex_and_james_fails_the_very_obese() -> None:
    with pytest.raises(InputError, match="sex is not known"):
        pet.suv(one_frame(5.0, to=0.0, body=replace(MAN, sex=None)), kind="lbm-james")
    obese = pet.Body(weight_g=200000.0, height_cm=160.0, sex="female")
    with pytest.raises(InputError, match="use lbm-janmahasatian"):
        pet.suv(one_frame(5.0, to=0.0, body=obese), kind="lbm-james")


def test_what_is_not_known_is_asked_for() -> None:
    with pytest.raises(InputError, match="dose_mbq is not known"):
        pet.suv(replace(one_frame(5.0, to=0.0), dose_mbq=None))
    with pytest.raises(InputError, match="body weight is not known"):
        pet.suv(replace(one_frame(5.0, to=0.0), body=pet.Body()))
    with pytest.raises(InputError, match="kind is 'lean'; expected one of bw, lbm-"):
        pet.suv(one_frame(5.0, to=0.0), kind="lean")


def dynamic(to: float | None = 0.0) -> pet.Scan:
    values = np.array([80.0, 160.0, 240.0, 320.0]).reshape(1, 1, 1, 4)
    image = Image(values, np.eye(4), "made here", "kBq/mL")
    frames = Frames([0.0, 100.0, 400.0, 1000.0], [100.0, 300.0, 600.0, 600.0])
    return pet.Scan(
        image, frames, pet.nuclide("F18"), 20.0, pet.Body(weight_g=250.0), decay_corrected_to=to
    )


def test_every_frame_for_itself_or_a_window_by_duration() -> None:
    assert pet.suv(dynamic()).data[0, 0, 0] == pytest.approx([1.0, 2.0, 3.0, 4.0])
    late = pet.suv(dynamic(), window=(100.0, 1000.0))
    assert late.shape == (1, 1, 1)
    assert late.data[0, 0, 0] == pytest.approx((300.0 * 2.0 + 600.0 * 3.0) / 900.0)
    assert "100 to 1000 s" in late.source
    with pytest.raises(InputError, match="no frame has its middle between 1500 and 2000 s"):
        pet.suv(dynamic(), window=(1500.0, 2000.0))


def test_a_window_of_uncorrected_frames_is_corrected_first() -> None:
    scan = dynamic()
    decayed = scan.series / pet.correction_factors(scan.frames, scan.nuclide)
    uncorrected = replace(
        scan,
        image=scan.image.with_data(decayed, source="x", unit="kBq/mL"),
        decay_corrected_to=None,
    )
    window = (0.0, 1600.0)
    expected = pet.suv(scan, window=window).data
    assert pet.suv(uncorrected, window=window).data == pytest.approx(expected)
    with pytest.raises(InputError, match="must be corrected for decay to be averaged"):
        uncorrected.merged(np.ones(4, dtype=bool))
