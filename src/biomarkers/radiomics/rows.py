"""Measurement rows of features, and what they were made with."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict

import pandas as pd

from biomarkers.ibsi import FEATURES, split_tag
from biomarkers.radiomics.extraction import Measured
from biomarkers.radiomics.settings import Settings

COLUMNS = ["region", "biomarker", "value", "unit", "n", "qc", "reason", "settings"]
_DIGITS = 12


def digest_of(settings: Settings) -> str:
    """Return what settings are known by: the same for the same choices."""
    chosen = {name: value for name, value in asdict(settings).items() if name in _names()}
    return hashlib.sha256(json.dumps(chosen, sort_keys=True).encode()).hexdigest()[:_DIGITS]


def _names() -> tuple[str, ...]:
    # Of what a step of a study adds, such as which image, nothing tells how features are made; of
    # filters the names of features do.
    return tuple(name for name in Settings.__dataclass_fields__ if name != "filters")


def feature_rows(
    region: str, measured: Measured, settings: Settings, doubt: str = ""
) -> pd.DataFrame:
    """Return the rows of a region: `fail` without a value, `warn` where there is a doubt."""
    digest, n = digest_of(settings), int(measured.region.kept.sum())
    return pd.DataFrame(
        [
            (region, name, value, unit_of(name), n, *_grade(name, measured.reasons, doubt), digest)
            for name, value in measured.by_name.items()
        ],
        columns=COLUMNS,
    )


def rows_of_regions(
    regions: Mapping[str, Measured], settings: Settings, doubt: str = ""
) -> pd.DataFrame:
    """Return the rows of all regions, without subject and day."""
    tables = [feature_rows(name, each, settings, doubt) for name, each in regions.items()]
    return pd.concat(tables, ignore_index=True) if tables else pd.DataFrame(columns=COLUMNS)


def unit_of(biomarker: str) -> str:
    """Return the unit of a feature; intensities are in that of the image, which is not known."""
    _, tag = split_tag(biomarker)
    return FEATURES[tag][1].unit


def _grade(name: str, reasons: Mapping[str, str], doubt: str) -> tuple[str, str]:
    """Return grade and reason."""
    if name in reasons:
        return "fail", reasons[name]
    # Shape knows nothing of intensities.
    return ("warn", doubt) if doubt and not name.startswith("morph_") else ("ok", "")
