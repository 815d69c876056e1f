"""Curves per CPU-second of the kinetics engine beside what the field uses, on the same data.

Run with one BLAS thread; CPU time of this process is measured, compilation excluded, standard
errors included. Competitors, on extended Tofts: a scipy `curve_fit` (lm) loop whose model is
compiled, one whose model is the same in plain Python, and one that convolves discretely by
`np.convolve`; an lmfit loop, dcmri where it is installed, and a batched Murase linear fit. Beside
each speed stands how far its Ktrans is from the truth (median, signed and not) and how far its
worst sum of squares is above the engine's, in the exact model.

    python -m benchmarks.kinetics
"""

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import importlib.util
import math
import time
import warnings

import lmfit
import numpy as np
from benchmarks.kinetic_cases import CASES, INSTANTS, MR, SECONDS
from scipy.optimize import curve_fit

from biomarkers.kinetics import logan, patlak, read, respond
from biomarkers.kinetics._convolve import sample
from biomarkers.kinetics.convolution import sampling_of

COUNT, CLEAN, LOOP, VOLUME = 20_000, 1000, 60, 200_000
TIME, AIF = INSTANTS.start, MR.plasma
START = {"Ktrans": 0.1, "kep": 0.5, "vp": 0.05}


def simulate(case, count=COUNT):
    """Noisy curves and their truth, from a thousand clean ones."""
    truth = case.draw(CLEAN, seed=0)
    curves = case.noisy(np.tile(case.clean(truth), (count // CLEAN, 1)), seed=0)
    return curves, {key: np.tile(value, count // CLEAN) for key, value in truth.items()}


def rate(work, count, repeats=3):
    """Best of a few runs, curves per CPU-second."""
    best = np.inf
    for _ in range(repeats):
        before = time.process_time()
        work()
        best = min(best, time.process_time() - before)
    return count / best


def accuracy(found, truth):
    error = 100 * (found / truth - 1)
    return f"bias {np.nanmedian(error):+6.2f} %, error {np.nanmedian(np.abs(error)):5.2f} %"


def engine():
    for case in CASES.values():
        curves, truth = simulate(case)
        fit = case.model.fit(curves, case.frames, case.input)
        speed = rate(lambda c=case, y=curves: c.model.fit(y, c.frames, c.input), COUNT)
        key = next(iter(truth))
        print(
            f"{case.name:<22}{speed:>12,.0f} /s   {key:<6} {accuracy(fit[key], truth[key])}, "
            f"all errors finite {100 * fit.identifiable.mean():5.1f} %",
            flush=True,
        )
    case = CASES["1tcm"]
    curves, _ = simulate(case, VOLUME)
    for name, method in (("logan", logan), ("patlak", patlak)):
        method(curves, case.frames, case.input, t_star=1200)
        speed = rate(lambda m=method: m(curves, case.frames, case.input, t_star=1200), VOLUME)
        print(f"{name:<22}{speed:>12,.0f} /s", flush=True)


def compiled_model(points):
    """Extended Tofts through this package's compiled convolution, for `curve_fit`."""
    sampling = sampling_of(points, np.zeros(points.size))
    plasma, out = read(SECONDS, AIF, INSTANTS), np.empty((3, points.size))

    def curve(t, Ktrans, kep, vp):
        sample(abs(kep) / 60, SECONDS, AIF, sampling, 0.0, out)
        return Ktrans / 60 * out[0] + vp * plasma

    return curve


def plain_model(points):
    """The same exact convolution, in plain Python; `points` are among the input's samples."""
    steps = np.diff(SECONDS).tolist()
    levels, slopes = AIF[:-1].tolist(), (np.diff(AIF) / np.diff(SECONDS)).tolist()
    places = np.searchsorted(SECONDS, points)
    plasma = AIF[places]

    def curve(t, Ktrans, kep, vp):
        rate, response, spread = max(abs(kep) / 60, 1e-9), 0.0, [0.0]
        for step, level, slope in zip(steps, levels, slopes, strict=True):
            decay = math.exp(-rate * step)
            steady = (level - slope / rate) / rate
            response = (response - steady) * decay + steady + slope * step / rate
            spread.append(response)
        return Ktrans / 60 * np.array(spread)[places] + vp * plasma

    return curve


def discrete_model(points):
    """Extended Tofts the way it is mostly written: a discrete convolution on a 1 s grid."""

    def curve(t, Ktrans, kep, vp):
        spread = np.convolve(AIF, np.exp(-kep / 60 * SECONDS))[: SECONDS.size]
        return np.interp(points, SECONDS, Ktrans / 60 * spread + vp * AIF)

    return curve


def curve_fit_loop(model, curves):
    found = np.full((len(curves), 3), np.nan)
    for row, curve in zip(found, curves, strict=True):
        try:
            row[:] = curve_fit(model, TIME, curve, p0=list(START.values()), method="lm")[0]
        except RuntimeError:
            continue  # it gave up
    return found


def lmfit_loop(model, curves):
    wrapped = lmfit.Model(model)
    fits = (wrapped.fit(curve, wrapped.make_params(**START), t=TIME) for curve in curves)
    return np.array([[fit.params[name].value for name in START] for fit in fits])


def dcmri_loop(curves):
    """dcmri's two-compartment tissue at high flow, which is extended Tofts; it fits signals."""
    import dcmri  # noqa: PLC0415  (not among the dependencies)

    hct, echo = 0.45, {"r1": 5000.0, "R10": 0.7, "TR": 0.005, "FA": 15.0, "S0": 1.0}
    blood, found = 1e-3 * AIF * (1 - hct), []
    for curve in curves:
        rate = echo["R10"] + echo["r1"] * 1e-3 * curve
        signal = dcmri.signal_ss(echo["S0"], rate, echo["TR"], echo["FA"])
        tissue = dcmri.Tissue("HF", "FF", "SS", ca=blood, t=SECONDS, H=hct, Ta=0.0, **echo)
        tissue.train(TIME, signal, init_s0=False)
        found.append((60 * tissue.PS, 60 * tissue.PS / tissue.vi, tissue.vb * (1 - hct)))
    return np.array(found)


def murase(curves):
    """Linear fit of C to integral of Cp, integral of C and Cp (Murase, MRM 2004;51:858)."""
    level = read(SECONDS, AIF, INSTANTS)
    whole = respond(0.0, SECONDS, AIF, INSTANTS).value
    inner = np.cumsum(0.5 * (curves[:, 1:] + curves[:, :-1]) * np.diff(TIME), axis=1)
    integral = np.concatenate([np.zeros((len(curves), 1)), inner], axis=1)
    shared = np.broadcast_to(np.stack([whole, level], axis=1), (len(curves), TIME.size, 2))
    design = np.concatenate([shared, -integral[:, :, None]], axis=2)
    normal = design.transpose(0, 2, 1) @ design
    right = np.einsum("vtp,vt->vp", design, curves)
    first, vp, kep = np.linalg.solve(normal, right[:, :, None])[:, :, 0].T
    return np.stack([60 * (first - kep * vp), 60 * kep, vp], axis=1)


def worst(case, found, curves, rss):
    """How far the largest sum of squares is above the engine's, relative; and failures."""
    kept = np.isfinite(found).all(axis=1)
    columns = dict(zip(START, np.where(kept, found.T, 0.0), strict=True))
    columns["kep"] = np.maximum(columns["kep"], 0.0)
    sums = ((curves - case.clean(columns)) ** 2).sum(axis=1)
    lost = f", {np.sum(~kept)} failed" if not kept.all() else ""
    return f"worst sum of squares {np.max((sums / rss)[kept]) - 1:.1e} above{lost}"


def competitors():
    case = CASES["extended_tofts"]
    curves, truth = simulate(case)
    base = rate(lambda: case.model.fit(curves, case.frames, case.input), COUNT)
    rss = case.model.fit(curves, case.frames, case.input).rss
    quick, slow, rough = compiled_model(TIME), plain_model(TIME), discrete_model(TIME)
    works = {
        "curve_fit loop, compiled": (lambda y: np.abs(curve_fit_loop(quick, y)), LOOP),
        "curve_fit loop, plain Python": (lambda y: np.abs(curve_fit_loop(slow, y)), LOOP),
        "curve_fit loop, np.convolve": (lambda y: curve_fit_loop(rough, y), LOOP),
        "lmfit loop, compiled": (lambda y: np.abs(lmfit_loop(quick, y)), LOOP),
        "batched Murase, no errors": (murase, COUNT),
    }
    if importlib.util.find_spec("dcmri"):
        works["dcmri loop"] = (dcmri_loop, LOOP)
    else:
        print("dcmri is not installed: left out")
    for label, (work, count) in works.items():
        few, first = curves[:count], slice(min(count, CLEAN))
        found = work(few)
        speed = rate(lambda w=work, y=few: w(y), count, 3 if count == COUNT else 1)
        print(
            f"{label:<30}{speed:>10,.0f} /s, engine {base / speed:7,.1f} x   "
            f"{accuracy(found[:, 0], truth['Ktrans'][:count])}, "
            f"{worst(case, found[first], few[first], rss[:count][first])}",
            flush=True,
        )


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    print(f"{COUNT} curves per model, at a contrast-to-noise ratio of 20")
    engine()
    competitors()
