"""From a study to the report."""

import argparse
from pathlib import Path

from biomarkers.cli.options import STUDY, add_study, progress_of, settings_of
from biomarkers.cli.telling import tell_analysed, tell_measured, tell_planned

HELP = "measure a study, analyse it, write the report"
EPILOG = STUDY


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options."""
    add_study(parser)
    parser.add_argument(
        "--plan", metavar="PLAN.toml", help="the analysis plan; default: STUDY/plan.toml"
    )


def run(options: argparse.Namespace) -> bool:
    """Measure and analyse a study."""
    from biomarkers import study, workflow  # noqa: PLC0415
    from biomarkers.plan import read_plan  # noqa: PLC0415
    from biomarkers.workflow.one_day import refuse_one_day  # noqa: PLC0415

    settings = settings_of(options)
    if options.dry_run:
        refuse_one_day(
            study.open_study(options.study, derivatives=options.derivatives), Path(options.out)
        )
        read_plan(options.plan or Path(options.study) / "plan.toml")
        planned = study.plan_measuring(
            options.study, derivatives=options.derivatives, settings=settings, out=options.out
        )
        return tell_planned(planned, settings.memory_limit)
    with progress_of(options) as progress:
        done = workflow.run(
            options.study,
            options.out,
            plan=options.plan,
            derivatives=options.derivatives,
            settings=settings,
            progress=progress,
        )
    tell_measured(done.measured, options)
    return tell_analysed(done.analysed, options) and not done.measured.failures
