"""What is true in a simulated cohort, written down for whoever checks an analysis."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from biomarkers.files import write_json
from biomarkers.quantities import QUANTITIES
from biomarkers.simulate.cohort import DAYS, HORIZON_DAYS, TRAJECTORIES, VASCULAR_WEIGHT, Rat
from biomarkers.simulate.iron import vessel_radius
from biomarkers.simulate.phantom import Phantom
from biomarkers.simulate.signal import Acquisition
from biomarkers.table import check_measurements, write_table

TRUTH = Path("sourcedata") / "truth"
_TISSUE = ("Ktrans", "kep", "ve", "vp", "CBV", "ADC", "T1")
# kep is Ktrans / ve, and ve does not change.
_FOLLOWERS = {"kep": "Ktrans"}
_PARAMETERS = {"tumor": _TISSUE, "contralateral": _TISSUE, "artery": ("T1",)}

Row = tuple[str, int, str, str, float, str]


def true_rows(rat: Rat, day: int, phantom: Phantom, acquisition: Acquisition) -> Iterator[Row]:
    """Yield the true measurements of one session, as rows of a measurement table.

    A value is the median over the region of what the images were made of, which for the tumour
    holds that day's biological fluctuation; a volume is that of the label.
    """
    for region, parameters in _PARAMETERS.items():
        values = {name: phantom.median(region, name) for name in parameters}
        values["B1"] = float(np.median(acquisition.b1[phantom.mask(region)]))
        values["volume"] = phantom.volume(region)
        if region != "artery":
            values["VSI"] = float(np.median(vessel_radius(phantom)[phantom.mask(region)]))
        for name, value in values.items():
            yield rat.label, day, region, name, value, QUANTITIES[name].unit


def write_truth(root: Path, rats: Sequence[Rat], rows: Sequence[Row]) -> None:
    """Write `truth.tsv`, `response.tsv` and `truth.json` below `sourcedata/truth`."""
    columns = ["subject", "day", "region", "biomarker", "value", "unit"]
    table = check_measurements(pd.DataFrame(rows, columns=columns), source="truth")
    write_table(table, root / TRUTH / "truth.tsv")
    hidden = [(rat.label, rat.group, rat.response, rat.responder) for rat in rats]
    response = pd.DataFrame(hidden, columns=["subject", "group", "response", "responder"])
    write_table(response.astype({"responder": int}), root / TRUTH / "response.tsv")
    write_json(root / TRUTH / "truth.json", _in_words(table, rats))


def _in_words(table: pd.DataFrame, rats: Sequence[Rat]) -> dict[str, Any]:
    weights = ", ".join(f"{group} {weight:g}" for group, weight in VASCULAR_WEIGHT.items())
    return {
        "Description": (
            "Every rat has a hidden response (response.tsv). On each day a tumour property "
            "departs from the rat's own course by response x effect, in natural logarithms of "
            f"ratios; for Ktrans, kep, vp and CBV that is also multiplied by a weight ({weights}). "
            f"A responder lives {HORIZON_DAYS} days or more, which depends on the response and "
            "on luck. Rats that died before a day were not scanned on it; on the last day luck "
            "in survival and tumour volume go together, so volumes are not missing at random."
        ),
        "Region": "tumor",
        "Biomarkers": {
            name: _biomarker(name, table, rats) for name in (*TRAJECTORIES, *_FOLLOWERS)
        },
    }


def _biomarker(name: str, table: pd.DataFrame, rats: Sequence[Rat]) -> dict[str, Any]:
    course = TRAJECTORIES[_FOLLOWERS.get(name, name)]
    day = course.first_day
    words = "does not depend on the response: a negative control"
    if day is not None:
        factor = np.exp(course.effect[DAYS.index(day)])
        words = f"differs from day {day} on, when a full response multiplies it by {factor:.2f}"
    return {
        "FirstDay": day,
        "Meaning": words,
        "EffectAtFullResponse": dict(zip(map(str, DAYS), course.effect, strict=True)),
        "MeanLogRatioInThisCohort": _mean_changes(name, table, rats),
    }


def _mean_changes(name: str, table: pd.DataFrame, rats: Sequence[Rat]) -> dict[str, Any]:
    """Return the mean true change since day 0 by day, of responders and of the others."""
    rows = table[(table["biomarker"] == name) & (table["region"] == "tumor")]
    wide = rows.pivot_table(index="subject", columns="day", values="value")
    responders = wide.index.isin([rat.label for rat in rats if rat.responder])
    means: dict[str, Any] = {}
    for day in DAYS[1:]:
        if day in wide:
            change = np.log(wide[day] / wide[0])
            means[str(day)] = {
                "responders": float(change[responders].mean()),
                "others": float(change[~responders].mean()),
            }
    return means
