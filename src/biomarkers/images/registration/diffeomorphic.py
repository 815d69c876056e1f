"""Deformable alignment by DIPY's symmetric normalisation (SyN)."""

import numpy as np

from biomarkers.arrays import FloatArray
from biomarkers.errors import ImageError
from biomarkers.images.image import Image

_ROUNDS = [20, 20, 10]  # of each level, the coarsest first
_RADIUS = 4  # of the window of cross-correlation, voxels


def deformation(fixed: Image, moving: Image, matrix: FloatArray) -> FloatArray:
    """Return what is added to `matrix @ x` at every voxel x of the fixed image, mm, (x, y, z, 3).

    Raises
    ------
    ImageError
        If the fixed image has too few voxels along an axis.

    References
    ----------
    Avants BB et al. Med Image Anal 2008;12:26-41.

    """
    from dipy.align.imwarp import SymmetricDiffeomorphicRegistration  # noqa: PLC0415 (heavy)
    from dipy.align.metrics import CCMetric  # noqa: PLC0415

    radius = _radius(fixed)
    search = SymmetricDiffeomorphicRegistration(CCMetric(3, radius=radius), level_iters=_ROUNDS)
    search.verbosity = 0
    mapping = search.optimize(
        _filled(fixed),
        _filled(moving),
        static_grid2world=fixed.affine,
        moving_grid2world=moving.affine,
        prealign=matrix,
    )
    # DIPY moves x by its field, in mm, before the matrix.
    moved = np.asarray(mapping.get_forward_field(), dtype=np.float64)
    return np.asarray(moved @ matrix[:3, :3].T)


def _radius(fixed: Image) -> int:
    """Return the radius of the window that fits into the image at the coarsest level."""
    shrunk = np.maximum(2 ** (len(_ROUNDS) - 1) * fixed.voxel_size.min() / fixed.voxel_size, 1.0)
    fewest = int((np.array(fixed.shape) / shrunk).min())
    if fewest < 4:
        raise ImageError(
            f"{fixed.source}, shape {fixed.shape}, is too thin to be deformed; take kind='affine'"
        )
    return min(_RADIUS, (fewest - 2) // 2)


def _filled(image: Image) -> FloatArray:
    values = np.asarray(image.data, dtype=np.float64)
    return np.where(
        np.isfinite(values), values, np.min(values, where=np.isfinite(values), initial=0)
    )
