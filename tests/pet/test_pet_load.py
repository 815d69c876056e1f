"""A scan is read from PET-BIDS; what is missing or contradicts itself is named."""

import json
import math
from pathlib import Path

import pytest
from pet_dataset import NAME, write_dataset, write_table

from biomarkers import pet
from biomarkers.errors import FileError, ImageError, StudyError

RATE = math.log(2.0) / 6586.2


def test_times_count_from_the_injection_and_activity_is_in_kbq_per_ml(tmp_path: Path) -> None:
    scan = pet.load(write_dataset(tmp_path))
    assert scan.frames.start.tolist() == [3600.0, 3900.0]
    assert scan.frames.duration.tolist() == [300.0, 600.0]
    assert scan.decay_corrected_to == 3600.0
    assert scan.injection_start == -3600.0
    assert scan.image.unit == "kBq/mL"
    assert (scan.series == 5.0).all()
    assert (scan.tracer, scan.nuclide.name, scan.dose_mbq) == ("FLT", "F18", 20.0)
    assert scan.weight_g is None


def test_an_uncorrected_scan_says_so(tmp_path: Path) -> None:
    scan = pet.load(write_dataset(tmp_path, keys={"ImageDecayCorrected": False}))
    assert scan.decay_corrected_to is None


def test_one_frame_is_a_volume(tmp_path: Path) -> None:
    one = {"FrameTimesStart": [0], "FrameDuration": [600]}
    for shape in ((2, 3, 4), (2, 3, 4, 1)):
        scan = pet.load(write_dataset(tmp_path, keys=one, shape=shape))
        assert scan.image.shape == (2, 3, 4)


def test_a_scan_is_found_from_within_its_folder_and_inherits(tmp_path, monkeypatch) -> None:
    image = write_dataset(tmp_path, without=("TracerRadionuclide", "Units"))
    (tmp_path / "trc-FLT_pet.json").write_text('{"TracerRadionuclide": "18F", "Units": "Bq/mL"}')
    (tmp_path / "sub-01" / "sub-01_pet.json").write_text('{"Units": "kBq/mL"}')
    write_table(tmp_path / "sub-01" / "sub-01_sessions.tsv", [SESSION])
    for folder, name in (
        (image.parent, image.name),
        (tmp_path, str(image.relative_to(tmp_path))),
        (tmp_path / "sub-01", f"ses-day03/pet/{image.name}"),
        (image.parent, f"../../ses-day03/pet/{image.name}"),
    ):
        monkeypatch.chdir(folder)
        scan = pet.load(name)
        assert (scan.series == 5000.0).all()
        assert scan.weight_g == 251.0


def test_a_lone_image_with_its_sidecar_needs_no_dataset(tmp_path: Path) -> None:
    image = write_dataset(tmp_path)
    (tmp_path / "dataset_description.json").unlink()
    lone = tmp_path / "elsewhere" / image.name
    lone.parent.mkdir()
    image.rename(lone)
    image.with_name(f"{NAME}.json").rename(lone.with_name(f"{NAME}.json"))
    assert pet.load(lone).dose_mbq == 20.0
    write_table(lone.with_name("participants.tsv"), [{"participant_id": "sub-01", "sex": "M"}])
    write_table(lone.with_name("sub-01_sessions.tsv"), [SESSION])
    body = pet.load(lone).body
    assert (body.weight_g, body.sex) == (251.0, "male")


SESSION = {"session_id": "ses-day03", "days": 3, "weight_g": 251}


@pytest.mark.parametrize(
    ("sessions", "participants", "sidecar", "expected"),
    [
        (SESSION, {"weight_g": 240}, {"weight_g": 230}, 251.0),
        ({**SESSION, "weight_g": "n/a"}, {"weight_g": 240}, {"weight_g": 230}, 240.0),
        ({**SESSION, "session_id": "ses-day07"}, {"weight_g": 240}, {}, 240.0),
        (None, {"weight_kg": 0.24}, {}, 240.0),
        (None, {"weight_g": "n/a"}, {"PatientWeight": 0.23}, 230.0),
        (None, None, {"weight_g": 230}, 230.0),
        (None, None, {}, None),
    ],
)
def test_weight_is_of_the_session_else_of_the_subject_else_of_the_scan(
    tmp_path: Path, sessions, participants, sidecar, expected
) -> None:
    image = write_dataset(tmp_path, keys=sidecar)
    if sessions:
        write_table(tmp_path / "sub-01" / "sub-01_sessions.tsv", [sessions])
    if participants:
        write_table(tmp_path / "participants.tsv", [{"participant_id": "sub-01", **participants}])
    assert pet.load(image).weight_g == pytest.approx(expected)


def test_a_derived_scan_finds_the_tables_of_its_study(tmp_path: Path) -> None:
    image = write_dataset(tmp_path / "derivatives" / "motion")
    write_table(tmp_path / "sub-01" / "sub-01_sessions.tsv", [SESSION])
    row = {"participant_id": "sub-01", "species": "rattus norvegicus", "sex": "F"}
    write_table(tmp_path / "participants.tsv", [row])
    body = pet.load(image).body
    assert (body.weight_g, body.species, body.sex) == (251.0, "rattus norvegicus", "female")


def test_a_unit_may_stand_in_the_description_of_the_table(tmp_path: Path) -> None:
    image = write_dataset(tmp_path)
    row = {"participant_id": "sub-01", "weight": 81.5, "height": 1.78}
    write_table(tmp_path / "participants.tsv", [row])
    with pytest.raises(StudyError, match=r"participants.tsv, row 2: weight has no unit"):
        pet.load(image)
    described = {"weight": {"Units": "kg"}, "height": {"Units": "m"}}
    (tmp_path / "participants.json").write_text(json.dumps(described))
    body = pet.load(image).body
    assert (body.weight_g, body.height_cm) == pytest.approx((81500.0, 178.0))


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ({"weight_g": "heavy"}, "row 2: weight_g is 'heavy'"),
        ({"weight_g": -3}, "row 2: weight_g is '-3'; expected a positive number"),
        ({"weight_g": 250, "weight_kg": 250}, "weight_g and .*weight_kg contradict each other"),
        ({"sex": "yes"}, "row 2: sex: sex is 'yes'"),
    ],
)
def test_what_a_table_says_wrongly_is_named(tmp_path: Path, row, message: str) -> None:
    image = write_dataset(tmp_path)
    write_table(tmp_path / "participants.tsv", [{"participant_id": "sub-01", **row}])
    with pytest.raises(StudyError, match=message):
        pet.load(image)


def test_the_residue_in_the_syringe_is_taken_off_at_the_time_of_injection(tmp_path: Path) -> None:
    residue = {
        "ResidualRadioactivity": 500.0,
        "ResidualRadioactivityUnits": "kBq",
        "ResidualRadioactivityTime": -3000,
    }
    scan = pet.load(write_dataset(tmp_path, keys=residue))
    assert scan.dose_mbq == pytest.approx(20.0 - 0.5 * math.exp(600.0 * RATE))
    with pytest.raises(StudyError, match=r"ResidualRadioactivity is 30000.*less than Injected"):
        pet.load(write_dataset(tmp_path, keys={**residue, "ResidualRadioactivity": 30000.0}))
    del residue["ResidualRadioactivityTime"]
    with pytest.raises(StudyError, match="no key ResidualRadioactivityTime"):
        pet.load(write_dataset(tmp_path, keys=residue))


@pytest.mark.parametrize(
    "key",
    [
        *("TimeZero", "ScanStart", "InjectionStart", "FrameTimesStart", "FrameDuration", "Units"),
        *("ImageDecayCorrected", "ImageDecayCorrectionTime", "TracerRadionuclide"),
        *("InjectedRadioactivity", "InjectedRadioactivityUnits"),
    ],
)
def test_a_missing_key_is_named_with_its_file(tmp_path: Path, key: str) -> None:
    image = write_dataset(tmp_path, without=(key,))
    with pytest.raises(StudyError, match=rf"{NAME}.json: no key {key}; expected"):
        pet.load(image)


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        ({"TimeZero": "10 o'clock"}, "TimeZero is .* expected a clock time hh:mm:ss"),
        ({"ScanStart": 3600}, "FrameTimesStart begins at 0 s, before ScanStart"),
        ({"InjectionStart": 1000}, "last frame ends at 900 s, before InjectionStart"),
        ({"ScanStart": None}, "ScanStart is None; expected a number"),
        ({"FrameTimesStart": [0]}, "FrameTimesStart is 1 entries.*2 numbers"),
        ({"FrameTimesStart": [0, 200]}, "FrameTimesStart, FrameDuration: .*frame 0 ends at"),
        ({"FrameDuration": [300, 0]}, "FrameDuration is .* above 0 s"),
        ({"ImageDecayCorrected": "yes"}, "ImageDecayCorrected is 'yes'; expected true or false"),
        ({"Units": "g/mL"}, "Units is 'g/mL'; expected activity per volume"),
        ({"TracerRadionuclide": "F19"}, "TracerRadionuclide: unknown nuclide 'F19'"),
        ({"InjectedRadioactivity": 0}, "InjectedRadioactivity is 0; expected a positive number"),
        ({"InjectedRadioactivityUnits": "mg"}, "InjectedRadioactivityUnits is 'mg'"),
        ({"RadionuclideHalfLife": 1220.0}, "RadionuclideHalfLife is 1220.*6586"),
        ({"DecayCorrectionFactor": [1.4, 1.5]}, "DecayCorrectionFactor does not correct"),
    ],
)
def test_what_makes_no_sense_or_contradicts_itself_is_named(tmp_path, keys, message) -> None:
    image = write_dataset(tmp_path, keys=keys)
    with pytest.raises(StudyError, match=message) as caught:
        pet.load(image)
    assert f"{NAME}.json" in str(caught.value)


@pytest.mark.parametrize("at", [0.0, 0.5, 1.0])
def test_factors_of_any_convention_agree_with_their_time(tmp_path: Path, at: float) -> None:
    used = [math.exp(RATE * (0 + at * 300)), math.exp(RATE * (300 + at * 600))]
    scan = pet.load(write_dataset(tmp_path, keys={"DecayCorrectionFactor": used}))
    assert scan.decay_corrected_to == 3600.0


def test_a_half_life_the_scanner_states_is_used(tmp_path: Path) -> None:
    scan = pet.load(write_dataset(tmp_path, keys={"RadionuclideHalfLife": 6588.0}))
    assert scan.nuclide.half_life == 6588.0


def test_a_name_that_is_not_bids_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FileError, match="has no BIDS name"):
        pet.load(tmp_path / "my-scan.nii.gz")


def test_a_scan_in_which_nothing_was_seen_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ImageError, match=r"pet\.nii\.gz holds no value but 0 and NaN"):
        pet.load(write_dataset(tmp_path, value=0.0))


@pytest.mark.parametrize("weight", ["2_51", "\uff12", "0,25", "inf"])
def test_a_weight_is_written_in_plain_digits(tmp_path: Path, weight: str) -> None:
    image = write_dataset(tmp_path)
    write_table(tmp_path / "participants.tsv", [{"participant_id": "sub-01", "weight_kg": weight}])
    with pytest.raises(StudyError, match="weight_kg is"):
        pet.load(image)
