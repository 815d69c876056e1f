"""Numbers in another unit, times that cannot be: refused, or warned of with the likely cause."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from pet_dataset import write_dataset, write_table

from biomarkers import pet
from biomarkers.errors import AssumptionWarning, InputError, StudyError, UnusualValueWarning
from biomarkers.images import Image
from biomarkers.kinetics import Input
from biomarkers.timing import Frames

RAT = pet.Body(weight_g=251.0, species="rattus norvegicus")


def scan_of(value=220.0, *, frames=None, body=RAT, dose=20.0, side=10, nuclide="F18"):
    """A cube of one activity, kBq/mL, of 2 mm voxels: a hundredth of the dose in 8 mL."""
    frames = frames or Frames([2400.0], [600.0])
    count = len(frames)
    data = np.full((side, side, side, count), value)
    image = Image(data, np.diag([2.0, 2.0, 2.0, 1.0]), "rat_pet.nii.gz", "kBq/mL")
    return pet.Scan(image, frames, pet.nuclide(nuclide), dose_mbq=dose, body=body)


def test_a_rat_and_a_human_pass_without_a_word():
    assert pet.doubts(scan_of()) == ()
    human = pet.Body(weight_g=70000.0, species="homo sapiens")
    assert pet.doubts(scan_of(5.0, body=human, dose=370.0)) == ()
    assert pet.doubts(scan_of(200.0, body=pet.Body(weight_g=25.0), dose=5.0)) == ()
    assert float(pet.suv(scan_of()).data[0, 0, 0]) == pytest.approx(220.0 * 251.0 / 20000.0)
    dynamic = Frames(np.arange(0.0, 3600.0, 300.0), np.full(12, 300.0))
    assert pet.doubts(scan_of(frames=dynamic), (2400.0, 3600.0)) == ()
    water = Frames(np.arange(0.0, 90.0, 10.0), np.full(9, 10.0))
    assert pet.doubts(scan_of(frames=water, nuclide="O15"), (40.0, 60.0)) == ()


def test_a_weight_in_another_unit_is_refused_or_warned_of():
    with pytest.raises(InputError, match=r"weight_g is 0\.251 g; expected 1 to .* looks like kg"):
        replace(RAT, weight_g=0.251)
    heavy = scan_of(body=replace(RAT, weight_g=251000.0))
    weight, dose = pet.doubts(heavy)
    assert "body weight is 251000 g" in weight
    assert "usual in a rat" in weight
    assert "dose per weight" in dose
    assert pet.doubts(scan_of(body=pet.Body(weight_g=251000.0)))


def test_the_file_that_holds_a_weight_that_cannot_be_is_named(tmp_path: Path):
    image = write_dataset(tmp_path)
    write_table(tmp_path / "participants.tsv", [{"participant_id": "sub-01", "weight_g": 0.251}])
    with pytest.raises(StudyError, match=r"participants\.tsv, row 2: weight_g is 0\.251 g"):
        pet.load(image)


@pytest.mark.parametrize("factor", [1000.0, 1e-3])
def test_a_dose_in_another_unit_is_warned_of(factor):
    with pytest.warns(UnusualValueWarning):
        pet.suv(scan_of(dose=20.0 * factor))


def test_more_activity_than_was_injected_is_warned_of():
    with pytest.warns(UnusualValueWarning, match=r"holds .* MBq.* of 20 MBq .*unit Bq/mL"):
        pet.suv(scan_of(220000.0))


def test_one_frame_that_starts_with_the_injection_is_warned_of():
    at_once = scan_of(frames=Frames([0.0], [600.0]))
    with pytest.warns(UnusualValueWarning, match="is InjectionStart right"):
        pet.suv(at_once)


def test_times_in_other_units_are_refused_or_warned_of():
    dynamic = Frames(np.arange(0.0, 3600.0, 300.0), np.full(12, 300.0))
    with pytest.raises(InputError, match="in half-lives; times are in s"):
        scan_of(frames=Frames(1000.0 * dynamic.start, 1000.0 * dynamic.duration))
    minutes = Frames(dynamic.start / 60.0, dynamic.duration / 60.0)
    assert "are its times in minutes" in " ".join(pet.doubts(scan_of(frames=minutes)))
    long = Frames(np.array([40.0, 60.0, 1800.0]), np.array([10.0, 10.0, 1800.0]))
    with pytest.warns(UnusualValueWarning, match="look like minutes"):
        pet.suv(scan_of(frames=long), window=(40.0, 60.0))


def test_durations_that_are_ends_are_named_with_the_way_out(tmp_path: Path):
    keys = {"FrameTimesStart": [0, 300], "FrameDuration": [300, 900]}
    image = write_dataset(tmp_path / "a", keys=keys)
    assert len(pet.load(image).frames) == 2  # 300 is both: nothing contradicts it
    keys = {"FrameTimesStart": [0, 300, 600], "FrameDuration": [300, 600, 900]}
    image = write_dataset(tmp_path / "b", keys=keys, shape=(2, 2, 2, 3))
    with pytest.raises(StudyError, match=r"holds the end of each frame.*frames=Frames"):
        pet.load(image)
    frames = Frames([3600.0, 3900.0, 4200.0], [300.0, 300.0, 300.0])
    scan = pet.load(image, frames=frames)
    assert scan.frames is frames


def test_factors_of_another_time_are_named_with_the_way_out(tmp_path: Path):
    known = pet.load(write_dataset(tmp_path / "a"))
    factors = pet.correction_factors(known.frames, known.nuclide, to=0.0).tolist()
    image = write_dataset(tmp_path / "b", keys={"DecayCorrectionFactor": factors})
    with pytest.raises(StudyError, match=r"correction to the injection .*decay_corrected_to=0\)"):
        pet.load(image)
    assert pet.load(image, decay_corrected_to=0.0).decay_corrected_to == 0.0


# Kinetics: one clock, one scale


def source_and_tissue(start=0.0):
    """A bolus at the injection and two tissues with one compartment: VT 2, and 1 (BPND 1)."""
    fine = np.arange(0.0, 5401.0)
    plasma = np.where(fine > 10.0, 400.0 * np.exp(-fine / 60.0) + 20.0 * np.exp(-fine / 3000.0), 0)
    edges = np.r_[0.0, 30, 60, 90, 120, 180, 240, np.arange(300.0, 5401.0, 300.0)]
    frames = Frames(edges[:-1], np.diff(edges))
    source = Input(fine, plasma=plasma, blood=plasma)
    model = pet.METHODS["1tcm"]
    curves = model.predict({"K1": 0.1, "k2": [0.05, 0.1], "vB": 0.0}, frames, source)
    keep = frames.start >= start
    return source, Frames(frames.start[keep], frames.duration[keep]), curves[:, keep]


LATE_LINES = ("logan", "ma1")
LATE_REFERENCES = ("logan_reference", "patlak_reference", "mrtm1", "srtm", "srtm2")


@pytest.mark.parametrize("method", LATE_LINES + LATE_REFERENCES)
@pytest.mark.parametrize("start", [1800.0, 3600.0])
def test_what_needs_the_curves_since_the_injection_is_not_known_of_a_late_scan(method, start):
    source, frames, (tissue, region) = source_and_tissue(start)
    if method in LATE_REFERENCES:
        source = Input.reference_region(frames, region)
    with pytest.warns(AssumptionWarning, match=f"{method} needs the curves since the injection"):
        fit = pet.fit(tissue, frames, source, model=method)
    assert all(np.isnan(fit[each.name]) for each in fit.parameters)
    assert "begun late" in fit.reasons.words()
    assert fit.flags
    assert set(fit.table["qc"]) == {"fail"}
    assert "begun late" in fit.summary()


@pytest.mark.parametrize("start", [0.0, 1800.0])
def test_what_needs_only_the_input_since_the_injection_is_right_of_a_late_scan(start):
    source, frames, curves = source_and_tissue(start)
    assert pet.fit(curves, frames, source, model="1tcm")["VT"] == pytest.approx(
        [2.0, 1.0], rel=1e-5
    )
    kept = pet.METHODS["2tcm_irreversible"].predict(
        {"K1": 0.1, "k2": 0.1, "k3": 0.05, "vB": 0.0}, frames, source
    )
    line = pet.METHODS["patlak"].fit(kept, frames, source, t_star=3000.0)
    assert line["Ki"] == pytest.approx(0.1 * 0.05 / 0.15, rel=0.01)


@pytest.mark.parametrize("method", [*LATE_LINES, "mrtm1", "srtm"])
def test_a_whole_scan_is_fitted_without_a_word(method):
    source, frames, (tissue, region) = source_and_tissue()
    name, truth = ("VT", 2.0) if method in LATE_LINES else ("BPND", 1.0)
    if method not in LATE_LINES:
        source = Input.reference_region(frames, region)
    assert pet.fit(tissue, frames, source, model=method)[name] == pytest.approx(truth, rel=0.06)


def test_an_input_that_begins_after_the_injection_is_refused():
    source, frames, curves = source_and_tissue()
    late = source.time >= 300.0
    cut = Input(source.time[late], plasma=source.plasma[late], blood=source.blood[late])
    with pytest.raises(InputError, match="input begins 300 s after the injection"):
        pet.fit(curves, frames, cut, model="1tcm")


@pytest.mark.parametrize("factor", [1000.0, 1e-3])
@pytest.mark.parametrize("method", ["1tcm", "2tcm", "patlak", "ma1"])
def test_tissue_and_input_in_two_units_are_warned_of_and_no_row_is_ok(method, factor):
    source, frames, curves = source_and_tissue()
    with pytest.warns(UnusualValueWarning, match="one of them looks like Bq/mL"):
        fit = pet.fit(factor * curves, frames, source, model=method)
    assert "ok" not in set(fit.table["qc"])
