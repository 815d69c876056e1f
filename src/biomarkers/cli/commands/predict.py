"""From features and an outcome to a judged rule."""

import argparse

from biomarkers.cli.options import add_jobs, add_report, add_volume, progress_of

HELP = "judge whether features foretell an outcome, and keep the rule"
EPILOG = """\
FEATURES is CSV, TSV, Excel or OpenDocument, in one of two forms:
  a row a case and a column a feature: subject, where a subject has several also lesion
  measurement rows of one day: subject day region biomarker value unit, as `radiomics` writes them
PLAN.toml; a line that is left out stands for what is in brackets:
  [predict]
  outcome = "response"       # column of PARTICIPANTS; ["time", "event"] for survival
  positive = 1               # value that is foretold (1); or classes = ["N", "T", "R"], each
                             # against the rest; or, of a time, horizon = 180: the event by then
  model = "svm"              # or logistic elastic_net svm_rbf forest xgboost lightgbm; of a time
                             # cox (logistic)
  lasso = 8                  # or univariate = 8: how many features are selected (all)
  harmonise = "combat"       # takes off what differs between sites; needs site (none)
  stable = "perturbed.csv"   # repeated measurements, beside the plan (none): features whose
  at_least = 0.75            #   ICC over them is smaller are dropped (0.75)
  uncorrelated = 0.9         # largest rank correlation between two features that stay (any)
  site = "site"              # column of either table (none)
# use = ["volume"]           # blocks that the rule is made of (all features)
  folds = 5                  # outer and inner (5); repeats (10)
  permutations = 199         # of the outcome, for p and intervals; 0 for none (199); seed (1)
  [predict.blocks]           # judged alone, too: columns of either table (none)
  clinical = ["age", "kps"]
  volume = ["morph_volume"]
OUT gets report.html with figures/, a CSV for each table, evaluation.json, and rule/ with its model
card. What is done stands in OUT/pieces: interrupted, the same command goes on.

  biomarkers radiomics STUDY MEASURED
  biomarkers predict MEASURED/measurements.tsv STUDY/participants.tsv --plan PLAN.toml --out OUT
  biomarkers report OUT --out PAPER --pdf      the same report again, from OUT alone
"""


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options."""
    parser.add_argument(
        "features",
        metavar="FEATURES",
        help="table of features: a row a case, or measurement rows of one day (a region a lesion)",
    )
    parser.add_argument(
        "participants",
        metavar="PARTICIPANTS",
        help="table with one row per subject: outcome, and what is known clinically",
    )
    parser.add_argument(
        "--plan", metavar="FILE", required=True, help="TOML with [predict], as below"
    )
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
