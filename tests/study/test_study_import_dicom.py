"""DICOM series become images of a study: the right pixels, places, times and names."""

import json
import shutil

import nibabel as nib
import numpy as np
import pytest
from dicom_of_known_truth import (
    EDGE,
    THICK,
    clock,
    ramps,
    write_enhanced,
    write_positron,
    write_series,
)
from pydicom import dcmread
from pydicom.uid import ImplicitVRLittleEndian, RLELossless

from biomarkers import pet, study
from biomarkers.errors import ProblemsError, StudyError
from biomarkers.study.convert.dicom import pixels

SHAPE = (8, 6, 5, 4)
DYNAMIC = ramps(SHAPE)
ROW = {"subject": "01", "session": "pre", "day": 0}
DCE = {**ROW, "suffix": "dce"}
STEM = "sub-01/ses-pre/perf/sub-01_ses-pre_dce"


def read(root, stem):
    """Return image and sidecar of an imported series."""
    return nib.load(root / f"{stem}.nii.gz"), json.loads((root / f"{stem}.json").read_text())


def assert_as_written(image, data=DYNAMIC):
    """Every voxel has its value, and lies where the header has it."""
    inverse = np.linalg.inv(image.affine)
    corners = np.array([[0, 0, 0], [3, 2, 1], [7, 5, 4]])
    mm = corners * [EDGE, EDGE, THICK] + [-4.0, -3.0, 0.0]
    at = np.round(nib.affines.apply_affine(inverse, mm * [-1, -1, 1]), 3).astype(int)
    for corner, place in zip(corners, at, strict=True):
        np.testing.assert_array_equal(image.get_fdata()[tuple(place)], data[tuple(corner)])
    assert sorted(image.get_fdata().ravel()) == sorted(data.ravel())


@pytest.mark.parametrize(
    "how",
    [
        {},
        {"shuffled": True},
        {
            "Manufacturer": "Philips Medical Systems",
            "of_image": lambda volume, place: {"TriggerTime": 10000.0 * volume},
        },
        # Numbered slice by slice, all volumes of a slice together.
        {"of_image": lambda volume, place: {"InstanceNumber": place * SHAPE[3] + volume + 1}},
    ],
    ids=["sorted", "shuffled", "trigger", "by_slice"],
)
def test_a_dynamic_series_keeps_pixels_tr_and_times(tmp_path, how):
    write_series(tmp_path / "dicom", DYNAMIC, SeriesDescription="dce", **how)
    root = tmp_path / "study"
    imported = study.import_dicom(tmp_path / "dicom", root, mapping=[DCE])
    assert root / f"{STEM}.nii.gz" in imported.written
    image, sidecar = read(root, STEM)
    assert_as_written(image)
    assert sidecar["RepetitionTimeExcitation"] == 0.005
    assert "RepetitionTime" not in sidecar
    times = [0.0, 10.0, 20.0, 30.0]
    assert sidecar["FrameTimesStart"] == sidecar["VolumeTiming"] == times
    assert sidecar["FrameDuration"] == [10.0] * 4
    assert image.header["pixdim"][4] == 10.0
    assert (sidecar["FlipAngle"], sidecar["EchoTime"]) == (15.0, 0.002)
    assert (sidecar["MagneticFieldStrength"], sidecar["PatientWeight"]) == (7.0, 0.25)
    assert sidecar["PulseSequenceType"] == "spoiled gradient echo"
    assert sidecar["ContrastBolusAgent"] == "Gd-DOTA"


@pytest.mark.parametrize("syntax", [RLELossless, ImplicitVRLittleEndian])
def test_how_pixels_are_stored_makes_no_difference(tmp_path, syntax):
    for path in write_series(tmp_path / "dicom", DYNAMIC):
        image = dcmread(path)
        if syntax.is_compressed:
            image.compress(syntax)
        image.file_meta.TransferSyntaxUID = syntax
        image.save_as(path)
    study.import_dicom(tmp_path / "dicom", tmp_path / "study", mapping=[DCE])
    assert_as_written(read(tmp_path / "study", STEM)[0])
    if syntax.is_compressed:
        path.write_bytes(path.read_bytes()[:-20])
        (line,) = study.import_dicom(tmp_path / "dicom", tmp_path / "study").unreadable
        assert f"{path.name} is cut off: found no end of compressed pixels" in line


def test_an_enhanced_file_holds_a_series(tmp_path):
    write_enhanced(tmp_path / "dicom" / "image", DYNAMIC, SeriesDescription="dce")
    root = tmp_path / "study"
    imported = study.import_dicom(tmp_path / "dicom", root, mapping=[DCE])
    assert list(imported.table[["slices", "volumes"]].loc[0]) == [5, 4]
    image, sidecar = read(root, STEM)
    assert_as_written(image)
    assert sidecar["RepetitionTimeExcitation"] == 0.005
    assert (sidecar["FlipAngle"], sidecar["EchoTime"]) == (15.0, 0.002)
    assert sidecar["FrameTimesStart"] == [0.0, 10.0, 20.0, 30.0]
    assert sidecar["PulseSequenceType"] == "spoiled gradient echo"


@pytest.mark.parametrize(
    ("scanned", "variants", "kind"),
    [
        ("GR", ["SK", "SP", "OSP"], "spoiled gradient echo"),
        ("GR", ["SK", "OSP"], None),
        (["GR", "EP"], ["SK", "SP"], "echo planar"),
        ("SE", "NONE", "spin echo"),
    ],
)
def test_a_gradient_echo_is_spoiled_only_if_headers_say_so(tmp_path, scanned, variants, kind):
    fields = {"ScanningSequence": scanned, "SequenceVariant": variants}
    write_series(tmp_path / "dicom", ramps((8, 6, 5)), **fields)
    study.import_dicom(tmp_path / "dicom", tmp_path / "study", mapping=[{**ROW, "suffix": "T2w"}])
    sidecar = read(tmp_path / "study", "sub-01/ses-pre/anat/sub-01_ses-pre_T2w")[1]
    assert sidecar.get("PulseSequenceType") == kind


def test_the_earliest_slice_begins_a_volume(tmp_path):
    def when(volume, place):
        return {"AcquisitionTime": clock(10.0 * volume + [4.0, 2.0, 0.0, 8.0, 6.0][place])}

    write_series(
        tmp_path / "dicom", DYNAMIC, of_image=when, MRAcquisitionType="2D", SeriesDescription="dce"
    )
    study.import_dicom(tmp_path / "dicom", tmp_path / "study", mapping=[DCE])
    image, sidecar = read(tmp_path / "study", STEM)
    assert_as_written(image)
    assert sidecar["VolumeTiming"] == [0.0, 10.0, 20.0, 30.0]
    offsets = [4.0, 2.0, 0.0, 8.0, 6.0]
    upwards = image.affine[2, 2] > 0
    assert sidecar["SliceTiming"] == (offsets if upwards else offsets[::-1])


def test_times_come_from_triggers_where_acquisition_times_tell_nothing(tmp_path):
    def same(volume, place):
        return {"AcquisitionTime": clock(0.0), "TriggerTime": 7000.0 * volume}

    write_series(tmp_path / "dicom", DYNAMIC, of_image=same)
    study.import_dicom(tmp_path / "dicom", tmp_path / "study", mapping=[DCE])
    assert read(tmp_path / "study", STEM)[1]["FrameTimesStart"] == [0.0, 7.0, 14.0, 21.0]


def test_without_times_none_is_invented(tmp_path):
    write_series(tmp_path / "dicom", DYNAMIC, of_image=lambda *_: {"AcquisitionTime": clock(0.0)})
    imported = study.import_dicom(tmp_path / "dicom", tmp_path / "study", mapping=[DCE])
    assert "VolumeTiming" not in read(tmp_path / "study", STEM)[1]
    assert imported.notes == (
        "series 1: headers do not tell when its volumes were acquired: VolumeTiming is left out",
    )


def test_two_series_in_one_folder_are_told_apart(tmp_path):
    write_series(tmp_path / "dicom", DYNAMIC, number=1, SeriesDescription="dce")
    write_series(
        tmp_path / "dicom", ramps((8, 6, 7)), number=2, SeriesDescription="t2 rare",
        ScanningSequence="SE", SequenceVariant="NONE",
    )  # fmt: skip
    (tmp_path / "dicom" / "notes.txt").write_text("no image")
    imported = study.import_dicom(tmp_path / "dicom", tmp_path / "study")
    assert imported.written == ()
    assert not (tmp_path / "study").exists()
    assert [path.name for path in imported.others] == ["notes.txt"]
    assert list(imported.table["suffix"]) == ["dce", "T2w"]
    assert list(imported.table["slices"]) == [5, 7]
    assert list(imported.table["volumes"]) == [4, 1]
    draft = imported.write_draft(tmp_path / "mapping.tsv")
    study.import_dicom(tmp_path / "dicom", tmp_path / "study", mapping=draft)
    session = tmp_path / "study" / "sub-01" / "ses-day00"
    assert nib.load(next(session.glob("perf/*_dce.nii.gz"))).shape == SHAPE
    assert nib.load(next(session.glob("anat/*_T2w.nii.gz"))).shape == (8, 6, 7)
    assert json.loads(next(session.glob("anat/*_T2w.json")).read_text())["RepetitionTime"] == 0.005
    study.open_study(tmp_path / "study")


def test_a_series_for_each_volume_is_joined_where_that_is_asked_for(tmp_path):
    for volume in range(4):
        when = {"AcquisitionTime": clock(10.0 * volume)}
        write_series(
            tmp_path / "dicom", DYNAMIC[..., volume], number=volume + 1,
            SeriesDescription="dce", of_image=lambda *_, when=when: when,
        )  # fmt: skip
    root = tmp_path / "study"
    with pytest.raises(ProblemsError, match="both become sub-01_ses-pre_dce; tell them apart"):
        study.import_dicom(tmp_path / "dicom", root, mapping=[DCE])
    imported = study.import_dicom(tmp_path / "dicom", root, mapping=[{**DCE, "join": "yes"}])
    assert list(imported.table["join"]) == ["yes"] * 4
    image, sidecar = read(root, STEM)
    assert_as_written(image)
    assert sidecar["FrameTimesStart"] == [0.0, 10.0, 20.0, 30.0]
    (tmp_path / "dicom" / "IM30002").unlink()
    with pytest.raises(ProblemsError, match="found 19 images, expected 20"):
        study.import_dicom(
            tmp_path / "dicom", root, mapping=[{**DCE, "join": "yes", "session": "b", "day": 1}]
        )


@pytest.mark.parametrize(
    ("drop", "said"),
    [
        ((18, 19), r"series 1 \(dce\): found 18 images, expected 20 .*missing at 6, 8 mm"),
        ((7,), r"series 1 \(dce\): found 19 images, expected 20 .*missing at 4 mm"),
        (tuple(range(2, 20, 5)), r"series 1 \(dce\): found 4 slices, expected 5: between 2 and 6"),
        (tuple(range(5, 10)), r"series 1 \(dce\): found 15 images, expected 20: no Instance Num"),
    ],
    ids=["short", "middle", "place", "volume"],
)
def test_a_series_that_lacks_slices_is_refused(tmp_path, drop, said):
    write_series(tmp_path / "dicom", DYNAMIC, drop=drop, SeriesDescription="dce")
    with pytest.raises(ProblemsError, match=said):
        study.import_dicom(tmp_path / "dicom", tmp_path / "study", mapping=[DCE])
    assert not (tmp_path / "study").exists()


def test_a_series_shorter_than_its_header_says_is_refused(tmp_path):
    write_series(tmp_path / "dicom", DYNAMIC, NumberOfTemporalPositions=6)
    with pytest.raises(ProblemsError, match="found 4 volumes, expected 6 by its header"):
        study.import_dicom(tmp_path / "dicom", tmp_path / "study", mapping=[DCE])


def test_a_file_cut_in_half_is_named(tmp_path):
    paths = write_series(tmp_path / "dicom", ramps((64, 64, 5)), SeriesDescription="t2")
    content = paths[2].read_bytes()
    paths[2].write_bytes(content[: len(content) // 2])
    imported = study.import_dicom(tmp_path / "dicom", tmp_path / "study")
    assert "is cut off: found " in imported.unreadable[0]
    with pytest.raises(ProblemsError, match=rf"{paths[2].name} is cut off.*, expected 8192; copy"):
        study.import_dicom(
            tmp_path / "dicom", tmp_path / "study", mapping=[{**ROW, "suffix": "T2w"}]
        )
    assert not (tmp_path / "study").exists()


def test_images_that_are_there_twice_are_refused(tmp_path):
    paths = write_series(tmp_path / "dicom", DYNAMIC)
    shutil.copytree(tmp_path / "dicom", tmp_path / "dicom" / "copy")
    with pytest.raises(
        ProblemsError, match=f"found {2 * len(paths)} images, expected {len(paths)}"
    ):
        study.import_dicom(tmp_path / "dicom", tmp_path / "study", mapping=[DCE])


def test_a_faulty_series_that_is_left_out_does_not_keep_the_others(tmp_path):
    write_series(tmp_path / "dicom", DYNAMIC, number=1, drop=(7,))
    write_series(tmp_path / "dicom", ramps((8, 6, 5)), number=2)
    rows = [{"series": "1", "suffix": "skip"}, {**ROW, "suffix": "T2w"}]
    imported = study.import_dicom(tmp_path / "dicom", tmp_path / "study", mapping=rows)
    assert len(imported.unreadable) == 1
    assert imported.targets[0] is None
    assert list((tmp_path / "study").rglob("*.nii.gz")) == [
        tmp_path / "study/sub-01/ses-pre/anat/sub-01_ses-pre_T2w.nii.gz"
    ]


def test_echoes_and_flip_angles_of_one_series_become_images(tmp_path):
    def echo(volume, place):
        return {"EchoTime": 3.0 * (volume + 1), "AcquisitionTime": clock(0.0)}

    data = ramps((8, 6, 5, 3))
    write_series(tmp_path / "dicom", data, of_image=echo)
    row = {**ROW, "suffix": "MEGRE", "entities": "acq-pre_ce-ferumoxytol"}
    study.import_dicom(tmp_path / "dicom", tmp_path / "study", mapping=[row])
    stem = "sub-01/ses-pre/anat/sub-01_ses-pre_acq-pre_ce-ferumoxytol"
    for number in range(3):
        image, sidecar = read(tmp_path / "study", f"{stem}_echo-{number + 1}_MEGRE")
        assert_as_written(image, data[..., number])
        assert sidecar["EchoTime"] == pytest.approx(0.003 * (number + 1))


def test_phase_is_told_from_magnitude(tmp_path):
    def part(volume, place):
        return {
            "ImageType": ["ORIGINAL", "PRIMARY", "MP"[volume], "ND"],
            "AcquisitionTime": clock(0.0),
        }

    data = ramps((8, 6, 5, 2))
    write_series(tmp_path / "dicom", data, of_image=part)
    study.import_dicom(tmp_path / "dicom", tmp_path / "study", mapping=[{**ROW, "suffix": "T2w"}])
    for number, name in enumerate(("mag", "phase")):
        image, _ = read(tmp_path / "study", f"sub-01/ses-pre/anat/sub-01_ses-pre_part-{name}_T2w")
        assert_as_written(image, data[..., number])


def test_a_conversion_that_fails_leaves_nothing(tmp_path, monkeypatch):
    write_series(tmp_path / "dicom", DYNAMIC, SeriesDescription="dce")
    program = tmp_path / "dcm2niix"
    program.write_text("#!/bin/sh\necho 'Error: no luck'\nexit 3\n")
    program.chmod(0o755)
    monkeypatch.setattr(pixels, "executable", lambda: program)
    said = r"series 1 \(dce\): dcm2niix made 0 images \(exit status 3\).*Error: no luck"
    with pytest.raises(StudyError, match=said):
        study.import_dicom(tmp_path / "dicom", tmp_path / "study", mapping=[DCE])
    assert sorted(path.name for path in tmp_path.iterdir()) == ["dcm2niix", "dicom"]


def test_slices_of_one_volume_share_their_b_value(tmp_path):
    def weighted(volume, place):
        return {"DiffusionBValue": 500.0 * ((volume + place) % 2), "AcquisitionTime": clock(0.0)}

    write_series(tmp_path / "dicom", ramps((8, 6, 5, 2)), of_image=weighted)
    with pytest.raises(ProblemsError, match=r"volume 1 has slices of b = 0, 500 s/mm\^2"):
        study.import_dicom(
            tmp_path / "dicom", tmp_path / "study", mapping=[{**ROW, "suffix": "dwi"}]
        )


def test_no_weight_is_taken_from_a_scanner_that_was_given_none(tmp_path):
    for number, weight in enumerate(("0", "0.001"), start=1):
        write_series(tmp_path / "dicom", ramps((8, 6, 5)), number=number, PatientWeight=weight)
    rows = [
        {**ROW, "suffix": "T2w", "series": number, "entities": f"run-{number}"} for number in (1, 2)
    ]
    study.import_dicom(tmp_path / "dicom", tmp_path / "study", mapping=rows)
    sidecars = list((tmp_path / "study").rglob("*_T2w.json"))
    assert len(sidecars) == 2
    assert all("PatientWeight" not in path.read_text() for path in sidecars)


def test_a_pet_series_without_an_injection_says_what_is_missing(tmp_path):
    write_positron(
        tmp_path / "dicom", ramps((8, 6, 5, 3)) + 1, RadiopharmaceuticalInformationSequence=[]
    )
    root = tmp_path / "study"
    imported = study.import_dicom(tmp_path / "dicom", root, mapping=[{**ROW, "suffix": "pet"}])
    assert "times count from the start of the scan: " in imported.notes[0]
    assert "Half Life" in imported.notes[0]
    stem = "sub-01/ses-pre/pet/sub-01_ses-pre_pet"
    sidecar = read(root, stem)[1]
    assert sidecar["FrameTimesStart"] == [0.0, 60.0, 120.0]
    assert sidecar["FrameDuration"] == [60.0] * 3
    assert (sidecar["TimeZero"], sidecar["ScanStart"]) == ("00:00:00", 0.0)
    with pytest.raises(StudyError, match="no key InjectionStart"):
        pet.load(root / f"{stem}.nii.gz")


def test_a_pet_series_can_be_loaded(tmp_path):
    activity = ramps((8, 6, 5, 3)) + 1
    write_positron(tmp_path / "dicom", activity)
    root = tmp_path / "study"
    study.import_dicom(tmp_path / "dicom", root, mapping=[{**ROW, "suffix": "pet"}])
    assert read(root, "sub-01/ses-pre/pet/sub-01_ses-pre_pet")[1]["TimeZero"] == "00:00:00"
    scan = pet.load(root / "sub-01/ses-pre/pet/sub-01_ses-pre_pet.nii.gz")
    np.testing.assert_allclose(scan.frames.start, [120.0, 180.0, 240.0])
    np.testing.assert_allclose(scan.frames.duration, 60.0)
    assert scan.dose_mbq == pytest.approx(12.5)
    assert scan.nuclide.name == "F18"
    assert scan.body.weight_g == pytest.approx(250.0)
    assert scan.decay_corrected_to == 0.0
    assert scan.tracer == "Fluorodeoxyglucose"
    np.testing.assert_allclose(np.sort(np.ravel(scan.image.data)), np.sort(activity.ravel()) / 1e3)
    later = [{**ROW, "session": "post", "day": 1, "suffix": "pet"}]
    study.import_dicom(tmp_path / "dicom", root, mapping=later, keep=["TimeZero"])
    assert read(root, "sub-01/ses-post/pet/sub-01_ses-post_pet")[1]["TimeZero"] == "17:39:53"
