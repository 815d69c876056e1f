"""Bias of blood flow and volume in tissue whose bolus is exact: residues, delays, noise, leakage.

    python -m benchmarks.dsc_phantom > benchmarks/results/dsc_phantom.txt

Tissue of CBV 2 to 6 % is simulated with exponential, box-shaped and dispersed residues (see
`dsc_curves`), delays of 0 to 5 s and signal-to-noise ratios of 20 to 100 before contrast, TR 1.5
s, TE 30 ms. Each figure is the mean error over repeated noise, in percent of the truth.
"""

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

from itertools import product

import numpy as np
from benchmarks.dsc_curves import (
    RESIDUES,
    TE,
    TIME,
    Leak,
    Tissue,
    artery,
    noisy,
    sampled,
    signal,
)

from biomarkers import cbv

METHODS = {
    "sSVD": {"method": "sSVD"},
    "cSVD": {"method": "cSVD"},
    "oSVD": {"method": "oSVD"},
    "L-curve": {"method": "tikhonov", "regularisation": "l_curve"},
    "GCV": {"method": "tikhonov", "regularisation": "gcv"},
}
KINDS = ((70.0, 0.04), (60.0, 0.04), (20.0, 0.02), (30.0, 0.05), (20.0, 0.06))
DELAYS, SNRS = (0.0, 1.0, 2.0, 3.0, 4.0, 5.0), (20.0, 50.0, 100.0)
LEAKS = {
    "T1, stays": Leak(ktrans=0.05, kep=0.0, flip_deg=75.0, r2s=5.0),
    "T1, returns": Leak(ktrans=0.08, kep=0.8, flip_deg=75.0, r2s=5.0),
    "R2*, stays": Leak(ktrans=0.05, kep=0.0, flip_deg=20.0, r2s=60.0),
    "R2*, returns": Leak(ktrans=0.08, kep=0.8, flip_deg=20.0, r2s=60.0),
}
PACES = ((60.0, 0.04), (40.0, 0.04), (30.0, 0.04), (20.0, 0.04))  # MTT 4, 6, 8 and 12 s
LEAKY = ((60.0, 0.04), (50.0, 0.03), (70.0, 0.05), (40.0, 0.03))


def flow_bias(kind, residue, delay, snr, *, repeats=200, seed=0):
    """Mean relative error of CBF by method."""
    source = artery()
    tissue = Tissue(*kind, residue, delay)
    rng = np.random.default_rng(seed)
    seen = noisy(np.repeat(signal([tissue.curve(source)]), repeats, 0), snr, rng)
    settings = {"te": TE, "input": sampled(source), "baseline": (0, 9)}
    return {
        name: float(np.nanmean(cbv.dsc(seen, TIME, **settings, **each)["CBF"]) / kind[0] - 1.0)
        for name, each in METHODS.items()
    }


def volume_errors(leak, snr, *, repeats=100, seed=0):
    """Median relative error of CBV by correction, of tissue that leaks and of tissue that does not.

    Half of the voxels leak; the reference is found, not given.
    """
    source = artery(again=True)
    clean = np.array([Tissue(*kind).curve(source) for kind in LEAKY])
    leaky = np.array([leak.signal(curve, source) for curve in clean])
    both = np.repeat(np.concatenate([signal(clean), leaky]), repeats, 0)
    truth = np.tile(np.repeat([volume for _, volume in LEAKY], repeats), 2)
    seen = noisy(both, snr, np.random.default_rng(seed))
    found = {}
    for leakage in (None, "bsw", "bidirectional"):
        settings = {"te": TE, "input": sampled(source), "method": "cSVD", "leakage": leakage}
        error = np.abs(cbv.dsc(seen, TIME, **settings)["CBV"] / truth - 1.0)
        half = len(error) // 2
        found[leakage] = float(np.nanmedian(error[half:])), float(np.nanmedian(error[:half]))
    return found


def volume_of_paces(leakage, snr, *, repeats=100, seed=0):
    """Mean relative error of CBV of tissues without leakage, by transit time."""
    source = artery(again=True)
    clean = signal([Tissue(*kind).curve(source) for kind in PACES])
    seen = noisy(np.repeat(clean, repeats, 0), snr, np.random.default_rng(seed))
    settings = {"te": TE, "input": sampled(source), "method": "cSVD", "leakage": leakage}
    found = cbv.dsc(seen, TIME, **settings)["CBV"].reshape(len(PACES), repeats)
    return [float(each / kind[1] - 1.0) for each, kind in zip(found.mean(1), PACES, strict=True)]


def print_flow():
    """Print the bias of CBF by transit time and by delay."""
    print("Mean error of CBF, %, at delay 0 (CBV 2 to 6 %)")
    print(f"{'residue':<12}{'MTT s':>6}{'SNR':>5}" + "".join(f"{name:>9}" for name in METHODS))
    for residue, kind, snr in product(RESIDUES, KINDS, SNRS):
        found = flow_bias(kind, residue, 0.0, snr)
        row = "".join(f"{100.0 * value:>+9.0f}" for value in found.values())
        print(f"{residue:<12}{6000.0 * kind[1] / kind[0]:>6.1f}{snr:>5.0f}{row}")
    print("\nMean error of CBF, %, by delay (exponential residue, SNR 50)")
    print(f"{'MTT s':>6}{'delay s':>9}" + "".join(f"{name:>9}" for name in METHODS))
    for kind, delay in product(((60.0, 0.04), (30.0, 0.05)), (-3.0, -1.5, *DELAYS)):
        found = flow_bias(kind, "exponential", delay, 50.0)
        row = "".join(f"{100.0 * value:>+9.0f}" for value in found.values())
        print(f"{6000.0 * kind[1] / kind[0]:>6.1f}{delay:>9.1f}{row}")


def print_leakage():
    """Print the error of CBV with leakage, before and after correction."""
    print("\nMedian |error| of CBV, %, with recirculation: tissue that leaks (that does not)")
    print(f"{'leakage':<14}{'SNR':>5}{'none':>14}{'bsw':>14}{'bidirectional':>16}")
    for (name, leak), snr in product(LEAKS.items(), (50.0, 100.0)):
        found = volume_errors(leak, snr)
        cells = [f"{100.0 * bad:.0f} ({100.0 * good:.0f})" for bad, good in found.values()]
        print(f"{name:<14}{snr:>5.0f}{cells[0]:>14}{cells[1]:>14}{cells[2]:>16}")


def print_paces():
    """Print what the corrections take from tissue that does not leak, by transit time."""
    print("\nMean error of CBV, %, without any leakage, SNR 100")
    transits = "".join(f"{6000.0 * volume / flow:>8.0f}" for flow, volume in PACES)
    print(f"{'correction':<14}{transits}  MTT, s")
    for leakage in (None, "bsw", "bidirectional"):
        found = volume_of_paces(leakage, 100.0)
        print(f"{leakage or 'none':<14}" + "".join(f"{100.0 * each:>+8.0f}" for each in found))


if __name__ == "__main__":
    print_flow()
    print_leakage()
    print_paces()
