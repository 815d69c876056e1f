"""The parametric response map: which voxels changed by more than repeated scans differ."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
from nibabel.spatialimages import SpatialImage
from scipy import special

from biomarkers.arrays import FloatArray
from biomarkers.checks import as_voxels, positive_number, require_level
from biomarkers.errors import InputError
from biomarkers.images.grid import require_same_grid
from biomarkers.images.image import Image
from biomarkers.images.kinds import AnyImage, as_image
from biomarkers.images.regions import Regions, as_label_map

CHANGES = (-1, 0, 1)


@dataclass(frozen=True, eq=False)
class ResponseMap:
    """Classes of voxels by how they changed, and how much of each region is of each class.

    Parameters
    ----------
    classes
        -1 fallen, 0 unchanged, +1 risen, (x, y, z); NaN outside every region and where either map
        has no value.
    fractions
        A row per region and class, columns `region`, `change` (-1, 0, 1), `fraction` of the voxels
        that have a class and its `se`, `net` of the false positives expected and `net_se`, `n`, how
        many voxels have a class, and `voxels`, how many the region has. Errors take voxels as
        independent; where interpolation or smoothing made neighbours alike, they are too small.
    false_positive_rate
        Share of unchanged voxels whose change exceeds the threshold, half of it in each direction.

    Examples
    --------
    >>> import numpy as np
    >>> from biomarkers.images import Image, response_map
    >>> before = Image(np.full((10, 1, 1), 0.8), np.eye(4), "day 0")
    >>> after = before.with_data(before.data + np.linspace(0, 0.9, 10).reshape(10, 1, 1), source="")
    >>> prm = response_map(before, after, np.ones((10, 1, 1)), threshold=0.55)
    >>> dict(zip(prm.fractions["change"], prm.fractions["fraction"]))
    {-1: 0.0, 0: 0.6, 1: 0.4}

    """

    classes: Image
    fractions: pd.DataFrame
    false_positive_rate: float


def repeatability_threshold(sd: float, *, level: float = 0.95) -> float:
    """Return the change that a share `level` of repeated measurements stay within.

    Parameters
    ----------
    sd
        Within-subject standard deviation of one measurement, of a voxel where voxels are compared.
    level
        0.95 gives the repeatability coefficient.

    References
    ----------
    Raunig DL et al. Stat Methods Med Res 2015;24:27. doi:10.1177/0962280214537344

    Examples
    --------
    >>> from biomarkers.images import repeatability_threshold
    >>> round(repeatability_threshold(0.1), 3)
    0.277

    """
    require_level(level)
    return float(special.ndtri(0.5 * (1.0 + level)) * np.sqrt(2.0) * positive_number("sd", sd))


def response_map(
    before: AnyImage,
    after: AnyImage,
    labels: "Regions | AnyImage",
    *,
    threshold: npt.ArrayLike,
    level: float = 0.95,
) -> ResponseMap:
    r"""Classify voxels by whether they fell, stayed or rose between two maps on one grid.

    A share 1 - `level` of the unchanged voxels exceeds a threshold from repeatability as well; net
    of these, with p the fractions found,

    .. math::
        net_0 = p_0 / level, \quad net_\pm = p_\pm - net_0 (1 - level) / 2

    which is right where changes are far beyond the threshold, 0 on average without any change (so
    that it may be negative), and too low where changes are no larger than the threshold.

    Parameters
    ----------
    before, after
        Maps of one quantity, (x, y, z), the second brought to the grid of the first
        (`images.register`): images of ours or of nibabel.
    labels
        Regions on that grid.
    threshold
        Least change that counts, in the unit of the maps: a number, or a map. A repeatability
        coefficient of voxels, or `repeatability_threshold` of their standard deviation.
    level
        Share of repeated measurements of an unchanged voxel that the threshold holds; 0.95 for a
        repeatability coefficient.

    Returns
    -------
    ResponseMap
        `.classes`, `.fractions` by region.

    Raises
    ------
    GeometryError
        If images do not share a grid, or say not where their voxels lie.
    InputError
        If the threshold is not positive, a level makes no sense, or there is no region.

    References
    ----------
    Galbán CJ et al. Nat Med 2009;15:572. doi:10.1038/nm.1919
    Moffat BA et al. Proc Natl Acad Sci USA 2005;102:5524. doi:10.1073/pnas.0501532102

    Examples
    --------
    >>> import numpy as np
    >>> from biomarkers.images import Image, response_map
    >>> before = Image(np.ones((4, 4, 1)), np.eye(4), "day 0")
    >>> after = Image(before.data + 0.5 * (np.arange(4) < 1)[:, None, None], np.eye(4), "day 7")
    >>> prm = response_map(before, after, np.ones((4, 4, 1)), threshold=0.2)
    >>> prm.fractions["fraction"].tolist()
    [0.0, 0.75, 0.25]

    """
    require_level(level)
    one, two = as_image("before", before), as_image("after", after)
    require_same_grid(one, two)
    drawn: Regions = as_image("labels", labels) if isinstance(labels, SpatialImage) else labels
    regions = as_label_map(drawn, one)
    limit = as_voxels("threshold", threshold, one.shape)
    if not (limit[np.isfinite(limit)] > 0.0).all() or not np.isfinite(limit).any():
        raise InputError("threshold is not positive everywhere; expected the least change counted")
    change = np.asarray(two.data, dtype=float) - np.asarray(one.data, dtype=float)
    inside = np.isin(np.asarray(regions.image.data), list(regions.names))
    known = inside & np.isfinite(change) & np.isfinite(limit)
    with np.errstate(invalid="ignore"):
        classes = np.where(known, np.sign(change) * (np.abs(change) > limit), np.nan)
    rows = [
        row
        for region in regions.regions
        for row in _rows(region, classes[regions.mask(region)], 1.0 - level)
    ]
    columns = ["region", "change", "fraction", "se", "net", "net_se", "n", "voxels"]
    source = f"change from {one.source} to {two.source}"
    return ResponseMap(
        one.with_data(classes, source=source), pd.DataFrame(rows, columns=columns), 1.0 - level
    )


def _rows(region: str, classes: FloatArray, false: float) -> list[tuple[object, ...]]:
    """Return the rows of a region from the classes of its voxels."""
    counts = np.array([np.count_nonzero(classes == each) for each in CHANGES])
    n = int(counts.sum())
    if not n:
        nothing = (float("nan"),) * 4
        return [(region, each, *nothing, 0, classes.size) for each in CHANGES]
    # Of the fractions: each class less its share of the unchanged voxels, which p_0 tells.
    of_found = np.eye(3)
    of_found[:, 1] = np.array([-0.5 * false, 1.0, -0.5 * false]) / (1.0 - false)
    # Half a voxel more in each class (Jeffreys), so that none is known without error.
    likely = (counts + 0.5) / (n + 1.5)
    covariance = (np.diag(likely) - np.outer(likely, likely)) / n
    found = counts / n
    net, errors = of_found @ found, np.sqrt(np.diag(covariance))
    net_errors = np.sqrt(np.diag(of_found @ covariance @ of_found.T))
    numbers = zip(CHANGES, found, errors, net, net_errors, strict=True)
    return [(region, each, *map(float, row), n, classes.size) for each, *row in numbers]
