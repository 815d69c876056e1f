"""Where a voxel lies, from how scanners say it: voxel indices to mm, right, anterior, superior."""

import numpy as np
import numpy.typing as npt
from scipy.spatial.transform import Rotation

from biomarkers.arrays import FloatArray


def voxel_of_angles(
    angles: npt.ArrayLike, sizes: npt.ArrayLike, centre: npt.ArrayLike
) -> FloatArray:
    """Return the affine, (4, 4), of a voxel that is turned about its own axes x, y, z in turn.

    Angles in degrees, sizes and centre in mm.
    """
    turned = Rotation.from_euler("XYZ", np.asarray(angles), degrees=True).as_matrix()
    return _affine(turned * np.asarray(sizes), np.asarray(centre))


def voxel_of_cosines(
    row: npt.ArrayLike, column: npt.ArrayLike, sizes: npt.ArrayLike, centre: npt.ArrayLike
) -> FloatArray:
    """Return the affine, (4, 4), of a voxel by DICOM's direction cosines.

    DICOM's axes point left and posterior. Sizes, mm, are along the row, the column and their
    normal.
    """
    across, down = np.asarray(row, dtype=np.float64), np.asarray(column, dtype=np.float64)
    axes = np.column_stack([across, down, np.cross(across, down)])
    axes = axes / np.linalg.norm(axes, axis=0)
    to_ras = np.array([-1.0, -1.0, 1.0])
    return _affine(to_ras[:, None] * axes * np.asarray(sizes), to_ras * np.asarray(centre))


def _affine(axes: FloatArray, centre: FloatArray) -> FloatArray:
    affine = np.eye(4)
    affine[:3, :3] = axes
    affine[:3, 3] = centre
    return affine
