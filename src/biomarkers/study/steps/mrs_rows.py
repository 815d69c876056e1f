"""Measurement rows of a fitted spectrum."""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

import numpy as np
import pandas as pd

from biomarkers import mrs
from biomarkers.quantities import CONTRALATERAL
from biomarkers.ranges import unusual

COLUMNS = ["region", "biomarker", "value", "unit", "se", "low", "high", "n", "qc", "reason"]


class Value(NamedTuple):
    """A value of a metabolite, before it is graded."""

    metabolite: str
    biomarker: str
    unit: str
    value: float
    se: float
    low: float
    high: float
    flag: str


def ratios(fit: mrs.Fit, to: str, *, total: bool) -> list[Value]:
    """Return every metabolite over another one; `total` adds the error of the model."""
    table = fit.ratios(to, total=total)
    errors = np.hypot(table["se"], table["se_model"]) if total else table["se"]
    table = table[table["metabolite"] != to].assign(se=errors)
    return _values(table, "ratio", "", f"{{}}/{to}")


def over_another(fit: mrs.Fit, other: mrs.Fit, to: str) -> list[Value]:
    """Return every ratio over that of another voxel."""
    table = mrs.contralateral_ratios(fit, other, to=to)
    return _values(table[table["metabolite"] != to], "ratio", "", f"{{}}/{to}_{CONTRALATERAL}")


def concentrations(
    fit: mrs.Fit, tissue: Mapping[str, float], relaxation: mrs.Relaxation | None, species: str
) -> list[Value]:
    """Return every concentration; errors as of `Fit.concentrations`."""
    table = fit.concentrations(tissue=tissue, relaxation=relaxation, species=species)
    return _values(table, "concentration", "mM", "{}")


def _values(table: pd.DataFrame, column: str, unit: str, name: str) -> list[Value]:
    kept = table[["metabolite", column, "se", "low", "high", "flag"]]
    return [
        Value(metabolite, name.format(metabolite), unit, value, se, low, high, flag)
        for metabolite, value, se, low, high, flag in kept.itertuples(index=False)
    ]


def rows(region: str, fit: mrs.Fit, values: Iterable[Value], species: str) -> pd.DataFrame:
    """Return measurement rows: what is doubtful is `warn` and says why, nothing is left out."""
    doubts = spectrum_doubts(fit)
    return pd.DataFrame([_row(region, each, doubts, species) for each in values], columns=COLUMNS)


def _row(region: str, each: Value, doubts: list[str], species: str) -> tuple[object, ...]:
    odd = unusual(each.biomarker, each.value, species=species)
    reason = "; ".join(filter(None, (each.flag, *doubts, odd)))
    qc = "warn" if reason else "ok"
    if not np.isfinite(each.value):
        qc = "fail"
    numbers = (each.value, each.unit, each.se, each.low, each.high, 1)
    return region, each.biomarker, *numbers, qc, reason


def spectrum_doubts(fit: mrs.Fit) -> list[str]:
    """Return what is to be said against a whole spectrum."""
    judged, held = fit.judged, mrs.SpectrumFlag(int(fit.reasons.bits))
    words = {
        mrs.SpectrumFlag.NOT_CONVERGED: "the fit did not come to rest",
        mrs.SpectrumFlag.LOW_SNR: f"SNR {fit.snr:.2g}, below {judged.snr:g}",
        mrs.SpectrumFlag.BROAD_LINES: (
            f"FWHM {fit.fwhm_ppm:.2g} ppm, above {judged.fwhm_ppm:g} ppm"
        ),
    }
    return [text for kind, text in words.items() if kind in held]
