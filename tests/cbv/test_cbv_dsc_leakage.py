"""Leakage: exact recovery of its model, and what correction does to physical leakage."""

import numpy as np
import pytest
from benchmarks.dsc_curves import TE, TIME, Leak, Tissue, artery, noisy, sampled, signal

from biomarkers import cbv
from biomarkers.cbv.bolus.leakage import Corrector
from biomarkers.cbv.bolus.reference import reference_curve
from biomarkers.errors import InputError
from biomarkers.kinetics import respond
from biomarkers.timing import Frames

SOURCE = artery(again=True)
SEEN = sampled(SOURCE)
KINDS = [Tissue(c, v) for c, v in ((60.0, 0.04), (50.0, 0.03), (70.0, 0.05), (40.0, 0.03))]
CLEAN = np.array([each.curve(SOURCE) for each in KINDS])
TRUTH = np.array([each.cbv for each in KINDS])
FRAMES = Frames.instants(TIME)
LEAKS = {
    ("bsw", "T1"): Leak(ktrans=0.05, kep=0.0, flip_deg=75.0, r2s=5.0),
    ("bsw", "R2*"): Leak(ktrans=0.05, kep=0.0, flip_deg=20.0, r2s=60.0),
    ("bidirectional", "T1"): Leak(ktrans=0.08, kep=0.8, flip_deg=75.0, r2s=5.0),
    ("bidirectional", "R2*"): Leak(ktrans=0.08, kep=0.8, flip_deg=20.0, r2s=60.0),
}


@pytest.mark.parametrize(("model", "kep"), [("bsw", 0.0), ("bidirectional", 0.7)])
@pytest.mark.parametrize("k2", [0.02, -0.02, 0.0])
def test_its_own_model_is_recovered(model, kep, k2):
    reference = CLEAN.mean(axis=0)
    leaked = respond(kep / 60.0, TIME, reference, FRAMES).value
    measured = (1.3 * reference - k2 * leaked)[None]
    found = Corrector(model, TIME, reference).correct(measured)
    np.testing.assert_allclose(found.curves[0], 1.3 * reference, atol=1e-3 * reference.max())
    if k2:
        assert found.values["K1_leakage"][0] == pytest.approx(1.3, rel=1e-4)
        assert found.values["K2"][0] == pytest.approx(k2, rel=1e-3)
        if model == "bidirectional":
            assert found.values["kep"][0] == pytest.approx(kep, rel=1e-3)


def scene(leak, snr, seed=0, each=60):
    """Half of the voxels leak; returns the signal and which."""
    leaky = np.array([leak.signal(curve, SOURCE) for curve in CLEAN])
    both = np.concatenate([np.repeat(signal(CLEAN), each, 0), np.repeat(leaky, each, 0)])
    which = np.arange(len(both)) >= len(both) // 2
    return noisy(both, snr, np.random.default_rng(seed)), which


@pytest.mark.parametrize("key", LEAKS, ids=" ".join)
def test_correction_makes_the_error_of_volume_four_times_smaller(key):
    seen, leaky = scene(LEAKS[key], 100.0)
    truth = np.tile(np.repeat(TRUTH, 60), 2)
    error = {}
    for leakage in (None, key[0]):
        found = cbv.dsc(seen, TIME, te=TE, input=SEEN, method="cSVD", leakage=leakage)
        error[leakage] = np.nanmedian(np.abs(found["CBV"] / truth - 1.0)[leaky])
    assert error[None] > 0.5
    assert error[None] > 4.0 * error[key[0]]
    sign = np.nanmedian(found["K2"][leaky])
    assert sign > 0 if key[1] == "T1" else sign < 0
    # Tissue that does not leak is left as it is.
    assert np.nanmedian(np.abs(found["CBV"] / truth - 1.0)[~leaky]) < 0.15


@pytest.mark.parametrize("key", LEAKS, ids=" ".join)
def test_the_reference_is_tissue_that_does_not_leak(key):
    seen, leaky = scene(LEAKS[key], 60.0, seed=1)
    curves = -np.log(seen / seen[:, :9].mean(axis=1, keepdims=True)) / TE
    found = reference_curve(curves, TIME, slice(0, 9), SEEN)
    sound, wrong = curves[~leaky].mean(axis=0), curves[leaky].mean(axis=0)
    away = np.abs(found - sound)[-15:].mean() / np.abs(wrong - sound)[-15:].mean()
    assert away < 0.1


def test_vessels_are_no_reference():
    seen, leaky = scene(LEAKS["bsw", "T1"], 60.0, seed=1)
    vessels = noisy(signal(np.tile(0.12 * SEEN.blood, (40, 1))), 60.0, np.random.default_rng(2))
    curves = [-np.log(x / x[:, :9].mean(axis=1, keepdims=True)) / TE for x in (seen, vessels)]
    found = reference_curve(np.concatenate(curves), TIME, slice(0, 9), SEEN)
    sound = curves[0][~leaky].mean(axis=0)
    assert np.abs(found - sound).max() < 0.1 * sound.max()


def test_a_reference_can_be_given():
    seen, leaky = scene(LEAKS["bsw", "T1"], 60.0)
    settings = {"te": TE, "input": SEEN, "method": "cSVD", "leakage": "bsw"}
    found = cbv.dsc(seen, TIME, reference=~leaky, **settings)
    assert np.nanmedian(found["K1_leakage"][~leaky]) == pytest.approx(1.0, abs=0.1)
    part = cbv.dsc(seen, TIME, mask=leaky, reference=~leaky, baseline=(0, 9), **settings)
    whole = cbv.dsc(seen, TIME, reference=~leaky, baseline=(0, 9), **settings)
    np.testing.assert_allclose(part["CBV"][leaky], whole["CBV"][leaky], rtol=1e-9)
    with pytest.raises(InputError, match="none of the 0 voxels of the reference"):
        cbv.dsc(seen, TIME, reference=np.zeros(len(seen), bool), **settings)
    with pytest.raises(InputError, match="give such tissue: reference=mask"):
        flat = noisy(np.full(seen.shape, 1000.0), 60.0, np.random.default_rng(4))
        cbv.dsc(flat, TIME, baseline=(0, 9), **settings)


@pytest.mark.parametrize("model", ["bsw", "bidirectional"])
def test_errors_with_leakage_are_those_of_repetition(model):
    leak = LEAKS[model, "R2*"]
    curves = np.concatenate([np.repeat(CLEAN[:1], 100, 0), CLEAN])
    clean = signal(curves)
    leaky = leak.signal(CLEAN[0], SOURCE)
    both = np.concatenate([clean, np.repeat(leaky[None], 400, 0)])
    seen = noisy(both, 60.0, np.random.default_rng(11))
    reference = np.arange(len(both)) < len(clean)
    found = cbv.dsc(
        seen, TIME, te=TE, input=SEEN, method="cSVD", leakage=model, reference=reference
    )
    for name in ("CBV", "CBF", "MTT", *Corrector(model, TIME, CLEAN[0]).names):
        scatter = np.nanstd(found[name][~reference])
        assert np.nanmedian(found.se[name][~reference]) == pytest.approx(scatter, rel=0.25), name
