"""What each command does: call one function, print what came of it.

Each returns whether all of the work was done. Rooms are imported by the command that needs
them: a table is analysed without the numeric code of the images.
"""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from biomarkers import workflow
from biomarkers.cli.progress import Progress
from biomarkers.report import answer

if TYPE_CHECKING:
    from biomarkers.study import MeasuredStudy, MeasureSettings
    from biomarkers.workflow import Analysed

# Topics of the notes that tell of rows or subjects which were read and not used.
_LOSSES = ("unlisted", "unknown_outcome", "never_measured", "unclaimed_days", "idle_exclusion")


def demo(options: argparse.Namespace) -> bool:
    """Run the demonstration."""
    with Progress() as progress:
        done = workflow.demo(
            options.out, jobs=options.jobs, announce=progress.say, progress=progress
        )
    _tell_measured(done.measured)
    _tell_analysed(done.analysed)
    return not done.measured.failures


def simulate(options: argparse.Namespace) -> bool:
    """Write a simulated study."""
    from biomarkers import simulate as simulation  # noqa: PLC0415

    with Progress() as progress:
        folder = simulation.rat_glioma(
            options.out, subjects=options.subjects, seed=options.seed, progress=progress
        )
    print(f"Study     {folder}")
    print(f"Next      biomarkers run {folder} OUT")
    return True


def measure(options: argparse.Namespace) -> bool:
    """Measure a study."""
    from biomarkers import study  # noqa: PLC0415

    with Progress() as progress:
        measured = study.measure(
            options.study,
            options.out,
            derivatives=options.derivatives,
            settings=_settings(options),
            progress=progress,
        )
    _tell_measured(measured)
    return not measured.failures


def analyse(options: argparse.Namespace) -> bool:
    """Analyse a table."""
    analysed = workflow.analyse(
        options.measurements,
        options.out,
        participants=options.participants,
        plan=options.plan,
        exclusions=options.exclusions,
    )
    return _tell_analysed(analysed)


def run(options: argparse.Namespace) -> bool:
    """Measure and analyse a study."""
    with Progress() as progress:
        done = workflow.run(
            options.study,
            options.out,
            plan=options.plan,
            derivatives=options.derivatives,
            settings=_settings(options),
            progress=progress,
        )
    _tell_measured(done.measured)
    return _tell_analysed(done.analysed) and not done.measured.failures


def _settings(options: argparse.Namespace) -> "MeasureSettings":
    from biomarkers.study import MeasureSettings  # noqa: PLC0415

    return MeasureSettings(
        prefer=options.prefer,
        resample_labels=options.resample_labels,
        keep_going=options.keep_going,
        jobs=options.jobs,
        pet_window=tuple(options.pet_window) if options.pet_window else None,
        file=options.settings,
    )


def _tell_measured(measured: "MeasuredStudy") -> None:
    table = measured.table
    if len(table):
        subjects = table["subject"].nunique()
        sessions = len(table[["subject", "day"]].drop_duplicates())
        counts = (_count(subjects, "subject"), _count(sessions, "session"))
        print(f"Measured  {', '.join(counts)}, {_count(len(table), 'value')}")
    print(f"Table     {measured.path}")
    for failure in measured.failures:
        print(f"Failed    {failure.session}: {failure.reason}")


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _tell_analysed(analysed: "Analysed") -> bool:
    """Print where the answer is, and the answer; return whether every subject was matched."""
    print(f"Results   {analysed.folder}")
    print(f"Report    {Path(analysed.report).resolve()}")
    notes = analysed.results.tables["notes"]
    for text in notes.loc[notes["topic"].isin(_LOSSES), "text"]:
        print(f"Note      {text}")
    print()
    for sentence in answer(analysed.results):
        print(sentence)
    return not (notes["topic"] == "unlisted").any()
