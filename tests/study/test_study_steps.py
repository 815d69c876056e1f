"""Steps: one from outside the package, their order, their settings, and what they hand on."""

import json
import linecache
import sys
from dataclasses import dataclass, replace
from types import ModuleType

import nibabel as nib
import numpy as np
import pytest
from bids_of_known_truth import ADC, SHAPE, filled, labels, write
from test_study_dynamic import T2STAR, add_series, with_t2star

from biomarkers import dce
from biomarkers.errors import InputError, SettingsError
from biomarkers.estimates import Estimates, FitFlag, reasons_of
from biomarkers.images import read_image, read_labels, read_series
from biomarkers.plan import read_plan
from biomarkers.quantities import Quantity
from biomarkers.study import STEPS, Files, MeasureSettings, Outcome, Step, Work, measure
from biomarkers.study.keys import program_of
from biomarkers.study.step import in_order


# A step from outside, in full: quantity, settings, physics, card.
@dataclass(frozen=True)
class FatSettings:
    """`floor` is the signal below which a voxel is flagged."""

    floor: float = 1.0


FAT = Quantity("PDFF", "", "proton density fat fraction", label="Fat fraction")


def fat_fraction(water, fat, noise):
    total = np.where(water + fat > 0, water + fat, np.nan)
    return fat / total, noise * np.hypot(water, fat) / total**2


def measure_fat(work: Work) -> Outcome:
    water, fat = (np.asarray(read_image(each.file.path).data) for each in work.images("FATW"))
    noise = work.images("FATW")[0].sidecar.number("NoiseSD")
    value, error = fat_fraction(water, fat, noise)
    low = water + fat < work.settings.floor
    found = Estimates(
        "two-point Dixon", (FAT,), {"PDFF": value}, {"PDFF": error},
        reasons_of(value.shape, {FitFlag.NO_SIGNAL: low}),
    )  # fmt: skip
    inside = work.tissue_mask(~low)
    card = work.card("fat", "Fat", f"{low[inside].mean():.0%} below the floor.")
    return Outcome((found,), (card,))


FAT_STEP = Step(
    "fat", "Fat fraction", (Files("FATW", differing=("part",)),), ("PDFF",), measure_fat,
    settings=FatSettings, folder="anat",
)  # fmt: skip


def measure_diffusion(work: Work) -> Outcome:
    adc = Quantity("ADC", "mm^2/s", "")
    values = {"ADC": filled(ADC)}
    return Outcome((Estimates("adc", (adc,), values, {}, reasons_of(SHAPE, {})),))


DIFFUSION = Step("adc", "Diffusion", (Files("DIFF"),), ("ADC",), measure_diffusion)
WATER, FAT_SIGNAL = {1: 80.0, 2: 60.0}, {1: 20.0, 2: 40.0}


def add_fat(root, day="00"):
    place = root / "sub-01" / f"ses-day{day}" / "anat"
    for part, values in (("1water", WATER), ("2fat", FAT_SIGNAL)):
        name = f"sub-01_ses-day{day}_part-{part}_FATW.nii.gz"
        write(place / name, np.where(labels() > 0, filled(values), 0.0), {"NoiseSD": 2.0})


@pytest.mark.parametrize("jobs", [1, 2])
def test_a_step_from_outside_gives_maps_errors_flags_rows_and_a_card(small_study, tmp_path, jobs):
    for day in ("00", "07"):
        add_fat(small_study.root, day)
    settings = MeasureSettings(jobs=jobs, steps={"fat": {"floor": 50}})
    out = tmp_path / "out"
    measured = measure(small_study.root, out, settings=settings, steps=[*STEPS, FAT_STEP])
    assert measured.failures == ()
    rows = measured.table.set_index(["day", "region", "biomarker"]).loc[7.0]
    assert rows.loc[("muscle", "PDFF"), "value"] == pytest.approx(0.4)
    assert 0 < rows.loc[("muscle", "PDFF"), "se"] < 2.0 * np.hypot(0.6, 0.4) / 100
    assert rows.loc[("muscle", "PDFF"), "reason"] == ""
    folder = out / "derivatives/biomarkers/sub-01/ses-day07/anat"
    stem = "sub-01_ses-day07"
    error = nib.load(folder / f"{stem}_PDFF_se.nii.gz").get_fdata()
    assert error[labels() == 2] == pytest.approx(2.0 * np.hypot(60, 40) / 100**2)
    flags = nib.load(folder / f"{stem}_desc-fat_flags.nii.gz").get_fdata()
    assert ((flags > 0) == (labels() == 0)).all()
    said = json.loads((folder / f"{stem}_desc-fat_flags.json").read_text())
    assert said["Levels"]["1"] == "no signal"
    assert said["Step"] == {"Name": "fat", "Settings": {"floor": 50.0}}
    sidecar = json.loads((folder / f"{stem}_PDFF.json").read_text())
    assert sidecar["Model"] == "two-point Dixon"
    assert len(sidecar["Sources"]) == 2
    card = json.loads((out / "qc" / f"{stem}_fat.json").read_text())
    assert card["caption"] == "0% below the floor."
    record = json.loads((out / "measure.json").read_text())
    assert record["settings"]["steps"]["fat"] == {"floor": 50.0}


def test_every_computed_map_has_its_error_and_every_step_its_flags(small_study, tmp_path):
    add_series(small_study, with_t2star, T2STAR)
    measure(small_study.root, tmp_path / "out")
    folder = tmp_path / "out/derivatives/biomarkers/sub-01/ses-day00/perf"
    names = {path.name.removesuffix(".nii.gz") for path in folder.glob("*.nii.gz")}
    for name in ("Ktrans", "kep", "ve", "vp", "IAUC60", "nIAUC60", "peak_enhancement", "BAT"):
        assert {f"sub-01_ses-day00_{name}", f"sub-01_ses-day00_{name}_se"} <= names
    assert "sub-01_ses-day00_desc-dce_flags" in names
    assert not {name for name in names if name.endswith("_r2")}


def noisy_study(small_study):
    """Add a dynamic series with noise, and T1 with errors that are known."""
    add_series(small_study, with_t2star, T2STAR)
    rng = np.random.default_rng(4)
    path = small_study.file("dce.nii.gz")
    series = np.array(read_series(path).data)
    write(path, series * (1.0 + 0.01 * rng.standard_normal(series.shape)))
    t1 = small_study.file("T1map.nii.gz")
    write(t1.with_name(t1.name.replace(".nii.gz", "_se.nii.gz")), np.full(SHAPE, 0.1))
    return path, t1


def test_the_error_of_t1_is_in_that_of_ktrans_all_the_way_to_the_row(small_study, tmp_path):
    path, t1 = noisy_study(small_study)
    table = measure(small_study.root, tmp_path / "with").table
    regions = read_labels(
        small_study.file("dseg.nii.gz"), names={1: "tumor", 2: "muscle", 3: "artery"}
    )
    sidecar = json.loads(small_study.file("dce.json").read_text())
    sequence = dce.GradientEcho(tr=0.006, flip_deg=20.0, te=0.003, r2s=30.0)
    time = np.array(sidecar["VolumeTiming"])
    values = np.asarray(read_image(t1).data)
    record = Estimates(
        "given", (Quantity("T1", "s", ""),), {"T1": values}, {"T1": np.full(SHAPE, 0.1)},
        reasons_of(SHAPE, {}),
    )  # fmt: skip
    scan = dce.Scan(read_series(path), time, t10=record, r1=4.0, sequence=sequence)
    plasma = scan.input(regions.mask("artery"), t10_blood=1.9, hct=0.42)
    expected = scan.maps(plasma).by_region(regions).set_index(["region", "biomarker"])["se"]
    found = table[table["day"] == 0].set_index(["region", "biomarker"])["se"]
    bare = dce.Scan(read_series(path), time, t10=values, r1=4.0, sequence=sequence)
    without, alone = (
        bare.maps(each).by_region(regions).set_index(["region", "biomarker"])["se"]
        for each in (plasma, replace(plasma, errors=None, hct=None))
    )
    for region in ("tumor", "muscle"):
        at = region, "Ktrans"
        assert found[at] == pytest.approx(expected[at], rel=1e-9)
        of_input = without[at] ** 2 - alone[at] ** 2
        assert of_input > 0.0
        assert np.sqrt(found[at] ** 2 - of_input) > 1.2 * alone[at]


def test_a_computed_map_reaches_the_step_that_takes_it(small_study, tmp_path):
    write(small_study.session() / "dwi" / "sub-01_ses-day00_DIFF.nii.gz", np.ones(SHAPE), {})
    for path in small_study.root.rglob("*_ADC.*"):
        path.unlink()

    uses = replace(FAT_STEP, requires=("ADC",), measure=measure_fat)
    add_fat(small_study.root)
    add_fat(small_study.root, "07")
    steps = [uses, *STEPS, DIFFUSION]
    measured = measure(small_study.root, tmp_path / "out", steps=steps)
    rows = measured.table[measured.table["biomarker"] == "PDFF"]
    assert set(rows["day"]) == {0.0}
    card = json.loads((tmp_path / "out/qc/sub-01_ses-day07_notes.json").read_text())
    assert "FATW.nii.gz not measured: no map of ADC" in card["caption"]


def test_steps_are_put_in_order_of_dependency():
    names = [step.name for step in in_order(reversed([*STEPS, DIFFUSION]))]
    assert names.index("b1") < names.index("t1") < names.index("dce")
    assert max(names.index("dwi"), names.index("adc")) < names.index("iron_oxide")
    assert [step.name for step in in_order(STEPS)] == [step.name for step in STEPS]
    with pytest.raises(InputError, match="each needs a name of its own"):
        in_order([*STEPS, STEPS[0]])
    circle = [replace(FAT_STEP, uses=("ADC",)), replace(DIFFUSION, uses=("PDFF",))]
    with pytest.raises(InputError, match="need each other's maps"):
        in_order(circle)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (
            '[measure.dce]\nmodle = "tofts"',
            r"measure\.dce\.modle: unknown key; did you mean model\?",
        ),
        ("[measure.dcee]", r"measure\.dcee: unknown key; did you mean dce\?"),
        (
            "[measure.dce]\nmodel = 3",
            "measure.dce.model: found 3, expected text or a list, each text",
        ),
        ('[measure.dce]\nmodel = "tufts"', "measure.dce: model is 'tufts'; expected of tofts"),
        ("[measure.dce]\nbaseline = [1]", "measure.dce.baseline: found"),
        ('[measure.dsc]\nmethod = "SVD"', "measure.dsc.method: found 'SVD', expected 'sSVD'"),
        ("[measure]\ndce = 1", "measure.dce: found 1, expected a table"),
        ("[measure.t1]\nbounds = [3, 1]", "measure.t1: bounds are"),
        ("[measure.pet_uptake]\nwindow = [true, 1]", "measure.pet_uptake.window: found"),
    ],
)
def test_settings_that_make_no_sense_are_named(small_study, tmp_path, text, says):
    path = tmp_path / "settings.toml"
    path.write_text(text)
    with pytest.raises(SettingsError, match=says) as caught:
        measure(small_study.root, tmp_path / "out", settings=MeasureSettings(file=path))
    assert str(path) in str(caught.value)
    assert not (tmp_path / "out").exists()


def test_sections_of_steps_that_are_not_asked_for_are_passed_over(tmp_path):
    (tmp_path / "plan.toml").write_text('[measure.dce]\nmodel = "tofts"\n[measure.b1]\n')
    (b1,) = (step for step in STEPS if step.name == "b1")
    assert set(MeasureSettings().of_steps([b1], tmp_path)) == {"b1"}
    with pytest.raises(SettingsError, match=r"measure\.dce: unknown key"):
        MeasureSettings(steps={"dce": {"model": "tofts"}}).of_steps([b1], tmp_path)


def dynamic(small_study, tmp_path, text):
    (small_study.root / "plan.toml").write_text(text)
    out = tmp_path / "out"
    table = measure(small_study.root, out).table
    folder = out / "derivatives/biomarkers/sub-01/ses-day00/perf"
    return table[table["day"] == 0].set_index(["region", "biomarker"]), folder


def test_the_plan_of_the_study_chooses_the_models(small_study, tmp_path):
    noisy_study(small_study)
    text = (
        '[measure.dce]\nmodel = ["tofts", "extended_tofts"]\nleft_out = [30]\nbaseline = [0, 9]\n'
    )
    rows, folder = dynamic(small_study, tmp_path, text)
    assert rows.loc[("tumor", "Ktrans"), "value"] == pytest.approx(0.1, rel=0.1)
    choice = nib.load(folder / "sub-01_ses-day00_desc-dce_model.nii.gz").get_fdata()
    assert set(np.unique(choice[3:7, 2:6])) <= {0.0, 1.0}
    said = json.loads((folder / "sub-01_ses-day00_Ktrans.json").read_text())
    assert said["Model"] == "tofts | extended_tofts"
    assert said["Settings"]["VolumesLeftOut"] == [30]
    assert said["Step"]["Settings"]["model"] == ["tofts", "extended_tofts"]
    assert said["CAPLEX"] == "Q.PH1.008"


@pytest.mark.parametrize("source", ["parker", "input.tsv"])
def test_an_input_may_come_from_elsewhere(small_study, tmp_path, source):
    noisy_study(small_study)
    time = np.array(json.loads(small_study.file("dce.json").read_text())["VolumeTiming"])
    plasma = np.where(time > 21, 4.0 * np.exp(-(time - 21) / 60), 0.0)
    lines = [f"{when}\t{level}" for when, level in zip(time, plasma, strict=True)]
    (small_study.root / "input.tsv").write_text("\n".join(["time\tplasma", *lines]) + "\n")
    text = f'[measure.dce]\ninput = "{source}"\ndelay = "shared"\n'
    rows, folder = dynamic(small_study, tmp_path, text)
    assert np.isfinite(rows.loc[("tumor", "Ktrans"), "value"])
    said = json.loads((folder / "sub-01_ses-day00_Ktrans.json").read_text())
    assert said["Settings"]["Input"] == source


def test_regions_are_named_in_any_case(small_study, tmp_path):
    noisy_study(small_study)
    (small_study.root / "derivatives" / "maps" / "dseg.tsv").write_text(
        "index\tname\n1\ttumor\n2\tmuscle\n3\tFemoral\n"
    )
    rows, _ = dynamic(small_study, tmp_path, '[measure.dce]\nartery = "femoral"\n')
    assert set(rows.index.get_level_values("region")) == {"tumor", "muscle"}
    assert np.isfinite(rows.loc[("tumor", "Ktrans"), "se"])


def test_smoothing_of_b1_and_bounds_of_t1_are_chosen(small_study, tmp_path):
    steps = {"b1": {"smoothing": 2}, "t1": {"bounds": [0.5, 1.6]}}
    table = measure(small_study.root, tmp_path / "out", settings=MeasureSettings(steps=steps)).table
    rows = table[table["day"] == 0].set_index(["region", "biomarker"])
    assert np.isfinite(rows.loc[("tumor", "T1"), "value"])
    assert rows.loc[("muscle", "T1"), "qc"] == "fail"  # 2 s lies beyond the bounds
    assert "at bound" in rows.loc[("muscle", "T1"), "reason"]
    said = next((tmp_path / "out").rglob("sub-01_ses-day00_TB1map.json"))
    assert json.loads(said.read_text())["Settings"]["SmoothingFWHM"] == 2.0


def test_analysis_passes_over_the_settings_of_steps(tmp_path):
    text = 'outcome = "responder"\npositive = 1\nbaseline = 0\n[visits]\n0 = [0]\n7 = [7]\n'
    path = tmp_path / "plan.toml"
    path.write_text(text + '[biomarkers.ADC]\n[measure.dce]\nmodel = "2cxm"\n')
    assert [marker.name for marker in read_plan(path).biomarkers] == ["ADC"]


NOTEBOOK = """
from dataclasses import dataclass

@dataclass(frozen=True)
class Chosen:
    limit: float = 1.0

    def __post_init__(self):
        {check}

def measure(work):
    raise NotImplementedError
"""


def written_in_a_notebook(check):
    """Return a step whose function and settings stand in cells, which are no files."""
    text = NOTEBOOK.format(check=check)
    name = f"<cell {check}>"
    linecache.cache[name] = (len(text), None, text.splitlines(keepends=True), name)
    space = {"__name__": "notebook_without_file"}
    exec(compile(text, name, "exec"), space)
    return replace(FAT_STEP, measure=space["measure"], settings=space["Chosen"])


def test_the_program_of_a_step_in_a_notebook_is_its_source(monkeypatch):
    monkeypatch.setitem(sys.modules, "notebook_without_file", ModuleType("notebook_without_file"))
    one, same, other = (
        program_of([written_in_a_notebook(check)]) for check in ("pass", "pass", "assert True")
    )
    assert one == same
    changed = {name for name in one if one[name] != other[name]}
    assert changed == {"notebook_without_file.Chosen"}
