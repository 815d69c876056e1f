"""How often nominal 95 % intervals of the kinetic parameters hold the truth.

Estimate ± Student's t × standard error, at a contrast-to-noise ratio of 20, truth away from every
bound; and how many curves have a finite error at all. For the parameters whose objective is no
parabola (k3, k4, PS), profile intervals beside, on fewer curves.

    python -m benchmarks.kinetics_coverage         # writes benchmarks/results/kinetics_coverage.csv
    python -m benchmarks.kinetics_coverage 500 0   # fewer curves, no profiles
"""

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import sys
from pathlib import Path

import numpy as np
import pandas as pd
from benchmarks.kinetic_cases import CASES, CNR
from scipy import stats

from biomarkers.kinetics import MODELS, profile_interval
from biomarkers.kinetics.forward import Forward

RESULT = Path(__file__).parent / "results" / "kinetics_coverage.csv"
COUNT, PROFILED = 5000, 150
PROFILES = {"2cum": ("PS",), "2cxm": ("PS",), "2tcm": ("k3", "k4"), "2tcm_irreversible": ("k3",)}


def sharp(case, truth, clean):
    """Where the expected standard error of kep is below a fifth of it."""
    forward, found = Forward(case.model, case.input, case.frames), []
    for point, curve in zip(case.points(truth), clean, strict=True):
        jacobian = forward.jacobian({**point, "delay": 0.0})[1][:-1]
        variance = np.linalg.inv(jacobian @ jacobian.T)[-1, -1] * (curve.max() / CNR) ** 2
        found.append(np.sqrt(variance) < 0.2 * point["kep"])
    return np.array(found)


def coverage(case, count, seed=4):
    """Table, a row per parameter: finite errors, and how often intervals cover."""
    truth = case.draw(count, seed)
    clean = case.clean(truth)
    fit = case.model.fit(case.noisy(clean, seed), case.frames, case.input)
    meaning, rows = case.meaning(truth), []
    quantile = stats.t.ppf(0.975, len(case.frames) - len(fit.coefficients))
    for name in fit.se:
        if name in {"delay", "k2_reference"}:
            continue
        known = np.isfinite(fit.se[name])
        inside = np.abs(fit[name] - meaning[name]) <= quantile * fit.se[name]
        counted = known & (sharp(case, truth, clean) if name == "ve" and case.rates == 1 else True)
        free = counted & ~fit.at_bound
        rows.append(
            {
                "model": case.name,
                "parameter": name,
                "finite": known.mean(),
                "covered": inside[counted].mean(),
                "covered_unflagged": inside[free].mean(),
                "relative_error": np.median(fit.se[name][known] / np.abs(meaning[name][known])),
                "all_finite": fit.identifiable.mean(),
                "at_bound": fit.at_bound.mean(),
            }
        )
    return pd.DataFrame(rows)


def both_passes(count, seed=4):
    """Coverage of srtm2 with the rate of the reference region found, not given."""
    case = CASES["srtm2"]
    truth = case.draw(count, seed)
    meaning = case.meaning(truth)
    fit = MODELS["srtm2"].fit(case.noisy(case.clean(truth), seed), case.frames, case.input)
    quantile = stats.t.ppf(0.975, len(case.frames) - len(fit.coefficients))
    inside = {
        name: np.abs(fit[name] - meaning[name]) <= quantile * fit.se[name]
        for name in ("R1", "k2", "k2a", "BPND")
    }
    return pd.DataFrame(
        {
            "model": "srtm2, rate found",
            "parameter": name,
            "finite": np.isfinite(fit.se[name]).mean(),
            "covered": hit[np.isfinite(fit.se[name])].mean(),
            "covered_unflagged": hit[np.isfinite(fit.se[name]) & ~fit.at_bound].mean(),
            "all_finite": fit.identifiable.mean(),
            "at_bound": fit.at_bound.mean(),
        }
        for name, hit in inside.items()
    )


def profiled(case, name, count, seed=4):
    """How often profile intervals cover, where there is one, and how many are open."""
    truth = case.draw(count, seed)
    curves, meaning = case.noisy(case.clean(truth), seed), case.meaning(truth)[name]
    ends = np.array(
        [
            profile_interval(case.model, curve, case.frames, case.input, parameter=name)
            for curve in curves
        ]
    )
    known = ~np.isnan(ends).any(axis=1)
    inside = (ends[:, 0] <= meaning) & (meaning <= ends[:, 1])
    return inside[known].mean(), np.isinf(ends[known]).any(axis=1).mean()


def main(count=COUNT, profiles=PROFILED):
    parts = [coverage(case, count) for case in CASES.values()]
    table = pd.concat([*parts, both_passes(count)], ignore_index=True)
    table["profile_covered"] = np.nan
    table["profile_open"] = np.nan
    for model, names in PROFILES.items():
        for name in names if profiles else ():
            row = (table["model"] == model) & (table["parameter"] == name)
            found = profiled(CASES[model], name, profiles)
            table.loc[row, ["profile_covered", "profile_open"]] = found
    RESULT.parent.mkdir(exist_ok=True)
    table.to_csv(RESULT, index=False, float_format="%.4g")
    print(table.to_string(index=False, float_format="%.3f"))


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
