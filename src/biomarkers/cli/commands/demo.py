"""The demonstration."""

import argparse

from biomarkers.cli.options import add_jobs, add_volume, progress_of
from biomarkers.cli.telling import tell_analysed, tell_measured

HELP = "simulate a rat study, measure it, analyse it, report it"


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options."""
    parser.add_argument("--out", metavar="DIR", required=True, help="folder for everything made")
    add_jobs(parser)
    add_volume(parser)


def run(options: argparse.Namespace) -> bool:
    """Run the demonstration."""
    from biomarkers import workflow  # noqa: PLC0415

    with progress_of(options) as progress:
        done = workflow.demo(
            options.out, jobs=options.jobs, announce=progress.say, progress=progress
        )
    tell_measured(done.measured, options)
    tell_analysed(done.analysed, options)
    return not done.measured.failures
