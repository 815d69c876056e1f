"""How often intervals of metabolite ratios hold the truth where the model of the spectrum is wrong.

PRESS spectra of brain at 2.9 T are simulated with what the fit does not know: skewed lines (a field
of three parts), macromolecules whose bands vary about those of the basis (20 % in amplitude, 10 %
in width), a baseline of broad humps and a tail of water, echo times 1.5 ms off those of the basis,
levels that vary by 15 %, and shifts and decays of each metabolite that deviate by 0, 1 and 2 times
the width of the fit's priors. `crlb` is the coverage of noise alone, `total` that with the error of
the model; `reach` is the mean half-width of the total interval by the 95th percentile of the
absolute error. Cells without mismatch say what noise alone does.

    python -m benchmarks.mrs_coverage        # writes benchmarks/results/mrs_coverage.csv; an hour
    python -m benchmarks.mrs_coverage 20     # fewer spectra a cell
"""

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import sys
from functools import cache
from itertools import product
from pathlib import Path

import numpy as np
import pandas as pd

from biomarkers import mrs

RESULT = Path(__file__).parent / "results" / "mrs_coverage.csv"
COUNT = 400
SNRS, WIDTHS_HZ, JITTERS = (20, 40), (4, 8), (0, 1, 2)
NAMES = ("tNAA", "tCho", "Ins", "Glx")
FIELD_T, DWELL, POINTS = 2.9, 5e-4, 1024
FIT_TE, TRUE_TE = (0.011, 0.019), (0.0125, 0.0175)
# Usual in grey matter, mM.
LEVELS = {
    "Ala": 0.5, "Asc": 1.0, "Asp": 1.6, "Cr": 4.5, "PCr": 3.5, "GABA": 1.3, "Glc": 1.0, "Gln": 2.5,
    "Glu": 9.0, "Gly": 0.6, "GPC": 1.1, "PCho": 0.5, "GSH": 1.2, "Ins": 6.0, "sIns": 0.3,
    "Lac": 0.7, "NAA": 10.0, "NAAG": 1.2, "PE": 1.2, "Tau": 1.3,
}  # fmt: skip
# Shift (ppm), width (Hz at 128 MHz) and amplitude of macromolecules at 3 T: Birch et al., Magn
# Reson Med 2017;77:34.
MACROMOLECULES = (
    (0.90, 21.20, 0.72), (1.21, 19.16, 0.28), (1.38, 15.90, 0.38), (1.63, 7.50, 0.05),
    (2.01, 29.03, 0.45), (2.09, 20.53, 0.36), (2.25, 17.89, 0.36), (2.61, 5.30, 0.04),
    (2.96, 14.02, 0.20), (3.11, 17.89, 0.11), (3.67, 33.52, 0.64), (3.80, 11.85, 0.07),
    (3.96, 37.48, 1.00),
)  # fmt: skip
# Of the field's parts: share, and place in line widths.
SKEWED = ((0.5, -0.27), (0.3, 0.08), (0.2, 0.555))


@cache
def basis(te):
    return mrs.simulate_basis(
        te=te, field_t=FIELD_T, dwell=DWELL, points=POINTS, metabolites=tuple(LEVELS)
    )


@cache
def fitted_basis():
    """Return the basis of the fits, with macromolecules as measured once."""
    plain = basis(FIT_TE)
    signals = np.vstack([plain.fid, macromolecules()])
    return mrs.Basis((*plain.names, "Mac"), signals, DWELL, plain.frequency_mhz)


def hump(time, mhz, ppm, hz, amplitude=1.0):
    """Return a Gaussian line of full width at half maximum, Hz."""
    decay = (np.pi * hz * time) ** 2 / (4.0 * np.log(2.0))
    return amplitude * np.exp(2j * np.pi * (ppm - 4.65) * mhz * time - decay)


def macromolecules(rng=None):
    """Return the signal of macromolecules, (T,), of bands that vary if there are random numbers."""
    time, mhz = basis(FIT_TE).time, basis(FIT_TE).frequency_mhz
    signal = np.zeros(POINTS, dtype=complex)
    for ppm, hz, amplitude in MACROMOLECULES:
        size, width = (1.0, 1.0) if rng is None else 1.0 + (0.2, 0.1) * rng.standard_normal(2)
        signal += hump(time, mhz, ppm, hz * mhz / 128.0 * width, amplitude * max(size, 0.0))
    return signal


def line_shape(time, width_hz, *, skewed):
    """Return the decay of a line, half of it Lorentzian."""
    lorentzian = np.exp(-0.5 * np.pi * width_hz * time)
    parts = SKEWED if skewed else ((1.0, 0.0),)
    narrow = 0.35 if skewed else 0.65
    return lorentzian * sum(
        share * hump(time, 1.0, 4.65 + place * width_hz, narrow * width_hz)
        for share, place in parts
    )


def smooth(rng, time, mhz, height):
    """Return a baseline: three broad humps and a tail of water, relative to a peak's height."""
    curve = np.zeros(time.size, dtype=complex)
    for _ in range(3):
        hz = rng.uniform(0.5, 1.5) * mhz
        place, size = rng.uniform(0.3, 4.1), rng.normal(0.0, 0.08)
        curve += hump(time, mhz, place, hz, size * height * hz * DWELL * 1.06)
    tail = rng.normal(0.0, 0.3) * np.exp(2j * np.pi * rng.uniform())
    return curve + tail * height * np.pi * 10.0 * DWELL * np.exp(-np.pi * 10.0 * time)


def spectrum(rng, snr, width_hz, jitter, *, mismatch=True):
    """Return a scan and its true ratios to total creatine, by name."""
    truth = basis(TRUE_TE if mismatch else FIT_TE)
    time, mhz = truth.time, truth.frequency_mhz
    levels = np.array(list(LEVELS.values())) * np.exp(0.15 * rng.standard_normal(len(LEVELS)))
    priors = mrs.Priors()
    shift = jitter * 2.0 * np.pi * priors.shift_ppm * mhz * rng.standard_normal(levels.size)
    decay = jitter * priors.decay * rng.standard_normal(levels.size)
    shape = line_shape(time, width_hz, skewed=mismatch)
    signals = truth.fid * np.exp(np.outer(1j * shift - decay, time)) * shape
    metabolites = levels @ signals
    height = np.abs(np.fft.fft(levels[list(LEVELS).index("NAA")] * truth["NAA"] * shape)).max()
    broad = 30.0 * np.exp(0.2 * rng.standard_normal()) * macromolecules(rng if mismatch else None)
    fid = metabolites + broad * line_shape(time, width_hz, skewed=mismatch)
    if mismatch:
        fid = fid + smooth(rng, time, mhz, height)
    noise = rng.standard_normal((2, POINTS)) * height / snr / np.sqrt(POINTS)
    fid = fid * np.exp(1j * rng.normal(0.0, 0.3)) + noise[0] + 1j * noise[1]
    amounts = dict(zip(LEVELS, levels, strict=True))
    sums = {name: sum(amounts[part] for part in mrs.COMBINED.get(name, (name,))) for name in NAMES}
    total = amounts["Cr"] + amounts["PCr"]
    scan = mrs.Scan(fid[None, None, None], DWELL, mhz, source="simulated")
    return scan, {name: each / total for name, each in sums.items()}


def outcomes(count, snr, width_hz, jitter, *, mismatch=True, seed=0):
    """Return ratio, errors, interval and truth of every spectrum and metabolite."""
    rows = []
    for index in range(count):
        rng = np.random.default_rng([seed, index, snr, width_hz, jitter, mismatch])
        scan, truth = spectrum(rng, snr, width_hz, jitter, mismatch=mismatch)
        table = mrs.fit(scan, fitted_basis()).ratios().set_index("metabolite")
        rows.append(table.loc[list(NAMES)].assign(truth=pd.Series(truth)))
    return pd.concat(rows).reset_index()


def cell(count, snr, width_hz, jitter, *, mismatch=True, seed=0):
    """Return bias, spread and coverage of each metabolite, a row each."""
    all_of_it = outcomes(count, snr, width_hz, jitter, mismatch=mismatch, seed=seed)
    rows = []
    for name, of_one in all_of_it.groupby("metabolite", sort=False):
        off = of_one.ratio - of_one.truth
        rows.append(
            {
                "snr": snr,
                "width_hz": width_hz,
                "jitter": jitter,
                "mismatch": mismatch,
                "metabolite": name,
                "bias_percent": 100.0 * (off / of_one.truth).mean(),
                "sd_percent": 100.0 * (off / of_one.truth).std(),
                "crlb": (off.abs() <= 1.96 * of_one.se).mean(),
                "total": ((of_one.low <= of_one.truth) & (of_one.truth <= of_one.high)).mean(),
                "reach": (of_one.high - of_one.low).mean() / 2.0 / off.abs().quantile(0.95),
            }
        )
    return pd.DataFrame(rows)


def main(count=COUNT):
    cells = [cell(count, *each) for each in product(SNRS, WIDTHS_HZ, JITTERS)]
    cells += [cell(count, *each, 0, mismatch=False) for each in product(SNRS, WIDTHS_HZ)]
    return pd.concat(cells, ignore_index=True).round(3)


if __name__ == "__main__":
    table = main(*(int(each) for each in sys.argv[1:2]))
    print(table.to_string(index=False))
    scored = table[table.mismatch & (table.jitter <= 1)]
    means = scored.groupby("metabolite")[["crlb", "total", "reach"]].mean()
    print(means.assign(lowest=scored.groupby("metabolite").total.min()).round(3).to_string())
    if len(sys.argv) == 1:
        table.to_csv(RESULT, index=False)
