"""How much of a spectroscopy voxel is grey matter, white matter and cerebrospinal fluid."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from biomarkers.checks import as_numbers
from biomarkers.errors import InputError
from biomarkers.images import Image, LabelMap, read_image
from biomarkers.images.grid import require_same_grid
from biomarkers.mrs.relaxation import CSF, GM, TISSUES, WM
from biomarkers.mrs.scan import Scan
from biomarkers.mrs.voxel import voxel_mask

Map = Image | Path | str

# What is neither: skull, air, or tissue that nobody segmented.
_LARGEST_REST = 0.5
# By how much fractions may miss a sum of 1.
_TOLERANCE = 0.02

# What label maps call the tissues, in small letters.
_NAMES: Mapping[str, tuple[str, ...]] = {
    GM: ("gm", "grey matter", "gray matter", "cortical grey matter", "cortical gray matter"),
    WM: ("wm", "white matter"),
    CSF: ("csf", "cerebrospinal fluid"),
}


def tissue_fractions(
    scan: Scan, gm: Map, wm: Map, csf: Map, *, voxel: tuple[int, int, int] | None = None
) -> dict[str, float]:
    """Return the volume fractions of the tissues in a voxel, from maps of their probabilities.

    Parameters
    ----------
    scan
        With the place of its voxel (`affine`).
    gm, wm, csf
        Probability of each tissue, (x, y, z), 0 to 1: images or their files (`*_probseg.nii.gz`),
        in the scanner's space as the scan.
    voxel
        Index of a voxel of a grid; the whole grid, if not given.

    Returns
    -------
    dict
        `gm`, `wm`, `csf`, of the part of the voxel that is any of them: their sum is 1.

    Raises
    ------
    InputError
        If a map is none of probabilities, or more than half of the voxel is none of the tissues.
    GeometryError
        If maps are on different grids, or the voxel is not all inside.

    Examples
    --------
    >>> from biomarkers.images import Image
    >>> from biomarkers.mrs import Scan, tissue_fractions
    >>> import numpy as np
    >>> affine = np.diag([2.0, 2.0, 2.0, 1.0])
    >>> affine[:3, 3] = -15.0
    >>> place = np.diag([8.0, 8.0, 8.0, 1.0])
    >>> scan = Scan(np.ones((1, 1, 1, 64), dtype=complex), 2.5e-4, 123.2, affine=place)
    >>> grey, white, fluid = (
    ...     Image(np.full((16, 16, 16), share), affine, "a map") for share in (0.54, 0.27, 0.09)
    ... )
    >>> {name: round(part, 3) for name, part in tissue_fractions(scan, grey, white, fluid).items()}
    {'gm': 0.6, 'wm': 0.3, 'csf': 0.1}

    """
    maps = {}
    for name, given in zip(TISSUES, (gm, wm, csf), strict=True):
        image = given if isinstance(given, Image) else read_image(given)
        low, high = float(np.nanmin(image.data)), float(np.nanmax(image.data))
        if not (low >= -1e-3 and high <= 1.0 + 1e-3):
            raise InputError(
                f"{name}: {image.source} holds {low:.3g} to {high:.3g}; expected probabilities, "
                "0 to 1"
            )
        maps[name] = image
    for name in (WM, CSF):
        require_same_grid(maps[GM], maps[name])
    mask = np.asarray(voxel_mask(scan, maps[GM], voxel=voxel).data)
    return _fractions(
        {name: float(np.sum(mask * np.nan_to_num(maps[name].data))) for name in TISSUES},
        float(mask.sum()),
        scan,
    )


def labelled_fractions(
    scan: Scan, labels: LabelMap, *, voxel: tuple[int, int, int] | None = None
) -> dict[str, float]:
    """Return the volume fractions of the tissues in a voxel, from a label map (`*_dseg.nii.gz`).

    Parameters
    ----------
    scan, voxel
        As in `tissue_fractions`.
    labels
        With regions named GM, WM and CSF, in any case, or in words.

    Returns
    -------
    dict
        As of `tissue_fractions`.

    Raises
    ------
    InputError
        If a tissue is not among the regions, or more than half of the voxel is none of them.
    GeometryError
        If the voxel is not all inside.

    Examples
    --------
    >>> import numpy as np
    >>> from biomarkers.images import Image, LabelMap
    >>> from biomarkers.mrs import Scan, labelled_fractions
    >>> affine = np.diag([2.0, 2.0, 2.0, 1.0])
    >>> affine[:3, 3] = -15.0
    >>> data = np.where(np.arange(16) < 7, 1, 2)[:, None, None] * np.ones((1, 16, 16), int)
    >>> labels = LabelMap(Image(data, affine, "a dseg"), {1: "GM", 2: "WM"})
    >>> place = np.diag([8.0, 8.0, 8.0, 1.0])  # x from -4 to 4 mm, grey matter up to -2 mm
    >>> scan = Scan(np.ones((1, 1, 1, 64), dtype=complex), 2.5e-4, 123.2, affine=place)
    >>> labelled_fractions(scan, labels)
    {'gm': 0.25, 'wm': 0.75, 'csf': 0.0}

    """
    mask = np.asarray(voxel_mask(scan, labels, voxel=voxel).data)
    volumes = {}
    for tissue, region in tissue_regions(labels).items():
        volumes[tissue] = float(mask[labels.mask(region)].sum())
    missing = [name for name in (GM, WM) if name not in volumes]
    if missing:
        raise InputError(
            f"{labels.source} has no region {' or '.join(missing)}; it has "
            f"{', '.join(labels.regions) or 'none'}"
        )
    return _fractions({CSF: 0.0, **volumes}, float(mask.sum()), scan)


def tissue_regions(labels: LabelMap) -> dict[str, str]:
    """Return the region of each tissue that a label map has."""
    regions = {}
    for tissue, names in _NAMES.items():
        for region in labels.regions:
            if region.lower() in names:
                regions[tissue] = region
    return regions


def _fractions(volumes: Mapping[str, float], whole: float, scan: Scan) -> dict[str, float]:
    total = sum(volumes.values())
    if total < _LARGEST_REST * whole:
        raise InputError(
            f"only {total / whole:.0%} of the voxel of {scan.source} is gm, wm or csf by the maps "
            "given; expected most of it. Check that maps and scan are in one space"
        )
    return {name: volumes[name] / total for name in TISSUES}


def checked_fractions(tissue: Mapping[str, float]) -> dict[str, float]:
    """Return fractions of all tissues; `InputError` unless they are from 0 to 1 with a sum of 1."""
    strange = sorted(set(tissue) - set(TISSUES))
    if strange or not tissue:
        raise InputError(
            f"tissue has {', '.join(map(str, tissue)) or 'nothing'}; expected the fractions of "
            f"{', '.join(TISSUES)}"
        )
    fractions = {name: float(as_numbers(f"tissue {name}", tissue.get(name, 0.0)))
                 for name in TISSUES}  # fmt: skip
    total = sum(fractions.values())
    if not all(0.0 <= each <= 1.0 for each in fractions.values()) or (
        abs(total - 1.0) > _TOLERANCE
    ):
        raise InputError(
            f"tissue is {dict(tissue)}, a sum of {total:.4g}; expected fractions from 0 to 1 that "
            "sum to 1"
        )
    if fractions[GM] + fractions[WM] <= 0.0:
        raise InputError("tissue is all csf; metabolites are of grey and white matter")
    return {name: each / total for name, each in fractions.items()}
