"""Partial-volume correction: what the scanner's blur took out of a region, and put into others.

All take the blur as a Gaussian of known width, and the regions as drawn without error. The width is
that from voxel to voxel, as a small source shows it in the image: with voxels of a third of it, 5 %
more than the scanner's own.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from biomarkers.arrays import FloatArray
from biomarkers.errors import GeometryError, InputError
from biomarkers.images import Image, LabelMap, Regions, as_label_map, require_same_grid
from biomarkers.pet.point_spread import Width, blurred
from biomarkers.pet.scan import Scan
from biomarkers.pet.time_activity import TACs

OUTSIDE = "outside"
# Share of a tissue a voxel must see for its corrected value to be told: beyond, noise is all.
_SEEN = 0.3


@dataclass(frozen=True, eq=False)
class _Spread:
    """Regions and their blurred masks, and the means of regions that the blur mixes."""

    masks: dict[str, FloatArray]
    blurred: dict[str, FloatArray]
    matrix: FloatArray

    def solve(self, series: FloatArray) -> FloatArray:
        """Return the activity of each region (R, T) that the blur turns into what is seen."""
        seen = [series[mask > 0].mean(axis=0) for mask in self.masks.values()]
        return np.asarray(np.linalg.solve(self.matrix, np.array(seen)))


def gtm(scan: Scan, regions: Regions, *, fwhm_mm: Width) -> TACs:
    """Correct the mean activity of regions, by the geometric transfer matrix.

    Each region is taken to have one activity. What it shows is a mixture of all; the shares follow
    from the blurred masks, and the mixture is undone. What is outside every region is one, too.

    Parameters
    ----------
    scan
        One frame or several.
    regions
        On its grid, as in `pet.tacs`.
    fwhm_mm
        Full width at half maximum of the blur in the image, mm; one for all axes or one each.

    Returns
    -------
    TACs
        Corrected curves, (region, frame), kBq/mL, of the regions of the map; decay as in
        `pet.tacs`.

    Raises
    ------
    GeometryError
        If scan and regions do not share a grid.
    InputError
        If a width is not above 0, a voxel has no value, or two regions look the same through
        the blur.

    References
    ----------
    Rousset OG, Ma Y, Evans AC. J Nucl Med 1998;39:904.

    Examples
    --------
    >>> import numpy as np
    >>> from scipy.ndimage import gaussian_filter
    >>> from biomarkers import pet
    >>> from biomarkers.images import Image
    >>> from biomarkers.timing import Frames
    >>> tumor = np.zeros((24, 24, 24), dtype=bool)
    >>> tumor[9:15, 9:15, 9:15] = True  # 100 kBq/mL in brain of 20
    >>> seen = gaussian_filter(np.where(tumor, 100.0, 20.0), 6.0 / 2.3548)
    >>> image = Image(seen, np.eye(4), "simulated", unit="kBq/mL")
    >>> frames = Frames([0.0], [600.0])
    >>> scan = pet.Scan(image, frames, pet.nuclide("F18"))
    >>> regions = {"tumor": tumor, "brain": ~tumor}
    >>> shown, corrected = pet.tacs(scan, regions), pet.gtm(scan, regions, fwhm_mm=6.0)
    >>> print(shown["tumor"].round(1), corrected["tumor"].round(1), corrected["brain"].round(1))
    [43.8] [100.] [20.]

    """
    spread = _spread(scan, regions, fwhm_mm)
    names = tuple(name for name in spread.masks if name != OUTSIDE)  # which comes last
    values = spread.solve(scan.decay_corrected_series)[: len(names)]
    voxels = np.array([float(spread.masks[name].sum()) for name in names])
    return TACs(values, names, scan.frames, voxels, scan.tracer)


def rbv(scan: Scan, regions: Regions, *, fwhm_mm: Width) -> Scan:
    """Correct every voxel by what `gtm` says of its region (region-based voxelwise correction).

    The image is multiplied by the regions' corrected activities over the same blurred: contrast
    within a region survives.

    Parameters
    ----------
    scan, regions, fwhm_mm
        As in `gtm`.

    Returns
    -------
    Scan
        The corrected scan; NaN where the blurred activities are not above zero.

    Raises
    ------
    GeometryError, InputError
        As `gtm`.

    References
    ----------
    Thomas BA et al. Eur J Nucl Med Mol Imaging 2011;38:1104. doi:10.1007/s00259-011-1745-9

    Examples
    --------
    >>> import numpy as np
    >>> from scipy.ndimage import gaussian_filter
    >>> from biomarkers import pet
    >>> from biomarkers.images import Image
    >>> from biomarkers.timing import Frames
    >>> tumor = np.zeros((24, 24, 24), dtype=bool)
    >>> tumor[9:15, 9:15, 9:15] = True  # 100 kBq/mL in brain of 20
    >>> seen = gaussian_filter(np.where(tumor, 100.0, 20.0), 6.0 / 2.3548)
    >>> image = Image(seen, np.eye(4), "simulated", unit="kBq/mL")
    >>> frames = Frames([0.0], [600.0])
    >>> scan = pet.Scan(image, frames, pet.nuclide("F18"))
    >>> regions = {"tumor": tumor, "brain": ~tumor}
    >>> corrected = pet.rbv(scan, regions, fwhm_mm=6.0).series[..., 0]
    >>> print(corrected[tumor].mean().round(1), scan.series[tumor].mean().round(1))
    100.0 43.8

    """
    spread = _spread(scan, regions, fwhm_mm)
    series = scan.series
    activity = spread.solve(series)
    sharp = np.tensordot(np.array(list(spread.masks.values())), activity, axes=(0, 0))
    blur = np.tensordot(np.array(list(spread.blurred.values())), activity, axes=(0, 0))
    with np.errstate(divide="ignore", invalid="ignore"):
        corrected = np.where(blur > 0, series * sharp / blur, np.nan)
    return scan.with_series(corrected, "partial-volume corrected (RBV)")


def muller_gartner(
    scan: Scan,
    grey: Image,
    white: Image,
    *,
    fwhm_mm: Width,
    white_activity: npt.ArrayLike | None = None,
) -> Scan:
    """Correct grey matter for what spilled out of it, and in from white matter.

    Parameters
    ----------
    scan
        One frame or several.
    grey, white
        Share of each tissue in every voxel, 0 to 1, (x, y, z), on the grid of the scan.
    fwhm_mm
        As in `gtm`.
    white_activity
        Activity of white matter in each frame, (T,), kBq/mL. None: as two regions of one activity
        each, with nothing around them, explain the image best.

    Returns
    -------
    Scan
        Activity of grey matter; NaN in voxels of which it makes up less than 30 % once blurred.

    Raises
    ------
    GeometryError
        If the images do not share a grid.
    InputError
        If a share is not between 0 and 1, or shapes differ.

    References
    ----------
    Müller-Gärtner HW et al. J Cereb Blood Flow Metab 1992;12:571. doi:10.1038/jcbfm.1992.81

    Examples
    --------
    Grey matter of 40 kBq/mL beside white matter of 10:

    >>> import numpy as np
    >>> from scipy.ndimage import gaussian_filter
    >>> from biomarkers import pet
    >>> from biomarkers.images import Image
    >>> from biomarkers.timing import Frames
    >>> grey = np.zeros((24, 24, 24))
    >>> grey[8:16] = 1.0
    >>> seen = gaussian_filter(40 * grey + 10 * (1 - grey), 6.0 / 2.3548, mode="nearest")
    >>> image = Image(seen, np.eye(4), "simulated", unit="kBq/mL")
    >>> frames = Frames([0.0], [600.0])
    >>> scan = pet.Scan(image, frames, pet.nuclide("F18"))
    >>> tissues = [Image(share, np.eye(4), "simulated") for share in (grey, 1 - grey)]
    >>> corrected = pet.muller_gartner(scan, *tissues, fwhm_mm=6.0).series[12, 12, 12]
    >>> print(seen[12, 12, 12].round(1), corrected.round(1))
    36.4 [40.]

    """
    series = scan.series
    shares = [_share(scan, image) for image in (grey, white)]
    size = scan.image.voxel_size
    seen = [blurred(share, size, fwhm_mm) for share in shares]
    level = _white_level(series, seen) if white_activity is None else np.asarray(white_activity)
    if level.shape != series.shape[-1:]:
        raise InputError(
            f"white_activity has shape {level.shape}; expected one value per frame, "
            f"{series.shape[-1:]}"
        )
    left = series - seen[1][..., None] * level
    corrected = np.full(series.shape, np.nan)
    enough = seen[0] >= _SEEN
    corrected[enough] = left[enough] / seen[0][enough, None]
    return scan.with_series(corrected, "partial-volume corrected (Müller-Gärtner)")


def _spread(scan: Scan, regions: Regions, fwhm_mm: Width) -> _Spread:
    drawn = as_label_map(regions, scan.image)
    scan.finite_series()  # the blur would spread a missing value everywhere
    masks = _partition(drawn)
    size = scan.image.voxel_size
    spread = {name: blurred(mask, size, fwhm_mm) for name, mask in masks.items()}
    matrix = _transfer(masks, spread)
    if np.linalg.cond(matrix) > 1e6:
        raise InputError(
            f"{drawn.source}: through a blur of {fwhm_mm} mm two regions look the same; "
            "join small regions"
        )
    return _Spread(masks, spread, matrix)


def _partition(regions: LabelMap) -> dict[str, FloatArray]:
    """Return the masks (x, y, z) of all regions, and of what is outside them if there is any."""
    masks = {name: regions.mask(name).astype(float) for name in regions.regions}
    rest = 1.0 - sum(masks.values(), np.zeros(regions.shape))
    if OUTSIDE in masks:
        raise InputError(f"{regions.source}: a region is called {OUTSIDE!r}; give it another name")
    return masks | ({OUTSIDE: rest} if rest.any() else {})


def _transfer(masks: dict[str, FloatArray], spread: dict[str, FloatArray]) -> FloatArray:
    """Return what each region (row) sees of the activity of each blurred one (column), (R, R)."""
    rows = [[float((mask * blur).sum()) for blur in spread.values()] for mask in masks.values()]
    sizes = np.array([mask.sum() for mask in masks.values()])
    return np.asarray(np.array(rows) / sizes[:, None])


def _share(scan: Scan, image: Image) -> FloatArray:
    require_same_grid(scan.image, image)
    share = np.asarray(image.data, dtype=float)
    if share.shape != scan.image.shape[:3]:
        raise GeometryError(f"{image.source}: shape {share.shape}; expected one volume")
    if not (np.isfinite(share).all() and (share >= 0).all() and (share <= 1).all()):
        raise InputError(f"{image.source}: expected shares of tissue from 0 to 1")
    return share


def _white_level(series: FloatArray, seen: list[FloatArray]) -> FloatArray:
    """Return the activity of white matter by frame, with grey matter's, by least squares."""
    columns = np.stack([each.ravel() for each in seen], axis=-1)
    rows = series.reshape(-1, series.shape[-1])
    return np.asarray(np.linalg.lstsq(columns, rows, rcond=None)[0][1])
