"""A dynamic series is taken as its sidecar says it was scanned."""

import json

import numpy as np
import pytest
from bids_of_known_truth import SHAPE, T1, filled, labels, write

from biomarkers import dce
from biomarkers.errors import ProblemsError
from biomarkers.images import read_image
from biomarkers.kinetics import Input
from biomarkers.kinetics.convolution import respond
from biomarkers.study import measure
from biomarkers.timing import Frames

TIME = 2.0 * np.arange(60)
KTRANS, VE, VP = 0.1, 0.3, 0.04
AGENT = {"ContrastAgentRelaxivity": 4.0, "BloodT1": 1.9, "Hematocrit": 0.42}
TURBO = {
    "FlipAngle": 12.0,
    "SaturationDelay": 0.15,
    "RepetitionTimeExcitation": 0.0025,
    "RepetitionTime": 2.0,
    "PulsesToCenter": 24,
}
T2STAR = {
    "FlipAngle": 20.0,
    "RepetitionTimeExcitation": 0.006,
    "EchoTime": 0.003,
    "ContrastAgentRelaxivityR2star": 30.0,
}


def turboflash(agent, t10):
    train = {"prep_time": 0.15, "tr": 0.0025, "flip_deg": 12.0, "pulses_to_centre": 24}
    return dce.turboflash_signal(700.0, 1 / (1 / np.asarray(t10)[..., None] + 4.0 * agent), **train)


def with_t2star(agent, t10):
    scan = {"tr": 0.006, "flip_deg": 20.0, "te": 0.003, "r2s": 30.0, "r1": 4.0}
    return dce.concentration_to_signal(agent, t10=t10, m0=700.0, **scan)


def add_series(study, signal, keys, late=0.0):
    """Write a dynamic series with an artery, a label map with it, and T1 that is known."""
    since = np.maximum(TIME - 21.0, 0.0)
    blood = 3.0 * np.minimum(since / 6, 1) * (0.6 * np.exp(-since / 30) + 0.4)
    source = dce.smooth_between_samples(Input(TIME, blood=blood, hct=0.42), TIME)
    regions = labels()
    regions[1, 1:3, :] = 3
    t1, late = filled(T1), np.broadcast_to(late, SHAPE)
    series = np.empty((*SHAPE, TIME.size))
    for each in np.unique(late):
        at, together = TIME + each, late == each
        uptake = respond(KTRANS / 60 / VE, source.time, source.plasma, Frames.instants(at)).value
        tissue = KTRANS / 60 * uptake + VP * np.interp(at, source.time, source.plasma)
        series[together] = signal(np.broadcast_to(tissue, (*t1.shape, TIME.size)), t1)[together]
        series[together & (regions == 3)] = signal(np.interp(at, source.time, source.blood), 1.9)
    raw, derived = study.session(), study.root / "derivatives" / "maps" / "sub-01" / "ses-day00"
    name = "sub-01_ses-day00"
    for old in (*raw.glob("anat/*VFA*"), *raw.glob("fmap/*")):
        old.unlink()
    write(derived / "anat" / f"{name}_T1map.nii.gz", t1, {"Units": "s"})
    write(derived / "anat" / f"{name}_dseg.nii.gz", regions.astype(float))
    sidecar = {**AGENT, "VolumeTiming": TIME.tolist(), **keys}
    write(raw / "perf" / f"{name}_dce.nii.gz", series, sidecar)


@pytest.mark.parametrize(("signal", "keys"), [(turboflash, TURBO), (with_t2star, T2STAR)])
def test_ktrans_is_that_of_the_sequence_in_the_sidecar(small_study, tmp_path, signal, keys):
    add_series(small_study, signal, keys)
    measured = measure(small_study.root, tmp_path / "out")
    assert measured.failures == ()
    table = measured.table[measured.table["day"] == 0.0]
    for name, value in (("Ktrans", KTRANS), ("ve", VE), ("vp", VP)):
        found = table.loc[table["biomarker"] == name, "value"].to_numpy()
        assert found.size == 2
        np.testing.assert_allclose(found, value, rtol=1e-3)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"PulsesToCenter": 2.5}, "PulsesToCenter.*whole number"),
        ({"PulsesToCenter": None}, "PulsesToCenter"),
        ({"RepetitionTimeExcitation": None}, "RepetitionTimeExcitation"),
        ({"FlipAngle": 120.0}, "up to 90 degrees"),
        ({"ContrastAgentRelaxivityR2star": 30.0}, "EchoTime"),
    ],
)
def test_what_the_sequence_needs_is_asked_for(small_study, tmp_path, change, said):
    add_series(small_study, turboflash, TURBO)
    path = small_study.session() / "perf" / "sub-01_ses-day00_dce.json"
    keys = json.loads(path.read_text()) | change
    path.write_text(json.dumps({key: value for key, value in keys.items() if value is not None}))
    with pytest.raises(ProblemsError, match=said):
        measure(small_study.root, tmp_path / "out")


@pytest.mark.parametrize(("direction", "axis"), [("k", 2), ("j-", 1), ("i", 0)])
def test_slices_are_fitted_at_their_own_times(small_study, tmp_path, direction, axis):
    lags = np.linspace(0.0, 1.8, SHAPE[axis])
    late = np.zeros(SHAPE) + lags.reshape(-1, *[1] * (2 - axis))
    late = np.flip(late, axis) if direction.endswith("-") else late
    keys = {"SliceTiming": lags.tolist(), "SliceEncodingDirection": direction}
    spread = {}
    for kind in ("2D", "3D"):  # which has no slices
        add_series(small_study, turboflash, TURBO | keys | {"MRAcquisitionType": kind}, late)
        out = tmp_path / kind
        assert measure(small_study.root, out).failures == ()
        (vp,) = out.rglob("*day00*_vp.nii.gz")
        values = read_image(vp).data[labels() > 0]
        spread[kind] = np.abs(np.percentile(values, (10, 90)) / VP - 1.0).max()
    assert spread["2D"] < 0.03 < 0.06 < spread["3D"], spread


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"SliceTiming": [0.0]}, "SliceTiming is 1 entries; expected the offset of each slice"),
        ({"SliceEncodingDirection": "z"}, "SliceEncodingDirection is 'z'; expected i, j or k"),
        (
            {"SliceTiming": [0.0, 450.0, 900.0]},
            "SliceTiming goes from 0 to 900; expected s.*like ms",
        ),
    ],
)
def test_offsets_of_slices_are_checked(small_study, tmp_path, change, said):
    add_series(small_study, turboflash, TURBO | {"SliceTiming": [0.0, 0.5], **change})
    with pytest.raises(ProblemsError, match=said):
        measure(small_study.root, tmp_path / "out")
