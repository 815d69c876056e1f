"""Measurement rows of features, and what they were made with."""

import hashlib
import json
from collections.abc import Mapping

import pandas as pd

from biomarkers.ibsi import FEATURES, ORIGINAL, split_tag
from biomarkers.radiomics.extraction import Measured
from biomarkers.radiomics.settings import Settings

COLUMNS = ["region", "biomarker", "value", "unit", "n", "qc", "reason", "settings"]
_DIGITS = 12


def digest_of(settings: Settings, image: str = ORIGINAL) -> str:
    """Return what the settings of features are known by: the same for the same choices.

    Of what a step of a study adds, such as which image, nothing tells how features are made; of
    filters the names of features do. So they do of planes, unless a filter works in these: of the
    image itself, what has no plane in its name is the same in both.

    Parameters
    ----------
    settings
        That features were made with.
    image
        Name of a filter, or the image itself.

    """
    chosen = {each: getattr(settings, each) for each in Settings.__dataclass_fields__}
    del chosen["filters"]
    if image == ORIGINAL:
        chosen["planes"] = "3d"
    return hashlib.sha256(json.dumps(chosen, sort_keys=True).encode()).hexdigest()[:_DIGITS]


def feature_rows(
    region: str, measured: Measured, settings: Settings, doubt: str = ""
) -> pd.DataFrame:
    """Return the rows of a region: `fail` without a value, `warn` where there is a doubt."""
    n = int(measured.region.kept.sum())
    digests = {each: digest_of(settings, each) for each in settings.filters}
    return pd.DataFrame(
        [
            (region, name, value, unit_of(name), n, *_grade(name, measured.reasons, doubt),
             digests[split_tag(name)[0]])
            for name, value in measured.by_name.items()
        ],
        columns=COLUMNS,
    )  # fmt: skip


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
