"""The features of a region: every family, or why it has none."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
import numpy.typing as npt

from biomarkers.checks import as_mask, require_type
from biomarkers.ibsi import FAMILIES, ORIGINAL, Family, tag_of
from biomarkers.radiomics import textures
from biomarkers.radiomics.arguments import checked_spacing, checked_volume
from biomarkers.radiomics.filters.response import filtered, reach_of
from biomarkers.radiomics.histograms import histogram, volume_histogram
from biomarkers.radiomics.intensities import local_peaks, statistics
from biomarkers.radiomics.morphology import morphology
from biomarkers.radiomics.normalisation import normalised
from biomarkers.radiomics.preparation import (
    PEAK_RADIUS,
    evened,
    region_of,
    resampled,
    resegmented,
)
from biomarkers.radiomics.region import Region
from biomarkers.radiomics.settings import Settings

_NONE_DRAWN = "the region is empty"
_NONE_KEPT = "no voxel is left by its intensity"
_ONE_BIN = "all voxels lie in one bin"
_THIN = "the region is one voxel thick: it has no neighbourhood in space, take planes='2d'"
_SINGLE = "one voxel has no axes, no spread and no neighbours"
_EVEN = "all voxels have one intensity"
_PLANE = "the region is one voxel thick: it has no third axis"
_UNDEFINED = "not defined for this region: what it is divided by is 0"


@dataclass(frozen=True, eq=False)
class Measured:
    """Features of a region and of its filtered images.

    Parameters
    ----------
    by_name
        Values by biomarker: the tag, behind the name of the filter where there is one.
    reasons
        Why a value is NaN, by biomarker.
    region
        What was measured of the image itself, unless only of filtered ones.

    """

    by_name: Mapping[str, float]
    reasons: Mapping[str, str]
    region: Region


def features(
    volume: npt.ArrayLike,
    mask: npt.ArrayLike,
    *,
    spacing_mm: tuple[float, float, float],
    settings: Settings,
) -> dict[str, float]:
    """Return the features of a region as the Image Biomarker Standardisation Initiative defines.

    Parameters
    ----------
    volume
        Intensities, (z, y, x); NaN where there is none.
    mask
        The region, (z, y, x).
    spacing_mm
        Edges of a voxel, mm, (z, y, x).
    settings
        How the image is prepared, and which features are taken.

    Returns
    -------
    dict
        Values by tag (`stat_mean`, `cm_joint_avg_3D_comb`: `biomarkers.ibsi`), of filtered images
        behind the name of the filter (`log_3mm_stat_mean`) and without shape, which no filter
        changes. NaN what is not defined: `measure` says why.

    Raises
    ------
    InputError
        If arrays do not fit each other, or settings do not fit the image.

    References
    ----------
    Zwanenburg et al. 2020, doi:10.1148/radiol.2020191145; reference manual arXiv:1612.07003.

    Examples
    --------
    >>> import numpy as np
    >>> from biomarkers import radiomics
    >>> z, y, x = np.indices((12, 12, 12)) - 5.5
    >>> ball = z**2 + y**2 + x**2 <= 5.0**2
    >>> how = radiomics.Settings(bins=8)
    >>> values = radiomics.features(z, ball, spacing_mm=(1, 1, 1), settings=how)
    >>> print(f"{values['stat_range']:.0f}, {values['morph_sphericity']:.2f}")
    9, 0.91

    """
    require_type("settings", settings, Settings, "radiomics.Settings(bins=...)")
    image = normalised(checked_volume(volume), settings.normalise)
    return dict(measured(image, mask, spacing_mm=spacing_mm, settings=settings).by_name)


def measured(
    volume: npt.ArrayLike,
    mask: npt.ArrayLike,
    *,
    spacing_mm: tuple[float, float, float],
    settings: Settings,
) -> Measured:
    """Return features and the reasons for those that there are not; parameters as `features`.

    Intensities have been normalised, if they are to be.
    """
    image, spacing = checked_volume(volume), checked_spacing(spacing_mm)
    drawn = as_mask("mask", mask, image.shape)
    voxel = [new or old for new, old in zip(settings.voxel_mm or spacing, spacing, strict=True)]
    edges = (voxel[0], voxel[1], voxel[2])
    reach = max(
        [PEAK_RADIUS, *(reach_of(name, edges, settings.planes) for name in settings.filters)]
    )
    image, drawn, spacing = resampled(image, drawn, spacing, settings, reach)
    kept, bounds = resegmented(image, drawn, settings)
    scale = float(np.abs(image[kept]).max()) if kept.any() else 0.0
    flat = evened(image, kept, scale)
    original = region_of(flat, drawn, kept, spacing, settings, bounds)
    values: dict[str, float] = {}
    reasons: dict[str, str] = {}
    for name in settings.filters:
        region, families = original, FAMILIES
        if name != ORIGINAL:
            response = filtered(image, name, spacing_mm=spacing, planes=settings.planes)
            response = evened(response, kept, scale)
            unlimited = (-np.inf, np.inf)  # of intensities, not of what a filter makes of them
            region = region_of(response, drawn, kept, spacing, settings, unlimited)
            families = FAMILIES[1:]
        for family in families:
            _add(family, region, settings, name, values, reasons)
    return Measured(MappingProxyType(values), MappingProxyType(reasons), original)


# Families of matrices, each a function of a region and planes.
_TEXTURES: Mapping[str, Callable[[Region, str], textures.Values]] = {
    "cm": textures.cooccurrence,
    "rlm": textures.run_lengths,
    "szm": textures.size_zones,
    "dzm": textures.distance_zones,
    "ngt": textures.grey_tones,
    "ngl": textures.dependences,
}


def _add(
    family: Family,
    region: Region,
    settings: Settings,
    name: str,
    values: dict[str, float],
    reasons: dict[str, str],
) -> None:
    """Add the values of a family, or why there are none."""
    before = "" if name == ORIGINAL else f"{name}_"
    why = _obstacle(family, region, settings.planes)
    known = {} if why else _computed(family, region, settings)
    for tag in family.tags(settings.planes):
        value = known.get(tag, float("nan"))
        values[before + tag] = value
        if not np.isfinite(value):
            values[before + tag] = float("nan")
            reasons[before + tag] = why or _lack(family, region)


def _obstacle(family: Family, region: Region, planes: str) -> str:
    """Return why a region has no value of a family, empty if it has."""
    prefix, drawn = family.prefix, bool(region.drawn.any())
    if prefix == "morph" or not drawn:
        return "" if drawn else _NONE_DRAWN
    if prefix in ("loc", "stat") or not region.kept.any():
        return "" if region.kept.any() else _NONE_KEPT
    if np.ptp(region.intensities) == 0.0:
        return _EVEN
    if prefix != "ivh" and (region.present == region.present[0]).all():
        return _ONE_BIN
    return _THIN if planes == "3d" and prefix in _TEXTURES and region.thickness < 2 else ""


def _lack(family: Family, region: Region) -> str:
    """Return what a region lacks that has some values of a family, not all."""
    if region.drawn.sum() == 1:
        return _SINGLE
    if region.kept.any() and np.ptp(region.intensities) == 0.0:
        return _EVEN
    if not region.kept.any():
        return _NONE_KEPT
    flat = family.prefix == "morph" and min(region.drawn[region.box].shape) == 1
    return _PLANE if flat else _UNDEFINED


def _computed(family: Family, region: Region, settings: Settings) -> dict[str, float]:
    """Return the values of a family by tag."""
    prefix = family.prefix
    if prefix in _TEXTURES:
        names = [feature.name for feature in family.features]
        return {
            tag_of(prefix, feature, ending): float(value)
            for ending, row in _TEXTURES[prefix](region, settings.planes).items()
            for feature, value in zip(names, row, strict=True)
        }
    plain = volume_histogram(region, settings) if prefix == "ivh" else _PLAIN[prefix](region)
    return {tag_of(prefix, feature): value for feature, value in plain.items()}


_PLAIN: Mapping[str, Callable[[Region], dict[str, float]]] = {
    "morph": morphology,
    "loc": local_peaks,
    "stat": statistics,
    "ih": histogram,
}
