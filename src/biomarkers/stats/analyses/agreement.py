"""Agreement and repeatability of replicates, and the change that they alone explain."""

from collections import defaultdict
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pandas as pd

from biomarkers.errors import InputError
from biomarkers.plan import Agreement, Marker
from biomarkers.results import FURTHER
from biomarkers.stats.agreement.icc import icc
from biomarkers.stats.agreement.limits import limits_of_agreement
from biomarkers.stats.agreement.pairs import Scale
from biomarkers.stats.agreement.repeatability import Repeatability, repeatability
from biomarkers.stats.analyses.analysis import Analysis, Contribution, not_done
from biomarkers.stats.analyses.naming import unknown
from biomarkers.stats.analyses.tested import SERIES, of_series
from biomarkers.stats.planned_analysis.findings import Findings, Prepared

REPLICATES = "replicates"
BASELINE = "baseline"

# 1.96·√2, as in `repeatability`.
_REACH = 1.96 * np.sqrt(2)


def check(prepared: Prepared, settings: Agreement) -> Iterator[str]:
    """Give coefficients of variation of biomarkers that the plan does not have."""
    known = [marker.name for marker in prepared.plan.biomarkers]
    for name in settings.wcv:
        yield from unknown("agreement.wcv", name, known, "biomarker of the plan")


def run(findings: Findings, settings: Agreement) -> Contribution:
    """Compare the replicates of each shown series."""
    source, rows = _replicates(findings, settings)
    figures, bands = list[dict[str, Any]](), list[dict[str, Any]]()
    reasons = defaultdict[str, list[tuple[str, str]]](list)
    for series in findings.shown:
        marker = next(one for one in findings.plan.biomarkers if one.name == series[0])
        mine = of_series(rows, series)
        key = dict(zip(SERIES, series, strict=True))
        try:
            measures = list(_measures(mine, _scale(marker)))
        except InputError as error:
            measures = []
            if marker.name not in settings.wcv:
                reasons[str(error)].append(series)
        figures += [{**key, **figure} for figure in measures]
        band = _band(findings, settings, marker, key, mine, source)
        bands += [{**key, **band}] if band else []
    methods = {
        "call": "stats.icc, stats.repeatability, stats.limits_of_agreement of the replicates",
        "settings": {"source": source, "wcv": dict(settings.wcv), "icc": "ICC(2,1)"},
        "references": ["Shrout & Fleiss 1979", "Raunig et al. 2015", "Bland & Altman 1999"],
    }
    tables = {
        "agreement": pd.DataFrame(figures, columns=list(FURTHER["agreement"])),
        "repeatability_band": pd.DataFrame(bands, columns=list(FURTHER["repeatability_band"])),
    }
    return Contribution(tables, list(not_done("agreement", reasons)), methods)


def _scale(marker: Marker) -> Scale:
    return "absolute" if marker.change == "absolute" else "log_ratio"


def _replicates(findings: Findings, settings: Agreement) -> tuple[str, pd.DataFrame]:
    """Return the source, and rows `subject, biomarker, region, occasion, replicate, value`."""
    given = findings.replicates
    if settings.source == REPLICATES or (not settings.source and len(given)):
        return REPLICATES, given.assign(
            occasion=given["subject"] + "\n" + given["day"].astype(str),
            replicate=given["replicate"].astype(str),
        )
    visit = next(one for one in findings.plan.visits if one.name == findings.plan.baseline)
    rows = findings.measured
    rows = rows[[visit.claims(day) for day in rows["day"]]].sort_values("day", kind="stable")
    number = rows.groupby(["subject", *SERIES], sort=False).cumcount() + 1
    return BASELINE, rows.assign(occasion=rows["subject"], replicate=number.astype(str))


def _measures(rows: pd.DataFrame, scale: Scale) -> Iterator[dict[str, Any]]:
    found = repeatability(rows["value"], rows["occasion"], scale=scale)
    occasions = found.subjects
    yield _figure("within_sd", (found.wsd, found.wsd_low, found.wsd_high), occasions)
    if scale == "log_ratio":
        yield _figure("wcv", _each(found, _cv), occasions)
    yield _figure("repeatability_coefficient", (found.rc, found.rc_low, found.rc_high), occasions)
    yield from _correlation(rows)
    yield from _limits(rows, scale)


def _figure(measure: str, limits: tuple[float, float, float], n: int) -> dict[str, Any]:
    value, low, high = limits
    return {"measure": measure, "value": value, "low": low, "high": high, "n": n}


def _cv(wsd: float) -> float:
    return float(np.sqrt(np.expm1(wsd**2)))


def _each(found: Repeatability, turned: Callable[[float], float]) -> tuple[float, float, float]:
    return turned(found.wsd), turned(found.wsd_low), turned(found.wsd_high)


def _correlation(rows: pd.DataFrame) -> Iterator[dict[str, Any]]:
    """Give ICC(2,1); none where it cannot be estimated, as of too few subjects."""
    try:
        found = icc(rows, subject="occasion", rater="replicate", value="value")
    except InputError:
        return
    form = found["ICC(2,1)"]
    yield _figure("icc", (form["icc"], form["low"], form["high"]), found.subjects)


def _limits(rows: pd.DataFrame, scale: Scale) -> Iterator[dict[str, Any]]:
    """Give bias and limits of agreement where there are two replicates, and no more."""
    wide = rows.pivot_table(index="occasion", columns="replicate", values="value")
    if wide.shape[1] != 2 or len(wide.dropna()) < 2:
        return
    found = limits_of_agreement(wide.iloc[:, 0], wide.iloc[:, 1], scale=scale)
    n = len(found.pairs)
    yield _figure("bias", (found.bias, found.bias_low, found.bias_high), n)
    for name in ("lower", "upper"):
        limits = (getattr(found, f"{name}{end}") for end in ("", "_low", "_high"))
        value, low, high = limits
        yield _figure(f"{name}_limit", (value, low, high), n)


def _band(
    findings: Findings,
    settings: Agreement,
    marker: Marker,
    key: dict[str, str],
    rows: pd.DataFrame,
    source: str,
) -> dict[str, Any] | None:
    """Return between what limits an unchanged value moves in 95 of 100, on the plan's scale."""
    if marker.name in settings.wcv:
        reach, where = _REACH * _within(findings, marker, key, settings.wcv[marker.name]), "plan"
    else:
        try:
            found = repeatability(rows["value"], rows["occasion"], scale=_scale(marker))
        except InputError:
            return None
        reach, where = found.rc, source
        if source == REPLICATES:  # what is analysed is their mean
            sizes = rows.groupby("occasion")["value"].count()
            reach *= float(np.sqrt((1 / sizes[sizes > 0]).mean()))
    if marker.change == "percent":
        down, up = 100 * np.expm1(-reach), 100 * np.expm1(reach)
        return {"low": float(down), "high": float(up), "source": where}
    return {"low": -reach, "high": reach, "source": where}


def _within(findings: Findings, marker: Marker, key: dict[str, str], wcv: float) -> float:
    """Return the within-subject standard deviation of a coefficient of variation."""
    if marker.change != "absolute":
        return float(np.sqrt(np.log1p(wcv**2)))
    changes = of_series(findings.tables["changes"], (key["biomarker"], key["region"]))
    first = changes.loc[changes["visit"] == findings.plan.baseline, "value"]
    return float(wcv * first.mean())


AGREEMENT = Analysis("agreement", run, settings=Agreement, check=check)
