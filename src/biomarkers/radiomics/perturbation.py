"""Lesions measured again under small changes, to see which features stay as they are.

The kinds of change are those of Zwanenburg et al. 2019, doi:10.1038/s41598-018-36938-4.
"""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd

from biomarkers.arrays import FloatArray
from biomarkers.checks import require_type
from biomarkers.errors import InputError
from biomarkers.radiomics.contours import randomised, with_volume
from biomarkers.radiomics.extraction import measured
from biomarkers.radiomics.filters import filtered
from biomarkers.radiomics.filters.response import reach_of
from biomarkers.radiomics.measurement import Lesion, lesions, read_pair
from biomarkers.radiomics.normalisation import undeclared
from biomarkers.radiomics.preparation import PEAK_RADIUS
from biomarkers.radiomics.region import box_of
from biomarkers.radiomics.resampling import interpolated
from biomarkers.radiomics.rows import feature_rows
from biomarkers.radiomics.settings import Settings

Files = tuple[Path | str, Path | str]

# Ends of the uniform distributions that changes are drawn from.
ROTATION = 10.0  # degrees, in the plane of slices
SHIFT = 0.5  # voxels, along each axis
GROWTH = 0.2  # of the volume
_MEDIAN_OF_NOISE = 0.6745  # median of the absolute value of a standard normal variable
_ROOM = 2  # voxels beside those that features see


class Change(NamedTuple):
    """A small change: degrees, voxels (z, y, x), share of the volume."""

    angle: float
    shift: tuple[float, float, float]
    growth: float


def perturb(
    lesions_by_subject: Mapping[str, Files],
    *,
    settings: Settings,
    times: int = 30,
    seed: int = 0,
) -> pd.DataFrame:
    """Return the features of many lesions under small random changes of image and contour.

    Each time an image is turned in its plane (up to 10 degrees either way), moved (up to half a
    voxel along each axis) and made noisier (by noise as there is in it), and a region made larger
    or smaller (by up to a fifth) with a contour that follows other edges. Whether a feature is
    stable is told by a coefficient over these rows, such as ICC(A,1) of `biomarkers.stats.icc`,
    and by many lesions: one has none.

    Parameters
    ----------
    lesions_by_subject
        By subject the files of image and label map, as in `measure`; each region is a lesion.
    settings
        As in `measure`.
    times
        How often each lesion is measured.
    seed
        Of the random changes. Those of a lesion depend on this, its subject, name and number.

    Returns
    -------
    pandas.DataFrame
        Rows as of `measure`, on day 0, with the columns `lesion` (the region) and `perturbation`,
        from 1 to `times`.

    Raises
    ------
    InputError
        If nothing is given, `times` is below 2, or a file or a setting does not fit.

    Examples
    --------
    >>> import numpy as np
    >>> from biomarkers import radiomics
    >>> from biomarkers.images import Image, write_image
    >>> x, y, z = np.indices((16, 16, 16)) - 7.5
    >>> grid = Image(x, np.eye(4), "made up")
    >>> ball = (x**2 + y**2 + z**2 <= 25.0).astype(np.uint8)
    >>> image = write_image("s01_t1c.nii.gz", x, grid)
    >>> labels = write_image("s01_lesions.nii.gz", ball, grid, dtype=np.uint8)
    >>> how = radiomics.Settings(bins=8, normalise="none")
    >>> rows = radiomics.perturb({"s01": (image, labels)}, settings=how, times=3, seed=1)
    >>> volume = rows[rows["biomarker"] == "morph_volume"]
    >>> volume["perturbation"].tolist(), bool(volume["value"].nunique() > 1)
    ([1, 2, 3], True)

    """
    require_type("settings", settings, Settings, "radiomics.Settings(bins=...)")
    if not lesions_by_subject:
        raise InputError("no subject is given; expected files of image and labels by subject")
    if not isinstance(times, int | np.integer) or times < 2:
        raise InputError(
            f"times is {times!r}; expected a whole number of 2 or more, as one tells no spread"
        )
    if not isinstance(seed, int | np.integer) or seed < 0:
        raise InputError(f"seed is {seed!r}; expected a whole number of 0 or more")
    tables = []
    for subject, (image_file, labels_file) in lesions_by_subject.items():
        image, labels = read_pair(Path(image_file), Path(labels_file))
        doubt = undeclared(Path(image_file), settings.normalise)
        for lesion in lesions(image, labels, settings):
            rows = _of_lesion(lesion, settings, doubt, times, _generator(seed, subject, lesion))
            rows.insert(0, "subject", str(subject))
            rows.insert(1, "day", 0.0)
            tables.append(rows)
    if not tables:
        raise InputError("no label map has a region; expected one lesion or more")
    return pd.concat(tables, ignore_index=True)


def _generator(seed: int, subject: str, lesion: Lesion) -> np.random.Generator:
    """Return random numbers of a lesion, the same in whatever company it is measured."""
    words = f"{subject}\0{lesion.name}".encode()
    return np.random.default_rng([seed, *words])


def _of_lesion(
    lesion: Lesion, settings: Settings, doubt: str, times: int, random: np.random.Generator
) -> pd.DataFrame:
    near = _surroundings(lesion, settings)
    noise = noise_of(near)
    tables = []
    for number in range(1, times + 1):
        changed = _changed(near, _drawn(random), noise, settings.interpolation, random)
        values = measured(changed.volume, changed.mask, spacing_mm=near.spacing, settings=settings)
        rows = feature_rows(lesion.name, values, settings, doubt)
        tables.append(rows.assign(lesion=lesion.name, perturbation=number))
    return pd.concat(tables, ignore_index=True)


def _surroundings(lesion: Lesion, settings: Settings) -> Lesion:
    """Return a lesion with as much of its image as features see, however it is turned."""
    spacing = lesion.spacing
    reach = max(
        [PEAK_RADIUS, *(reach_of(name, spacing, settings.planes) for name in settings.filters)]
    )
    if not (np.isfinite(reach) and lesion.mask.any()):
        return lesion
    size = max(
        edge * (part.stop - part.start)
        for edge, part in zip(spacing, box_of(lesion.mask), strict=True)
    )
    far = reach + 0.5 * size
    margin = tuple(int(far / edge) + _ROOM for edge in spacing)
    box = box_of(lesion.mask, margin)
    return replace(lesion, volume=lesion.volume[box], mask=lesion.mask[box])


def noise_of(lesion: Lesion) -> float:
    """Return the standard deviation of an image's noise (Chang et al. 2000, doi:10.1109/83.862633).

    It is the median of the finest detail in plane over what that is of noise alone.
    """
    detail = np.abs(
        filtered(lesion.volume, "wavelet_coif1", spacing_mm=lesion.spacing, planes="2d")
    )
    return float(np.median(detail)) / _MEDIAN_OF_NOISE


def _drawn(random: np.random.Generator) -> Change:
    """Return a change by chance."""
    angle = float(random.uniform(-ROTATION, ROTATION))
    z, y, x = random.uniform(-SHIFT, SHIFT, 3).tolist()
    return Change(angle, (z, y, x), float(random.uniform(-GROWTH, GROWTH)))


def _changed(
    lesion: Lesion,
    change: Change,
    noise: float,
    interpolation: str,
    random: np.random.Generator,
) -> Lesion:
    """Return a lesion that is turned, moved, noisier, of another size and contour."""
    known = np.isfinite(lesion.volume)
    filled = np.where(known, lesion.volume, lesion.volume[known].mean() if known.any() else 0.0)
    volume = _moved(filled, lesion, change, interpolation)
    volume += random.normal(0.0, noise, volume.shape)
    mask = _moved(lesion.mask.astype(float), lesion, change, "linear") >= 0.5
    if not known.all():
        volume[_moved((~known).astype(float), lesion, change, "linear") > 0.5] = np.nan
    target = max(1, round(int(lesion.mask.sum()) * (1.0 + change.growth)))
    mask = randomised(volume, mask, lesion.spacing, random)
    return Lesion(lesion.name, volume, with_volume(mask, target, lesion.spacing), lesion.spacing)


def _moved(volume: FloatArray, lesion: Lesion, change: Change, interpolation: str) -> FloatArray:
    """Return a volume turned about the middle of a lesion, in mm, and moved, in voxels."""
    angle = np.radians(change.angle)
    turn = np.array(
        [
            [1.0, 0.0, 0.0],
            [0.0, np.cos(angle), -np.sin(angle)],
            [0.0, np.sin(angle), np.cos(angle)],
        ]
    )
    edges = np.array(lesion.spacing)
    matrix = turn * edges[None, :] / edges[:, None]
    where = np.argwhere(lesion.mask)
    middle = where.mean(axis=0) if len(where) else np.zeros(3)
    offset = middle - matrix @ middle + np.array(change.shift)
    return interpolated(volume, matrix, offset, volume.shape, interpolation)
