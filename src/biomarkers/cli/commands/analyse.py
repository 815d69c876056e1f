"""From a measurement table to results and the report."""

import argparse

from biomarkers.cli.options import add_volume, progress_of
from biomarkers.cli.table_options import add_table_options, table_options
from biomarkers.cli.telling import tell_analysed

HELP = "turn a measurement table into results"
EPILOG = """\
PLAN.toml:
  outcome = "responder"      # column of participants
  positive = 1               # value or list; negative = ... names the others
  baseline = 0
  [visits]                   # visit = the days that count as it
  0 = [0]
  7 = [6, 7]
  [biomarkers.tumor_volume]
  change = "log_ratio"       # the default; or absolute | percent
  direction = "auto"         # higher | lower | auto: what positives show
  [separation]
  alpha = 0.05
  permutations = 9999
  seed = 1
"""


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options."""
    parser.add_argument(
        "measurements",
        metavar="MEASUREMENTS",
        help="CSV, TSV, Excel or OpenDocument: subject day [region] biomarker value unit, one "
        "column per biomarker, or one per day",
    )
    parser.add_argument(
        "--participants",
        metavar="FILE",
        required=True,
        help="table with one row per subject and the outcome",
    )
    parser.add_argument("--plan", metavar="PLAN.toml", required=True, help="the analysis plan")
    parser.add_argument("--out", metavar="DIR", required=True, help="gets results/ and report.html")
    parser.add_argument(
        "--exclusions",
        metavar="FILE",
        help="subject day biomarker reason by; default: exclusions.tsv beside MEASUREMENTS",
    )
    parser.add_argument(
        "--qc", metavar="DIR", help="folder of quality cards, as `measure` writes it, to show"
    )
    add_table_options(parser)
    add_volume(parser)


def run(options: argparse.Namespace) -> bool:
    """Analyse a table."""
    from biomarkers import workflow  # noqa: PLC0415

    with progress_of(options) as progress:
        analysed = workflow.analyse(
            options.measurements,
            options.out,
            participants=options.participants,
            plan=options.plan,
            exclusions=options.exclusions,
            qc=options.qc,
            table=table_options(options),
            progress=progress,
        )
    return tell_analysed(analysed, options)
