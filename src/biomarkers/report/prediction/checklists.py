"""Where the report answers TRIPOD+AI, CLAIM and METRICS, and what is left for the authors."""

from biomarkers.report.blocks import joined, text
from biomarkers.report.page import SectionMaker
from biomarkers.report.prediction.guidelines import CLAIM, METRICS, TRIPOD_AI
from biomarkers.report.prediction.view import PredictionPage
from biomarkers.report.section import Section
from biomarkers.report.sections.checklist import Study, checklist, sources
from biomarkers.report.words import count

_LISTS = (TRIPOD_AI, CLAIM, METRICS)


def checklists_section(page: PredictionPage) -> Section:
    """Build the section."""
    study = Study(
        {section.anchor: section.title for section in page.sections},
        page.view.facts,
        page.view.lacks,
        page.view.unknown,
    )
    body = joined(
        text(
            "Each item is answered from what ran: reported, or partly, with what the authors have "
            "to add; open is what only they can answer. Nothing is ticked that the run does not "
            "show."
        ),
        *(checklist(each, study) for each in _LISTS),
        text(metrics_score(study)),
        sources(_LISTS),
    )
    return Section("Checklists", "checklists", body)


def metrics_score(study: Study) -> str:
    """Return the score of METRICS over the items that the run answers, in a sentence.

    Weights of items reported, over those of items reported or answered with no.
    """
    by_status: dict[str, list[float]] = {}
    for item in METRICS.items:
        by_status.setdefault(study.status(item), []).append(item.weight)
    yes, no = (by_status.get(name, []) for name in ("reported", "no"))
    answered = len(yes) + len(no)
    if not answered:
        return "METRICS: this run answers none of its items."
    score = 100 * sum(yes) / (sum(yes) + sum(no))
    still = count(len(by_status.get("open", [])), "item")
    return (
        f"METRICS, of the {count(answered, 'item')} that this run answers: {score:.0f} %. It is no "
        f"score of the study: {still} of {sum(map(len, by_status.values()))} are open."
    )


CHECKLISTS = SectionMaker(97, checklists_section)
