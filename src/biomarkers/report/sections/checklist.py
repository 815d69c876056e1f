"""Where the report answers the items of the guidelines, and what is left for the authors."""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from markupsafe import Markup, escape

from biomarkers.report.blocks import Table, joined, table, text
from biomarkers.report.page import Page, SectionMaker
from biomarkers.report.section import Section, render
from biomarkers.report.sections.guidelines import ARRIVE, REMARK, STARD, Guideline, Item
from biomarkers.report.sections.references import cited
from biomarkers.report.view import View
from biomarkers.report.words import count

FILL_IN = "not reported here: fill in"
NOT_APPLICABLE = "not applicable"
STATUSES = ("reported", "partly", "open", "no", NOT_APPLICABLE)

# What a column `species` of participants says of people.
_HUMAN = {"homo sapiens", "human", "humans", "9606"}


def checklist_section(page: Page) -> Section:
    """Build the section."""
    chosen = guidelines(page.view)
    study = Study({section.anchor: section.title for section in page.sections})
    lists = [checklist(guideline, study) for guideline in chosen]
    reading = text(
        "Where this page answers each item of the guidelines for such studies, and what only the "
        "authors can add."
    )
    return Section("Checklists", "checklists", joined(reading, *lists, sources(chosen)))


@dataclass(frozen=True)
class Study:
    """What the items of a guideline are answered from.

    Parameters
    ----------
    sections
        Titles of the sections on the page, by anchor.
    facts
        Facts of the study by name, each a clause.
    lacks
        What the study has not, by name, and why.
    unknown
        What nobody can tell from the run, by name, and why: the item is left to the authors.

    """

    sections: Mapping[str, str]
    facts: Mapping[str, str] = field(default_factory=dict)
    lacks: Mapping[str, str] = field(default_factory=dict)
    unknown: Mapping[str, str] = field(default_factory=dict)

    def status(self, item: Item) -> str:
        """Return `reported`, `partly`, `open`, or what the item says of studies that lack it."""
        if item.only_for in self.lacks:
            return NOT_APPLICABLE
        if item.needs in self.lacks:
            return item.otherwise
        if item.needs in self.unknown or item.anchor not in self.sections:
            return "open"
        return "partly" if item.adds else "reported"

    def where(self, item: Item) -> Markup:
        """Return what the page says to an item, where, and what is left to the authors."""
        reasons = {**self.unknown, **self.lacks}
        if item.only_for in self.lacks:
            return escape(self.lacks[item.only_for])
        if item.needs in reasons:
            return escape(reasons[item.needs])
        if item.anchor not in self.sections:
            return escape(FILL_IN)
        link = Markup('<a href="#{}">{}</a>').format(item.anchor, self.sections[item.anchor])
        fact = self.facts.get(item.fact, "").removesuffix(".")
        parts = [link, *([escape(fact)] if fact else [])]
        adds = Markup("; <em>to add: {}</em>").format(item.adds) if item.adds else Markup()
        return Markup(": ").join(parts) + adds


def sources(guidelines: Sequence[Guideline]) -> Markup:
    """Return the references of guidelines."""
    references = cited(" ".join(guideline.key for guideline in guidelines))
    return render("references.html.j2", {"references": references})


def guidelines(view: View) -> list[Guideline]:
    """Return the guidelines that apply, by what the plan asks for and who the subjects are."""
    return [
        STARD,
        *([REMARK] if view.table("survival_curves") is not None else []),
        *([] if _people(view) else [ARRIVE]),
    ]


def _people(view: View) -> bool:
    """Whether the participants' table says that all subjects are human."""
    rows = view.table("table1")
    if rows is None:
        return False
    species = rows.loc[rows["variable"].str.lower() == "species", "level"]
    return len(species) > 0 and {name.strip().lower() for name in species} <= _HUMAN


def checklist(guideline: Guideline, study: Study) -> Markup:
    """Return the items of a guideline, how each stands, and where the page answers it."""
    rows = [
        (item.number, item.asks, study.status(item), study.where(item)) for item in guideline.items
    ]
    tally = Counter(status for _, _, status, _ in rows)
    told = ", ".join(f"{tally[status]} {status}" for status in STATUSES if tally[status])
    caption = f"Checklist for {guideline.purpose}, {count(len(rows), 'item')}: {told}"
    name = "checklist-" + re.sub(r"[^a-z]+", "-", guideline.key.lower())
    content = Table(name, caption, ("Item", "Asks for", "Answer", "Where"), [("", rows)],
                    words=True)  # fmt: skip
    return table(content, folded=True)


SECTION = SectionMaker(97, checklist_section)
