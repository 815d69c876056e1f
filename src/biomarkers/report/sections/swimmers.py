"""The lanes of the attendance picture: one per subject, one cell per visit."""

from dataclasses import dataclass

import pandas as pd

from biomarkers.report.view import View, visit_label

CELL_WIDTH = 30
LABELLED_HEIGHT = 15
# Above so many subjects the lanes grow thin, lose their names and share this height.
LABELLED_SUBJECTS = 60
THIN_TOTAL = 720.0


@dataclass(frozen=True)
class Lane:
    """One subject: its name, what to say of it, and the status at each visit."""

    subject: str
    spoken: str
    top: float
    cells: tuple[tuple[int, str], ...]


@dataclass(frozen=True)
class Lanes:
    """The lanes of one class and their measures, in picture units."""

    who: str
    positive: bool
    labelled: bool
    height: float
    gutter: int
    width: int
    total: float
    visits: tuple[tuple[float, str], ...]
    lanes: tuple[Lane, ...]


def lanes(view: View, rows: pd.DataFrame, positive: bool) -> Lanes:
    """Lay out one class, those measured longest on top."""
    visits = view.plan.visits
    told: dict[str, dict[str, str]] = {}
    for subject, visit, status in zip(rows["subject"], rows["visit"], rows["status"], strict=True):
        told.setdefault(str(subject), {})[visit] = status
    table = {
        subject: tuple(statuses.get(visit.name, "") for visit in visits)
        for subject, statuses in told.items()
    }
    order = sorted(table, key=lambda subject: _staying(table[subject], subject))
    labelled = len(order) <= LABELLED_SUBJECTS
    height = LABELLED_HEIGHT if labelled else max(1.0, min(8.0, THIN_TOTAL / len(order)))
    longest = max(len(subject) for subject in order)
    gutter = min(8 + 7 * longest, 120) if labelled else 4
    return Lanes(
        who=view.class_word(positive),
        positive=positive,
        labelled=labelled,
        height=height,
        gutter=gutter,
        width=gutter + CELL_WIDTH * len(visits),
        total=height * len(order),
        visits=tuple(
            (gutter + CELL_WIDTH * (place + 0.5), visit.name) for place, visit in enumerate(visits)
        ),
        lanes=tuple(
            Lane(
                subject=subject,
                spoken=_spoken(view, table[subject], subject),
                top=height * place,
                cells=tuple(
                    (gutter + CELL_WIDTH * column, status)
                    for column, status in enumerate(table[subject])
                    if status
                ),
            )
            for place, subject in enumerate(order)
        ),
    )


def _staying(statuses: tuple[str, ...], subject: str) -> tuple[int, int, str]:
    """Sort key: the last visit measured, then how many were, then the name."""
    measured = [place for place, status in enumerate(statuses) if status == "measured"]
    return (-max(measured, default=-1), -len(measured), subject)


def _spoken(view: View, statuses: tuple[str, ...], subject: str) -> str:
    told = [
        f"{visit_label(visit)} {status.replace('_', ' ')}"
        for visit, status in zip(view.plan.visits, statuses, strict=True)
        if status
    ]
    return f"{subject}: {', '.join(told)}"
