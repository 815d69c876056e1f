"""From a study to its measurement table."""

import argparse
from collections.abc import Sequence
from typing import TYPE_CHECKING

from biomarkers.cli.options import STUDY, add_study, progress_of, settings_of
from biomarkers.cli.telling import tell_measured, tell_one_day, tell_planned

if TYPE_CHECKING:
    from biomarkers.study import Step

HELP = "turn a study into a measurement table"
EPILOG = STUDY


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options."""
    add_study(parser)


def run(options: argparse.Namespace) -> bool:
    """Measure a study."""
    from biomarkers import study  # noqa: PLC0415

    return run_steps(options, study.STEPS)


def run_steps(options: argparse.Namespace, steps: "Sequence[Step]") -> bool:
    """Measure what some steps give; return whether all of it could be."""
    from biomarkers import study  # noqa: PLC0415

    settings = settings_of(options)
    if options.dry_run:
        planned = study.plan_measuring(
            options.study,
            derivatives=options.derivatives,
            settings=settings,
            steps=steps,
            out=options.out,
        )
        return tell_planned(planned, settings.memory_limit)
    with progress_of(options) as progress:
        measured = study.measure(
            options.study,
            options.out,
            derivatives=options.derivatives,
            settings=settings,
            steps=steps,
            progress=progress,
        )
    tell_measured(measured, options)
    tell_one_day(measured, options)
    return not measured.failures
