"""Static uptake of one session: a map of SUV, its rows, and what to look at."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from biomarkers import pet
from biomarkers.images import LabelMap
from biomarkers.study.labelling import labels_on
from biomarkers.study.maps import ParameterMap
from biomarkers.study.region_curves import tissue_regions
from biomarkers.study.rows import quality
from biomarkers.study.settings import COMPUTED
from biomarkers.study.sources import Source

# The region that the others are compared with, if it is drawn.
REFERENCE = "contralateral"
_INSIDE_ENOUGH = 0.5


@dataclass(frozen=True, eq=False)
class SessionUptake:
    """What a PET scan gave.

    Parameters
    ----------
    map
        SUV.
    rows
        Measurement rows; none without a label map.
    caption, status, numbers
        Of its quality card.

    """

    map: ParameterMap
    rows: pd.DataFrame
    caption: str
    status: str
    numbers: Mapping[str, float]


def measure_uptake(
    source: Source, label_maps: Sequence[LabelMap], window: tuple[float, float] | None
) -> SessionUptake:
    """Measure the SUV of every tissue region.

    Parameters
    ----------
    source
        The scan.
    label_maps
        The one on its grid is used, else the only one, brought to it. A region `contralateral`
        is the reference of the others.
    window
        From and to, s after the start of injection; as in `pet.uptake`.

    Raises
    ------
    InputError
        As `pet.load` and `pet.uptake`.

    """
    scan = pet.load(source.file.path)
    window = window or pet.static_window(scan.frames, source=scan.source)
    image = pet.suv(scan, window=window)
    start, end = _span(scan, window)
    weight = float(scan.weight_g or 0.0)
    settings = {
        "method": "SUV by body weight",
        "tracer": scan.tracer,
        "dose_mbq": scan.dose_mbq,
        "weight_g": weight,
        "from_s": start,
        "to_s": end,
    }
    parameter = ParameterMap("SUV", image, COMPUTED, None, (Path(scan.source),), settings)
    labels = labels_on(image, label_maps)
    rows = pd.DataFrame() if labels is None else _rows(scan, labels, window)
    said = _doubts(rows)
    how = "not corrected" if scan.decay_corrected_to is None else "corrected"
    caption = (
        f"{scan.tracer or scan.nuclide.name}: {scan.dose_mbq:.3g} MBq in {weight:g} g, frames from "
        f"{start / 60:.3g} to {end / 60:.3g} min after the injection, decay {how} by the scanner."
    )
    numbers = {key: value for key, value in settings.items() if isinstance(value, float)}
    return SessionUptake(
        parameter, rows, " ".join([caption, *said]), "warn" if said else "ok", numbers
    )


def _span(scan: pet.Scan, window: tuple[float, float] | None) -> tuple[float, float]:
    """Return where the frames that are used begin and end, s."""
    if window is None:
        return float(scan.frames.start[0]), float(scan.frames.end[-1])
    inside = pet.frames_within(scan.frames, window, source=scan.source)
    return float(scan.frames.start[inside][0]), float(scan.frames.end[inside][-1])


def _rows(scan: pet.Scan, labels: LabelMap, window: tuple[float, float] | None) -> pd.DataFrame:
    reference = REFERENCE if REFERENCE in labels.regions else None
    table = pet.uptake(scan, labels, reference=reference, window=window)
    table = table[table["region"].isin(tissue_regions(labels))]
    voxel = labels.image.voxel_volume
    sizes = {region: volume / voxel for region, volume in labels.volumes().items()}
    usable = table["n"] / table["region"].map(sizes)
    return table.assign(qc=[quality(share) for share in usable])


def _doubts(rows: pd.DataFrame) -> list[str]:
    """Say where the sphere of the peak is mostly something else than the region."""
    if rows.empty:
        return []
    names = set(rows["biomarker"])
    peak = "SUVpeak_rodent" if "SUVpeak_rodent" in names else "SUVpeak"
    inside = rows[rows["biomarker"] == f"{peak}_inside"]
    return [
        f"Only {share:.0%} of the sphere of {peak} is in {region}."
        for region, share in zip(inside["region"], inside["value"].astype(float), strict=True)
        if share < _INSIDE_ENOUGH
    ]
