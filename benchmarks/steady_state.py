"""Blood volume and vessel size from iron oxide: against followed spins, in noise, and how fast.

    python -m benchmarks.steady_state           # writes benchmarks/results/steady_state_*.csv
    python -m benchmarks.steady_state 2000      # fewer spins

1. Vessels: ΔR2* and ΔR2 of spins followed one by one among random cylinders (`cylinders`), and what
   the relations of `biomarkers.cbv` make of them. Rates are slopes over echoes, as they are fitted.
2. Noise: bias and coverage of CBV in voxels of Rician noise, with and without allowance for it.
3. Speed: voxels per CPU-second beside a loop of scipy's `curve_fit`, on the same data.
"""

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd
from benchmarks.cylinders import Vessels, diffusing_phases, static_signal
from scipy.optimize import curve_fit

from biomarkers import cbv

RESULTS = Path(__file__).parent / "results"
AGENT = {"agent": "P904", "dose_mg_fe_kg": 11.17, "field_t": 7.0}
CHI = {"delta_chi": cbv.blood_susceptibility(**AGENT), "field_t": 7.0}
FREQUENCY = 1.5 * float(cbv.delta_r2s(1.0, **CHI))  # ½ γ Δχ B0
ADC = 0.7e-3
STEP, LAST = 2e-3, 24e-3
TE = np.array([3.0, 6.0, 9.0, 12.0, 15.0]) * 1e-3
SPINS, VOXELS, LOOP = 20_000, 40_000, 400


def slope(times, signal):
    """Rate and amplitude's logarithm of the line through the logarithms."""
    down, level = np.polyfit(times, np.log(signal), 1)
    return -down, level


def followed(radius, fraction, spins, seed):
    """ΔR2* and ΔR2 of diffusing spins, 1/s, with the standard error of each over ten parts."""
    times = np.arange(STEP, LAST + 0.5 * STEP, STEP)
    vessels = Vessels(radius, fraction, FREQUENCY)
    phases = diffusing_phases(
        vessels, times, diffusion=1e6 * ADC, spins=spins, steps=480, seed=seed
    )
    halves = np.arange(1, times.size // 2 + 1)

    def rates(part):
        gradient = np.cos(part[:, 1:]).mean(axis=0)
        spin = np.cos(part[:, 2 * halves] - 2.0 * part[:, halves]).mean(axis=0)
        return slope(times, gradient)[0], slope(times[2 * halves - 1], spin)[0]

    parts = [rates(part) for part in np.array_split(phases, 10)]
    return rates(phases), np.std(parts, axis=0, ddof=1) / np.sqrt(10)


def vessels_table(spins):
    rows = []
    for seed, (radius, fraction) in enumerate(
        [(r, 0.03) for r in (2.0, 3.0, 5.0, 8.0, 12.0, 20.0)] + [(5.0, 0.01), (5.0, 0.06)]
    ):
        (star, spin), (star_se, spin_se) = followed(radius, fraction, spins, seed)
        rows.append(
            {
                "radius_um": radius,
                "cbv": fraction,
                "dR2s": star,
                "dR2s_mc_se": star_se,
                "cbv_found": float(cbv.blood_volume(star, **CHI)),
                "dR2": spin,
                "dR2_mc_se": spin_se,
                "dR2_relation": float(cbv.delta_r2(fraction, radius, ADC, **CHI)),
                "vsi_found_um": float(cbv.vessel_size(star, spin, ADC, **AGENT)),
                "mvd_found": float(cbv.vessel_density(star, spin, ADC)),
                "mvd_true": fraction / (2.0 * np.pi * (radius * 1e-3) ** 2),
            }
        )
    return pd.DataFrame(rows)


def at_rest(fraction, spins, seed=0):
    """ΔR2* of spins at rest over that of the relation."""
    times = np.linspace(3e-3, LAST, 12)
    signal = static_signal(Vessels(1.0, fraction, FREQUENCY), times, spins=spins, seed=seed)
    return slope(times, signal)[0] / float(cbv.delta_r2s(fraction, **CHI))


def scans(voxels, snr, seed=5):
    """True CBV and noisy magnitudes before and after; `snr` is that at an echo time of 0."""
    rng = np.random.default_rng(seed)
    true = rng.uniform(0.015, 0.06, voxels)
    before = rng.uniform(25.0, 45.0, voxels)
    after = before + cbv.delta_r2s(true, **CHI)
    pair = [1000.0 * np.exp(-TE * rate[:, None]) for rate in (before, after)]
    sd = 1000.0 / snr
    noise = [rng.normal(0.0, sd, (2, *each.shape)) for each in pair]
    noisy = [np.hypot(each + one, two) for each, (one, two) in zip(pair, noise, strict=True)]
    return true, noisy, sd


def noise_table(voxels):
    rows = []
    for snr in (200, 50, 20, 10, 5):
        true, (pre, post), sd = scans(voxels, snr)
        for name, noise in (("ignored", None), ("estimated", "estimate"), ("known", sd)):
            found = cbv.steady_state(pre, post, te=TE, noise=noise, **AGENT)
            error, known = found["CBV"] - true, ~found.flags
            rows.append(
                {
                    "snr": snr,
                    "noise": name,
                    "flagged": found.flags.mean(),
                    "median_bias_percent": 100.0 * np.median((error / true)[known]),
                    "sd_percent": 100.0 * np.std((error / true)[known]),
                    "covered_95": np.mean(np.abs(error / found.se["CBV"])[known] < 1.96),
                    "noise_over_true": found.noise / sd,
                }
            )
    return pd.DataFrame(rows)


def looped(pre, post):
    """What many a script does: two fits a voxel, started from the straight line."""
    found = []
    for pair in zip(pre, post, strict=True):
        rates = []
        for signal in pair:
            rate, level = slope(TE, signal)
            start = (np.exp(level), rate)
            fit = curve_fit(lambda t, a, r: a * np.exp(-t * r), TE, signal, p0=start)
            rates.append(fit[0][1])
        found.append(rates[1] - rates[0])
    return np.array(found)


def seconds(work):
    before = time.process_time()
    out = work()
    return time.process_time() - before, out


def speed_table(voxels):
    _, (pre, post), sd = scans(voxels, 50)
    rows, few = [], slice(0, LOOP)
    loop_time, theirs = seconds(lambda: looped(pre[few], post[few]))
    for name, noise in (("ignored", None), ("estimated", "estimate"), ("known", sd)):
        work = lambda: cbv.steady_state(pre, post, te=TE, noise=noise, **AGENT)  # noqa: B023, E731
        work()
        spent, ours = seconds(work)
        rows.append(
            {
                "noise": name,
                "voxels_per_cpu_s": voxels / spent,
                "curve_fit_loop": LOOP / loop_time,
                "ratio": voxels / spent * loop_time / LOOP,
                "largest_difference": np.abs(ours["dR2s"][few] / theirs - 1).max(),
            }
        )
    return pd.DataFrame(rows)


def main(spins=SPINS):
    RESULTS.mkdir(exist_ok=True)
    for fraction in (0.01, 0.03, 0.06):
        print(
            f"spins at rest, ζ = {fraction}: ΔR2* over relation {at_rest(fraction, 3 * spins):.4f}"
        )
    for name, table in (
        ("vessels", vessels_table(spins)),
        ("noise", noise_table(VOXELS)),
        ("speed", speed_table(VOXELS)),
    ):
        table.to_csv(RESULTS / f"steady_state_{name}.csv", index=False, float_format="%.4g")
        print(f"\n{name}\n{table.to_string(index=False, float_format='%.4g')}", flush=True)


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
