"""Fits of regions: the kinetics' own results, and what is to be said about them."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from biomarkers.kinetics import Fit, Line, Parameter
from biomarkers.pet.cautions import Caution
from biomarkers.pet.release_test import Release
from biomarkers.pet.tracers import Tracer
from biomarkers.units import canonical_unit

FloatArray = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False, repr=False)
class Report:
    """What is known about a fit of regions besides its estimates.

    Parameters
    ----------
    regions
        Names of the curves.
    voxels
        How many voxels are behind each; None if not known.
    release
        The test of k4 = 0; None for methods with a reference region.
    cautions
        Why results may be biased.
    tracer
        What is known of the tracer; None if it is not one of `TRACERS`.

    """

    regions: tuple[str, ...]
    voxels: npt.NDArray[np.int64] | None
    release: Release | None
    cautions: tuple[Caution, ...]
    tracer: Tracer | None


@dataclass(frozen=True)
class _Content:
    """What a fit holds, of any kind."""

    title: str
    parameters: Sequence[Parameter]
    estimates: Mapping[str, FloatArray]
    se: Mapping[str, FloatArray]
    doubtful: npt.NDArray[np.bool_]


@dataclass(frozen=True, eq=False, repr=False)
class _Reported(ABC):
    """A fit that has a report."""

    report: Report = field(kw_only=True)

    @property
    def cautions(self) -> tuple[Caution, ...]:
        """Why results may be biased."""
        return self.report.cautions

    @property
    def notes(self) -> tuple[str, ...]:
        """The cautions in words."""
        return tuple(each.message for each in self.cautions)

    @property
    def table(self) -> pd.DataFrame:
        """One row per region and parameter: region, biomarker, value, unit, se, n, qc."""
        return _table(self._content(), self.report)

    def summary(self) -> str:
        """Return estimates and cautions in words."""
        return _summary(self._content().title, self.table, self.report)

    def __repr__(self) -> str:
        return self.summary()

    @abstractmethod
    def _content(self) -> _Content:
        """Return what the table and the summary are made of."""


@dataclass(frozen=True, eq=False, repr=False)
class TissueFit(_Reported, Fit):
    """A `kinetics.Fit` of regions, with a report; see there for everything else.

    Parameters
    ----------
    report
        The regions, the test of k4 = 0, and reasons for caution.

    """

    def _content(self) -> _Content:
        doubtful = ~self.converged | self.at_bound
        return _Content(self.model, self.parameters, self.estimates, self.se, doubtful)


@dataclass(frozen=True, eq=False, repr=False)
class TissueLine(_Reported, Line):
    """A `kinetics.Line` of regions, with a report; see there for everything else.

    Parameters
    ----------
    report
        The regions, the test of k4 = 0, and reasons for caution.

    """

    def _content(self) -> _Content:
        title = f"{self.method}, t* = {self.t_star:g} s, {self.points} frames"
        return _Content(title, self.parameters, self.estimates, self.se, ~self.linear)


def with_report(fit: Fit | Line, report: Report) -> TissueFit | TissueLine:
    """Return the same fit with a report."""
    have: dict[str, Any] = {each.name: getattr(fit, each.name) for each in fields(fit)}
    if isinstance(fit, Fit):
        return TissueFit(**have, report=report)
    return TissueLine(**have, report=report)


def _table(content: _Content, report: Report) -> pd.DataFrame:
    """Rows of the measurement table; `qc` is fail without a value, warn where it is doubtful."""
    biased = {each.region for each in report.cautions if each.kind == "release"}
    rows = []
    for k, region in enumerate(report.regions):
        count = np.nan if report.voxels is None else int(report.voxels[k])
        warned = bool(np.ravel(content.doubtful)[k]) or region in biased
        for each in content.parameters:
            value = float(np.ravel(content.estimates[each.name])[k])
            error = float(np.ravel(content.se[each.name])[k])
            qc = "fail" if np.isnan(value) else "warn" if warned else "ok"
            rows.append((region, each.name, value, canonical_unit(each.unit), error, count, qc))
    columns = ["region", "biomarker", "value", "unit", "se", "n", "qc"]
    return pd.DataFrame(rows, columns=columns)


def _summary(title: str, table: pd.DataFrame, report: Report) -> str:
    lines = [title]
    for region, rows in table.groupby("region", sort=False):
        said = (
            f"{name} {value:.4g} ± {error:.2g}" if np.isfinite(value) else f"{name} not determined"
            for name, value, error in zip(
                rows["biomarker"], rows["value"].to_numpy(), rows["se"].to_numpy(), strict=True
            )
        )
        lines.append(f"  {region}: {', '.join(said)}")
        if report.release is not None:
            lines.append(f"    {_choice(report.release, report.regions.index(str(region)))}")
    lines += [f"  Caution ({each.kind}): {each.message}" for each in report.cautions]
    if report.tracer is not None:
        known, weak = (", ".join(names) for names in (report.tracer.determined, report.tracer.weak))
        lines.append(f"  {report.tracer.name}: a scan determines {known}; {weak} often not")
        lines += [f"  {report.tracer.name}: {remark}" for remark in report.tracer.remarks]
    return "\n".join(lines)


def _choice(release: Release, k: int) -> str:
    p_value, gain = np.ravel(release.p_value)[k], np.ravel(release.aicc_gain)[k]
    if not np.isfinite(p_value):
        return "k4 = 0 could not be tested"
    verdict = "refuted" if np.ravel(release.refuted)[k] else "not refuted"
    return f"k4 = 0 {verdict}: F test p = {p_value:.2g}; AICc gains {gain:.1f} by release"
