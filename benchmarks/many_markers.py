"""What the analysis of very many markers costs: CPU time, peak memory, and the time of its parts.

A cohort of so many animals, measured on days 0, 3, 7 and 14; one marker in twenty differs between
responders and others from day 7 on. With `--gone 0.2` a fifth of the animals leaves before the
last day, so that what the missing could do is analysed too.

    python -m benchmarks.many_markers --markers 1000
"""

import argparse
import cProfile
import pstats
import resource
import time

import numpy as np
import pandas as pd

from biomarkers import stats
from biomarkers.plan import make_plan
from biomarkers.results import Results

DAYS = (0, 3, 7, 14)
ANIMALS = 24


def cohort(markers: int, *, gone: float = 0.0, seed: int = 1) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return measurements and participants; half of the animals respond."""
    random = np.random.default_rng(seed)
    subjects = [f"{number:02}" for number in range(1, ANIMALS + 1)]
    responder = np.arange(ANIMALS) % 2
    level = random.normal(0, 0.2, (markers, ANIMALS, 1))
    noise = random.normal(0, 0.15, (markers, ANIMALS, len(DAYS)))
    effect = np.zeros((markers, 1, len(DAYS)))
    effect[::20, :, 2:] = 0.3
    values = np.exp(level + noise + effect * responder[:, None])
    leaves = np.arange(ANIMALS) < gone * ANIMALS
    values[:, leaves, -1] = np.nan
    keys = pd.MultiIndex.from_product(
        [[f"marker_{number:04}" for number in range(markers)], subjects, [float(d) for d in DAYS]],
        names=["biomarker", "subject", "day"],
    )
    table = pd.DataFrame({"value": values.ravel()}, index=keys).reset_index()
    return table.dropna(), pd.DataFrame({"subject": subjects, "responder": responder})


def plan(markers: int) -> dict[str, object]:
    """Return the plan: every marker, as log ratio."""
    return {
        "outcome": "responder",
        "positive": 1,
        "baseline": 0,
        "visits": {str(day): [day] for day in DAYS},
        "biomarkers": {f"marker_{number:04}": {"change": "log_ratio"} for number in range(markers)},
    }


def analysed(markers: int, *, gone: float = 0.0) -> Results:
    """Analyse the cohort."""
    return stats.analyse(*cohort(markers, gone=gone), make_plan(plan(markers)))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--markers", type=int, default=1000)
    parser.add_argument("--gone", type=float, default=0.0)
    parser.add_argument("--save", help="folder for the results, to compare two versions")
    parser.add_argument("--profile", action="store_true")
    options = parser.parse_args()
    profile = cProfile.Profile()
    start = time.process_time()
    if options.profile:
        profile.enable()
    results = analysed(options.markers, gone=options.gone)
    profile.disable()
    print(f"analysis  {time.process_time() - start:.1f} CPU-s")
    if options.save:
        start = time.process_time()
        results.save(options.save)
        print(f"saved     {time.process_time() - start:.1f} CPU-s")
    print(f"peak      {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000:.0f} MB")
    if options.profile:
        pstats.Stats(profile).sort_stats("cumulative").print_stats(45)


if __name__ == "__main__":
    main()
