"""The answer: the finding with its uncertainty, whether it is claimed, and what qualifies it."""

from markupsafe import Markup

from biomarkers.predict.classes.evaluation import ClassEvaluation
from biomarkers.report.blocks import fold, items, joined, text
from biomarkers.report.page import SectionMaker
from biomarkers.report.prediction.view import PredictionPage, PredictionView
from biomarkers.report.section import Section, unbroken
from biomarkers.report.words import count, listed

_READING = {
    "auc": "AUC: how probable it is that a positive case is given a higher score than a negative "
    "one, both held out by the same model; 0.5 is chance, 1 is perfect. Every figure is of "
    "subjects that the model had not seen.",
    "class": "AUC of a class: how probable it is that one of its cases is given a higher "
    "probability of it than a case of the rest, both held out by the same model; 0.5 is chance, 1 "
    "is perfect. Every figure is of subjects that the model had not seen.",
    "concordance": "Concordance: how probable it is that of two cases held out by the same model "
    "the one with the higher score has the event first; 0.5 is chance, 1 is perfect. Every figure "
    "is of subjects that the model had not seen.",
}
_OPEN_NOTES = 12


def answer_section(page: PredictionPage) -> Section:
    """Build the section."""
    view = page.view
    others = [each for each in (view.external, view.comparison) if each is not None]
    more = [unbroken(each.headline, ()) for each in others]
    body = joined(
        text(unbroken(view.seen.headline, ()), kind="headline"),
        _verdict(view),
        text(*more, kind="presence"),
        text(_READING.get("class" if view.has_classes else view.measure, ""), aside=True),
    )
    return Section("Main result", "answer", body)


def _verdict(view: PredictionView) -> Markup:
    """Say whether anything is claimed; where not, what stands against it."""
    gain = view.table("gain")
    blocks = [] if gain is None else gain["over"].tolist()
    if view.seen.claims:
        beside = f", and more than {listed(blocks)}" if blocks else ""
        shown = listed(view.seen.shown) if isinstance(view.seen, ClassEvaluation) else ""
        of = f" of {shown} against the rest" if shown else ""
        return text(f"Claimed: {view.measure_name}{of} beyond chance{beside}.", kind="presence")
    reasons = getattr(view.seen, "doubts", ())
    told = f": {'; '.join(reasons)}." if reasons else "."
    return Markup('<p class="flag"><strong>Nothing is claimed</strong>{}</p>').format(told)


def notes_section(page: PredictionPage) -> Section | None:
    """Build the section of notes; None where there is none."""
    notes = list(page.view.seen.notes)
    if not notes:
        return None
    rest = notes[_OPEN_NOTES:]
    body = joined(items(notes[:_OPEN_NOTES]), fold(count(len(rest), "further note"), items(rest)))
    return Section("What has to be known besides", "notes", body)


ANSWER = SectionMaker(10, answer_section)
NOTES = SectionMaker(15, notes_section)
