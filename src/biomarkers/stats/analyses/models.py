"""A model of every shown series over all visits: means of the groups, and their differences."""

import warnings
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from biomarkers.errors import ConvergenceWarning, InputError
from biomarkers.plan import Models, series_label
from biomarkers.results import FURTHER
from biomarkers.stats.analyses.analysis import Analysis, Contribution, not_done
from biomarkers.stats.analyses.groups import group_names
from biomarkers.stats.analyses.naming import unknown
from biomarkers.stats.analyses.tested import of_series
from biomarkers.stats.contrasts.multiplicity import adjust
from biomarkers.stats.longitudinal.linear_result import MixedResult
from biomarkers.stats.longitudinal.mmrm import mmrm
from biomarkers.stats.longitudinal.random_slopes import random_slopes
from biomarkers.stats.planned_analysis.findings import Findings, Note, Prepared

MMRM = "change ~ base * visit + group * visit"
SLOPES = "change ~ base + day * group"

# What takes the place of a covariance that cannot be estimated.
_SIMPLER = ("csh", "cs")
_CLASSES = ["negative", "positive"]
_FIGURES = ["estimate", "se", "low", "high"]


@dataclass(frozen=True, eq=False)
class _Fitted:
    """What one series gave: its means and contrasts, and what had to be done."""

    means: pd.DataFrame
    contrasts: pd.DataFrame
    note: str = ""


def check(prepared: Prepared, settings: Models) -> Iterator[str]:
    """Give what is wrong with the groups."""
    names = group_names(prepared)
    if settings.compare == "groups" and not names:
        yield (
            "models.compare: found 'groups', but no two treatment groups among the subjects; "
            'expected a column of participants in groups, or compare = "outcome"'
        )
    levels = names if compares_groups(prepared, settings) else _CLASSES
    yield from unknown("models.reference", settings.reference, levels, "group")


def compares_groups(prepared: Prepared, settings: Models) -> bool:
    """Whether treatment groups are compared, and not the classes of the outcome."""
    by_default = settings.compare == "" and prepared.plan.groups and group_names(prepared)
    return settings.compare == "groups" or bool(by_default)


def run(findings: Findings, settings: Models) -> Contribution:
    """Fit the model of the plan to each shown series."""
    parts, notes = list[_Fitted](), list[Note]()
    reasons = defaultdict[str, list[tuple[str, str]]](list)
    for series in findings.shown:
        try:
            fitted = _of_series(findings, settings, series)
        except InputError as error:
            reasons[str(error)].append(series)
            continue
        key = {"biomarker": series[0], "region": series[1]}
        parts.append(_Fitted(fitted.means.assign(**key), fitted.contrasts.assign(**key)))
        if fitted.note:
            notes.append(("models", f"{series_label(*series)}: {fitted.note}."))
    tables = {
        name: _joined([getattr(part, kind) for part in parts], name)
        for name, kind in (("model_means", "means"), ("model_contrasts", "contrasts"))
    }
    notes += not_done("models", reasons)
    return Contribution(tables, notes, _methods(findings, settings))


def _methods(findings: Findings, settings: Models) -> dict[str, Any]:
    by_visit = settings.method == "mmrm"
    return {
        "call": f"stats.{settings.method}(changes, {MMRM if by_visit else SLOPES!r})",
        "settings": {
            "method": settings.method,
            "compare": "groups" if compares_groups(findings, settings) else "outcome",
            "reference": _reference(findings, settings),
            "covariance": settings.covariance if by_visit else "random intercept and slope",
            "df": "kr",
            "adjust": settings.adjust,
            "family": "the contrasts of one biomarker and region",
            "scale": "the change of the plan; percent as log ratio, turned back",
            "base": "the value at baseline, its logarithm for ratios",
        },
        "references": [
            "Mallinckrodt et al. 2008" if by_visit else "Laird & Ware 1982",
            "Kenward & Roger 1997",
            *(["Holm 1979"] if settings.adjust == "holm" else []),
        ],
    }


def _joined(parts: list[pd.DataFrame], name: str) -> pd.DataFrame:
    columns = list(FURTHER[name])
    return pd.concat(parts, ignore_index=True)[columns] if parts else pd.DataFrame(columns=columns)


def _of_series(findings: Findings, settings: Models, series: tuple[str, str]) -> _Fitted:
    rows = model_rows(findings, settings, series)
    kind = next(m.change for m in findings.plan.biomarkers if m.name == series[0])
    fit = _mmrm if settings.method == "mmrm" else _slopes
    fitted = fit(rows, settings, _reference(findings, settings))
    if fit is _mmrm:
        names = {visit.target: visit.name for visit in findings.plan.follow_ups}
        for table in (fitted.means, fitted.contrasts):
            table["visit"] = [names[float(day)] for day in table["visit"]]
    p_values = fitted.contrasts["p_value"].to_numpy()
    if settings.adjust != "none":
        p_values = adjust(p_values, method=settings.adjust)
    contrasts = fitted.contrasts.assign(p_adjusted=p_values)
    if kind == "percent":
        return _Fitted(_in_percent(fitted.means), _in_percent(contrasts), fitted.note)
    return _Fitted(fitted.means, contrasts, fitted.note)


def model_rows(findings: Findings, settings: Models, series: tuple[str, str]) -> pd.DataFrame:
    """Return what a series gives to its model.

    Returns
    -------
    DataFrame
        `subject, group, visit` (its day), `day` of the measurement, `base` and `change`, of the
        visits after the baseline; percent changes as log ratios.

    """
    plan = findings.plan
    changes = of_series(findings.tables["changes"], series).dropna(subset=["change"])
    later = {visit.name: visit.target for visit in plan.follow_ups}
    rows = changes[changes["visit"].isin(later)]
    kind = next(marker.change for marker in plan.biomarkers if marker.name == series[0])
    base = np.asarray(rows["baseline_value"], dtype=float)
    change = np.asarray(rows["change"], dtype=float)
    if kind != "absolute":
        base = np.log(base)
    if kind == "percent":
        with np.errstate(divide="ignore"):
            change = np.log1p(change / 100)
    if not np.isfinite(change).all():
        raise InputError("a value of 0 has no finite log ratio; no model can hold it")
    classes = rows["positive"].map({True: "positive", False: "negative"})
    group = rows["group"] if compares_groups(findings, settings) else classes
    table = pd.DataFrame(
        {"subject": rows["subject"], "group": group, "visit": rows["visit"].map(later),
         "day": rows["day"], "base": base, "change": change}
    )  # fmt: skip
    return table[table["group"] != ""]


def _reference(findings: Prepared, settings: Models) -> str:
    if settings.reference:
        return settings.reference
    return group_names(findings)[0] if compares_groups(findings, settings) else _CLASSES[0]


def _mmrm(rows: pd.DataFrame, settings: Models, reference: str) -> _Fitted:
    """Means and contrasts at each visit; of one visit alone, there is nothing to repeat."""
    rows = _comparable(rows)
    result, used = _first_possible(rows, settings.covariance)
    note = (
        f"the covariance {settings.covariance} could not be estimated; {used} took its place"
        if used != settings.covariance
        else ""
    )
    return _Fitted(
        result.lsmeans("group")[["group", "visit", *_FIGURES]],
        result.contrasts("group", against=reference),
        note,
    )


def _comparable(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the visits at which every group has a change: elsewhere there is no mean to it."""
    groups = rows["group"].nunique()
    here = rows.groupby("visit")["group"].transform("nunique")
    return rows[here == groups]


def _first_possible(rows: pd.DataFrame, covariance: str) -> tuple[MixedResult, str]:
    for name in dict.fromkeys((covariance, *_SIMPLER)):
        try:
            return mmrm(rows, MMRM, covariance=name), name
        except InputError:
            if name == _SIMPLER[-1]:
                raise
    raise AssertionError("unreachable")  # pragma: no cover


def _slopes(rows: pd.DataFrame, settings: Models, reference: str) -> _Fitted:
    """Rates of change per day; `visit` is empty, as they hold for all visits."""
    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always", ConvergenceWarning)
        result = random_slopes(rows, SLOPES)
    contrasts = result.slope_contrasts("group")
    contrasts = contrasts[[reference in pair for pair in contrasts["contrast"].str.split(" - ")]]
    note = str(seen[0].message) if seen else ""
    return _Fitted(
        result.slopes("group")[["group", *_FIGURES]].assign(visit=""),
        contrasts.assign(visit=""),
        note,
    )


def _in_percent(table: pd.DataFrame) -> pd.DataFrame:
    """Turn log ratios back into percent; the standard error stays that of the logarithm."""
    turned = {name: 100 * np.expm1(table[name]) for name in ("estimate", "low", "high")}
    return table.assign(**turned)


MODELS = Analysis("models", run, settings=Models, check=check)
