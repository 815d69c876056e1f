"""What commands print of what they did."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from biomarkers.study import MeasuredStudy, PlannedStudy
    from biomarkers.workflow import Analysed

# Topics of the notes that are printed even without --verbose: rows or subjects that were read and
# not used, who counts as negative by default, and what may be a slip.
_ALOUD = (
    "unlisted", "unknown_outcome", "never_measured", "unclaimed_days", "idle_exclusion",
    "uncompared", "negative_values", "odd_values",
)  # fmt: skip
# What the topic of a note ends in that says why something asked for was not done.
NOT_DONE = "_not_done"


def tell_planned(planned: "PlannedStudy") -> bool:
    """Print what would be measured; return whether everything can be."""
    for recipe in planned.recipes:
        steps = ", ".join(task.step.name for task in recipe.tasks) or "no step"
        given = f"; given {', '.join(each.biomarker for each in recipe.given)}"
        print(f"Would     {recipe.session}: {steps}{given if recipe.given else ''}")
    for problem in planned.problems:
        print(f"Problem   {problem}")
    sessions = len(planned.recipes)
    print(f"Dry run   {_count(sessions, 'session')} to measure; nothing was written")
    return not planned.problems


def tell_measured(measured: "MeasuredStudy", options: argparse.Namespace) -> None:
    """Print what was measured, where it lies, and what failed."""
    table = measured.table
    if len(table) and not options.quiet:
        subjects = table["subject"].nunique()
        sessions = len(table[["subject", "day"]].drop_duplicates())
        counts = (_count(subjects, "subject"), _count(sessions, "session"))
        print(f"Measured  {', '.join(counts)}, {_count(len(table), 'value')}")
    print(f"Table     {measured.path}")
    for failure in measured.failures:
        print(f"Failed    {failure.session}: {failure.reason}")


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def tell_analysed(analysed: "Analysed", options: argparse.Namespace) -> bool:
    """Print where the answer is, and the answer; return whether every subject was matched."""
    from biomarkers.report import answer  # noqa: PLC0415

    print(f"Results   {analysed.folder}")
    print(f"Report    {Path(analysed.report).resolve()}")
    notes = analysed.results.tables["notes"]
    if not options.quiet:
        for guess in analysed.guesses:
            print(f"Read      {guess}")
        aloud = notes["topic"].isin(_ALOUD) | notes["topic"].str.endswith(NOT_DONE)
        wanted = notes if options.verbose else notes[aloud]
        for text in wanted["text"]:
            print(f"Note      {text}")
    print()
    for sentence in answer(analysed.results):
        print(sentence)
    return not (notes["topic"] == "unlisted").any()
