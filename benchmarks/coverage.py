"""How often a 95 % interval for the AUC covers the truth.

Newcombe's score interval against DeLong's Wald interval, for normal markers, for markers
rounded to half a standard deviation (ties), and for positives with twice the spread.

    python -m benchmarks.coverage          # writes benchmarks/results/coverage.csv
"""

from pathlib import Path

import numpy as np
import pandas as pd
from scipy import stats

from biomarkers.stats.intervals import newcombe_interval

SIZES = ((6, 6), (10, 10), (8, 25), (24, 25))
AREAS = (0.5, 0.65, 0.8, 0.9, 0.95)
SETS = 3000
RESULT = Path(__file__).parent / "results" / "coverage.csv"


def draw(kind, auc, size, random):
    """Return positives, negatives (sets × subjects) and the true AUC."""
    spread = 2.0 if kind == "unequal" else 1.0
    shift = np.sqrt(1 + spread**2) * stats.norm.ppf(auc)
    x = random.normal(shift, spread, (SETS, size[0]))
    y = random.normal(0, 1, (SETS, size[1]))
    if kind != "ties":
        return x, y, auc
    grid = np.arange(-20, 40) / 2
    edges = np.r_[-np.inf, (grid[1:] + grid[:-1]) / 2, np.inf]
    mass_x, mass_y = np.diff(stats.norm.cdf(edges, shift)), np.diff(stats.norm.cdf(edges))
    true = np.sum(mass_x * (np.cumsum(mass_y) - mass_y / 2))
    return np.round(x * 2) / 2, np.round(y * 2) / 2, true


def areas_and_variances(x, y):
    """Return the AUC and DeLong's variance of every set."""
    won = (np.sign(x[:, :, None] - y[:, None, :]) + 1) / 2
    m, n = won.shape[1:]
    variance = won.mean(axis=2).var(axis=1, ddof=1) / m + won.mean(axis=1).var(axis=1, ddof=1) / n
    return won.mean(axis=(1, 2)), variance


def covers(low, high, true):
    """Return the share of intervals that hold the truth."""
    return float(np.mean((low <= true + 1e-12) & (true <= high + 1e-12)))


def main():
    rows = []
    for kind in ("normal", "ties", "unequal"):
        for size in SIZES:
            for auc in AREAS:
                random = np.random.default_rng([20, *size, round(100 * auc)])
                x, y, true = draw(kind, auc, size, random)
                found, variance = areas_and_variances(x, y)
                half = stats.norm.ppf(0.975) * np.sqrt(variance)
                newcombe = covers(*newcombe_interval(found, *size), true)
                delong = covers(np.maximum(found - half, 0), np.minimum(found + half, 1), true)
                rows.append((kind, *size, auc, round(true, 4), newcombe, delong))
    columns = ["marker", "n_positive", "n_negative", "auc", "true_auc", "newcombe", "delong_wald"]
    table = pd.DataFrame(rows, columns=columns)
    RESULT.parent.mkdir(exist_ok=True)
    table.to_csv(RESULT, index=False, float_format="%.4g")
    print(table.to_string(index=False))
    for kind, part in table.groupby("marker", sort=False):
        print(f"{kind}: Newcombe covers {part['newcombe'].min():.3f} to "
              f"{part['newcombe'].max():.3f}, DeLong-Wald {part['delong_wald'].min():.3f} to "
              f"{part['delong_wald'].max():.3f}")  # fmt: skip


if __name__ == "__main__":
    main()
