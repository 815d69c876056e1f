"""Write the page of every subject."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from biomarkers import __version__
from biomarkers.files import write_text
from biomarkers.plan import biomarker_label
from biomarkers.report.cards import Card, in_session_order, natural, worst
from biomarkers.report.section import render, style
from biomarkers.report.subjects.course import Courses, draw_courses
from biomarkers.report.subjects.links import FOLDER, Links, anchor, slug
from biomarkers.report.subjects.session_grid import MARKS, session_word
from biomarkers.report.view import View, visit_label

_GENERATOR = b'<meta name="generator" content="biomarkers '
_STATUS_WORDS = {"fail": "failed", "warn": "with a warning", "ok": "passed"}


@dataclass(frozen=True)
class SessionPart:
    """A session on the page of its subject; each card with its `id` and its numbers."""

    title: str
    anchor: str
    status: str
    badness: tuple[int, float]
    cards: Sequence[tuple[Card, str, Sequence[tuple[str, float]]]]


def write_subject_pages(
    cards: Sequence[Card], folder: Path | str, *, view: View | None = None, report: str
) -> list[Path]:
    """Write a page for every subject that has cards; each needs nothing else to be read.

    Parameters
    ----------
    cards
        Of all subjects.
    folder
        Where the report lies; pages go to `subjects/` there, and take the place of earlier ones.
    view
        The results, for the course of each subject beside its class; None without an analysis.
    report
        The file of the report, which the pages lead back to.

    Returns
    -------
    list of Path
        The pages, subjects in order.

    """
    folder, links = Path(folder) / FOLDER, Links.of(cards)
    subjects, pages = list(links.names), {}
    courses = draw_courses(view) if view and subjects else None
    for place, subject in enumerate(subjects):
        around = {
            "previous": _neighbour(subjects, place - 1, links),
            "following": _neighbour(subjects, place + 1, links),
            "report": report,
        }
        mine = [card for card in cards if card.subject == subject]
        content = render("subject.html.j2", _context(subject, mine, view, courses) | around)
        pages[folder / links.names[subject]] = content + "\n"
    for path, content in pages.items():  # once all of them could be made
        write_text(path, content)
    _remove_stale(folder, set(pages))
    return list(pages)


def _context(
    subject: str, cards: Sequence[Card], view: View | None, courses: Courses | None
) -> dict[str, object]:
    sessions = [_session(cards, label) for label in in_session_order(cards)]
    return {
        "subject": subject,
        "version": __version__,
        "css": style("report.css", "subjects.css"),
        "facts": _facts(subject, cards, view),
        # Python sorts stably: of one status the earlier session comes first.
        "sessions": sorted(sessions, key=lambda each: each.badness),
        "lacking": _lacking(subject, view) if view else [],
        "course": courses.of(subject) if courses else "",
        "caption": courses.caption if courses else "",
        "marks": MARKS,
    }


def _session(cards: Sequence[Card], label: str) -> SessionPart:
    mine = [card for card in cards if card.session == label]
    mine.sort(key=lambda card: (*card.badness, card.kind != "maps", natural(card.kind)))
    return SessionPart(
        title=session_word(mine, label) or "No session",
        anchor=f"session-{slug(label)}",
        status=worst(mine),
        badness=min(card.badness for card in mine),
        cards=[(card, anchor(card), _numbers(card)) for card in mine],
    )


def _numbers(card: Card) -> list[tuple[str, float]]:
    return [
        (name.replace("_", " "), value)
        for name, value in card.values.items()
        if isinstance(value, int | float) and not math.isnan(value)
    ]


def _facts(subject: str, cards: Sequence[Card], view: View | None) -> list[tuple[str, str]]:
    counts = [
        f"{sum(card.status == status for card in cards)} {word}"
        for status, word in _STATUS_WORDS.items()
        if any(card.status == status for card in cards)
    ]
    sessions = len({card.session for card in cards})
    facts = [("Sessions", str(sessions)), ("Checks", ", ".join(counts))]
    if view is None:
        return facts
    rows = view.results.tables["attendance"]
    rows = rows[rows["subject"] == subject]
    if rows.empty:
        return [("Class", "not in the analysis"), *facts]
    person = rows.iloc[0]
    group = [("Group", str(person["group"]))] if person["group"] else []
    return [("Class", view.class_word(bool(person["positive"]))), *group, *facts]


def _lacking(subject: str, view: View) -> list[tuple[str, str, str, str]]:
    """Return what of the subject did not enter the analysis: biomarker, region, visit, why."""
    rows = view.results.tables["attendance"]
    rows = rows[(rows["subject"] == subject) & (rows["status"] != "measured")]
    columns = (rows[name].astype(str) for name in ("biomarker", "region", "visit", "status"))
    return [
        (biomarker_label(biomarker), region, visit_label(view.visit(visit)), why.replace("_", " "))
        for biomarker, region, visit, why in zip(*columns, strict=True)
    ]


def _neighbour(subjects: Sequence[str], place: int, links: Links) -> tuple[str, str] | None:
    if not 0 <= place < len(subjects):
        return None
    return subjects[place], links.names[subjects[place]]


def _remove_stale(folder: Path, written: set[Path]) -> None:
    """Remove pages of an earlier report; other files are not ours."""
    for page in folder.glob("*.html"):
        if page not in written and _GENERATOR in page.read_bytes()[:2000]:
            page.unlink()
