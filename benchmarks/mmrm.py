"""Does the mixed model for repeated measures keep its promises in small trials? How fast is it?

Two equal groups without any difference, four visits, correlated and with a variance that grows;
complete, or with animals that leave the sooner the higher their last value (missing at random).
Every data set is fitted once with an unstructured covariance; the test is that of the last visit.
Tabulates the share of false positives at 5 % by three ways to judge the same estimate, with its
Monte-Carlo error, and then the time of one fit by covariance structure and size.

    python -m benchmarks.mmrm          # writes benchmarks/results/mmrm.csv and mmrm_speed.csv
"""

import time
from pathlib import Path

import numpy as np
import pandas as pd
from scipy import stats

from biomarkers.errors import InputError
from biomarkers.stats import mmrm

COVARIANCE = np.array(
    [[4.0, 2.8, 2.3, 1.9], [2.8, 5.0, 3.6, 3.0], [2.3, 3.6, 7.0, 5.0], [1.9, 3.0, 5.0, 9.0]]
)
VISITS = (3, 7, 14, 28)
FORMULA = "value ~ group * visit"
DATA_SETS = 600
RESULTS = Path(__file__).parent / "results"


def make_trial(rng, subjects, *, leave):
    values = rng.multivariate_normal(np.zeros(4), COVARIANCE, size=subjects)
    if leave:
        # After each visit, more likely the higher the value; about a fifth are gone at the end.
        for visit in range(3):
            chance = leave * stats.norm.cdf(values[:, visit] / np.sqrt(COVARIANCE[visit, visit]))
            gone = rng.uniform(size=subjects) < chance
            values[gone, visit + 1 :] = np.nan
    return pd.DataFrame(
        {
            "subject": np.repeat(np.arange(subjects), 4),
            "visit": np.tile(VISITS, subjects),
            "group": np.repeat(np.where(np.arange(subjects) % 2, "drug", "control"), 4),
            "value": values.ravel(),
        }
    )


def p_values(trial):
    """Return the p-value of the last visit by Kenward–Roger, Satterthwaite and the normal."""
    result = mmrm(trial, FORMULA)
    row = result.contrasts("group").iloc[-1]
    terms = result.design.terms
    L = np.zeros(len(terms))
    L[[terms.index("group[T.drug]"), terms.index("group[T.drug]:visit[T.28]")]] = 1
    t = row["estimate"] / np.sqrt(L @ result.inference.unadjusted @ L)
    return row["p_value"], 2 * stats.t.sf(abs(t), row["df"]), 2 * stats.norm.sf(abs(t))


def false_positives():
    rows = []
    for subjects in (12, 20, 60):
        for leave in (0.0, 0.15):
            rng = np.random.default_rng([subjects, int(100 * leave)])
            found, no_maximum = [], 0
            for _ in range(DATA_SETS):
                try:
                    found.append(p_values(make_trial(rng, subjects, leave=leave)))
                except InputError:
                    no_maximum += 1
            shares = np.mean(np.array(found) < 0.05, axis=0)
            error = 1.96 * np.sqrt(0.05 * 0.95 / len(found))
            rows.append((subjects, leave, *shares, error, no_maximum))
    return pd.DataFrame(
        rows,
        columns=["animals", "drop_out", "kenward_roger", "satterthwaite", "normal", "error",
                 "no_maximum"],
    )  # fmt: skip


def speed():
    rng = np.random.default_rng(1)
    sizes = (12, 200, 2000)
    trials = {subjects: make_trial(rng, subjects, leave=0.1) for subjects in sizes}
    return pd.DataFrame(
        [
            (covariance, *(milliseconds(trial, covariance) for trial in trials.values()))
            for covariance in ("un", "toeph", "ar1h", "csh", "ar1", "cs")
        ],
        columns=["covariance", *(f"ms_{subjects}_subjects" for subjects in sizes)],
    )


def milliseconds(trial, covariance):
    """Return the CPU time of one fit."""
    start, count = time.process_time(), 0
    while time.process_time() - start < 0.3:
        mmrm(trial, FORMULA, covariance=covariance)
        count += 1
    return 1000 * (time.process_time() - start) / count


def main():
    RESULTS.mkdir(exist_ok=True)
    for name, table in (("mmrm", false_positives()), ("mmrm_speed", speed())):
        table.to_csv(RESULTS / f"{name}.csv", index=False, float_format="%.3g")
        print(table.to_string(index=False, float_format=lambda value: f"{value:.3g}"), end="\n\n")


if __name__ == "__main__":
    main()
