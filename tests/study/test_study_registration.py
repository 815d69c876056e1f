"""Labels drawn once reach other images and other days, if, and only if, that is asked for."""

import json

import numpy as np
import pytest
from bodies import (
    ACTIVITY,
    ADC,
    BODY_ADC,
    COARSE,
    FINE,
    PET,
    T2W,
    TUMOR_ADC,
    drawn,
    itk_text,
    moved,
    seen,
    write,
    write_body,
)
from test_study_pet import KEYS

from biomarkers.errors import ProblemsError, SettingsError
from biomarkers.images import Image, label_fractions, load_transform, read_labels
from biomarkers.study import MeasureSettings, measure, plan_measuring
from biomarkers.study.placing import Placing

MOTION = moved((1.5, -1.0, 0.8), turn=4.0)


@pytest.fixture
def body(tmp_path):
    return write_body(tmp_path / "study")


def measured(body, out, **register):
    found = measure(body.root, out, settings=MeasureSettings(steps={"register": register}))
    assert found.failures == ()
    return found.table.set_index(["day", "region", "biomarker"])


def card(out, kind, day="00"):
    return json.loads((out / "qc" / f"sub-01_ses-day{day}_{kind}.json").read_text())


def add_adc(body, motion=MOTION, day="00"):
    """Add a map that was moved against the T2w on which the labels were drawn."""
    units = {"Units": "mm2/s"}
    write(body.derived(day, "dwi", "ADC.nii.gz"), seen(ADC, COARSE, motion), units)


def store(body, name, matrix, day="00"):
    body.derived(day, "anat", f"{name}_mode-image_xfm.txt").write_text(itk_text(matrix))


def test_labels_on_another_grid_are_refused_and_registration_is_named(body, tmp_path) -> None:
    add_adc(body)
    with pytest.raises(ProblemsError, match=r"\[measure\.register\] in plan\.toml"):
        measure(body.root, tmp_path / "out")


def test_a_transform_of_ants_brings_labels_to_a_map(body, tmp_path) -> None:
    """Points of the map to points of the T2w: the body of the map was moved, so back."""
    add_adc(body)
    store(body, "from-T2w_to-ADC", np.linalg.inv(MOTION))
    rows = measured(body, tmp_path / "out", transforms="stored").loc[0.0]
    assert rows.loc[("tumor", "ADC"), "value"] == pytest.approx(TUMOR_ADC, rel=0.005)
    assert rows.loc[("muscle", "ADC"), "value"] == pytest.approx(BODY_ADC, rel=1e-9)
    reason = rows.loc[("muscle", "ADC"), "reason"]
    assert "regions of T2w by the stored transform" in rows.loc[("tumor", "ADC_mean"), "reason"]
    assert "from-T2w_to-ADC_mode-image_xfm.txt" in rows.loc[("tumor", "ADC_mean"), "reason"]
    assert reason == "its error is not estimated"
    told = card(tmp_path / "out", "register-adc")
    assert told["status"] == "ok"
    assert told["values"]["volume_tumor"] == pytest.approx(1.0, abs=0.02)
    assert told["values"]["from-T2w_to-ADC_dice"] > 0.8
    assert (tmp_path / "out" / "qc" / told["picture"]).stat().st_size > 1000


def test_means_are_weighted_by_the_fractions_of_voxels(body, tmp_path) -> None:
    add_adc(body, np.eye(4))
    store(body, "from-T2w_to-ADC", np.eye(4))
    rows = measured(body, tmp_path / "out").loc[0.0]
    image = seen(ADC, COARSE)
    labels = read_labels(body.derived("00", "anat", "space-T2w_dseg.nii.gz"))
    fractions = label_fractions(labels, image).weights("label_1")
    assert ((fractions > 0.0) & (fractions < 1.0)).any()
    row = rows.loc[("tumor", "ADC_mean")]
    assert row["value"] == pytest.approx(np.average(image.data, weights=fractions), rel=1e-9)
    assert row["n"] == pytest.approx(fractions.sum() ** 2 / (fractions**2).sum())
    volume = fractions.sum() * image.voxel_volume
    assert volume == pytest.approx(rows.loc[("tumor", "volume"), "value"], rel=0.02)


def test_the_way_back_is_a_transform_too(body, tmp_path) -> None:
    add_adc(body)
    store(body, "from-ADC_to-T2w", MOTION)
    rows = measured(body, tmp_path / "out", transforms="stored").loc[0.0]
    assert rows.loc[("tumor", "ADC"), "value"] == pytest.approx(TUMOR_ADC, rel=0.005)


def test_an_estimated_transform_is_kept_with_its_quality(body, tmp_path) -> None:
    add_adc(body)
    rows = measured(body, tmp_path / "out").loc[0.0]
    assert rows.loc[("tumor", "ADC"), "value"] == pytest.approx(TUMOR_ADC, rel=0.02)
    folder = tmp_path / "out/derivatives/biomarkers/sub-01/ses-day00/dwi"
    stem = "sub-01_ses-day00_from-T2w_to-ADC_mode-image_xfm"
    found = load_transform(folder / f"{stem}.txt").matrix
    middle = np.array([-4.0, -1.0, 1.0, 1.0])
    at = MOTION @ middle
    assert np.linalg.norm((found @ at - middle)[:3]) < 0.4  # half a voxel of the map
    said = json.loads((folder / f"{stem}.json").read_text())
    assert said["Quality"]["mi"] > said["Quality"]["mi_before"]
    assert [each["file"].split("_")[-1] for each in said["Sources"]] == ["T2w.nii.gz", "ADC.nii.gz"]
    assert all(len(each["sha256"]) == 64 for each in said["Sources"])
    # Nothing of it is left where it is not asked for any more.
    body.derived("00", "dwi", "ADC.nii.gz").unlink()
    body.derived("00", "dwi", "ADC.json").unlink()
    measure(body.root, tmp_path / "out")
    assert not list(folder.glob("*xfm*"))


def test_labels_of_the_first_day_reach_the_others(tmp_path) -> None:
    body = write_body(tmp_path / "study", days=("00", "07"))
    write(body.raw("07", "anat", "T2w.nii.gz"), seen(T2W, FINE, MOTION, noise=0.02, seed=1))
    further = moved((-0.5, 0.7, 0.0)) @ MOTION
    add_adc(body, further, day="07")
    table = measured(body, tmp_path / "out", session="day00")
    row = table.loc[(7.0, "tumor", "ADC")]
    assert row["value"] == pytest.approx(TUMOR_ADC, rel=0.02)
    folder = tmp_path / "out/derivatives/biomarkers/sub-01/ses-day07"
    names = sorted(path.name for path in folder.rglob("*_xfm.txt"))
    assert [name.split("_", 2)[2] for name in names] == [
        "from-T2w_to-ADC_mode-image_xfm.txt",
        "from-T2wday00_to-T2w_mode-image_xfm.txt",
    ]
    # A volume was drawn on the first day only.
    assert "volume" not in table.loc[7.0].index.get_level_values("biomarker")
    assert "from-T2wday00_to-T2w" in card(tmp_path / "out", "register-adc", "07")["caption"]


def test_labels_of_another_day_are_where_spectra_of_this_one_see_them(tmp_path) -> None:
    """A spectroscopy voxel has no grid to share: its labels lie on the T2w of its day."""
    body = write_body(tmp_path / "study", days=("00", "07"))
    write(body.raw("07", "anat", "T2w.nii.gz"), seen(T2W, FINE, MOTION, noise=0.02, seed=1))
    settings = MeasureSettings(steps={"register": {"session": "day00"}})
    recipe = plan_measuring(body.root, settings=settings).recipes[1]
    placing = Placing(recipe.session, (), recipe.registration, (), tmp_path / "out")
    (labels,) = placing.in_space()
    centre = labels.affine @ [*np.argwhere(labels.mask("tumor")).mean(axis=0), 1.0]
    drawn_at = drawn(FINE)
    before = drawn_at.affine @ [*np.argwhere(drawn_at.data == 1).mean(axis=0), 1.0]
    np.testing.assert_allclose(centre, MOTION @ before, atol=0.25)
    assert placing.failures == []


def test_poor_overlap_warns_on_card_and_rows(body, tmp_path) -> None:
    add_adc(body)
    store(body, "from-T2w_to-ADC", moved((4.0, 0.0, 0.0)))
    rows = measured(body, tmp_path / "out", least_dice=0.9).loc[0.0]
    row = rows.loc[("tumor", "ADC_mean")]
    assert row["qc"] == "warn"
    told = f"{row['reason']} {rows.loc[('muscle', 'ADC_mean'), 'reason']}"
    assert "from-T2w_to-ADC: Dice 0." in told
    assert card(tmp_path / "out", "register-adc")["status"] == "warn"


def test_a_given_mask_is_where_images_are_compared(body, tmp_path) -> None:
    add_adc(body)
    image = seen(ADC, COARSE, MOTION)
    mask = Image((image.data > 0.3e-3).astype(float), image.affine, "mask")
    write(body.derived("00", "dwi", "desc-brain_mask.nii.gz"), mask)
    rows = measured(body, tmp_path / "out").loc[0.0]
    assert rows.loc[("tumor", "ADC"), "value"] == pytest.approx(TUMOR_ADC, rel=0.02)
    assert "desc-brain_mask.nii.gz" in card(tmp_path / "out", "register-adc")["caption"]


def test_without_a_stored_transform_none_is_made_up(body, tmp_path) -> None:
    add_adc(body)
    settings = MeasureSettings(steps={"register": {"transforms": "stored"}})
    with pytest.raises(ProblemsError, match="no label map lies on the grid"):
        measure(body.root, tmp_path / "out", settings=settings)


def test_a_faulty_transform_is_told_before_any_work(body, tmp_path) -> None:
    add_adc(body)
    path = body.derived("00", "anat", "from-T2w_to-ADC_mode-image_xfm.txt")
    path.write_text("1 0 0 0\n0 1 0 0\n0 0 1 0\n0 0 0 1\n")
    with pytest.raises(ProblemsError, match=r"from-T2w_to-ADC_mode-image_xfm\.txt"):
        measured(body, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_what_cannot_be_registered_is_said(body, tmp_path) -> None:
    add_adc(body)
    body.raw("00", "anat", "T2w.nii.gz").unlink()
    settings = MeasureSettings(steps={"register": {}})
    with pytest.raises(ProblemsError, match=r"lies on the grid of no \*_T2w\.nii\.gz"):
        measure(body.root, tmp_path / "out", settings=settings)
    with pytest.raises(ProblemsError, match="no session day14 of the subject"):
        measure(body.root, tmp_path / "out", settings=MeasureSettings(
            steps={"register": {"session": "day14"}}))  # fmt: skip
    with pytest.raises(SettingsError, match=r"measure\.register\.typ: unknown key"):
        measure(body.root, tmp_path / "out", settings=MeasureSettings(
            steps={"register": {"typ": "rigid"}}))  # fmt: skip


def test_on_pet_uptake_is_weighted_and_few_voxels_are_flagged(body, tmp_path) -> None:
    image = seen(ACTIVITY, PET)
    path = body.raw("00", "pet", "trc-FLT_pet.nii.gz")
    write(path, image, KEYS)
    store(body, "from-T2w_to-pet", np.eye(4))
    rows = measured(body, tmp_path / "out").loc[0.0]
    labels = read_labels(body.derived("00", "anat", "space-T2w_dseg.nii.gz"))
    fractions = label_fractions(labels, image)
    for region, label in (("tumor", "label_1"), ("muscle", "label_2")):
        weights, row = fractions.weights(label), rows.loc[(region, "SUVmean")]
        activity = np.average(image.data, weights=weights)
        assert row["n"] == pytest.approx(weights.sum() ** 2 / (weights**2).sum())
        ratio = row["value"] / rows.loc[("tumor", "SUVmean"), "value"]
        of_tumor = np.average(image.data, weights=fractions.weights("label_1"))
        assert ratio == pytest.approx(activity / of_tumor, rel=1e-9)
        drawn_volume = rows.loc[(region, "volume"), "value"]
        assert weights.sum() * image.voxel_volume == pytest.approx(drawn_volume, rel=0.02)
    few = rows.loc[("muscle", "SUVmean")]
    assert few["n"] < 10
    assert "effective voxels, fewer than 10" in few["reason"]
    assert few["qc"] == "warn"
    assert drawn(FINE).data.max() == 2
