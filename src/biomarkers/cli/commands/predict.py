"""From features and an outcome to a judged rule."""

import argparse

from biomarkers.cli.options import add_jobs, add_report, add_volume, progress_of

HELP = "judge whether features foretell an outcome, and keep the rule"
EPILOG = """\
PLAN.toml:
  [predict]
  outcome = "response"       # column of participants; ["time", "event"] for survival
  positive = 1               # or classes = ["N", "T", "R"]: each against the rest
  model = "svm"              # logistic elastic_net svm svm_rbf forest xgboost lightgbm cox
  lasso = 8                  # or univariate = 8: how many features are selected
  harmonise = "combat"       # with site; default: none
  uncorrelated = 0.9
  stable = "perturbed.csv"   # repeated measurements, beside the plan
  site = "site"
  folds = 5                  # repeats = 10, permutations = 199, seed = 1
  [predict.blocks]           # judged alone, too
  clinical = ["age", "kps"]
  volume = ["morph_volume"]
OUT gets report.html with figures/, a CSV for each table, evaluation.json, and the rule with its
model card; interrupted, the same command goes on.
"""


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options."""
    parser.add_argument(
        "features",
        metavar="FEATURES",
        help="measurements of one day (a region a lesion), or a row a case and a column a feature",
    )
    parser.add_argument(
        "participants", metavar="PARTICIPANTS", help="table with one row per subject"
    )
    parser.add_argument("--plan", metavar="FILE", required=True, help="TOML with [predict]")
    parser.add_argument("--out", metavar="DIR", required=True, help="folder for report and rule")
    add_jobs(parser, of="pieces of the validation")
    add_volume(parser)
    add_report(parser, of="the outcome")


def run(options: argparse.Namespace) -> bool:
    """Judge and fit."""
    from biomarkers import workflow  # noqa: PLC0415

    with progress_of(options) as progress:
        made = workflow.predict(
            options.features,
            options.participants,
            options.out,
            plan=options.plan,
            jobs=options.jobs,
            title=options.title,
            figures=options.figures,
            pdf=options.pdf,
            docx=options.docx,
            progress=progress,
        )
    print(f"Results   {options.out}")
    for file in made.files:
        print(f"Report    {file.resolve()}")
    if not options.quiet:
        for note in made.seen.notes:
            print(f"Note      {note}")
    print()
    print(made.seen.headline)
    return True
