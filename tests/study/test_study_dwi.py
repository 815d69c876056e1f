"""Diffusion in a study: found, checked, measured against the truth that made the signal."""

import json

import numpy as np
import pytest
import test_study_iron_oxide
from bids_of_known_truth import SHAPE, filled, write
from test_study_iron_oxide import CHI, SPIN_TE, TE, VOLUME, Place, write_train

from biomarkers import cbv
from biomarkers.errors import ProblemsError
from biomarkers.study import MeasureSettings, measure

ADC = {1: 0.7e-3, 2: 1.3e-3}
B = np.array([0.0, 1000.0, 500.0, 1000.0, 500.0, 1000.0, 500.0])
G = np.vstack([np.zeros(3), np.repeat(np.eye(3), 2, axis=0)])
SNR = 50.0


def fan(count):
    """Return directions over half a sphere, (count, 3)."""
    z = (np.arange(count) + 0.5) / count
    turn = 2.4 * np.arange(count)
    radius = np.sqrt(1.0 - z**2)
    return np.column_stack([radius * np.cos(turn), radius * np.sin(turn), z])


def add(study, day="00", *, b=B, g=G, signal=None, where="beside"):
    """Write a series with its b-values and gradients into a session."""
    signal = np.exp(-b * filled(ADC)[..., None]) if signal is None else signal
    rng = np.random.default_rng(int(day))
    noise = rng.standard_normal((2, *SHAPE, b.size)) / SNR
    folder, stem = study.session(day) / "dwi", f"sub-01_ses-day{day}_dwi"
    write(folder / f"{stem}.nii.gz", 100.0 * np.hypot(signal + noise[0], noise[1]), {})
    if where == "above":
        folder, stem = study.root, "dwi"
    (folder / f"{stem}.bval").write_text(" ".join(f"{each:g}" for each in b) + "\n")
    (folder / f"{stem}.bvec").write_text(
        "".join(" ".join(f"{each:.6f}" for each in row) + "\n" for row in np.transpose(g))
    )
    return study.session(day) / "dwi"


@pytest.fixture
def study(small_study):
    """One session without a given ADC and anything else to compute."""
    for path in [*small_study.root.rglob("*_VFA.*"), *small_study.root.rglob("*_TB1AFI.*")]:
        path.unlink()
    for path in small_study.root.rglob("*_ADC.*"):
        path.unlink()
    return small_study


def measured(study, out, **settings):
    result = measure(study.root, out, settings=MeasureSettings(**settings))
    assert result.failures == ()
    return result.table[result.table["day"] == 0].set_index(["region", "biomarker"])


def card(out, kind="dwi"):
    return json.loads((out / "qc" / f"sub-01_ses-day00_{kind}.json").read_text())


def test_adc_is_measured_with_its_error_and_shown(study, tmp_path):
    add(study)
    table = measured(study, tmp_path)
    for region, label in (("tumor", 1), ("muscle", 2)):
        row = table.loc[(region, "ADC")]
        assert row["value"] == pytest.approx(ADC[label], rel=0.02)
        assert abs(row["value"] - ADC[label]) < 4 * row["se"]
        assert row["unit"] == "mm^2/s" and row["qc"] == "ok"
    assert not table.index.isin([("tumor", "MD"), ("tumor", "S0")]).any()
    said = card(tmp_path)
    assert "0 (1), 500 (3), 1000 (3) s/mm² in 3 directions" in said["caption"]
    assert "echo-planar images is not corrected" in said["caption"]
    assert said["status"] == "ok" and said["values"]["snr"] == pytest.approx(SNR, rel=0.2)
    assert (tmp_path / "qc" / said["picture"]).stat().st_size > 1000
    folder = tmp_path / "derivatives/biomarkers/sub-01/ses-day00/dwi"
    sidecar = json.loads((folder / "sub-01_ses-day00_ADC.json").read_text())
    assert sidecar["Units"] == "mm^2/s" and sidecar["Settings"]["BValues"] == B.tolist()
    assert (folder / "sub-01_ses-day00_ADC_se.nii.gz").exists()


def test_a_given_adc_wins_only_where_it_is_preferred(study, tmp_path):
    add(study)
    given = study.root / "derivatives/maps/sub-01/ses-day00/dwi/sub-01_ses-day00_ADC.nii.gz"
    write(given, np.full(SHAPE, 2e-3), {"Units": "mm2/s"})
    assert measured(study, tmp_path / "a").loc[("tumor", "ADC"), "value"] < 1e-3
    kept = measured(study, tmp_path / "b", prefer="given")
    assert kept.loc[("tumor", "ADC"), "value"] == pytest.approx(2e-3)


def test_tensor_kurtosis_and_ivim_come_if_asked_for(study, tmp_path):
    b = np.concatenate([np.zeros(4), [10, 20, 40, 80, 150, 300], np.repeat([1000.0, 2000.0], 16)])
    few = np.array([[1.0, 0, 0], [0, 1.0, 0], [0, 0, 1.0]])
    g = np.vstack([np.zeros((4, 3)), few[np.arange(6) % 3], fan(16), fan(16)])
    d = filled(ADC)[..., None]
    signal = np.where(b < 1500, 0.8 * np.exp(-b * d) + 0.2 * np.exp(-b * 0.02), np.exp(-b * d))
    add(study, b=b, g=g, signal=signal)
    wanted = {"dwi": {"models": ["tensor", "kurtosis", "ivim"]}}
    table = measured(study, tmp_path, steps=wanted)
    for name in ("ADC", "MD", "FA", "MK", "f", "D"):
        assert (table.loc[[("tumor", name), ("muscle", name)], "se"] > 0).all(), name
    assert table.loc[("tumor", "f"), "value"] == pytest.approx(0.2, abs=0.05)
    assert table.index.is_unique
    assert table.loc[("tumor", "FA"), "value"] < 0.3


def test_what_gradients_cannot_tell_is_said(study, tmp_path):
    add(study)
    table = measured(study, tmp_path, steps={"dwi": {"models": ["tensor", "ivim"]}})
    assert ("tumor", "ADC") in table.index and ("tumor", "MD") not in table.index
    notes = card(tmp_path, "notes")["caption"]
    assert "no tensor, which needs 6 directions; it has 3" in notes
    assert "no ivim, which needs 4 b-values; it has 3" in notes


def test_trace_weighted_images_have_no_direction(study, tmp_path):
    add(study, g=np.zeros_like(G))
    table = measured(study, tmp_path)
    assert table.loc[("muscle", "ADC"), "value"] == pytest.approx(ADC[2], rel=0.02)
    assert "directions" not in card(tmp_path)["caption"]


def test_b_values_above_the_range_are_not_taken(study, tmp_path):
    b = np.array([0.0, 500.0, 1000.0, 3000.0, 3000.0, 3000.0, 3000.0])
    signal = np.exp(-np.minimum(b, 1000.0) * filled(ADC)[..., None])
    add(study, b=b, g=np.zeros((7, 3)), signal=signal)
    assert measured(study, tmp_path).loc[("tumor", "ADC"), "value"] == pytest.approx(
        0.7e-3, rel=0.03
    )
    with pytest.raises(ProblemsError, match="b_range from 1200 to 1500 leaves fewer than two"):
        measured(study, tmp_path, steps={"dwi": {"b_range": [1200, 1500]}})


def test_files_that_apply_to_all_sessions_are_taken(study, tmp_path):
    add(study, where="above")
    assert ("tumor", "ADC") in measured(study, tmp_path).index


def test_denoising_is_an_option(study, tmp_path):
    add(study)
    measured(study, tmp_path, steps={"dwi": {"denoise": True, "method": "rician"}})
    assert "rician fit of the denoised series" in card(tmp_path)["caption"]


@pytest.mark.parametrize(
    ("file", "text", "said"),
    [
        ("bval", "0 1000 500 1000 500 1000\n", "each of the 7 volumes"),
        ("bval", "0 1 .5 1 .5 1 .5\n", r"looks like ms/um\^2"),
        ("bval", None, r"dwi\.bval does not exist"),
        ("bvec", None, r"dwi\.bvec does not exist"),
        ("bvec", "0 .5 .5 0 0 0 0\n0 0 0 .5 .5 0 0\n0 0 0 0 0 .5 .5\n", "length 0.5; expected 1"),
    ],
)
def test_a_fault_of_b_values_or_gradients_is_named_before_any_work(
    study, tmp_path, file, text, said
):
    path = add(study) / f"sub-01_ses-day00_dwi.{file}"
    if text is None:
        path.unlink()
    else:
        path.write_text(text)
    with pytest.raises(ProblemsError, match=said):
        measured(study, tmp_path)


def test_without_a_label_map_on_its_grid_it_is_left_with_a_note(study, tmp_path):
    add(study)
    path = study.file("dwi.nii.gz")
    write(path, np.ones((4, 4, 3, B.size)))
    measured(study, tmp_path)
    assert "no label map lies on its grid" in card(tmp_path, "notes")["caption"]


def test_vessels_are_sized_by_the_adc_that_was_measured(study, tmp_path):
    radius = test_study_iron_oxide.RADIUS
    for day in ("00", "07"):
        add(study, day)
        write_train(Place(study, day), "MEGRE", TE, cbv.delta_r2s(filled(VOLUME), **CHI))
        rise = cbv.delta_r2(filled(VOLUME), filled(radius), filled(ADC), **CHI)
        write_train(Place(study, day), "MESE", SPIN_TE, rise)
    (study.root / "participants.tsv").write_text("participant_id\tspecies\nsub-01\trat\n")
    table = measured(study, tmp_path)
    assert table.loc[("tumor", "VSI"), "value"] == pytest.approx(radius[1], rel=0.05)
    sidecar = tmp_path / "derivatives/biomarkers/sub-01/ses-day00/perf/sub-01_ses-day00_VSI.json"
    sources = [each["file"] for each in json.loads(sidecar.read_text())["Sources"]]
    assert any(each.endswith("_dwi.nii.gz") for each in sources)
