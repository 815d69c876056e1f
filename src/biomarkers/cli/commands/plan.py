"""From a table to the draft of a plan."""

import argparse

from biomarkers.cli.table_options import add_table_options, table_options

HELP = "draft an analysis plan from a measurement table"
EPILOG = """\
The draft holds the visits (days that lie close together are one), the biomarkers with a change that
suits their values, the outcome if one column of participants has two values, and how the table was
read. Decide what its comments ask, date it, then
  biomarkers analyse TABLE --participants FILE --plan plan.toml --out OUT
"""


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options."""
    parser.add_argument("table", metavar="TABLE", help="measurements, as for `analyse`")
    parser.add_argument("--participants", metavar="FILE", help="table with one row per subject")
    parser.add_argument(
        "--out", metavar="PLAN.toml", default="plan.toml", help="plan to write (plan.toml)"
    )
    add_table_options(parser)


def run(options: argparse.Namespace) -> bool:
    """Draft a plan."""
    from biomarkers import workflow  # noqa: PLC0415
    from biomarkers.table import make_table_options  # noqa: PLC0415

    draft = workflow.draft_plan(
        options.table,
        options.participants,
        out=options.out,
        options=make_table_options(table_options(options)),
    )
    print(f"Plan      {draft.path}")
    for guess in draft.guesses:
        print(f"Read      {guess}")
    if not draft.decided:
        print('Decide    outcome and positive: they are "" as yet')
    people = options.participants or "FILE"
    print(
        f"Next      biomarkers analyse {options.table} --participants {people} "
        f"--plan {draft.path} --out OUT"
    )
    return True
