"""Bruker scans become images of a study: scaled, placed, split and timed."""

import json
import shutil

import nibabel as nib
import numpy as np
import pytest
from bruker_of_known_truth import FOV, THICK, write_scan

from biomarkers import study
from biomarkers.errors import InputError

ROW = {"subject": "01", "session": "pre", "day": 0}


def ramps(*shape: int) -> np.ndarray:
    return np.arange(np.prod(shape)).reshape(shape)


def import_as(tmp_path, suffix, **row):
    root = tmp_path / "study"
    mapping = [{**ROW, "suffix": suffix, **row}]
    return study.import_bruker(tmp_path / "scans", root, mapping=mapping)


def read(tmp_path, ending):
    """Return image and sidecar of the one imported image whose name ends like this."""
    (path,) = (tmp_path / "study").rglob(f"*_{ending}.nii.gz")
    return nib.load(path), json.loads(path.with_name(path.name[:-7] + ".json").read_text())


def test_slope_and_offset_are_those_of_each_frame(tmp_path):
    stored = ramps(8, 6, 12)
    slope, offset = 0.5 + 0.25 * np.arange(12), 3.0 * np.arange(12) - 7.0
    groups = [(3, "FG_SLICE"), (4, "FG_CYCLE")]
    write_scan(tmp_path / "scans" / "1", stored, groups=groups, slope=slope, offset=offset)
    import_as(tmp_path, "dce")
    image, sidecar = read(tmp_path, "dce")
    assert image.shape == (8, 6, 3, 4)
    truth = (stored * slope + offset).reshape(8, 6, 3, 4, order="F")
    np.testing.assert_allclose(image.get_fdata(), truth, rtol=1e-6)
    # The centre of the first voxel, in millimetres right, anterior, head.
    np.testing.assert_allclose(image.affine[:3, 3], [8.0, 6.0, -THICK])
    np.testing.assert_allclose(np.diag(image.affine)[:3], [-FOV / 8, -FOV / 8, THICK])
    assert sidecar["RepetitionTimeExcitation"] == 0.005
    assert "RepetitionTime" not in sidecar
    assert sidecar["FrameTimesStart"] == sidecar["VolumeTiming"] == [0.0, 10.0, 20.0, 30.0]
    assert sidecar["FrameDuration"] == [10.0] * 4
    assert sidecar["FlipAngle"] == 15.0
    assert sidecar["MagneticFieldStrength"] == pytest.approx(7.054, abs=1e-3)
    assert sidecar["PatientWeight"] == 0.25


def test_packs_of_slices_become_images(tmp_path):
    sagittal = np.array([[0, 0, 1], [0, 1, 0], [1, 0, 0]])
    orientation = [np.eye(3)] * 3 + [sagittal] * 2
    position = [[-8, -6, z] for z in (-1.5, 0.0, 1.5)] + [[x, -6, -8] for x in (2.0, 5.0)]
    stored = ramps(8, 6, 5)
    write_scan(
        tmp_path / "scans" / "1", stored, groups=[(5, "FG_SLICE")],
        orientation=orientation, position=position,
    )  # fmt: skip
    import_as(tmp_path, "T2w")
    first, _ = read(tmp_path, "chunk-1_T2w")
    second, _ = read(tmp_path, "chunk-2_T2w")
    np.testing.assert_array_equal(first.get_fdata(), stored[..., :3])
    np.testing.assert_array_equal(second.get_fdata(), stored[..., 3:])
    np.testing.assert_allclose(first.affine @ [0, 0, 1, 1], [8, 6, 0, 1])
    np.testing.assert_allclose(second.affine @ [0, 0, 1, 1], [-5, 6, -8, 1])
    np.testing.assert_allclose(second.affine @ [1, 0, 0, 1], [-2, 6, -8 + FOV / 8, 1])


def test_parallel_packs_are_told_apart_by_their_list(tmp_path):
    position = [[-8, -6, z] for z in (0.0, 1.5, 3.0, 20.0, 24.0)]
    write_scan(
        tmp_path / "scans" / "1", ramps(8, 6, 10), groups=[(5, "FG_SLICE"), (2, "FG_CYCLE")],
        position=position,
        visu={
            "VisuCoreSlicePacksDef": ["(0, 2)"],
            "VisuCoreSlicePacksSlices": ["(0, 3)", "(3, 2)"],
            "VisuCoreSlicePacksSliceDist": [1.5, 4.0],
        },
    )  # fmt: skip
    import_as(tmp_path, "T2w")
    for number, (first, count, step) in enumerate(((0, 3, 1.5), (3, 2, 4.0)), start=1):
        image, _ = read(tmp_path, f"chunk-{number}_T2w")
        stored = np.stack([ramps(8, 6, 10)[..., :5], ramps(8, 6, 10)[..., 5:]], axis=-1)
        np.testing.assert_array_equal(image.get_fdata(), stored[:, :, first : first + count])
        np.testing.assert_allclose(image.affine[:3, 2], [0, 0, step])
        np.testing.assert_allclose(image.affine[2, 3], position[first][2])


def test_echoes_become_images(tmp_path):
    stored = ramps(8, 6, 12)
    write_scan(
        tmp_path / "scans" / "1", stored, groups=[(4, "FG_ECHO"), (3, "FG_SLICE")],
        visu={"VisuAcqEchoTime": [3.0, 6.0, 9.0, 12.0], "VisuAcqSequenceName": "Bruker:MGE"},
    )  # fmt: skip
    import_as(tmp_path, "MEGRE", entities="acq-pre_ce-ferumoxytol")
    for number in range(4):
        image, sidecar = read(tmp_path, f"echo-{number + 1}_MEGRE")
        np.testing.assert_array_equal(image.get_fdata(), stored[..., number::4])
        assert sidecar["EchoTime"] == pytest.approx(0.003 * (number + 1))


def test_diffusion_has_effective_b_values_and_turned_directions(tmp_path):
    groups = [(3, "FG_SLICE"), (4, "FG_DIFFUSION")]
    read_up = [[0, 0, 1], [1, 0, 0], [0, 1, 0]]  # read to the head, phase to the right
    write_scan(
        tmp_path / "scans" / "1", ramps(8, 6, 12), groups=groups,
        method={
            "PVM_DwEffBval": [12.0, 1012.0, 1020.0, 1030.0],
            "PVM_DwGradVec": np.array([[0, 0, 0], [0.5, 0, 0], [0, 0.5, 0], [0, 0.3, 0.4]]),
        },
        acqp={"ACQ_grad_matrix": np.array([read_up])},
    )  # fmt: skip
    import_as(tmp_path, "dwi")
    image, sidecar = read(tmp_path, "dwi")
    (bval,), (bvec,) = (list((tmp_path / "study").rglob(f"*.{end}")) for end in ("bval", "bvec"))
    np.testing.assert_allclose(np.loadtxt(bval), [12.0, 1012.0, 1020.0, 1030.0])
    # To the head, to the right, and of the last three parts to the right, four to the front; the
    # image runs to the left, to the back and to the head, and its first axis is reversed.
    assert np.linalg.det(image.affine) > 0
    expected = [[0, 0, 0], [0, 0, 1], [1, 0, 0], [0.6, -0.8, 0]]
    np.testing.assert_allclose(np.loadtxt(bvec).T, expected, atol=1e-9)
    assert sidecar["RepetitionTime"] == 0.005
    assert "VolumeTiming" not in sidecar


@pytest.mark.parametrize(("shots", "timed"), [(1, True), (4, False)])
def test_echo_planar_slices_have_their_turn(tmp_path, shots, timed):
    write_scan(
        tmp_path / "scans" / "1", ramps(8, 6, 12), groups=[(3, "FG_SLICE"), (4, "FG_CYCLE")],
        visu={"VisuAcqSequenceName": "EPI (pvm)", "VisuAcqRepetitionTime": [1500.0]},
        method={"NSegments": shots}, acqp={"ACQ_obj_order": [0, 2, 1]},
    )  # fmt: skip
    import_as(tmp_path, "dsc")
    _, sidecar = read(tmp_path, "dsc")
    assert sidecar.get("SliceTiming") == ([0.0, 1.0, 0.5] if timed else None)
    assert sidecar["PulseSequenceType"] == "echo planar"


def test_scans_that_were_aborted_are_told_in_a_line_each(tmp_path):
    scans = tmp_path / "scans"
    groups = [(3, "FG_SLICE")]
    for number in range(1, 6):
        write_scan(scans / "rat" / str(number), ramps(8, 6, 3), groups=groups, weight=0.001)
    (scans / "rat/1/pdata/1/2dseq").unlink()
    (scans / "rat/2/pdata/1/2dseq").write_bytes(bytes(100))
    (scans / "rat/3/acqp").write_text(
        (scans / "rat/3/acqp").read_text().replace("ACQ_completed=Yes", "ACQ_completed=No")
    )
    (scans / "rat/4/pdata/1/visu_pars").write_text("##TITLE=Parameter List\n")
    imported = import_as(tmp_path, "T2w")
    assert [line.partition(":")[0] for line in imported.unreadable] == [
        f"rat/{number}" for number in range(1, 5)
    ]
    assert not any("\n" in line for line in imported.unreadable)
    assert "no 2dseq" in imported.unreadable[0]
    assert "100 bytes, expected 288" in imported.unreadable[1]
    assert "ACQ_completed" in imported.unreadable[2]
    assert [series.key for series in imported.series] == ["rat/5"]
    # Nobody weighed this one.
    assert "PatientWeight" not in read(tmp_path, "T2w")[1]


def test_spectra_are_left_to_others(tmp_path):
    write_scan(
        tmp_path / "scans" / "1", ramps(8, 6, 3), groups=[(3, "FG_SLICE")],
        visu={"VisuCoreDimDesc": ["spectroscopic", "spatial"]},
    )  # fmt: skip
    imported = study.import_bruker(tmp_path / "scans", tmp_path / "study")
    assert imported.unreadable == ("1: spectra, no images: mrs.load reads them",)


def test_a_single_scan_and_a_second_reconstruction_are_found(tmp_path):
    scan = write_scan(tmp_path / "rat" / "5", ramps(8, 6, 3), groups=[(3, "FG_SLICE")])
    shutil.copytree(scan / "pdata" / "1", scan / "pdata" / "2")
    for source, keys in ((scan, ["5", "5/pdata/2"]), (tmp_path, ["rat/5", "rat/5/pdata/2"])):
        imported = study.import_bruker(source, tmp_path / "study")
        assert [series.key for series in imported.series] == keys
    assert list(imported.table["folder"]) == ["rat", "rat"]
    assert list(imported.table["date"]) == ["2026-03-14"] * 2


@pytest.mark.parametrize("version", ["5.1", "6.0.1", "7.0.0", "360.3.5"])
def test_every_version_is_read(tmp_path, version):
    stored = ramps(8, 6, 3)
    write_scan(tmp_path / "scans" / "1", stored, groups=[(3, "FG_SLICE")], version=version)
    import_as(tmp_path, "T2w")
    np.testing.assert_array_equal(read(tmp_path, "T2w")[0].get_fdata(), stored)


def test_a_folder_without_scans_is_refused(tmp_path):
    with pytest.raises(InputError, match="no scan of ParaVision"):
        study.import_bruker(tmp_path, tmp_path / "study")
