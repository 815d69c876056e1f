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
_LONGEST = 100  # characters of a warning of a session


def tell_planned(planned: "PlannedStudy", memory: int | None = None) -> bool:
    """Print what would be measured and why, and what kept; return whether everything can be.

    `memory` is what all sessions at once may take, bytes; None for any.
    """
    from biomarkers.study.memory import in_words, too_large  # noqa: PLC0415

    reasons = planned.reasons or ("new",) * len(planned.recipes)
    large = 0
    for recipe, reason, need in zip(planned.recipes, reasons, planned.needs, strict=True):
        steps = ", ".join(task.step.name for task in recipe.tasks) or "no step"
        given = f"; given {', '.join(each.biomarker for each in recipe.given)}"
        done = f"{recipe.session}: {steps}{given if recipe.given else ''}"
        if not reason:
            print(f"Kept      {recipe.session}")
        elif memory is not None and need > memory:
            large += 1
            print(f"Too large {recipe.session}: {too_large(need, memory)}")
        else:
            print(f"Would     {done} ({reason}), {in_words(need)} of memory")
    for problem in planned.problems:
        print(f"Problem   {problem}")
    sessions, kept = sum(map(bool, reasons)) - large, sum(not reason for reason in reasons)
    also = f", {kept} kept" if kept else ""
    also += f", {large} too large" if large else ""
    print(f"Dry run   {_count(sessions, 'session')} to measure{also}; nothing was written")
    return not planned.problems and not large


def tell_measured(measured: "MeasuredStudy", options: argparse.Namespace) -> None:
    """Print what was measured and where it lies; then what failed, why, and what to do."""
    table = measured.table
    if len(table) and not options.quiet:
        subjects = table["subject"].nunique()
        sessions = len(table[["subject", "day"]].drop_duplicates())
        counts = (_count(subjects, "subject"), _count(sessions, "session"))
        print(f"Measured  {', '.join(counts)}, {_count(len(table), 'value')}")
    print(f"Table     {measured.path}")
    if not options.quiet:
        _tell_warnings(measured)
    for failure in measured.failures:
        print(f"Failed    {failure.session}: {failure.reason}")
        if failure.advice:
            print(f"          do: {failure.advice}")
    if measured.failures:
        failed = len({failure.session for failure in measured.failures})
        print(f"          {_count(failed, 'session')} failed, wholly or in part; the rest is done")


def tell_one_day(measured: "MeasuredStudy", options: argparse.Namespace) -> None:
    """Print what comes next where all that was measured, and not some of it, is of one day."""
    from biomarkers.workflow.one_day import NO_CHANGE, has_one_day, predicting  # noqa: PLC0415

    table = measured.table
    some = options.session_label or options.participant_label or options.quiet
    if not some and has_one_day(zip(table["subject"], table["day"], strict=True)):
        command = predicting(Path(options.study), Path(options.out))
        print(f"Next      {NO_CHANGE}; to foretell an outcome: {command}")


def _tell_warnings(measured: "MeasuredStudy") -> None:
    """Print in how many sessions there were warnings, the most frequent, and where all stand."""
    head, *frequent = measured.warnings or ("",)
    if frequent:
        print(f"Warnings  {head}: {'; '.join(_cut(each) for each in frequent)}")
    if measured.log is not None:
        print(f"Log       {measured.log}")


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]} …"


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
