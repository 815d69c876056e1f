"""Who was judged: counts, who was left out and why, what the cases are like."""

import pandas as pd
from markupsafe import Markup

from biomarkers.report.blocks import heading, items, joined, text
from biomarkers.report.frames import frame_table
from biomarkers.report.page import SectionMaker
from biomarkers.report.prediction.view import PredictionPage, PredictionView
from biomarkers.report.section import Section
from biomarkers.report.words import capitalised, count

_LISTED = 100
_OF_TIMES = {"positive_mean": "mean with the event", "negative_mean": "mean censored"}
_LEFT_OUT = ("Left out", "Missing in every case")


def cases_section(page: PredictionPage) -> Section:
    """Build the section."""
    view = page.view
    notes = [note for note in view.seen.notes if note.startswith(_LEFT_OUT)]
    body = joined(
        text(f"{view.counts}.", f"{capitalised(view.missing)}." if view.missing else ""),
        heading("Left out"),
        items(notes) if notes else text("Nobody, as far as the tables tell."),
        _case_mix(view),
    )
    return Section("Cases", "cases", body)


def _case_mix(view: PredictionView) -> Markup:
    if view.cohort is not None and view.cohort.case_mix.empty:
        return Markup()
    if view.cohort is None:
        return text("What the cases are like was not given to this report.", aside=True)
    mix = _first(view.cohort.case_mix, view)
    more = len(view.cohort.case_mix) - len(mix)
    return joined(
        heading("What the cases are like"),
        frame_table("cases-table", "Features over all cases, and by class", mix, bounds="Range"),
        text(f"{count(more, 'more feature')} stand in case_mix.csv." if more else ""),
    )


def _first(mix: pd.DataFrame, view: PredictionView) -> pd.DataFrame:
    """Return the features of blocks, then those that reach the model most often."""
    selection = view.table("selection")
    often = {} if selection is None else dict(
        zip(selection["feature"], selection["chosen"], strict=True)
    )  # fmt: skip
    rank = [(not block, -often.get(name, 0.0))
            for name, block in zip(mix["feature"], mix["block"], strict=True)]  # fmt: skip
    order = sorted(range(len(mix)), key=rank.__getitem__)
    shown = mix.iloc[order[:_LISTED]]
    empty = [name for name in ("block", "made") if (shown[name] == "").all()]
    shown = shown.drop(columns=empty)
    return shown.rename(columns=_OF_TIMES) if view.is_survival else shown


CASES = SectionMaker(70, cases_section)
