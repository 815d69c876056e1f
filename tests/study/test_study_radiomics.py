"""Radiomics in a study: only where it is declared; rows, a card, the command."""

import json

import numpy as np
import pandas as pd
import pytest
from bids_of_known_truth import SHAPE, labels, write

from biomarkers import radiomics
from biomarkers.cli import main
from biomarkers.errors import SettingsError
from biomarkers.ibsi import split_tag
from biomarkers.images import read_image
from biomarkers.radiomics.rows import digest_of
from biomarkers.study import STEPS, MeasureSettings, measure, plan_measuring

pytest.importorskip("skimage", reason="scikit-image is an extra")
pytest.importorskip("pywt", reason="PyWavelets is an extra")

DECLARED = {"bins": 8, "normalise": "none", "filters": ["original", "mean_3"], "planes": "2d"}
REGIONS = {1: "tumor", 2: "muscle"}
STEP = next(step for step in STEPS if step.name == "radiomics")


def add_images(study, *names):
    """Write images of both sessions."""
    for at, day in enumerate(("00", "07")):
        for name in names:
            image = np.random.default_rng(at).normal(100.0, 10.0, SHAPE)
            place = study.session(day) / "anat"
            write(place / f"sub-01_ses-day{day}_{name}.nii.gz", image, {})


def measured(study, out, **chosen):
    settings = MeasureSettings(steps={"radiomics": DECLARED | chosen})
    return measure(study.root, out, settings=settings, steps=[STEP])


def test_it_is_not_done_unless_it_is_declared(small_study) -> None:
    add_images(small_study, "T1w", "ce-gadolinium_T1w")
    planned = plan_measuring(small_study.root)
    assert planned.problems == ()
    assert not any(task.step is STEP for each in planned.recipes for task in each.tasks)


def test_rows_of_every_day_are_those_of_the_room(small_study, tmp_path) -> None:
    add_images(small_study, "T1w")
    found = measured(small_study, tmp_path / "out")
    assert found.failures == ()
    how = radiomics.Settings(**DECLARED)
    for day in ("00", "07"):
        image = read_image(small_study.file("_T1w.nii.gz", day)).data.T
        rows = found.table[found.table["day"] == float(day)].set_index(["region", "biomarker"])
        for label, region in REGIONS.items():
            values = radiomics.features(
                image, label == labels().T, spacing_mm=(1.0, 0.5, 0.5), settings=how
            )
            own = rows.loc[region]
            assert set(values) <= set(own.index)
            for name, value in values.items():
                assert own.loc[name, "value"] == pytest.approx(value, nan_ok=True), name
    known = found.table.dropna(subset="settings")
    image = known["biomarker"].map(lambda name: split_tag(name)[0])
    digests = known["settings"].groupby(image).unique()
    assert {name: list(each) for name, each in digests.items()} == {
        name: [digest_of(how, name)] for name in how.filters
    }


def test_the_card_shows_mask_and_histogram_and_says_what_lacks(small_study, tmp_path) -> None:
    add_images(small_study, "T1w")
    measured(small_study, tmp_path / "out", planes="3d", keep=[0.0, 105.0])
    (path, _) = sorted((tmp_path / "out" / "qc").glob("*_radiomics.json"))
    card = json.loads(path.read_text())
    assert "by their intensity" in card["caption"]
    assert (path.parent / card["picture"]).stat().st_size > 1000
    assert all(value > 0 for value in card["values"].values())


def test_the_end_of_a_name_tells_one_image_from_another(small_study, tmp_path) -> None:
    add_images(small_study, "T1w", "ce-gadolinium_T1w")
    found = measured(small_study, tmp_path / "out", image="ce-gadolinium_T1w")
    assert "stat_mean" in set(found.table["biomarker"])


def test_undeclared_intensities_reach_card_and_rows(small_study, tmp_path) -> None:
    add_images(small_study, "T2w")
    settings = MeasureSettings(steps={"radiomics": {"bins": 8, "image": "T2w"}})
    found = measure(small_study.root, tmp_path / "out", settings=settings, steps=[STEP])
    means = found.table[found.table["biomarker"] == "stat_mean"]
    assert set(means["qc"]) == {"warn"}
    assert means["reason"].str.contains("normalise='zscore'").all()
    card = json.loads(next((tmp_path / "out" / "qc").glob("*_radiomics.json")).read_text())
    assert card["status"] == "warn"
    assert "were not normalised" in card["caption"]


@pytest.mark.parametrize(
    ("chosen", "words"),
    [
        ({"image": "T1w"}, "neither given; expected exactly one"),
        ({"bins": 8, "image": "T1_w"}, "image is"),
        ({"bins": 8, "filters": ["x"]}, "filter 'x' is not known"),
        ({"bin": 8}, "did you mean bins"),
    ],
)
def test_impossible_settings_are_named(small_study, chosen, words) -> None:
    with pytest.raises(SettingsError, match=words):
        plan_measuring(small_study.root, settings=MeasureSettings(steps={"radiomics": chosen}))


def test_the_command_measures_what_the_plan_declares(small_study, tmp_path, capsys) -> None:
    add_images(small_study, "T1w")
    out = tmp_path / "out"
    assert main(["radiomics", str(small_study.root), str(out), "--jobs", "1"]) == 2
    assert "no [measure.radiomics]" in capsys.readouterr().err
    file = tmp_path / "how.toml"
    file.write_text('[measure.radiomics]\nbin_width = 5.0\nvoxel_mm = [0, 1, 1]\nplanes = "2d"\n')
    words = ["radiomics", str(small_study.root), str(out), "--settings", str(file), "--jobs", "1"]
    assert main(words) == 0
    rows = pd.read_csv(out / "measurements.tsv", sep="\t")
    assert "cm_joint_avg_2_5D_comb" in set(rows["biomarker"])
    assert "Ktrans" not in set(rows["biomarker"])
