"""Spectroscopy through a study: rows, cards, settings, and the report."""

import json
from pathlib import Path

import numpy as np
import pytest
from spectra_of_known_truth import (
    LEVELS,
    TISSUE,
    decay,
    metabolite_signal,
    water_signal,
    write_grid,
    write_study,
    write_svs,
)

from biomarkers import mrs
from biomarkers.cli import main
from biomarkers.errors import InputError, ProblemsError, SettingsError
from biomarkers.images import Image, write_image
from biomarkers.study import MeasureSettings, measure
from biomarkers.study.steps.mrs_spectra import SpectrumSettings

ECHOES = {"echoes": [0.011, 0.019], "simulated": list(LEVELS), "total_error": False}
PLAN = """
outcome = "responder"
positive = 1
baseline = 0
[visits]
0 = [0]
7 = [7]
[biomarkers."tCho/tCr"]
change = "log_ratio"
[measure.mrs]
echoes = [0.011, 0.019]
simulated = ["NAA", "Cr", "PCr", "GPC", "PCho", "Ins", "Glu", "Gln"]
total_error = false
"""


def measured(root, tmp_path, **changes):
    settings = MeasureSettings(steps={"mrs": ECHOES | changes})
    return measure(root, tmp_path / "out", settings=settings)


@pytest.fixture
def without_pictures(monkeypatch):
    """Draw what most tests do not look at, but write no file of it, which takes longest."""
    monkeypatch.setattr("biomarkers.study.steps.mrs_cards._png", lambda figure: b"")


@pytest.fixture
def one_day(tmp_path, without_pictures):
    return write_study(tmp_path / "study", days=(0,))


@pytest.fixture
def drawn_voxel(tmp_path):
    return write_study(tmp_path / "study", days=(0,), voxels=("tumor",))


@pytest.fixture
def one_voxel(drawn_voxel, without_pictures):
    return drawn_voxel


def values(result, column="value"):
    return result.table.set_index(["region", "biomarker"])[column]


def test_concentrations_and_ratios_of_every_voxel_are_near_the_truth(one_day, tmp_path):
    result = measured(one_day, tmp_path, tissue=list(TISSUE.values()))
    assert result.failures == ()
    found = values(result)
    assert found["contralateral", "tCr"] == pytest.approx(8.0, rel=0.02)
    assert found["tumor", "tNAA"] == pytest.approx(4.1, rel=0.03)
    assert found["tumor", "tCho"] == pytest.approx(3.4, rel=0.03)
    assert found["tumor", "tCho/tCr"] / found["contralateral", "tCho/tCr"] == pytest.approx(
        3.4 / 1.6, rel=0.03
    )
    rows = result.table
    assert (rows["se"] > 0).all()
    assert set(rows["qc"]) == {"ok"}
    assert (rows["low"] < rows["value"]).all()
    assert (rows["value"] < rows["high"]).all()
    assert set(rows.loc[rows["biomarker"] == "tCr", "unit"]) == {"mM"}


def test_cards_show_the_fit_and_what_was_processed(drawn_voxel, tmp_path):
    stem = drawn_voxel / "sub-01/ses-day00/mrs/sub-01_ses-day00_voi-tumor"
    turned = np.exp(0.8j * np.exp(-np.arange(decay().size) / 60))
    for suffix, fid in (("svs", metabolite_signal(LEVELS, seed=1)), ("mrsref", decay())):
        write_svs(stem.with_name(f"{stem.name}_{suffix}.nii.gz"), fid * turned)
    measured(drawn_voxel, tmp_path)
    qc = tmp_path / "out" / "qc"
    card = json.loads((qc / "sub-01_ses-day00_mrs-tumor.json").read_text())
    assert card["values"]["fwhm_hz"] > 3
    assert "tCho/tCr" in card["caption"]
    assert "No concentrations" in card["caption"]
    assert (qc / card["picture"]).stat().st_size > 1000
    processing = json.loads((qc / "sub-01_ses-day00_mrs-tumor-processing.json").read_text())
    assert "eddy-current correction" in processing["caption"]


def test_the_voxel_is_drawn_on_the_anatomy(drawn_voxel, tmp_path):
    def card():
        measured(drawn_voxel, tmp_path)
        path = tmp_path / "out/qc/sub-01_ses-day00_mrs-tumor-place.json"
        return json.loads(path.read_text())

    path = drawn_voxel / "sub-01/ses-day00/anat/sub-01_ses-day00_T1w.nii.gz"
    affine = np.diag([2.0, 2.0, 2.0, 1.0])
    affine[:3, 3] = -31.0
    like = Image(np.random.default_rng(0).normal(size=(32, 32, 32)), affine, "T1w")
    write_image(path, like.data, like)
    inside = card()
    assert inside["status"] == "ok"
    assert "8 mL" in inside["caption"]
    assert (tmp_path / "out/qc" / inside["picture"]).exists()
    affine[:3, 3] = 500.0
    write_image(path, like.data, like)
    outside = card()
    assert outside["status"] == "warn"
    assert "lies outside" in outside["caption"]


def test_ratios_over_a_contralateral_voxel(one_day, tmp_path):
    found = values(measured(one_day, tmp_path, contralateral="contralateral"))
    assert found["tumor", "tCho/tCr_contralateral"] == pytest.approx(3.4 / 1.6, rel=0.03)
    assert ("contralateral", "tCho/tCr_contralateral") not in found


def test_a_contralateral_voxel_that_is_not_there_is_noted(one_voxel, tmp_path):
    measured(one_voxel, tmp_path, contralateral="healthy")
    notes = json.loads((tmp_path / "out/qc/sub-01_ses-day00_notes.json").read_text())
    assert "no voxel voi-healthy" in notes["caption"]


def test_metabolites_are_reported_by_any_spelling_and_absent_ones_are_named(one_voxel, tmp_path):
    how = {"metabolites": ["mI", "Cre", "Chol"], "denominator": "myo-inositol"}
    rows = values(measured(one_voxel, tmp_path, **how))
    assert set(rows.index.get_level_values("biomarker")) == {"Cr/Ins"}
    card = json.loads((tmp_path / "out/qc/sub-01_ses-day00_mrs-tumor.json").read_text())
    assert "Not in the basis: Chol." in card["caption"]


def test_the_total_error_is_larger(one_voxel, tmp_path):
    noise = values(measured(one_voxel, tmp_path, metabolites=["Glx"]), "se")
    total = values(measured(one_voxel, tmp_path, metabolites=["Glx"], total_error=True), "se")
    assert total["tumor", "Glx/tCr"] > noise["tumor", "Glx/tCr"]


def test_low_quality_is_flagged_and_stays(one_day, tmp_path):
    result = measured(one_day, tmp_path, fwhm_ppm=0.01, crlb_percent=0.01)
    assert set(result.table["qc"]) == {"warn"}
    assert result.table["reason"].str.contains("FWHM .* above 0.01 ppm", regex=True).all()
    assert result.table["value"].notna().all()


def test_tissues_come_from_probability_maps_or_labels(one_day, tmp_path):
    place = one_day / "derivatives" / "seg" / "sub-01" / "ses-day00" / "anat"
    like = Image(np.zeros((16, 16, 16)), np.diag([2.0, 2.0, 2.0, 1.0]), "grid")
    like.affine[:3, 3] = -15.0
    for label, share in zip(("GM", "WM", "CSF"), TISSUE.values(), strict=True):
        name = f"sub-01_ses-day00_label-{label}_probseg.nii.gz"
        write_image(place / name, np.full(like.shape, share), like)
    of_maps = values(measured(one_day, tmp_path))
    assert of_maps["contralateral", "tCr"] == pytest.approx(8.0, rel=0.02)
    for path in place.iterdir():
        path.unlink()
    labels = np.full(like.shape, 1)
    labels[:, :, 8:] = 2
    write_image(place / "sub-01_ses-day00_dseg.nii.gz", labels, like, dtype=np.int16)
    (place / "sub-01_ses-day00_dseg.tsv").write_text("index\tname\n1\tGM\n2\tWM\n")
    of_labels = values(measured(one_day, tmp_path))
    # The water of half grey and half white matter, without fluid, against that of the truth.
    halves = water_signal({"gm": 0.5, "wm": 0.5, "csf": 0.0}) * 0.9 / water_signal()
    assert of_labels["contralateral", "tCr"] == pytest.approx(8.0 * halves, rel=0.03)
    assert of_labels["GM", "volume"] == pytest.approx(16 * 16 * 8 * 8)


def test_a_basis_from_a_file_below_the_study(one_day, tmp_path):
    with pytest.raises(ProblemsError, match=r"own\.BASIS.*basis"):
        measured(one_day, tmp_path, basis="own.BASIS")


def test_press_without_its_two_echo_times_is_refused_before_any_work(one_day, tmp_path):
    with pytest.raises(ProblemsError, match="press takes 2"):
        measured(one_day, tmp_path, echoes=[])
    assert not (tmp_path / "out").exists()


def test_a_rat_gets_no_human_relaxation_times(one_voxel, tmp_path):
    (one_voxel / "participants.tsv").write_text(
        "participant_id\tspecies\nsub-01\trattus norvegicus\n"
    )
    tissue = {"tissue": [0.6, 0.3, 0.1]}
    found = values(measured(one_voxel, tmp_path, **tissue))
    assert ("tumor", "tCr") not in found
    card = json.loads((tmp_path / "out/qc/sub-01_ses-day00_mrs-tumor.json").read_text())
    assert "relaxation times of 'rattus norvegicus'" in card["caption"]
    assert "metabolite_times" in card["caption"]
    times = {"water_times": [1.5, 0.06], "metabolite_times": [1.4, 0.15]}
    assert ("tumor", "tCr") in values(measured(one_voxel, tmp_path, **tissue, **times))


def test_times_that_the_header_lacks_are_taken_from_the_sidecar(tmp_path):
    root = write_study(tmp_path / "study", days=(0,), water=False)
    for path in (root / "sub-01" / "ses-day00" / "mrs").glob("*_svs.nii.gz"):
        fid = metabolite_signal(LEVELS, seed=1)
        write_svs(path, fid, EchoTime=None, RepetitionTime=None)
        write_svs(path.with_name(path.name.replace("svs", "mrsref")), decay())
        sidecar = path.with_name(path.name.replace(".nii.gz", ".json"))
        sidecar.write_text(json.dumps({"EchoTime": 0.03, "RepetitionTime": 2.0}))
    found = values(measured(root, tmp_path, tissue=list(TISSUE.values())))
    assert found["tumor", "tCr"] == pytest.approx(8.0, rel=0.02)


def test_unknown_settings_are_named(one_day, tmp_path):
    with pytest.raises(SettingsError, match="did you mean baseline"):
        measured(one_day, tmp_path, baselin="spline")
    with pytest.raises(SettingsError, match="both water_times and metabolite_times"):
        measured(one_day, tmp_path, water_times=[1.0, 0.1])


def test_spectra_go_from_files_to_the_report(tmp_path, capsys):
    root = write_study(tmp_path / "study", subjects=range(1, 7), voxels=("tumor",), water=False)
    (root / "plan.toml").write_text(PLAN)
    out = tmp_path / "out"
    assert main(["run", str(root), str(out), "--jobs", "1"]) == 0
    capsys.readouterr()
    assert "tCho/tCr" in (out / "report.html").read_text()
    assert "tCho/tCr" in (out / "results" / "separation.csv").read_text()


GRID_ECHOES = {"mrsi": {"echoes": [0.011, 0.019], "simulated": list(LEVELS)}}


def test_a_grid_gives_maps_errors_flags_and_rows_of_regions(tmp_path):
    root = write_grid(tmp_path / "study")
    out = tmp_path / "out"
    result = measure(root, out, settings=MeasureSettings(steps=GRID_ECHOES))
    assert result.failures == ()
    found = values(result)
    assert found["tumor", "tCho/tCr"] / found["brain", "tCho/tCr"] == pytest.approx(2.0, rel=0.03)
    assert values(result, "n")["tumor", "tCho/tCr"] == 8
    assert 0 < values(result, "se")["tumor", "tCho/tCr"] < 0.02
    folder = out / "derivatives/biomarkers/sub-01/ses-day00/mrs"
    names = {path.name for path in folder.glob("*.nii.gz")}
    assert {
        "sub-01_ses-day00_tChotCr.nii.gz",
        "sub-01_ses-day00_tChotCr_se.nii.gz",
        "sub-01_ses-day00_desc-mrsi_flags.nii.gz",
    } <= names
    card = json.loads((out / "qc/sub-01_ses-day00_mrsi.json").read_text())
    assert card["values"]["snr"] > 10
    assert "16 spectra" in card["caption"]


def test_a_grid_gives_other_ratios_and_signals_over_contralateral_creatine(tmp_path):
    root = write_grid(tmp_path / "study")
    chosen = GRID_ECHOES["mrsi"] | {"contralateral": "brain", "total_error": True, "t2": "wm"}
    result = measure(root, tmp_path / "out", settings=MeasureSettings(steps={"mrsi": chosen}))
    found, errors = values(result), values(result, "se")
    assert found["brain", "tNAA/tCho"] == pytest.approx(9.0 / 1.6, rel=0.06)
    assert found["tumor", "tNAA/tCho"] / found["brain", "tNAA/tCho"] == pytest.approx(0.5, rel=0.03)
    assert found["tumor", "Ins/ctCr"] == pytest.approx(found["tumor", "Ins/tCr"], rel=0.03)
    assert found["tumor", "tCho/ctCr"] / found["brain", "tCho/ctCr"] == pytest.approx(2.0, rel=0.03)
    assert errors["tumor", "Ins/ctCr"] > errors["tumor", "Ins/tCr"]
    # There is no lactate in the basis.
    assert ("tumor", "Lac/tNAA") not in found


def test_a_contralateral_region_that_is_not_drawn_is_noted(tmp_path):
    root = write_grid(tmp_path / "study")
    chosen = GRID_ECHOES["mrsi"] | {"contralateral": "healthy"}
    measure(root, tmp_path / "out", settings=MeasureSettings(steps={"mrsi": chosen}))
    notes = json.loads((tmp_path / "out/qc/sub-01_ses-day00_notes.json").read_text())
    assert "no region 'healthy'" in notes["caption"]


def test_a_ratio_of_a_grid_that_is_not_known_is_refused(tmp_path):
    root = write_grid(tmp_path / "study")
    chosen = GRID_ECHOES["mrsi"] | {"ratios": ["Glu/Gln"]}
    with pytest.raises(SettingsError, match="Glu/Gln unknown"):
        measure(root, tmp_path / "out", settings=MeasureSettings(steps={"mrsi": chosen}))


def test_broad_lines_of_a_grid_are_left_out_of_maps(tmp_path):
    root = write_grid(tmp_path / "study")
    settings = {"mrsi": GRID_ECHOES["mrsi"] | {"fwhm_ppm": 0.01}}
    result = measure(root, tmp_path / "out", settings=MeasureSettings(steps=settings))
    assert "no voxel has a value" in result.failures[0].reason


def test_a_grid_without_regions_on_it_is_noted(tmp_path):
    root = write_grid(tmp_path / "study")
    for path in (root / "derivatives").rglob("*_dseg.nii.gz"):
        write_image(path, np.ones((8, 8, 8)), Image(np.ones((8, 8, 8)), np.eye(4), "other"))
    measure(root, tmp_path / "out", settings=MeasureSettings(steps=GRID_ECHOES))
    notes = json.loads((tmp_path / "out/qc/sub-01_ses-day00_notes.json").read_text())
    assert "no label map on its grid" in notes["caption"]


def test_maps_of_ratios_given_are_known_by_their_file(tmp_path):
    root = write_grid(tmp_path / "study")
    out = tmp_path / "out"
    measure(root, out, settings=MeasureSettings(steps=GRID_ECHOES))
    (root / "sub-01/ses-day00/mrs/sub-01_ses-day00_mrsi.nii.gz").unlink()
    given = measure(
        root, tmp_path / "again", derivatives=[out / "derivatives/biomarkers",
        root / "derivatives/maps"],
    )  # fmt: skip
    assert ("tumor", "tCho/tCr") in values(given)


def test_spectra_are_measured_where_given_maps_are_preferred(one_day, tmp_path):
    settings = MeasureSettings(prefer="given", steps={"mrs": ECHOES})
    result = measure(one_day, tmp_path / "out", settings=settings)
    assert ("tumor", "tNAA/tCr") in values(result)


def test_t2_of_single_metabolites_go_before_those_published():
    scan = mrs.Scan(np.ones((1, 1, 1, 64), dtype=complex), 8e-4, 123.2)
    how = {"echoes": (0.014, 0.016), "simulated": ("NAA", "Lac")}
    plain = SpectrumSettings(**how).basis_of(scan, Path())
    basis = SpectrumSettings(**how, t2="wm", t2_of={"lac": 0.24}).basis_of(scan, Path())
    time = np.arange(64) * 8e-4
    np.testing.assert_allclose(basis["Lac"], plain["Lac"] * np.exp(-time / 0.24), rtol=1e-9)
    np.testing.assert_allclose(basis["NAA"], plain["NAA"] * np.exp(-time / 0.343), rtol=1e-9)
    with pytest.raises(InputError, match="t2_of names Ala, not among those simulated"):
        SpectrumSettings(**how, t2_of={"Ala": 0.1})
