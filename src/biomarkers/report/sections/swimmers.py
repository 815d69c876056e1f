"""The lanes of the attendance picture: one per subject, one cell per visit."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from biomarkers.plan import Visit
from biomarkers.report.drawing.cells import WIDTH, Cell, Stroke, strokes
from biomarkers.report.view import View, visit_label

# Above so many subjects the lanes move closer, …
ROOMY_SUBJECTS = 25
# … and above so many they lose their names and share this height.
LABELLED_SUBJECTS = 60
THIN_TOTAL = 720.0


@dataclass(frozen=True)
class Lane:
    """One subject: its name, its description, and how far down it lies."""

    subject: str
    description: str
    top: float


@dataclass(frozen=True)
class Lanes:
    """The lanes of one class, in picture units.

    Parameters
    ----------
    who, positive
        The class.
    labelled
        Whether there is room for the subjects' names.
    head, gutter
        Room above the lanes for the visits, and left of them for the names.
    width, total
        Size of the picture.
    height
        Of a lane.
    slanted
        Whether names of visits are too long to stand level.
    visits
        Middle of each column, and its name.
    lanes, strokes
        What to draw.

    """

    who: str
    positive: bool
    labelled: bool
    head: float
    gutter: float
    width: float
    total: float
    height: float
    slanted: bool
    visits: tuple[tuple[float, str], ...]
    lanes: tuple[Lane, ...]
    strokes: tuple[Stroke, ...]


def lanes(view: View, rows: pd.DataFrame, positive: bool) -> Lanes:
    """Lay out one class, those measured longest on top."""
    visits = view.plan.visits
    table = _by_subject(rows, visits)
    order = sorted(table, key=lambda subject: _staying(table[subject], subject))
    labelled = len(order) <= LABELLED_SUBJECTS
    height = _height(len(order))
    gutter = min(8.0 + 7.0 * max(map(len, order)), 120.0) if labelled else 4.0
    longest = max(len(visit.name) for visit in visits)
    slanted = longest > 5
    head = 14.0 + 4.0 * longest if slanted else 20.0
    tops = {subject: head + height * place for place, subject in enumerate(order)}
    lefts = [gutter + WIDTH * column for column in range(len(visits))]
    cells = [
        Cell(status, left, tops[subject], height)
        for subject in order
        for left, status in zip(lefts, table[subject], strict=True)
    ]
    return Lanes(
        who=view.class_word(positive),
        positive=positive,
        labelled=labelled,
        head=head,
        gutter=gutter,
        width=gutter + WIDTH * len(visits) + (4.0 * longest if slanted else 0.0),
        total=head + height * len(order),
        height=height,
        slanted=slanted,
        visits=tuple(
            (left + WIDTH / 2, visit.name) for left, visit in zip(lefts, visits, strict=True)
        ),
        lanes=tuple(
            Lane(subject, _description(subject, visits, table[subject]), top)
            for subject, top in tops.items()
        ),
        strokes=tuple(strokes(cells)),
    )


def _by_subject(rows: pd.DataFrame, visits: Sequence[Visit]) -> Mapping[str, tuple[str, ...]]:
    """Return each subject's status at every visit; empty text where none is recorded."""
    recorded: dict[str, dict[str, str]] = {}
    for subject, visit, status in zip(rows["subject"], rows["visit"], rows["status"], strict=True):
        recorded.setdefault(str(subject), {})[visit] = status
    return {
        subject: tuple(statuses.get(visit.name, "") for visit in visits)
        for subject, statuses in recorded.items()
    }


def _height(subjects: int) -> float:
    if subjects <= ROOMY_SUBJECTS:
        return 15.0
    if subjects <= LABELLED_SUBJECTS:
        return 11.0
    return max(1.0, THIN_TOTAL / subjects)


def _staying(statuses: tuple[str, ...], subject: str) -> tuple[int, int, str]:
    """Sort key: the last visit measured, then how many were, then the name."""
    measured = [place for place, status in enumerate(statuses) if status == "measured"]
    return (-max(measured, default=-1), -len(measured), subject)


def _description(subject: str, visits: Sequence[Visit], statuses: tuple[str, ...]) -> str:
    parts = [
        f"{visit_label(visit)} {status.replace('_', ' ')}"
        for visit, status in zip(visits, statuses, strict=True)
        if status
    ]
    return f"{subject}: {', '.join(parts)}"
