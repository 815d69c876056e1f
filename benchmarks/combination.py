"""What several markers promise together, and what they keep.

Four normal markers. Tables:

size   how often the combination is called better than chance, and better than the best single
       marker, where it is not; beside it DeLong's paired test of the held-out scores, which does
       not know that they come from rules made of the same subjects. The last rows are its power;
worth  the AUC in the subjects a rule was made of, cross-validated, and in truth, and how often
       the interval covers the truth;
speed  CPU seconds of one call, everything included.

    python -m benchmarks.combination  # 15 min of CPU; writes benchmarks/results/combination_*.csv
"""

import time
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path

import numpy as np
import pandas as pd
from scipy import stats

from biomarkers.stats import CrossValidation, combine_markers
from biomarkers.stats.combination.nested import MODELS, Procedure
from biomarkers.stats.combination.permuted import areas_of_one
from biomarkers.stats.labels import make_units, permuted_labels

RESULTS = Path(__file__).parent / "results"
SIZES = ((6, 6), (10, 10), (24, 25))
MARKERS = 4
PERMUTATIONS, ALPHA = 79, 0.05
ALLOWED = int(ALPHA * (PERMUTATIONS + 1)) - 1
# Correlation, AUC of the first and of the second marker, and whether values are exponentiated.
# Beside the first, the others differ by what their correlation with it gives them.
CASES = {
    "none": (0.0, 0.5, 0.5, False),
    "none, correlated": (0.6, 0.5, 0.5, False),
    "one": (0.0, 0.8, 0.5, False),
    "one, correlated": (0.6, 0.8, 0.5, False),
    "one, correlated, skewed": (0.6, 0.8, 0.5, True),
    "two": (0.0, 0.72, 0.72, False),
    "two, strong": (0.0, 0.85, 0.85, False),
}
# Where the test against chance is run too: its size, and one power.
CHANCE = ("none", "none, correlated", "two")


def shift(case):
    """Return the difference of the class means, and the covariance within a class."""
    correlation, first, second, _ = CASES[case]
    apart = np.sqrt(2) * stats.norm.ppf((first, second))
    means = correlation * apart[0] * np.ones(MARKERS)
    means[0], means[1] = apart[0], means[1] + apart[1]
    return means, correlation + (1 - correlation) * np.eye(MARKERS)


def study(random, size, case):
    means, covariance = shift(case)
    positive = np.arange(sum(size)) < size[0]
    values = random.multivariate_normal(np.zeros(MARKERS), covariance, size=len(positive))
    values[positive] += means
    return np.exp(values) if CASES[case][3] else values, positive


def is_significant(found: float, chance: Iterable[float]) -> bool:
    """Say whether p ≤ .05, looking no further than needed."""
    as_high = 0
    for value in islice(chance, PERMUTATIONS):
        as_high += value >= found - 1e-12
        if as_high > ALLOWED:
            return False
    return True


def relabelled(values, positive, procedure, seed) -> Iterator[float]:
    labels = permuted_labels(positive, permutations=PERMUTATIONS, seed=seed)
    random = np.random.default_rng(seed)
    for label in labels.T[1:]:
        yield procedure.run(values, label, random).area(label)


def paired_delong(run, values, positive):
    """Return the one-sided p of the gain by the spread of its placements."""
    held_out = run.folds.held_out
    single = run.sign[np.arange(len(run.chosen)), run.chosen][:, None] * values.T[run.chosen]
    both = held_out[:, positive][:, :, None] & held_out[:, ~positive][:, None]
    won = []
    for scores in (run.scores, single):
        x, y = scores[:, positive][:, :, None], scores[:, ~positive][:, None]
        won.append((((x > y) + (x == y) / 2) * both).sum(axis=0))
    gain, pairs = won[0] - won[1], both.sum(axis=0)
    parts = [gain.sum(axis=at) / np.maximum(pairs.sum(axis=at), 1) for at in (1, 0)]
    error = np.sqrt(sum(part.var(ddof=1) / len(part) for part in parts))
    off = gain.sum() / pairs.sum()
    return stats.norm.sf(off / error) if error > 0 else float(off <= 0)


def size_row(model, size, case, sets, repeats):
    """Return shares of significant studies; with two repeats, which leaves a test its size."""
    random = np.random.default_rng([1, *size, list(CASES).index(case)])
    procedure = Procedure(MODELS[model], make_units(sum(size)), folds=5, repeats=repeats)
    counts = np.zeros(3)
    for seed in range(sets):
        values, positive = study(random, size, case)
        values = (values - values.mean(axis=0)) / values.std(axis=0)
        run = procedure.run(values, positive, random)
        found, single = run.area(positive), run.single_area(values, positive)
        if case in CHANCE:
            counts[0] += is_significant(found, relabelled(values, positive, procedure, seed))
        counts[1] += found > single and all(
            is_significant(found, areas_of_one(values, positive, procedure, given=at, seed=seed))
            for at in range(MARKERS)
        )
        counts[2] += paired_delong(run, values, positive) <= ALPHA
    upper = stats.beta.ppf(0.975, counts[1] + 1, sets - counts[1])
    shares = counts / sets
    shares[0] = shares[0] if case in CHANCE else np.nan
    return (model, *size, case, sets, repeats, shares[0], shares[1], upper, shares[2])


def size_table():
    sets = {case: 400 if case.startswith("one") else 300 for case in list(CASES)[:5]}
    cells = [("lda", size, case, count, 2) for size in SIZES for case, count in sets.items()]
    # Where one p-value decides, that of the only useful marker, the size is near .05.
    decisive = cells.index(("lda", (24, 25), "one", 400, 2))
    cells[decisive] = ("lda", (24, 25), "one", 3000, 2)
    cells += [("logistic", (10, 10), "one, correlated", 200, 2)]
    cells += [("lda", size, case, 60, 2) for size in SIZES for case in ("two", "two, strong")]
    columns = [
        "model", "n_positive", "n_negative", "useful", "sets", "repeats", "beats_chance",
        "beats_single", "beats_single_upper", "delong",
    ]  # fmt: skip
    return pd.DataFrame([size_row(*cell) for cell in cells], columns=columns)


def worth_row(model, size, case, sets=150):
    random = np.random.default_rng([2, *size, list(CASES).index(case)])
    means, covariance = shift(case)
    found = []
    for seed in range(sets):
        values, positive = study(random, size, case)
        settings = CrossValidation(permutations=29, seed=seed)
        got = combine_markers(pd.DataFrame(values), positive, model=model, settings=settings)
        rule = (got.table["coefficient"] / got.table["sd"]).to_numpy()
        spread = np.sqrt(2 * rule @ covariance @ rule)
        true = stats.norm.cdf(rule @ means / spread) if spread > 0 else 0.5
        row, single = got.performance.to_dict("records")
        covered = row["auc_low"] <= true <= row["auc_high"]
        found.append((row["auc_apparent"], row["auc"], true, covered,
                      single["auc_apparent"], single["auc"]))  # fmt: skip
    return (model, *size, case, *np.mean(found, axis=0))


def worth_table():
    cases = ("none", "one", "two")
    cells = [("lda", size, case) for size in (SIZES[0], SIZES[-1]) for case in cases]
    columns = [
        "model", "n_positive", "n_negative", "useful", "apparent", "cross_validated", "true",
        "coverage", "single_apparent", "single_cross_validated",
    ]  # fmt: skip
    return pd.DataFrame([worth_row(*cell) for cell in cells], columns=columns)


def speed_table():
    rows = []
    for size in (*SIZES, (500, 500)):
        values, positive = study(np.random.default_rng(3), size, "two")
        for model in MODELS:
            start = time.process_time()
            combine_markers(pd.DataFrame(values), positive, model=model)
            rows.append((*size, model, time.process_time() - start))
    return pd.DataFrame(rows, columns=["n_positive", "n_negative", "model", "cpu_s"])


def main():
    RESULTS.mkdir(exist_ok=True)
    for name, table in (("speed", speed_table), ("size", size_table), ("worth", worth_table)):
        found = table()
        found.to_csv(RESULTS / f"combination_{name}.csv", index=False, float_format="%.4g")
        print(f"{name}\n{found.round(4).to_string(index=False)}\n", flush=True)


if __name__ == "__main__":
    main()
