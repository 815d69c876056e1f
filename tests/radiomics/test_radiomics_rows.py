"""Rows of image files, and of lesions measured again under small changes."""

import numpy as np
import pytest
from ibsi_phantom import ball

from biomarkers import radiomics
from biomarkers.errors import AssumptionWarning, GeometryError, InputError
from biomarkers.ibsi import tags
from biomarkers.images import Image, read_image, read_labels, write_image
from biomarkers.quantities import QUANTITIES, quantity
from biomarkers.table import check_measurements

pytest.importorskip("skimage", reason="scikit-image is an extra")
pytest.importorskip("pywt", reason="PyWavelets is an extra")

HOW = radiomics.Settings(bins=8, normalise="none")


def files(folder, image_name="sub-01_ses-day07_T1w.nii.gz", seed=0, radius=6.0):
    folder.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(seed)
    grid = Image(rng.normal(100.0, 10.0, (24, 26, 28)), np.diag([1.0, 1.0, 1.5, 1.0]), "made up")
    labels = np.zeros(grid.shape, np.uint8)
    size = 2 * int(radius) + 3
    labels[3 : 3 + size, 4 : 4 + size, 5 : 5 + size] = ball(radius, size)
    labels[20:22, 20:23, 20:21] = 2
    image = write_image(folder / image_name, grid.data, grid)
    mask = write_image(folder / "sub-01_ses-day07_dseg.nii.gz", labels, grid, dtype=np.uint8)
    (folder / "sub-01_ses-day07_dseg.tsv").write_text("index\tname\n1\tlesion\n2\tsmall\n")
    return image, mask


def test_rows_are_of_the_measurement_table(tmp_path) -> None:
    image, mask = files(tmp_path)
    rows = radiomics.measure(image, mask, settings=HOW)
    checked = check_measurements(rows, source="radiomics")
    assert len(checked) == 2 * len(tags("3d"))
    assert set(checked["region"]) == {"lesion", "small"}
    assert set(checked["subject"]) == {"01"}
    assert set(checked["session"]) == {"day07"}
    lesion = rows[rows["region"] == "lesion"].set_index("biomarker")
    assert set(lesion["qc"]) == {"ok"}
    assert lesion.loc["morph_volume", "unit"] == "mm^3"
    assert lesion["n"].unique().tolist() == [int(ball(6.0, 15).sum())]
    small = rows[rows["region"] == "small"].set_index("biomarker")
    assert small.loc["cm_corr_3D_avg", "qc"] == "fail"
    assert "one voxel thick" in small.loc["cm_corr_3D_avg", "reason"]


def test_values_are_those_of_features_with_axes_turned(tmp_path) -> None:
    image, mask = files(tmp_path)
    how = radiomics.Settings(bins=8, normalise="none", planes="2d", voxel_mm=(None, 0.8, 0.8))
    rows = radiomics.measure(image, mask, settings=how)
    volume = read_image(image).data.T
    drawn = read_labels(mask).image.data.T == 1
    values = radiomics.features(volume, drawn, spacing_mm=(1.5, 1.0, 1.0), settings=how)
    lesion = rows[rows["region"] == "lesion"].set_index("biomarker")["value"]
    for name, value in values.items():
        assert lesion[name] == pytest.approx(value, rel=1e-12), name


def test_day_and_subject_come_from_the_study_or_are_said(tmp_path) -> None:
    study = tmp_path / "study"
    image, mask = files(study / "sub-01" / "ses-day07" / "anat")
    (study / "sub-01" / "sub-01_sessions.tsv").write_text("session_id\tdays\nses-day07\t6.5\n")
    assert set(radiomics.measure(image, mask, settings=HOW)["day"]) == {6.5}
    said = radiomics.measure(image, mask, settings=HOW, subject="rat7", day=3)
    assert set(zip(said["subject"], said["day"], strict=True)) == {("rat7", 3.0)}
    image, mask = files(tmp_path / "plain", "t1c.nii.gz")
    plain = radiomics.measure(image, mask, settings=HOW)
    assert set(zip(plain["subject"], plain["day"], strict=True)) == {("t1c", 0.0)}


def test_settings_and_files_travel_along(tmp_path) -> None:
    image, mask = files(tmp_path)
    first = radiomics.measure(image, mask, settings=HOW)
    other = radiomics.measure(image, mask, settings=radiomics.Settings(bins=16, normalise="none"))
    assert first["settings"].nunique() == 1
    assert set(first["settings"]).isdisjoint(other["settings"])
    assert (first["image"] == other["image"]).all()
    assert first["image"][0] != first["labels"][0]


def test_undeclared_intensities_are_warned_of(tmp_path) -> None:
    image, mask = files(tmp_path)
    how = radiomics.Settings(bins=8)
    with pytest.warns(AssumptionWarning, match="declare normalise='zscore'"):
        rows = radiomics.measure(image, mask, settings=how)
    lesion = rows[rows["region"] == "lesion"].set_index("biomarker")
    assert lesion.loc["stat_mean", "qc"] == "warn"
    assert lesion.loc["morph_volume", "qc"] == "ok"
    calibrated, mask = files(tmp_path / "map", "sub-01_ses-day07_ADC.nii.gz")
    assert set(radiomics.measure(calibrated, mask, settings=how)["qc"]) <= {"ok", "fail"}


def test_zscore_takes_off_scale_and_offset_of_the_scanner(tmp_path) -> None:
    image, mask = files(tmp_path)
    first = read_image(image)
    other = write_image(tmp_path / "other_T1w.nii.gz", 3.0 * first.data + 50.0, first)
    how = radiomics.Settings(bin_width=0.25, normalise="zscore")
    one, two = (radiomics.measure(each, mask, settings=how)["value"] for each in (image, other))
    assert one.to_numpy() == pytest.approx(two.to_numpy(), rel=1e-4, nan_ok=True)


def test_arrays_are_normalised_as_files_are(tmp_path) -> None:
    image, mask = files(tmp_path)
    how = radiomics.Settings(bin_width=0.25, normalise="zscore")
    rows = radiomics.measure(image, mask, settings=how).set_index(["region", "biomarker"])
    volume, drawn = read_image(image).data.T, read_labels(mask).image.data.T == 1
    values = radiomics.features(volume, drawn, spacing_mm=(1.5, 1.0, 1.0), settings=how)
    assert values["stat_mean"] == pytest.approx(rows.loc[("lesion", "stat_mean"), "value"])
    with pytest.raises(InputError, match="needs a foreground"):
        radiomics.features(np.ones((5, 5, 5)), np.ones((5, 5, 5)), spacing_mm=(1, 1, 1),
                           settings=how)  # fmt: skip


def test_another_grid_is_refused(tmp_path) -> None:
    image, _ = files(tmp_path)
    far = Image(np.ones((4, 4, 4)), np.eye(4), "far")
    labels = write_image(tmp_path / "far_dseg.nii.gz", far.data, far, dtype=np.uint8)
    with pytest.raises(GeometryError):
        radiomics.measure(image, labels, settings=HOW)
    with pytest.raises(InputError, match="settings is"):
        radiomics.measure(image, labels, settings={"bins": 8})


def test_quantities_are_registered_with_unit_code_and_meaning() -> None:
    assert {*tags("2d"), *tags("3d")} <= set(QUANTITIES)
    known = quantity("log_3mm_cm_joint_avg_3D_comb")
    assert known.code == "IBSI 60VM"
    assert known.meaning.startswith("joint average")
    assert quantity("morph_area_mesh").unit == "mm^2"
    assert quantity("my_own_marker") is None


@pytest.fixture(scope="module")
def shaken(tmp_path_factory):
    folder = tmp_path_factory.mktemp("shaken")
    cohort = {f"s{at}": files(folder / f"s{at}", seed=at, radius=4.0 + at) for at in range(2)}
    return cohort, radiomics.perturb(cohort, settings=HOW, times=4, seed=1)


def test_perturbing_gives_rows_of_each_lesion_and_time(shaken) -> None:
    _, rows = shaken
    assert len(rows) == 2 * 2 * 4 * len(tags("3d"))
    assert set(rows["perturbation"]) == {1, 2, 3, 4}
    assert set(rows["lesion"]) == {"lesion", "small"}
    assert (rows["lesion"] == rows["region"]).all()
    assert set(rows["day"]) == {0.0}


def test_changes_are_small_and_every_kind_is_seen(shaken) -> None:
    cohort, rows = shaken
    for subject, (image, mask) in cohort.items():
        plain = radiomics.measure(image, mask, settings=HOW)
        plain = plain[plain["region"] == "lesion"].set_index("biomarker")["value"]
        own = rows[(rows["subject"] == subject) & (rows["region"] == "lesion")]
        ratio = own[own["biomarker"] == "morph_vol_approx"]["value"] / plain["morph_vol_approx"]
        assert ratio.between(0.79, 1.21).all()
        assert ratio.nunique() > 1
        round_as_drawn = own[own["biomarker"] == "morph_sphericity"]["value"]
        assert (round_as_drawn > 0.8 * plain["morph_sphericity"]).all()
        means = own[own["biomarker"] == "stat_mean"]["value"]
        assert means.nunique() == 4
        assert means.to_numpy() == pytest.approx(plain["stat_mean"], rel=0.02)


def test_the_seed_and_the_lesion_decide_and_not_the_company(shaken) -> None:
    cohort, rows = shaken
    alone = radiomics.perturb({"s1": cohort["s1"]}, settings=HOW, times=4, seed=1)
    together = rows[rows["subject"] == "s1"].reset_index(drop=True)
    assert alone["value"].to_numpy() == pytest.approx(together["value"].to_numpy(), nan_ok=True)
    other = radiomics.perturb({"s1": cohort["s1"]}, settings=HOW, times=2, seed=2)
    first = other[other["biomarker"] == "stat_mean"]["value"].iloc[0]
    assert first != together[together["biomarker"] == "stat_mean"]["value"].iloc[0]


def test_perturbing_nothing_or_once_is_refused(tmp_path) -> None:
    with pytest.raises(InputError, match="no subject"):
        radiomics.perturb({}, settings=HOW)
    with pytest.raises(InputError, match="times is 1"):
        radiomics.perturb({"a": files(tmp_path)}, settings=HOW, times=1)
