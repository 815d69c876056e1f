"""Where the report answers the items of the guidelines, and what is left for the authors."""

from collections.abc import Mapping

from markupsafe import Markup

from biomarkers.report.blocks import Table, joined, table, text
from biomarkers.report.page import Page, SectionMaker
from biomarkers.report.section import Section, render
from biomarkers.report.sections.guidelines import ARRIVE, REMARK, STARD, Guideline
from biomarkers.report.sections.references import cited
from biomarkers.report.view import View

FILL_IN = "not reported here: fill in"

# What a column `species` of participants says of people.
_HUMAN = {"homo sapiens", "human", "humans", "9606"}


def checklist_section(page: Page) -> Section:
    """Build the section."""
    there = {section.anchor: section.title for section in page.sections}
    chosen = guidelines(page.view)
    lists = [table(_table(guideline, there), folded=True) for guideline in chosen]
    reading = text(
        "Where this page answers each item of the guidelines for such studies, and what only the "
        "authors can add."
    )
    references = cited(" ".join(guideline.key for guideline in chosen))
    sources = render("references.html.j2", {"references": references})
    return Section("Checklists", "checklists", joined(reading, *lists, sources))


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


def _table(guideline: Guideline, there: Mapping[str, str]) -> Table:
    rows = [
        (
            item.number,
            item.asks,
            Markup('<a href="#{}">{}</a>').format(item.anchor, there[item.anchor])
            if item.anchor in there
            else FILL_IN,
        )
        for item in guideline.items
    ]
    answered = sum(item.anchor in there for item in guideline.items)
    caption = f"Checklist for {guideline.purpose}: {answered} of {len(rows)} items on this page"
    name = f"checklist-{guideline.key.lower()}"
    return Table(name, caption, ("Item", "Asks for", "Where"), [("", rows)])


SECTION = SectionMaker(97, checklist_section)
