"""What is true in a simulated cohort, written down for whoever checks an analysis."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from biomarkers.files import write_json
from biomarkers.simulate.cohort import Subject
from biomarkers.simulate.declaration import Declaration
from biomarkers.simulate.oracle import declared_aucs
from biomarkers.table import check_measurements, write_table

TRUTH = Path("sourcedata") / "truth"

Row = tuple[str, int, str, str, float, str]
COLUMNS = ["subject", "day", "region", "biomarker", "value", "unit"]


def write_truth(
    root: Path, declaration: Declaration, cohort: Sequence[Subject], rows: Sequence[Row]
) -> None:
    """Write `truth.tsv`, `response.tsv` and `truth.json` below `sourcedata/truth`."""
    table = check_measurements(pd.DataFrame(rows, columns=COLUMNS), source="truth")
    write_table(table, root / TRUTH / "truth.tsv")
    hidden = [(one.label, one.group, one.response, int(one.responder)) for one in cohort]
    response = pd.DataFrame(hidden, columns=["subject", "group", "response", "responder"])
    write_table(response, root / TRUTH / "response.tsv")
    write_json(root / TRUTH / "truth.json", _in_words(table, declaration, cohort))


def _in_words(
    table: pd.DataFrame, declaration: Declaration, cohort: Sequence[Subject]
) -> dict[str, Any]:
    outcome = declaration.outcome
    return {
        "Description": (
            "Every subject has a hidden response (response.tsv). On each day a property of the "
            "lesion departs from the subject's own course by response x effect x weight of its "
            "group (1 unless given), in natural logarithms of ratios. A responder is without the "
            f"event ({outcome.name}) on day {outcome.horizon}, which depends on the response and "
            "on luck." + _on_missing(declaration)
        ),
        "Region": declaration.region,
        "Biomarkers": {
            name: _biomarker(name, table, declaration, cohort) for name in declaration.biomarkers
        },
    } | _oracle(declaration)


def _oracle(declaration: Declaration) -> dict[str, Any]:
    """Return how well the outcome is told by who knows the truth, where that is asked for."""
    aucs = {name: round(auc, 3) for name, auc in declared_aucs(declaration).items()}
    return {"OracleAuc": aucs} if aucs else {}


def _on_missing(declaration: Declaration) -> str:
    outcome = declaration.outcome
    words = ""
    if outcome.ends_scans:
        words += " From the day of the event on nobody was scanned."
    if outcome.dropout:
        words += f" After any visit a subject left the study with probability {outcome.dropout:g}."
    if outcome.luck_in:
        names = ", ".join(outcome.luck_in)
        words += (
            f" On the last day luck in {outcome.name} and {names} go together, "
            "so what is missing is not missing at random."
        )
    return words


def _biomarker(
    name: str, table: pd.DataFrame, declaration: Declaration, cohort: Sequence[Subject]
) -> dict[str, Any]:
    day = declaration.first_day(name)
    effect = dict(zip(declaration.days, map(float, declaration.effect(name)), strict=True))
    words = "does not depend on the response: a negative control"
    if day is not None:
        words = f"differs from day {day} on, when a full response multiplies it by "
        words += f"{np.exp(effect[day]):.2f}"
    course = declaration.courses.get(name)
    return {
        "FirstDay": day,
        "Meaning": words,
        "EffectAtFullResponse": {str(day): size for day, size in effect.items()},
        "WeightOfGroup": dict(course.weight) if course else {},
        "Source": course.source if course else "ratio of " + " to ".join(declaration.ratios[name]),
        "MeanLogRatioInThisCohort": _mean_changes(name, table, declaration, cohort),
    }


def _mean_changes(
    name: str, table: pd.DataFrame, declaration: Declaration, cohort: Sequence[Subject]
) -> dict[str, Any]:
    """Return the mean true change since the first visit, of responders and of the others."""
    rows = table[(table["biomarker"] == name) & (table["region"] == declaration.region)]
    wide = rows.pivot_table(index="subject", columns="day", values="value")
    responders = wide.index.isin([one.label for one in cohort if one.responder])
    first, *later = declaration.days
    return {
        str(day): {
            "responders": float(change[responders].mean()),
            "others": float(change[~responders].mean()),
        }
        for day in later
        if day in wide
        for change in [np.log(wide[day] / wide[first])]
    }
