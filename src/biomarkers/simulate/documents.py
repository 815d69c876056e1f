"""What stands beside the images: who took part, when, what the folder is, how to analyse it."""

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from biomarkers._version import __version__
from biomarkers.files import write_json, write_text
from biomarkers.simulate.cohort import Subject
from biomarkers.simulate.declaration import Declaration, unit_of
from biomarkers.simulate.oracle import declared_aucs
from biomarkers.table import write_table

_BIDS_VERSION = "1.10.0"
SEGMENTATION = "segmentation"

_README = """\
{title}
{line}

Nothing in this folder was measured. It is a {kind} written by

    biomarkers simulate {name} FOLDER --subjects {subjects} --seed {seed}

so that an analysis can be tried, and checked, where the truth is known. It has {subjects} {noun}
({groups}), examined on {days}. A responder is without the event ({outcome}) on day {horizon}.

{readme}
Effects
-------
What a full response multiplies each property of the lesion by (of two factors the first is that
of everyone, whatever the response), and the spread between {noun} and from visit to visit (in per
cent):

{effects}
"chosen" is an assumption, not a finding.

plan.toml is a plan for this study:

{usage}
sourcedata/truth says what is true: truth.tsv by subject, day and region; truth.json from which day
on each biomarker differs, and by how much; response.tsv the hidden response.
{oracle}"""


def write_documents(
    root: Path,
    declaration: Declaration,
    cohort: Sequence[Subject],
    *,
    seed: int,
    scans: Sequence[str],
) -> None:
    """Write every file of the study that belongs to no single session.

    Parameters
    ----------
    root
        Folder of the study.
    declaration
        What the study is.
    cohort
        Who took part.
    seed
        The cohort was drawn with, for the README.
    scans
        Those that were made: the plan asks for nothing that needs others.

    """
    for subject in cohort:
        _write_sessions(root, subject)
    _write_derivatives(root, declaration)
    rows = [participant(declaration, subject) for subject in cohort]
    write_table(pd.DataFrame(rows), root / "participants.tsv")
    write_json(root / "participants.json", _columns(declaration))
    days = {"Description": "day of the study", "Units": "d"}
    write_json(root / "sessions.json", {"days": days})
    ignored = "\n".join((*declaration.ignored, "plan.toml", *declaration.files))
    write_text(root / ".bidsignore", f"{ignored}\n")
    write_text(root / "README", _readme(declaration, len(cohort), seed))
    if declaration.plan:
        write_text(root / "plan.toml", _plan(declaration, scans))
    for name, text in declaration.files.items():
        write_text(root / name, text)
    # Last: a folder without it is no study, so an interrupted run is not taken for one.
    description = _description(declaration.title, "raw", declaration)
    write_json(root / "dataset_description.json", description | {"License": "CC0"})


def _plan(declaration: Declaration, scans: Sequence[str]) -> str:
    """Return the plan without the sections of biomarkers that nothing was scanned for."""
    plan = declaration.plan
    for name, needed in declaration.measured_by.items():
        if not set(needed) & set(scans):
            plan = re.sub(rf'\[biomarkers\."?{re.escape(name)}"?\]\n[^\[]*', "", plan)
    return plan


def participant(declaration: Declaration, subject: Subject) -> dict[str, Any]:
    """Return a row of `participants.tsv`."""
    outcome = declaration.outcome
    row: dict[str, Any] = {"participant_id": f"sub-{subject.label}", "species": declaration.species}
    row |= subject.traits
    row |= {"group": subject.group, outcome.column: subject.days}
    if outcome.event_column:
        row[outcome.event_column] = int(subject.event)
    return row | {"responder": int(subject.responder)}


def _columns(declaration: Declaration) -> dict[str, dict[str, Any]]:
    outcome = declaration.outcome
    columns: dict[str, dict[str, Any]] = {"species": {"Description": "binomial species name"}}
    for name, trait in declaration.traits.items():
        columns[name] = {"Description": trait.description}
        if trait.levels:
            columns[name]["Levels"] = dict(trait.levels)
        if trait.unit:
            columns[name]["Units"] = trait.unit
    levels = {name: group.description for name, group in declaration.groups.items()}
    columns["group"] = {"Description": "treatment", "Levels": levels}
    columns[outcome.column] = {
        "Description": f"{outcome.name}: day of the event; {outcome.end} without it until then",
        "Units": "d",
    }
    yes_or_no = {"0": "no", "1": "yes"}
    if outcome.event_column:
        columns[outcome.event_column] = {
            "Description": "whether the event was seen",
            "Levels": yes_or_no,
        }
    columns["responder"] = {
        "Description": f"whether without the event ({outcome.name}) on day {outcome.horizon}",
        "Levels": yes_or_no,
    }
    return columns


def _readme(declaration: Declaration, subjects: int, seed: int) -> str:
    return _README.format(
        title=declaration.title,
        line="=" * len(declaration.title),
        name=declaration.name,
        subjects=subjects,
        seed=seed,
        noun=declaration.noun,
        groups=", ".join(declaration.groups),
        days=f"day{'s' * (len(declaration.days) > 1)} {', '.join(map(str, declaration.days))}",
        outcome=declaration.outcome.name,
        horizon=declaration.outcome.horizon,
        readme=f"{declaration.readme.strip()}\n" if declaration.readme else "",
        effects="".join(f"{line}\n" for line in effect_lines(declaration)),
        kind="longitudinal study" if len(declaration.visits) > 1 else "study",
        usage="".join(f"    {line}\n" for line in declaration.usage),
        oracle="\n".join(["", *oracle_lines(declaration), ""]) if declaration.oracle else "",
    )


def oracle_lines(declaration: Declaration) -> Iterator[str]:
    """Yield how well the outcome is told by who knows the truth, and by what, in Markdown."""
    yield "| known without error | AUC |"
    yield "|---|---|"
    for name, auc in declared_aucs(declaration).items():
        yield f"| {name} ({', '.join(declaration.oracle[name])}) | {auc:.2f} |"


def effect_lines(declaration: Declaration) -> Iterator[str]:
    """Yield the table of effects: a biomarker a line, in Markdown."""
    days = " | ".join(f"day {day}" for day in declaration.days)
    yield f"| biomarker | start | {days} | between | within | source |"
    yield "|---" * (len(declaration.days) + 5) + "|"
    for name, course in declaration.courses.items():
        factors = " | ".join(_factors(declaration, name))
        start = f"{course.start:g} {unit_of(name)}".strip()
        spread = f"{100 * course.between:.0f} | {100 * course.within:.0f}"
        yield f"| {name} | {start} | {factors} | {spread} | {course.source} |"


def _factors(declaration: Declaration, name: str) -> Iterator[str]:
    """Yield by visit what a full response multiplies a course by, after what everyone shares."""
    course = declaration.courses[name]
    shared = np.exp(course.common_on(declaration.days))
    for factor, of_all in zip(np.exp(declaration.effect(name)), shared, strict=True):
        yield f"{of_all:.2f} × {factor:.2f}" if course.common else f"{factor:.2f}"


def _write_sessions(root: Path, subject: Subject) -> None:
    rows = [(f"ses-{state.visit.label}", state.visit.day) for state in subject.states]
    table = pd.DataFrame(rows, columns=["session_id", "days"])
    write_table(table, root / f"sub-{subject.label}" / f"sub-{subject.label}_sessions.tsv")


def _write_derivatives(root: Path, declaration: Declaration) -> None:
    """Describe every folder of derivatives that the scans have left."""
    names = pd.DataFrame(
        {"index": declaration.regions.values(), "name": declaration.regions.keys()}
    )
    for place in sorted(path for path in (root / "derivatives").glob("*") if path.is_dir()):
        if place.name == SEGMENTATION:
            write_table(names, place / "dseg.tsv")
        description = _description(f"{declaration.title}: {place.name}", "derivative", declaration)
        write_json(place / "dataset_description.json", description)


def _description(name: str, kind: str, declaration: Declaration) -> dict[str, Any]:
    generator = {"Name": f"biomarkers simulate {declaration.name}", "Version": __version__}
    return {
        "Name": name,
        "BIDSVersion": _BIDS_VERSION,
        "DatasetType": kind,
        "GeneratedBy": [generator],
    }
