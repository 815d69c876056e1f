"""What the search for the earliest visit promises, and what it finds.

Normal markers at five visits, AR(1) correlation .6 within a subject. Tables:

error     how often a study without any effect claims a visit: maxT, the backward sequence, and
          the habit of testing each visit by DeLong at p < .05;
recovery  how often each visit is chosen when an effect starts at the third and stays, and how
          often the third is claimed at all;
ceiling   the same by step-down tests that know the correlation, and so their exact critical
          values, for several statistics: what maxT could reach without permutation;
floor     the same for other floors of the standard error: why it is .5;
inferior  how often a visit is called non-inferior to the last one when it is worse by the
          margin: by Wald's test, and by the bound of the second gate.

    python -m benchmarks.earliest          # writes benchmarks/results/earliest_*.csv
"""

from pathlib import Path

import numpy as np
import pandas as pd
from scipy import stats

from biomarkers.stats.labels import permuted_labels
from biomarkers.stats.roc_analysis.auc import delong_variance, structural_components
from biomarkers.stats.separation.gate import loss_of_auc
from biomarkers.stats.separation.maxt import (
    backward_sequence,
    permutation_statistics,
    separation_statistic,
    step_down,
    step_down_rejects,
)

VISITS = 5
SUSTAINED = (0.5, 0.5, 0.71, 0.84, 0.90)
SIZES = ((6, 6), (10, 10), (24, 25))
RESULTS = Path(__file__).parent / "results"
CORRELATION = 0.6 ** np.abs(np.subtract.outer(range(VISITS), range(VISITS)))
ROOT = np.linalg.cholesky(CORRELATION)


def study(random, size, *, markers=1, areas=(0.5,) * VISITS):
    """Return values (subjects × markers·visits) and classes; the first marker has the areas."""
    values = random.normal(size=(sum(size), markers, VISITS)) @ ROOT.T
    values[: size[0], 0] += np.sqrt(2) * stats.norm.ppf(areas)
    return values.reshape(sum(size), -1), np.arange(sum(size)) < size[0]


def delong_p(values, positive):
    """Return the usual two-sided p of each column: AUC against ½ by DeLong's Wald test."""
    found = []
    for column in values.T:
        parts = structural_components(column[positive], column[~positive])
        error = np.sqrt(delong_variance(*parts))
        off = parts[0].mean() - 0.5
        found.append(2 * stats.norm.sf(abs(off) / error) if error > 0 else float(off == 0))
    return np.array(found)


def upper_bound(count, total):
    """Return the one-sided 97.5 % Clopper–Pearson bound of a share."""
    return stats.beta.ppf(0.975, count + 1, total - count)


def error_table(sets=10_000, permutations=199):
    rows = []
    for size in SIZES:
        for markers in (1, 4):
            random = np.random.default_rng([1, *size, markers])
            visits = np.tile(np.arange(VISITS), markers)
            claims = np.zeros(3)
            for number in range(sets):
                values, positive = study(random, size, markers=markers)
                labels = permuted_labels(positive, permutations=permutations, seed=number)
                statistics = permutation_statistics(values, labels)
                claims += (
                    step_down(statistics, statistics[:, 0]).p_adjusted.min() <= 0.05,
                    backward_sequence(statistics, statistics[:, 0], visits)[1].min() <= 0.05,
                    delong_p(values, positive).min() <= 0.05,
                )
            shares = claims / sets
            bound = upper_bound(claims[0], sets)
            rows.append((*size, markers, shares[0], bound, shares[1], shares[2]))
    columns = ["n_positive", "n_negative", "markers", "maxt", "maxt_upper", "sequence", "delong"]
    return pd.DataFrame(rows, columns=columns)


def first_claim(claims):
    """Return the place of the first true of each claim, −1 if none."""
    return int(np.argmax(claims)) if np.any(claims) else -1


def recovery_table(sets=10_000, permutations=999):
    rows = []
    for size in SIZES:
        random = np.random.default_rng([2, *size])
        chosen = {"maxt": [], "sequence": [], "delong": []}
        claimed_true = dict.fromkeys(chosen, 0)
        for number in range(sets):
            values, positive = study(random, size, areas=SUSTAINED)
            labels = permuted_labels(positive, permutations=permutations, seed=number)
            statistics = permutation_statistics(values, labels)
            claimed = {
                "maxt": step_down(statistics, statistics[:, 0]).p_adjusted <= 0.05,
                "sequence": backward_sequence(statistics, statistics[:, 0], np.arange(VISITS))[1]
                <= 0.05,
                "delong": delong_p(values, positive) <= 0.05,
            }
            for method, claims in claimed.items():
                chosen[method].append(first_claim(claims))
                claimed_true[method] += bool(claims[2])
        for method, found in chosen.items():
            shares = [np.mean(np.array(found) == place) for place in (-1, *range(VISITS))]
            rows.append((*size, method, *shares, claimed_true[method] / sets))
    visits = [f"visit_{number + 1}" for number in range(VISITS)]
    columns = ["n_positive", "n_negative", "method", "none", *visits, "claims_visit_3"]
    return pd.DataFrame(rows, columns=columns)


def known_statistics(random, size, areas, sets):
    """Return the statistics of many studies (sets × visits), by name, each as an absolute value.

    Ranks are all that the area depends on: a study is one labelling of the ranks.
    """
    m, n = size
    ranks = np.arange(m + n)
    normal = stats.norm.ppf((ranks + 1) / (m + n + 1))
    found = {"known_sd": [], "t": [], "normal_scores": [], "auc_null": [], "auc_delong": []}
    for _ in range(sets // 5000):
        values = random.normal(size=(5000, m + n, VISITS)) @ ROOT.T
        values[:, :m] += np.sqrt(2) * stats.norm.ppf(areas)
        x, y = values[:, :m], values[:, m:]
        off = np.abs(x.mean(axis=1) - y.mean(axis=1)) / np.sqrt(1 / m + 1 / n)
        spread = (m - 1) * x.var(axis=1, ddof=1) + (n - 1) * y.var(axis=1, ddof=1)
        classes = values.argsort(axis=1) < m
        scores = np.abs(np.einsum("r,srv->sv", normal, classes))
        by_visit = [np.ascontiguousarray(classes[:, :, visit].T) for visit in range(VISITS)]
        found["known_sd"].append(off)
        found["t"].append(off / np.sqrt(spread / (m + n - 2)))
        found["normal_scores"].append(scores / np.sqrt(m * n / (m + n) * normal.var(ddof=1)))
        for name in ("null", "delong"):
            areas_of = [separation_statistic(ranks, own, studentise=name) for own in by_visit]
            found[f"auc_{name}"].append(np.stack(areas_of, axis=1))
    return {name: np.concatenate(parts) for name, parts in found.items()}


def ceiling_table(null_sets=100_000, sets=50_000):
    rows = []
    for size in SIZES:
        random = np.random.default_rng([5, *size])
        null = known_statistics(random, size, (0.5,) * VISITS, null_sets)
        true = known_statistics(random, size, SUSTAINED, sets)
        for name, found in true.items():
            claims = step_down_rejects(null[name].T, found, alpha=0.05)
            first = np.where(claims.any(axis=1), claims.argmax(axis=1), -1)
            exact = np.mean(first == 2)
            error = np.sqrt(exact * (1 - exact) / sets)
            early = np.mean((first == 0) | (first == 1))
            rows.append((*size, name, exact, error, early, claims[:, 2].mean()))
    names = ["exact", "exact_se", "too_early", "claims_visit_3"]
    return pd.DataFrame(rows, columns=["n_positive", "n_negative", "statistic", *names])


def floor_table(sets=1000, permutations=499):
    floors = {"0.25": 0.25, "0.5": 0.5, "0.75": 0.75, "1": 1.0, "null": None}
    rows = []
    for size in (*SIZES, (8, 25)):
        random = np.random.default_rng([3, *size])
        exact = dict.fromkeys(floors, 0)
        for number in range(sets):
            values, positive = study(random, size, areas=SUSTAINED)
            labels = permuted_labels(positive, permutations=permutations, seed=number)
            for name, floor in floors.items():
                kind = {"studentise": "null"} if floor is None else {"floor": floor}
                statistics = np.array(
                    [separation_statistic(column, labels, **kind) for column in values.T]
                )
                found = step_down(statistics, statistics[:, 0]).p_adjusted <= 0.05
                exact[name] += first_claim(found) == 2
        rows.append((*size, *(count / sets for count in exact.values())))
    names = [f"floor_{name}" for name in floors]
    return pd.DataFrame(rows, columns=["n_positive", "n_negative", *names])


def inferior_table(sets=4000, margin=0.1, last=0.9):
    """Return the sizes of tests of AUC_last − AUC_visit ≥ margin, at that very margin."""
    areas = (0.5, 0.5, 0.5, last - margin, last)
    rows = []
    for size in SIZES:
        random = np.random.default_rng([4, *size])
        claims = np.zeros(2)
        for _ in range(sets):
            values, positive = study(random, size, areas=areas)
            late, early = (
                structural_components(values[positive, at], values[~positive, at]) for at in (4, 3)
            )
            lost = late[0].mean() - early[0].mean()
            error = np.sqrt(delong_variance(late[0] - early[0], late[1] - early[1]))
            _, bound = loss_of_auc(values[:, 3], values[:, 4], positive, alpha=0.05)
            claims += lost + stats.norm.ppf(0.95) * error < margin, bound < margin
        rows.append((*size, last, margin, *(claims / sets), upper_bound(claims[1], sets)))
    columns = ["n_positive", "n_negative", "auc_last", "margin", "wald", "gate", "gate_upper"]
    return pd.DataFrame(rows, columns=columns)


def inferior_tables():
    """Return the sizes at several areas and margins."""
    cases = ((0.9, 0.1), (0.95, 0.1), (0.8, 0.1), (0.9, 0.2), (0.85, 0.05))
    return pd.concat([inferior_table(last=last, margin=margin) for last, margin in cases])


def main():
    RESULTS.mkdir(exist_ok=True)
    for name, table in (
        ("recovery", recovery_table),
        ("ceiling", ceiling_table),
        ("inferior", inferior_tables),
        ("floor", floor_table),
        ("error", error_table),
    ):
        found = table()
        found.to_csv(RESULTS / f"earliest_{name}.csv", index=False, float_format="%.4g")
        print(f"{name}\n{found.round(4).to_string(index=False)}\n", flush=True)


if __name__ == "__main__":
    main()
