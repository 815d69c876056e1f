"""A dynamic series is taken as its sidecar says it was scanned."""

import json

import numpy as np
import pytest
from bids_of_known_truth import T1, filled, labels, write

from biomarkers import dce
from biomarkers.errors import ProblemsError
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


def add_series(study, signal, keys):
    """Write a dynamic series with an artery, a label map with it, and T1 that is known."""
    since = np.maximum(TIME - 21.0, 0.0)
    blood = 3.0 * np.minimum(since / 6, 1) * (0.6 * np.exp(-since / 30) + 0.4)
    source = dce.smooth_between_samples(Input(TIME, blood=blood, hct=0.42), TIME)
    uptake = respond(KTRANS / 60 / VE, source.time, source.plasma, Frames.instants(TIME)).value
    tissue = KTRANS / 60 * uptake + VP * np.interp(TIME, source.time, source.plasma)
    regions = labels()
    regions[1, 1:3, :] = 3
    t1 = filled(T1)
    series = signal(np.broadcast_to(tissue, (*t1.shape, TIME.size)), t1)
    series[regions == 3] = signal(blood, 1.9)
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
