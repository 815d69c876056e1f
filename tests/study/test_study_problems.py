"""Bad input is found before any work, all of it at once, each file named."""

import gzip
import re

import numpy as np
import pytest
from bids_of_known_truth import SHAPE, grid, labels, write

from biomarkers.errors import FileError, InputError, ProblemsError, StudyError
from biomarkers.images import write_image
from biomarkers.study import MeasureSettings, measure


def spoil(study, tmp_path) -> str:
    """Measure a spoiled study and return what was said; nothing may have been written."""
    with pytest.raises(ProblemsError) as caught:
        measure(study.root, tmp_path / "out")
    assert not (tmp_path / "out").exists()
    return str(caught.value)


def test_a_truncated_gzip(small_study, tmp_path) -> None:
    path = small_study.file("flip-2_VFA.nii.gz")
    path.write_bytes(path.read_bytes()[:-100])
    assert "flip-2_VFA.nii.gz is truncated" in spoil(small_study, tmp_path)


def test_not_a_nifti(small_study, tmp_path) -> None:
    small_study.file("ADC.nii.gz").write_bytes(gzip.compress(b"anything else " * 100))
    assert "ADC.nii.gz is not a NIfTI image" in spoil(small_study, tmp_path)


def test_four_dimensions_where_three_are_needed(small_study, tmp_path) -> None:
    write(small_study.file("dseg.nii.gz"), np.stack([labels()] * 4, axis=-1).astype(float))
    assert "is 4-D (shape (8, 8, 3, 4)) where 3-D is needed" in spoil(small_study, tmp_path)


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("flip-2_VFA.json", "FlipAngle"),
        ("flip-2_VFA.json", "RepetitionTimeExcitation or RepetitionTime"),
        ("acq-tr1_TB1AFI.json", "RepetitionTimeExcitation or RepetitionTime"),
    ],
)
def test_a_sidecar_without_a_needed_key(small_study, tmp_path, name: str, key: str) -> None:
    wrong = {"EchoTime": 0.001}
    if key != "FlipAngle":
        wrong["FlipAngle"] = 8
    path = small_study.file(name)
    path.write_text(str(wrong).replace("'", '"'))
    message = spoil(small_study, tmp_path)
    assert f"{path}: no key {key}" in message


def test_a_label_map_on_another_grid(small_study, tmp_path) -> None:
    path = small_study.file("dseg.nii.gz")
    write_image(path, np.ones((6, 6, 3)), like=grid((6, 6, 3)))
    message = spoil(small_study, tmp_path)
    assert "6 × 6 × 3" in message
    assert "8 × 8 × 3" in message
    assert "dseg.nii.gz" in message
    assert "VFA.nii.gz" in message or "ADC.nii.gz" in message or "TB1AFI.nii.gz" in message


def test_a_label_map_on_another_grid_is_resampled_when_asked(small_study, tmp_path) -> None:
    fine = np.kron(labels(), np.ones((2, 2, 1), dtype=int))
    affine = np.diag([0.25, 0.25, 1.0, 1.0])
    affine[:2, 3] = -0.125  # the fine voxels fill the coarse ones
    like = grid(fine.shape)
    object.__setattr__(like, "affine", affine)
    for day in ("00", "07"):
        write_image(small_study.file("dseg.nii.gz", day=day), fine, like=like)
    settings = MeasureSettings(resample_labels=True)
    table = measure(small_study.root, tmp_path / "out", settings=settings).table
    rows = table[(table["biomarker"] == "ADC") & (table["day"] == 0)].set_index("region")
    assert rows["n"].tolist() == [18 * SHAPE[2], 18 * SHAPE[2]]


def test_b1_on_another_grid_than_the_flip_angles(small_study, tmp_path) -> None:
    for tr in (1, 2):
        path = small_study.file(f"acq-tr{tr}_TB1AFI.nii.gz")
        write_image(path, np.ones((6, 6, 3)), like=grid((6, 6, 3)))
    assert "two images that must share a grid do not" in spoil(small_study, tmp_path)


def test_every_problem_of_every_session_at_once(small_study, tmp_path) -> None:
    small_study.file("flip-1_VFA.json").write_text("{}")
    small_study.file("ADC.nii.gz", day="07").write_bytes(b"x")
    message = spoil(small_study, tmp_path)
    assert "2 problems" in message
    assert "sub-01 ses-day00" in message
    assert "sub-01 ses-day07" in message


def test_files_that_contradict_each_other(small_study, tmp_path) -> None:
    one = small_study.file("ADC.nii.gz")
    write(one.with_name("sub-01_ses-day00_desc-again_ADC.nii.gz"), np.ones(SHAPE))
    assert "two given maps of ADC" in spoil(small_study, tmp_path)


def test_two_label_maps_on_one_grid(small_study, tmp_path) -> None:
    one = small_study.file("dseg.nii.gz")
    write(one.with_name("sub-01_ses-day00_desc-second_dseg.nii.gz"), labels().astype(float))
    assert "several label maps of one space" in spoil(small_study, tmp_path)
    one.rename(one.with_name("sub-01_ses-day00_space-VFA_dseg.nii.gz"))
    assert "two label maps on one grid" in spoil(small_study, tmp_path)


def test_an_afi_pair_that_is_no_pair(small_study, tmp_path) -> None:
    small_study.file("acq-tr2_TB1AFI.nii.gz").unlink()
    small_study.file("acq-tr2_TB1AFI.json").unlink()
    assert "1 TB1AFI image(s)" in spoil(small_study, tmp_path)


def test_a_sidecar_whose_image_is_missing(small_study, tmp_path) -> None:
    small_study.file("flip-2_VFA.nii.gz").unlink()
    message = spoil(small_study, tmp_path)
    assert "flip-2_VFA.json describes an image that is missing" in message


def test_a_sidecar_whose_image_is_missing_behind_a_link(small_study, tmp_path) -> None:
    folder = small_study.session() / "anat"
    folder.rename(tmp_path / "elsewhere")
    folder.symlink_to(tmp_path / "elsewhere")
    (tmp_path / "elsewhere" / "sub-01_ses-day00_flip-2_VFA.nii.gz").unlink()
    message = spoil(small_study, tmp_path)
    assert "flip-2_VFA.json describes an image that is missing" in message


def test_one_flip_angle_is_no_series(small_study, tmp_path) -> None:
    for flip in (2, 3):
        small_study.file(f"flip-{flip}_VFA.nii.gz").unlink()
        small_study.file(f"flip-{flip}_VFA.json").unlink()
    assert "needs two or more flip angles, found 1" in spoil(small_study, tmp_path)


def test_no_label_map_anywhere(small_study, tmp_path) -> None:
    for day in ("00", "07"):
        small_study.file("dseg.nii.gz", day=day).unlink()
    assert "name the folder that holds them with --derivatives" in spoil(small_study, tmp_path)


def test_a_map_of_unknown_unit(small_study, tmp_path) -> None:
    adc = small_study.file("ADC.nii.gz")
    write(adc.with_name("sub-01_ses-day00_Heatmap.nii.gz"), np.ones(SHAPE), {})
    assert "Heatmap.json: no key Units" in spoil(small_study, tmp_path)


def test_one_biomarker_in_two_units(small_study, tmp_path) -> None:
    small_study.file("ADC.json", day="07").write_text('{"Units": "um^2/ms"}')
    message = spoil(small_study, tmp_path)
    assert "sub-01 ses-day07: ADC is in um^2/ms here and in mm^2/s in sub-01 ses-day00" in message


@pytest.mark.parametrize("value", [0.5, -2.0])
def test_a_label_map_of_something_else(small_study, tmp_path, value) -> None:
    write(small_study.file("dseg.nii.gz"), np.where(labels() == 1, value, labels()))
    assert f"is not a label map: it holds {value:g}" in spoil(small_study, tmp_path)


def test_one_image_in_two_files(small_study, tmp_path) -> None:
    path = small_study.file("flip-2_VFA.nii.gz")
    path.with_suffix("").write_bytes(gzip.decompress(path.read_bytes()))
    assert "VFA image in two files" in spoil(small_study, tmp_path)


@pytest.mark.parametrize(
    ("value", "problem"),
    [
        ("NaN", "is not valid JSON (FlipAngle is nan"),
        ("Infinity", "is not valid JSON (FlipAngle is inf"),
        ("1e999", "is not valid JSON (FlipAngle is inf"),
        ("1" + 400 * "0", ": FlipAngle is"),
        ("180", ": FlipAngle is"),
        ('5, "FlipAngle": 50', "is not valid JSON (key FlipAngle stands 2 times"),
    ],
    ids=lambda given: given[:20],
)
def test_an_angle_that_is_none(small_study, tmp_path, value, problem) -> None:
    path = small_study.file("flip-2_VFA.json")
    path.write_text(f'{{"FlipAngle": {value}, "RepetitionTime": 0.01}}')
    said = spoil(small_study, tmp_path)
    assert str(path) in said
    assert problem in said


@pytest.mark.parametrize(
    "rows", ["ses-day00\t0\nses-day00\t5\nses-day07\t7\n", "ses-day00\t7\nses-day07\t7\n",
             "ses-day00\tinf\nses-day07\t7\n"]
)  # fmt: skip
def test_days_that_contradict_each_other(small_study, tmp_path, rows) -> None:
    table = small_study.root / "sub-01" / "sub-01_sessions.tsv"
    table.write_text("session_id\tdays\n" + rows)
    with pytest.raises(StudyError, match=r"sub-01_sessions\.tsv, row [23]: "):
        measure(small_study.root, tmp_path / "out")


def test_a_subject_without_sessions(small_study, tmp_path) -> None:
    (small_study.root / "sub-02").mkdir()
    with pytest.raises(StudyError, match=r"sub-02: no folder ses-<session>"):
        measure(small_study.root, tmp_path / "out")


def test_a_place_that_cannot_be_written(small_study, tmp_path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(FileError, match="is a file; name another folder"):
        measure(small_study.root, tmp_path / "file" / "out")


@pytest.mark.parametrize("settings", [{"prefer": "both"}, {"jobs": 0}])
def test_impossible_settings(settings) -> None:
    with pytest.raises(InputError, match="expected"):
        MeasureSettings(**settings)


BLANK = {
    "labels": (["dseg.nii.gz"], "no region of .*dseg.nii.gz measured: no voxel is labelled", 0),
    "one angle": (["flip-2_VFA.nii.gz"], "flip-2_VFA.nii.gz holds no value but 0 and NaN", 3),
    "a given map": (
        ["ADC.nii.gz"],
        "ADC not measured: .*ADC.nii.gz holds no value but 0 and NaN",
        3,
    ),
    # T1 of an acquired field that failed is none, not one of nominal angles.
    "the field": (["acq-tr1_TB1AFI.nii.gz"], "_VFA.nii.gz not measured: no B1", 2),
}


@pytest.mark.parametrize("value", [0.0, np.nan])
@pytest.mark.parametrize(("names", "reason", "kept"), BLANK.values(), ids=BLANK.keys())
def test_a_blank_image_is_a_failure_of_its_session(
    small_study, tmp_path, names, reason, kept, value
) -> None:
    if names == ["dseg.nii.gz"]:
        value = 0.0  # NaN is no label at all
    for name in names:
        write(small_study.file(name), np.full(SHAPE, value))
    measured = measure(small_study.root, tmp_path / "out")
    (failure,) = measured.failures
    assert failure.session == "sub-01 ses-day00"
    assert re.search(reason, failure.reason)
    here = measured.table[(measured.table["day"] == 0) & (measured.table["region"] == "tumor")]
    named = here[here["biomarker"].isin(["volume", "ADC", "B1", "T1"])]
    assert len(named) == kept
    assert named["value"].notna().all()
    assert set(measured.table.loc[measured.table["day"] == 7, "biomarker"]) > {"ADC", "B1", "T1"}
