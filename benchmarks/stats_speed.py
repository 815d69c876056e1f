"""CPU time of the statistics, beside the plain way to compute the same.

Run: python -m benchmarks.stats_speed
"""

import time
from collections.abc import Callable

import numpy as np
from scipy import stats as scipy_stats

from biomarkers.stats.labels import drawn_weights
from biomarkers.stats.roc_analysis.auc import area
from biomarkers.stats.roc_analysis.resampled import resampled_areas
from biomarkers.stats.separation.maxt import max_t


def seconds(work: Callable[[], object]) -> float:
    """CPU time of the faster of two calls."""
    taken = []
    for _ in range(2):
        start = time.process_time()
        work()
        taken.append(time.process_time() - start)
    return min(taken)


def rank_sum_loop(values: np.ndarray, labels: np.ndarray) -> None:
    """AUC of every test under every labelling by scipy's rank-sum test, one by one."""
    for column in values.T:
        for label in labels:
            scipy_stats.mannwhitneyu(column[label], column[~label], method="asymptotic")


def main() -> None:
    random = np.random.default_rng(0)
    positive = np.arange(50) < 25

    x, y = random.normal(0.1, 1, 500_000), random.normal(0, 1, 500_000)
    ours = seconds(lambda: area(x, y))
    theirs = seconds(lambda: scipy_stats.mannwhitneyu(x, y, method="asymptotic"))
    print(f"AUC of 1 000 000 values            {ours:.2f} s   scipy {theirs:.2f} s")

    values = random.normal(size=(50, 20)).round(2)
    ours = seconds(lambda: max_t(values, positive, permutations=9999))
    labels = np.array([random.permutation(positive) for _ in range(20)])
    theirs = seconds(lambda: rank_sum_loop(values, labels)) * 10_000 / len(labels)
    print(
        f"maxT, 20 tests, 9 999 permutations {ours:.2f} s   "
        f"scipy loop {theirs:.0f} s (extrapolated from {len(labels)})   ratio {theirs / ours:.0f}"
    )

    many = random.normal(size=(50, 5000))
    weights = drawn_weights(positive, draws=2000, seed=1)
    ours = seconds(lambda: resampled_areas(many, positive, weights))
    print(f"bootstrap, 5 000 tests, 2 000 draws {ours:.2f} s")


if __name__ == "__main__":
    main()
