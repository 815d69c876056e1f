"""What the toolkit would have told the three simulated studies of early response, over many seeds.

errors    cohorts are imaged and measured, and held against the truth: bias, scatter, stated error
          and coverage of single values (natural logarithms of ratios, or relative), and bias and
          scatter of changes since the first day;
rates     cohorts of the declared size are drawn as tables from the same declarations, with those
          errors, and analysed by the plan of the study: how often each biomarker separates on each
          day, how often the first claimed day is right, and how often something is claimed that is
          not so, with the declared effects and with none (95 % intervals of Clopper and Pearson).

    python -m benchmarks.early_studies                     # both; results/early_studies_*.csv
    python -m benchmarks.early_studies --only rates --studies gbm-mrsi
    python -m benchmarks.early_studies --only summary      # of the results, for the docs

Measurements are kept in the folder `--work`, and taken from there by a later run unless they are
deleted: delete those of a study whose images or fits have changed.
"""

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
os.environ.setdefault("NUMBA_NUM_THREADS", "1")

import argparse
import resource
import tempfile
from pathlib import Path

import pandas as pd

from benchmarks import early_studies_images, early_studies_tables
from biomarkers.simulate import STUDIES

RESULTS = Path(__file__).parent / "results"
ERRORS, RATES = "early_studies_errors.csv", "early_studies_rates.csv"
SEEDS, COHORTS, PERMUTATIONS = 5, 500, 999
SUBJECTS = {"rat-glioma": 4, "gbm-dce-rgd": 3, "gbm-mrsi": 5}


def save(table, path):
    """Put the rows of a study in place of earlier ones."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.exists():
        earlier = pd.read_csv(path)
        table = pd.concat([earlier[~earlier["study"].isin(table["study"])], table])
    order = {name: at for at, name in enumerate(STUDIES)}
    table = table.sort_values("study", key=lambda names: names.map(order), kind="stable")
    table.to_csv(path, index=False, float_format="%.4g")


def make_errors(name, folder, options):
    """Measure the images of a study, save and show its errors."""
    table = early_studies_images.error_table(
        STUDIES[name],
        options.work,
        seeds=options.seeds,
        subjects=options.subjects or SUBJECTS[name],
        jobs=options.jobs,
    )
    save(table, folder / ERRORS)
    print(f"\n{name}: errors in images, in per cent")
    print(in_per_cent(table.drop(columns="study")).to_string(index=False), flush=True)


def make_rates(name, folder, options):
    """Analyse many tables of a study, save and show what is claimed."""
    errors = pd.read_csv(folder / ERRORS)
    known = early_studies_images.errors_for_tables(errors[errors["study"] == name])
    settings = {"errors": known, "permutations": options.permutations, "jobs": options.jobs}
    tables = [
        early_studies_tables.rate_table(
            name, has_effects=has_effects, cohorts=options.cohorts, **settings
        )
        for has_effects in (True, False)
    ]
    table = pd.concat(tables)
    save(table, folder / RATES)
    show_rates(table)


def show_rates(table):
    """Print what is claimed, in per cent of cohorts."""
    for (name, effects), rows in table.groupby(["study", "effects"], sort=False):
        print(f"\n{name}, effects: {effects}; separates, per cent of {rows['cohorts'].iloc[0]}")
        by_day = rows.dropna(subset="day").astype({"day": int})
        wide = 100 * by_day.pivot_table(index="biomarker", columns="day", values="claimed")
        first = early_studies_tables.first_claims(rows).set_index("biomarker")
        first = first.drop(columns=["study", "effects"])
        first[["too_early", "right", "too_late", "never"]] *= 100
        shown = wide.add_prefix("day ").join(first).loc[first.index]
        print(shown.round(1).to_string())
        wrong = rows[rows["biomarker"] == early_studies_tables.FALSE].iloc[0]
        print(
            f"any false claim: {100 * wrong['claimed']:.1f} "
            f"({100 * wrong['low']:.1f} to {100 * wrong['high']:.1f})",
            flush=True,
        )


def summary(table):
    """Yield the first claimed days with the declared effects in Markdown, per cent of cohorts."""
    yield "| study | biomarker | differs from day | claimed then | too early | too late | never |"
    yield "|---|---|---|---|---|---|---|"
    first = early_studies_tables.first_claims(table[table["effects"] == "declared"])
    for row in first.to_dict("records"):
        shares = [row["right"], row["too_early"], row["too_late"], row["never"]]
        if row["true_day"] == "never":
            shares = [0.0, row["too_early"], 0.0, row["right"]]
        cells = [row["study"], row["biomarker"], row["true_day"]]
        yield f"| {' | '.join([*cells, *(f'{100 * share:.1f}' for share in shares)])} |"
    yield "\nAnything is claimed that is not so, per cent of cohorts:\n"
    yield "| study | declared effects | no effects |\n|---|---|---|"
    wrong = table[table["biomarker"] == early_studies_tables.FALSE]
    for name, rows in wrong.groupby("study", sort=False):
        cells = [
            f"{100 * row.claimed:.1f} ({100 * row.low:.1f} to {100 * row.high:.1f})"
            for row in rows.itertuples()
        ]
        yield f"| {name} | {' | '.join(cells)} |"


def in_per_cent(table):
    """Return a table of errors as people read it."""
    shares = [name for name in table if name not in ("biomarker", "n", "n_changes", "change_slope")]
    return table.round(2).assign(**{name: (100 * table[name]).round(1) for name in shares})


def cpu_seconds():
    """Return the time that this process and those it started have used."""
    own, others = (
        resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    )
    return own.ru_utime + own.ru_stime + others.ru_utime + others.ru_stime


def main(arguments=None, folder=RESULTS):
    parser = argparse.ArgumentParser(prog="python -m benchmarks.early_studies")
    parser.add_argument("--studies", nargs="+", choices=list(SUBJECTS), default=list(SUBJECTS))
    parser.add_argument("--only", choices=["errors", "rates", "summary"])
    parser.add_argument("--seeds", type=int, default=SEEDS, help="cohorts with images")
    parser.add_argument("--subjects", type=int, help="in each of them; 8 rats, 5 patients")
    parser.add_argument("--cohorts", type=int, default=COHORTS, help="cohorts as tables")
    parser.add_argument("--permutations", type=int, default=PERMUTATIONS)
    parser.add_argument("--jobs", type=int, default=2)
    default = Path(tempfile.gettempdir()) / "early_studies"
    parser.add_argument("--work", type=Path, default=default, help="keeps measurements")
    options = parser.parse_args(arguments)
    options.work.mkdir(parents=True, exist_ok=True)
    for name in options.studies:
        for stage, make in (("errors", make_errors), ("rates", make_rates)):
            if options.only in (None, stage):
                make(name, folder, options)
                print(f"CPU time so far: {cpu_seconds():.0f} s", flush=True)
    if (folder / RATES).exists():
        print("", *summary(pd.read_csv(folder / RATES)), sep="\n")


if __name__ == "__main__":
    main()
