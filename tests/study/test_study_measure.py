"""A study is measured: maps, regions, volumes, provenance."""

import json
import shutil

import numpy as np
import pytest
from bids_of_known_truth import ADC, B1, SHAPE, T1, filled, grid, labels, write

from biomarkers.errors import ProblemsError, UnmatchedWarning
from biomarkers.images import read_image, write_image
from biomarkers.study import GIVEN, MeasureSettings, measure
from biomarkers.table import read_measurements

REGIONS = {1: "tumor", 2: "muscle"}


def values(measured, biomarker, day=0.0):
    table = measured.table
    rows = table[(table["biomarker"] == biomarker) & (table["day"] == day)]
    return dict(zip(rows["region"], rows["value"], strict=True))


def test_computed_and_given_maps_are_measured(small_study, tmp_path) -> None:
    measured = measure(small_study.root, tmp_path / "out")
    assert measured.failures == ()
    # AFI takes TR to be far shorter than T1; at TR/T1 of 2 % that costs a few per mille of B1.
    for name in REGIONS.values():
        assert values(measured, "B1")[name] == pytest.approx(B1, rel=0.01)
    for index, name in REGIONS.items():
        assert values(measured, "T1")[name] == pytest.approx(T1[index], rel=0.02)
        assert values(measured, "ADC")[name] == ADC[index]
        assert values(measured, "volume")[name] == 18 * SHAPE[2] * 0.25
    table = measured.table
    assert set(table["day"]) == {0.0, 7.0}
    assert set(table["group"]) == {"treated"}
    assert set(table.loc[table["biomarker"] == "ADC", "unit"]) == {"mm^2/s"}
    assert set(table["region"]) == {"tumor", "muscle"}
    assert {"ADC_mean", "ADC_sd", "ADC_p10", "ADC_p50", "ADC_p90"} <= set(table["biomarker"])
    again = read_measurements(measured.path).reset_index(drop=True)
    # A map that is the same everywhere has no skewness.
    np.testing.assert_array_equal(again["value"], table["value"])


def test_regions_count_only_voxels_with_a_value(small_study, tmp_path) -> None:
    adc = filled(ADC)
    adc[1:3, 1:7, :] = np.nan  # two thirds of the tumour
    adc[4, 1:7, :] = np.inf  # a third of the muscle
    adc[5, 1, 0] = 5.0
    write(small_study.file("ADC.nii.gz"), adc)
    table = measure(small_study.root, tmp_path / "out").table
    rows = table[(table["biomarker"] == "ADC") & (table["day"] == 0)].set_index("region")
    assert rows.loc["tumor", ["value", "n", "qc"]].tolist() == [ADC[1], 18, "fail"]
    assert rows.loc["muscle", ["value", "n", "qc"]].tolist() == [ADC[2], 36, "warn"]
    inside = adc[(labels() == 2) & np.isfinite(adc)]
    expected = {
        "mean": inside.mean(),
        "sd": inside.std(ddof=1),
        "p10": np.percentile(inside, 10),
        "p90": np.percentile(inside, 90),
    }
    for statistic, value in expected.items():
        found = table[(table["biomarker"] == f"ADC_{statistic}") & (table["day"] == 0)]
        assert found.set_index("region").loc["muscle", "value"] == pytest.approx(value, rel=1e-12)


def test_a_computed_map_wins_unless_the_given_one_is_preferred(small_study, tmp_path) -> None:
    derived = small_study.root / "derivatives" / "maps" / "sub-01" / "ses-day00"
    write(derived / "anat" / "sub-01_ses-day00_T1map.nii.gz", np.full(SHAPE, 3.0), {"Units": "s"})
    computed = measure(small_study.root, tmp_path / "a")
    assert values(computed, "T1")["tumor"] == pytest.approx(T1[1], rel=0.02)
    given = measure(small_study.root, tmp_path / "b", settings=MeasureSettings(prefer=GIVEN))
    assert values(given, "T1")["tumor"] == 3.0
    assert values(given, "T1", day=7.0)["tumor"] == pytest.approx(T1[1], rel=0.02)


def test_a_preferred_given_b1_also_corrects_t1(small_study, tmp_path) -> None:
    for day in ("00", "07"):
        path = small_study.root / f"derivatives/maps/sub-01/ses-day{day}/fmap"
        name = f"sub-01_ses-day{day}_TB1map.nii.gz"
        write(path / name, np.full(SHAPE, 100 * B1), {"Units": "%"})
    measured = measure(small_study.root, tmp_path / "a", settings=MeasureSettings(prefer=GIVEN))
    assert values(measured, "B1")["tumor"] == 100 * B1
    # The true field, so T1 is exact but for single precision of the images.
    assert values(measured, "T1")["tumor"] == pytest.approx(T1[1], rel=1e-6)


def test_a_given_map_fills_a_gap(small_study, tmp_path) -> None:
    for tr in ("tr1", "tr2"):
        small_study.file(f"acq-{tr}_TB1AFI.nii.gz").unlink()
        small_study.file(f"acq-{tr}_TB1AFI.json").unlink()
    derived = small_study.root / "derivatives" / "maps" / "sub-01" / "ses-day00"
    path = derived / "fmap" / "sub-01_ses-day00_TB1map.nii.gz"
    write(path, np.full(SHAPE, B1), {"Units": "arbitrary"})
    measured = measure(small_study.root, tmp_path / "a")
    assert values(measured, "T1")["muscle"] == pytest.approx(T1[2], rel=1e-6)


def test_without_b1_t1_is_measured_and_the_report_is_told(small_study, tmp_path) -> None:
    for tr in ("tr1", "tr2"):
        small_study.file(f"acq-{tr}_TB1AFI.nii.gz").unlink()
        small_study.file(f"acq-{tr}_TB1AFI.json").unlink()
    measured = measure(small_study.root, tmp_path / "out")
    # A flip angle of 90 % taken for 100 % makes T1 too short by about 1 / 0.9^2.
    assert values(measured, "T1")["tumor"] == pytest.approx(T1[1] * B1**2, rel=0.02)
    card = json.loads((tmp_path / "out" / "qc" / "sub-01_ses-day00_notes.json").read_text())
    assert "T1 is not corrected" in card["caption"]
    assert card["status"] == "warn"


def test_two_label_maps_name_their_volumes_by_space(small_study, tmp_path) -> None:
    """In every session of the study, also one that has a single label map."""
    anat = small_study.file("dseg.nii.gz")
    anat.rename(anat.with_name("sub-01_ses-day00_space-VFA_dseg.nii.gz"))
    other = small_study.file("dseg.nii.gz", day="07")
    other.rename(other.with_name("sub-01_ses-day07_space-VFA_dseg.nii.gz"))
    coarse = np.zeros((4, 4, 3))
    coarse[1:3, 1:3, :] = 1
    write_image(
        anat.with_name("sub-01_ses-day00_space-DWI_dseg.nii.gz"),
        coarse,
        like=grid((4, 4, 3), edge=1.0),
    )
    table = measure(small_study.root, tmp_path / "out").table
    volumes = table[table["biomarker"].str.startswith("volume")].set_index(
        ["biomarker", "day", "region"]
    )["value"]
    assert volumes["volume_DWI", 0.0, "tumor"] == 12.0
    assert volumes["volume_VFA", 0.0, "tumor"] == 13.5
    assert volumes["volume_VFA", 7.0, "tumor"] == 13.5
    assert len(volumes) == 5


def test_maps_are_derivatives_that_say_how_they_came_about(small_study, tmp_path) -> None:
    measure(small_study.root, tmp_path / "out")
    folder = tmp_path / "out" / "derivatives" / "biomarkers"
    description = json.loads((folder / "dataset_description.json").read_text())
    assert description["DatasetType"] == "derivative"
    stem = folder / "sub-01" / "ses-day00" / "anat" / "sub-01_ses-day00_T1map"
    image = read_image(f"{stem}.nii.gz")
    assert np.median(image.data[labels() == 1]) == pytest.approx(T1[1], rel=0.02)
    sidecar = json.loads(stem.with_suffix(".json").read_text())
    assert sidecar["Units"] == "s"
    assert sidecar["Settings"]["FlipAngle"] == [3.0, 8.0, 15.0]
    assert sidecar["Settings"]["B1"] == "computed"
    names = [source["file"] for source in sidecar["Sources"]]
    assert "sub-01/ses-day00/anat/sub-01_ses-day00_flip-1_VFA.nii.gz" in names
    assert len(names) == 5
    assert all(len(source["sha256"]) == 64 for source in sidecar["Sources"])


def test_the_same_study_gives_the_same_bytes_in_one_process_or_two(small_study, tmp_path) -> None:
    for name, jobs in (("a", 1), ("b", 2)):
        measure(small_study.root, tmp_path / name, settings=MeasureSettings(jobs=jobs))
    first = {p.relative_to(tmp_path / "a"): p for p in (tmp_path / "a").rglob("*") if p.is_file()}
    assert len(first) > 10
    for relative, path in first.items():
        assert path.read_bytes() == (tmp_path / "b" / relative).read_bytes(), relative


def test_a_session_that_fails_at_work_costs_only_itself(small_study, tmp_path) -> None:
    # Damage that no header and no length tells: only reading the voxels does.
    broken = small_study.file("flip-2_VFA.nii.gz", day="07")
    content = bytearray(broken.read_bytes())
    content[-8] ^= 0xFF  # the checksum
    broken.write_bytes(content)
    measured = measure(small_study.root, tmp_path / "out")
    assert set(measured.table["day"]) == {0.0}
    assert [failure.session for failure in measured.failures] == ["sub-01 ses-day07"]
    assert "flip-2_VFA.nii.gz is damaged" in measured.failures[0].reason
    card = json.loads((tmp_path / "out" / "qc" / "sub-01_ses-day07_failure.json").read_text())
    assert card["status"] == "fail"
    record = json.loads((tmp_path / "out" / "measure.json").read_text())
    assert len(record["failures"]) == 1


def test_faulty_files_are_left_out_when_asked(small_study, tmp_path) -> None:
    small_study.file("ADC.nii.gz", day="07").write_bytes(b"no image")
    with pytest.raises(ProblemsError):
        measure(small_study.root, tmp_path / "out")
    assert not (tmp_path / "out").exists()
    settings = MeasureSettings(keep_going=True)
    measured = measure(small_study.root, tmp_path / "out", settings=settings)
    assert set(measured.table["day"]) == {0.0}
    assert "ADC.nii.gz is not a NIfTI image" in measured.failures[0].reason


def test_cards_of_an_earlier_run_do_not_linger(small_study, tmp_path) -> None:
    out = tmp_path / "out"
    measure(small_study.root, out)
    cards = {path.name for path in (out / "qc").iterdir()}
    assert {"sub-01_ses-day07_maps.json", "sub-01_ses-day07_maps.png"} <= cards
    shutil.rmtree(small_study.session("07"))
    shutil.rmtree(small_study.root / "derivatives" / "maps" / "sub-01" / "ses-day07")
    with pytest.warns(UnmatchedWarning, match="1 session without a folder: sub-01 ses-day07"):
        measure(small_study.root, out)
    assert {path.name for path in (out / "qc").iterdir()} == {
        name for name in cards if "day00" in name
    }


def test_maps_of_an_earlier_run_do_not_linger(small_study, tmp_path) -> None:
    out = tmp_path / "out"
    measure(small_study.root, out)
    t1 = "derivatives/biomarkers/sub-01/ses-day00/anat/sub-01_ses-day00_T1map"
    assert (out / f"{t1}.nii.gz").exists()
    for path in small_study.session().glob("anat/*_VFA.*"):
        path.unlink()
    measure(small_study.root, out)
    assert not (out / f"{t1}.nii.gz").exists()
    assert not (out / f"{t1}.json").exists()
    assert (out / t1.replace("anat", "fmap").replace("T1map", "TB1map.nii.gz")).exists()


def test_a_session_with_nothing_to_measure_is_told(small_study, tmp_path) -> None:
    shutil.rmtree(small_study.session("07"))
    small_study.session("07").mkdir()
    shutil.rmtree(small_study.root / "derivatives" / "maps" / "sub-01" / "ses-day07")
    measure(small_study.root, tmp_path / "out")
    card = json.loads((tmp_path / "out" / "qc" / "sub-01_ses-day07_notes.json").read_text())
    assert card["caption"] == "nothing in this session can be measured"


def test_progress_is_told(small_study, tmp_path) -> None:
    told = []
    measure(small_study.root, tmp_path / "out", progress=lambda *step: told.append(step))
    assert told == [(1, 2, "sub-01 ses-day00"), (2, 2, "sub-01 ses-day07")]
