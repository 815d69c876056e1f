"""Curves per CPU-second of the kinetics engine beside what the field uses, on the same data.

Run with one BLAS thread; CPU time of this process is measured, compilation excluded, standard
errors included. Competitors: a scipy `curve_fit` (lm) loop whose model is compiled and one whose
model is plain Python, an lmfit loop, and a batched Murase linear fit; dcmri where installed.
"""

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import time
import warnings

import lmfit
import numpy as np
from scipy.optimize import curve_fit

from biomarkers.kinetics import MODELS, Input, logan, patlak, read, respond
from biomarkers.kinetics._convolve import sample
from biomarkers.kinetics.convolution import sampling_of
from biomarkers.kinetics.forward import Forward
from biomarkers.timing import Frames

COUNT = 20_000
LOOP = 60
RNG = np.random.default_rng(0)

TIME = np.linspace(0.0, 297.0, 100)
FINE = np.arange(0.0, 301.0)
AIF_DELAY = np.maximum(FINE - 12.0, 0.0)
AIF = 6.0 * AIF_DELAY / 6.0 * np.exp(1.0 - AIF_DELAY / 6.0) + 1.1 * (1.0 - np.exp(-AIF_DELAY / 8.0))
DCE = Input(FINE, plasma=AIF)

WIDTH = np.repeat([10.0, 20.0, 60.0, 120.0, 300.0, 600.0], [6, 3, 5, 5, 8, 2])
PET_FRAMES = Frames(np.concatenate([[0.0], np.cumsum(WIDTH)[:-1]]), WIDTH)
BLOOD_TIME = np.concatenate([np.arange(0.0, 180.0, 2.0), np.arange(180.0, 5500.0, 30.0)])
PLASMA = 8.0 * np.interp(BLOOD_TIME, FINE, AIF) * np.exp(-BLOOD_TIME / 4000.0)
PET = Input(BLOOD_TIME, plasma=PLASMA, blood=0.7 * PLASMA)

RANGES = {
    "tofts": {"Ktrans": (0.02, 0.5), "kep": (0.1, 2.0)},
    "extended_tofts": {"Ktrans": (0.02, 0.5), "kep": (0.1, 2.0), "vp": (0.01, 0.1)},
    "2cum": {"Fp": (5, 60), "PS": (1, 20), "vp": (0.02, 0.15)},
    "2cxm": {"Fp": (5, 60), "PS": (1, 20), "ve": (0.1, 0.5), "vp": (0.02, 0.15)},
    "1tcm": {"K1": (0.05, 0.4), "k2": (0.05, 0.3), "vB": (0.02, 0.08)},
    "2tcm": {
        "K1": (0.05, 0.4),
        "k2": (0.05, 0.3),
        "k3": (0.02, 0.15),
        "k4": (0.01, 0.06),
        "vB": (0.02, 0.08),
    },
    "srtm": {"R1": (0.8, 1.2), "k2": (0.05, 0.2), "BPND": (0.2, 3.0)},
}
MR = {"tofts", "extended_tofts", "2cum", "2cxm"}


def simulate(name):
    """Noisy curves at a contrast-to-noise ratio of 20, tiled from a thousand clean ones."""
    model, source = MODELS[name], DCE if name in MR else PET
    frames = Frames.instants(TIME) if name in MR else PET_FRAMES
    forward = Forward(model, source, frames)
    truth = {key: RNG.uniform(*ends, 1000) for key, ends in RANGES[name].items()}
    rows = [dict(zip(truth, each, strict=True)) for each in zip(*truth.values(), strict=True)]
    clean = [forward.curve({**model.inverse.coefficients(row), "delay": 0.0}) for row in rows]
    curves = np.tile(clean, (COUNT // 1000, 1))
    noise = curves.max(axis=1, keepdims=True) / 20
    truth = {key: np.tile(value, COUNT // 1000) for key, value in truth.items()}
    return curves + noise * RNG.standard_normal(curves.shape), frames, source, truth


def rate(work, count, repeats=3):
    """Best of a few runs, curves per CPU-second."""
    best = np.inf
    for _ in range(repeats):
        before = time.process_time()
        work()
        best = min(best, time.process_time() - before)
    return count / best


def report(label, speed, found=None, truth=None, base=None):
    error = (
        ""
        if found is None
        else f"  median error {100 * np.nanmedian(np.abs(found / truth - 1)):6.2f} %"
    )
    ratio = "" if base is None else f"  engine is {base / speed:8.0f} x"
    print(f"{label:<44} {speed:>12,.0f} /s{error}{ratio}", flush=True)


def engine():
    speeds = {}
    for name in RANGES:
        curves, frames, source, truth = simulate(name)
        model, key = MODELS[name], next(iter(truth))
        fit = model.fit(curves, frames, source)
        speeds[name] = rate(lambda m=model, c=curves, f=frames, s=source: m.fit(c, f, s), COUNT)
        report(
            f"{name} (errors finite {100 * fit.identifiable.mean():.1f} %)",
            speeds[name],
            fit[key],
            truth[key],
        )
    curves, frames, source, _ = simulate("1tcm")
    for method in (logan, patlak):
        method(curves, frames, source, t_star=1200)
        speed = rate(lambda m=method: m(curves, frames, source, t_star=1200), COUNT)
        report(method.__name__, speed)
    return speeds


def compiled_model(points):
    """Extended Tofts through this package's compiled convolution, for `curve_fit`."""
    sampling = sampling_of(points, np.zeros(points.size))
    plasma, out = read(FINE, AIF, Frames.instants(points)), np.empty((3, points.size))

    def curve(t, ktrans, kep, vp):
        sample(abs(kep) / 60, FINE, AIF, sampling, 0.0, out)
        return ktrans / 60 * out[0] + vp * plasma

    return curve


def plain_model(points):
    """Extended Tofts the way it is mostly written: a discrete convolution on a 1 s grid."""

    def curve(t, ktrans, kep, vp):
        spread = np.convolve(AIF, np.exp(-kep / 60 * FINE))[: FINE.size]
        return np.interp(points, FINE, ktrans / 60 * spread + vp * AIF)

    return curve


def curve_fit_loop(model, curves):
    out = []
    for curve in curves:
        try:
            out.append(curve_fit(model, TIME, curve, p0=[0.1, 0.5, 0.05], method="lm")[0][0])
        except RuntimeError:
            out.append(np.nan)
    return np.array(out)


def lmfit_loop(model, curves):
    wrapped, out = lmfit.Model(model), []
    for curve in curves:
        params = wrapped.make_params(ktrans=0.1, kep=0.5, vp=0.05)
        out.append(wrapped.fit(curve, params, t=TIME).params["ktrans"].value)
    return np.array(out)


def murase(curves):
    """Linear fit of C to integral of Cp, integral of C and Cp (Murase, MRM 2004;51:858)."""
    level = read(FINE, AIF, Frames.instants(TIME))
    whole = respond(0.0, FINE, AIF, Frames.instants(TIME)).value
    step = np.diff(TIME)
    inner = np.cumsum(0.5 * (curves[:, 1:] + curves[:, :-1]) * step, axis=1)
    integral = np.concatenate([np.zeros((len(curves), 1)), inner], axis=1)
    shared = np.broadcast_to(np.stack([whole, level], axis=1), (len(curves), TIME.size, 2))
    design = np.concatenate([shared, -integral[:, :, None]], axis=2)
    normal = design.transpose(0, 2, 1) @ design
    right = np.einsum("vtp,vt->vp", design, curves)
    answer = np.linalg.solve(normal, right[:, :, None])[:, :, 0]
    return 60 * (answer[:, 0] - answer[:, 2] * answer[:, 1])


def competitors(base):
    curves, _, _, truth = simulate("extended_tofts")
    few, right = curves[:LOOP], truth["Ktrans"][:LOOP]
    quick, slow = compiled_model(TIME), plain_model(TIME)
    for label, work in (
        ("curve_fit loop, compiled model", lambda: curve_fit_loop(quick, few)),
        ("curve_fit loop, plain Python model", lambda: curve_fit_loop(slow, few)),
        ("lmfit loop, compiled model", lambda: lmfit_loop(quick, few)),
    ):
        found = work()
        report(label, rate(work, LOOP, 1), found, right, base)
    report(
        "batched Murase (no errors)",
        rate(lambda: murase(curves), COUNT),
        murase(curves),
        truth["Ktrans"],
        base,
    )


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    print(f"{COUNT} curves per model, 100 instants (MR) or {len(PET_FRAMES)} frames (PET)")
    competitors(engine()["extended_tofts"])
