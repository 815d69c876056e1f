"""A bolus of contrast in a study: found, checked, measured against the truth."""

import json

import numpy as np
import pytest
from benchmarks.dsc_curves import TE, TIME, Leak, Tissue, artery, noisy, sampled, signal
from bids_of_known_truth import SHAPE, labels, write

from biomarkers.errors import ProblemsError
from biomarkers.study import measure

SOURCE = artery(again=True)
TUMOR, OTHER = Tissue(75.0, 0.05), Tissue(45.0, 0.03)
LEAK = Leak(ktrans=0.05, kep=0.0, flip_deg=75.0, r2s=5.0)
PARTIAL = 0.12  # of the artery in a voxel: whole blood would leave no signal


def series(te, *, drawn=True, seed=0):
    """Signal (x, y, z, T) of a tumour that leaks, the other side, and an artery beside them."""
    regions = regions_of(drawn=True)
    out = np.empty((*SHAPE, TIME.size))
    out[:] = signal(OTHER.curve(SOURCE), te=te)
    out[regions == 1] = LEAK.signal(TUMOR.curve(SOURCE), SOURCE, te=te)
    out[regions == 3] = signal(PARTIAL * sampled(SOURCE).blood, te=te)
    return noisy(out, 100.0, np.random.default_rng(seed))


def regions_of(*, drawn):
    found = labels()
    if drawn:
        found[0, 2:6, :] = 3
    return found


def add(study, day, *, te=(TE,), drawn=True, **changes):
    """Write a DSC series into a session, and the artery into its label map."""
    for number, each in enumerate(te, start=1):
        echo = f"_echo-{number}" if len(te) > 1 else ""
        path = study.session(day) / "perf" / f"sub-01_ses-day{day}{echo}_dsc.nii.gz"
        write(path, series(each), {"EchoTime": each, "VolumeTiming": TIME.tolist()} | changes)
    write(study.file("dseg.nii.gz", day), regions_of(drawn=drawn).astype(float))


@pytest.fixture
def study(small_study):
    (small_study.root / "derivatives" / "maps" / "dseg.tsv").write_text(
        "index\tname\n1\ttumor\n2\tcontralateral\n3\tartery\n"
    )
    return small_study


def measured(study, out):
    result = measure(study.root, out)
    assert result.failures == ()
    table = result.table
    return table[table["day"] == 0].set_index(["region", "biomarker"])


def test_a_bolus_is_measured(study, tmp_path):
    add(study, "00")
    table = measured(study, tmp_path / "out")
    share = 1.0 / PARTIAL
    assert table.loc[("tumor", "CBV"), "value"] == pytest.approx(TUMOR.cbv * share, rel=0.2)
    assert table.loc[("contralateral", "CBV"), "value"] == pytest.approx(0.03 * share, rel=0.06)
    assert table.loc[("contralateral", "rCBV"), "value"] == pytest.approx(1.0)
    assert table.loc[("tumor", "rCBV"), "value"] == pytest.approx(5.0 / 3.0, rel=0.2)
    assert table.loc[("tumor", "CBF"), "unit"] == "mL/min/100mL"
    assert table.loc[("tumor", "K2"), "value"] > 0.005
    assert abs(table.loc[("contralateral", "K2"), "value"]) < 0.002
    assert (table.loc[("tumor", ["CBF", "CBV", "MTT", "rCBV", "K2"]), "se"] > 0).all()
    assert not table.index.isin([("artery", "CBF")]).any()
    folder = tmp_path / "out/derivatives/biomarkers/sub-01/ses-day00/perf"
    said = json.loads((folder / "sub-01_ses-day00_CBF.json").read_text())
    assert said["Settings"]["Reference"] == "contralateral"
    assert said["Settings"]["Leakage"] == "bsw"
    card = json.loads((tmp_path / "out/qc" / "sub-01_ses-day00_dsc.json").read_text())
    assert card["status"] == "warn"
    assert "CBF is expected to be off by" in card["caption"]
    assert "The artery as drawn reaches" in card["caption"]


def test_the_artery_is_looked_for_where_it_is_not_drawn(study, tmp_path):
    add(study, "00", drawn=False)
    table = measured(study, tmp_path / "out")
    assert table.loc[("contralateral", "CBV"), "value"] == pytest.approx(0.25, rel=0.1)
    card = json.loads((tmp_path / "out/qc" / "sub-01_ses-day00_dsc.json").read_text())
    assert card["status"] == "warn"
    assert "An artery that was looked for" in card["caption"]


def test_two_echoes_need_no_correction_for_t1(study, tmp_path):
    add(study, "00", te=(0.012, 0.030))
    table = measured(study, tmp_path / "out")
    ratio = table.loc[("tumor", "rCBV"), "value"]
    assert ratio == pytest.approx(5.0 / 3.0, rel=0.2)
    said = tmp_path / "out/derivatives/biomarkers/sub-01/ses-day00/perf/sub-01_ses-day00_CBV.json"
    assert json.loads(said.read_text())["Settings"]["EchoTime"] == [0.012, 0.030]


def test_a_series_without_a_bolus_costs_the_session_only_that(study, tmp_path):
    add(study, "00", drawn=False)
    flat = noisy(np.full((*SHAPE, TIME.size), 1000.0), 100.0, np.random.default_rng(3))
    write(study.file("dsc.nii.gz"), flat)
    result = measure(study.root, tmp_path / "out")
    assert "could not be measured: no arrival" in str(result.failures)
    assert {"T1", "ADC"} <= set(result.table["biomarker"])


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"EchoTime": None}, "EchoTime"),
        ({"EchoTime": 30}, "EchoTime"),
        (
            {"VolumeTiming": [0.0, 1.5]},
            "VolumeTiming is 2 entries; expected the onset of each volume",
        ),
    ],
)
def test_faulty_sidecars_are_named(study, tmp_path, changes, message):
    add(study, "00", **changes)
    with pytest.raises(ProblemsError, match=message):
        measure(study.root, tmp_path / "out")


def test_echoes_that_contradict_each_other_are_named(study, tmp_path):
    add(study, "00", te=(0.012, 0.030))
    path = study.file("echo-2_dsc.json")
    said = json.loads(path.read_text())
    path.write_text(json.dumps(said | {"EchoTime": 0.012}))
    with pytest.raises(ProblemsError, match="two dsc images have one EchoTime"):
        measure(study.root, tmp_path / "out")
    path.write_text(json.dumps(said | {"VolumeTiming": (TIME + 1.0).tolist()}))
    with pytest.raises(ProblemsError, match="differs from that of the other echo"):
        measure(study.root, tmp_path / "out")


def test_slices_are_measured_at_their_own_times(study, tmp_path):
    lags = np.linspace(0.0, 1.4, SHAPE[2])
    keys = {"SliceTiming": lags.tolist(), "SliceEncodingDirection": "k-"}
    add(study, "00", **keys)
    result = measured(study, tmp_path / "out")
    assert result.loc[("tumor", "CBV"), "value"] > 0.0
    (saved,) = (tmp_path / "out").rglob("*_CBV.json")
    assert json.loads(saved.read_text())["Settings"]["SliceTiming"] == lags[::-1].tolist()
    add(study, "00", **(keys | {"SliceTiming": (1000.0 * lags).tolist()}))
    with pytest.raises(ProblemsError, match=r"SliceTiming goes from 0 to 1400.*like ms"):
        measure(study.root, tmp_path / "again")
