"""The features of every region of an image file, as measurement rows."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from biomarkers.arrays import BoolArray, FloatArray
from biomarkers.bids import dataset_root, parse_name, strip_ending
from biomarkers.checks import parse_number, require_type
from biomarkers.files import sha256
from biomarkers.images import (
    Image,
    LabelMap,
    read_image,
    require_same_grid,
)
from biomarkers.images.labels import read_named_labels
from biomarkers.radiomics.extraction import Measured, measured
from biomarkers.radiomics.normalisation import normalised, undeclared
from biomarkers.radiomics.rows import rows_of_regions
from biomarkers.radiomics.settings import Settings
from biomarkers.table.cells import read_cells

_DIGITS = 12


@dataclass(frozen=True, eq=False)
class Lesion:
    """A region of an image with axes (z, y, x), as features take it."""

    name: str
    volume: FloatArray
    mask: BoolArray
    spacing: tuple[float, float, float]


def measure(
    image_file: Path | str,
    labels_file: Path | str,
    *,
    settings: Settings,
    subject: str | None = None,
    day: float | None = None,
) -> pd.DataFrame:
    """Return the features of every region of an image.

    Parameters
    ----------
    image_file
        NIfTI; axes x, y and z (slices) as stored.
    labels_file
        Label map on the same grid; regions are named by a table beside it (`*_dseg.tsv`), else
        `label_1` and so on.
    settings
        How the image is prepared, and which features are taken.
    subject, day
        Whose and when. Not given, they are those of the BIDS name and of `sub-*_sessions.tsv`;
        where that does not say either, the name of the file and day 0.

    Returns
    -------
    pandas.DataFrame
        Measurement rows: subject, day, session where there is one, region, biomarker (tag of IBSI,
        behind the name of a filter), value, unit, n (voxels whose intensity counts), qc, reason
        (why a value is NaN, or doubtful), settings (a digest: a feature with two of them is not
        to be mixed), image and labels (beginning of the SHA-256 of the files).

    Raises
    ------
    InputError
        If a file cannot be read, both lie on different grids, or settings do not fit.

    Warns
    -----
    AssumptionWarning
        If intensities have no unit, as those of most MRI, and settings do not say whether they are
        normalised.

    Examples
    --------
    >>> import numpy as np
    >>> from biomarkers import radiomics
    >>> from biomarkers.images import Image, write_image
    >>> x, y, z = np.indices((12, 12, 12)) - 5.5
    >>> grid = Image(x, np.eye(4), "made up")
    >>> ball = (x**2 + y**2 + z**2 <= 25.0).astype(np.uint8)
    >>> image = write_image("sub-01_T1w.nii.gz", x, grid)
    >>> labels = write_image("sub-01_dseg.nii.gz", ball, grid, dtype=np.uint8)
    >>> how = radiomics.Settings(bins=8, normalise="none")
    >>> rows = radiomics.measure(image, labels, settings=how)
    >>> rows.loc[rows["biomarker"] == "stat_range", ["subject", "region", "value"]].to_numpy()
    array([['01', 'label_1', 9.0]], dtype=object)

    """
    require_type("settings", settings, Settings, "radiomics.Settings(bins=...)")
    image_file, labels_file = Path(image_file), Path(labels_file)
    image, labels = read_pair(image_file, labels_file)
    doubt = undeclared(image_file, settings.normalise)
    rows = rows_of_regions(measured_regions(image, labels, settings), settings, doubt)
    who = _identity(image_file, subject, day)
    for place, (name, value) in enumerate(who.items()):
        rows.insert(place, name, value)
    return rows.assign(image=sha256(image_file)[:_DIGITS], labels=sha256(labels_file)[:_DIGITS])


def read_pair(image_file: Path, labels_file: Path) -> tuple[Image, LabelMap]:
    """Return an image and its regions; `InputError` if they do not lie on one grid."""
    image, labels = read_image(image_file), read_named_labels(labels_file)
    require_same_grid(image, labels)
    return image, labels


def lesions(image: Image, labels: LabelMap, settings: Settings) -> Iterator[Lesion]:
    """Yield every region of an image, intensities normalised as settings say."""
    volume = normalised(np.asarray(image.data, dtype=float), settings.normalise)
    x, y, z = image.voxel_size.tolist()
    for region in labels.regions:
        yield Lesion(region, volume.T, labels.mask(region).T, (z, y, x))


def measured_regions(image: Image, labels: LabelMap, settings: Settings) -> dict[str, Measured]:
    """Return what was measured of every region, by its name."""
    return {
        each.name: measured(each.volume, each.mask, spacing_mm=each.spacing, settings=settings)
        for each in lesions(image, labels, settings)
    }


def _identity(path: Path, subject: str | None, day: float | None) -> dict[str, str | float]:
    """Return subject, day and session, as said or as the BIDS name has them."""
    file = parse_name(path)
    entities = file.entities if file else {}
    session = entities.get("ses", "")
    who = subject or entities.get("sub", "") or strip_ending(path.name)
    if day is None:
        day = _day_of(path, entities.get("sub", ""), session)
    known: dict[str, str | float] = {"subject": who, "day": float(day)}
    return known | ({"session": session} if session else {})


def _day_of(path: Path, subject: str, session: str) -> float:
    """Return the day of a session, from the table of sessions of its subject; 0 without one."""
    table = dataset_root(path) / f"sub-{subject}" / f"sub-{subject}_sessions.tsv"
    if not (subject and session and table.is_file()):
        return 0.0
    cells = read_cells(table, "a table of sessions with columns session_id and days")
    if not {"session_id", "days"} <= set(cells.columns):
        return 0.0
    label = cells["session_id"].str.removeprefix("ses-")
    days = [parse_number(text) for text in cells.loc[label == session, "days"]]
    return days[0] if days and np.isfinite(days[0]) else 0.0
