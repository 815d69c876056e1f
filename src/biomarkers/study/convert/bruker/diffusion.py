"""b-values and directions of a diffusion-weighted scan."""

import numpy as np

from biomarkers.study.convert.bruker.parameters import Parameters
from biomarkers.study.convert.series import FloatArray

# Below this share of the largest one a gradient is none.
_NO_GRADIENT = 1e-3


def diffusion(
    scan: Parameters, affine: FloatArray, volumes: int
) -> tuple[FloatArray, FloatArray] | None:
    """Return b-values (s/mm^2) and unit vectors along the axes of an image, by volume.

    b-values are `PVM_DwEffBval`: with what the gradients of the image add. Directions
    (`PVM_DwGradVec`) are along read, phase and slice, which the rows of `PVM_SPackArrGradOrient`
    give in the axes of the subject, right, anterior, head (ParaVision 5 to 7, as found by the
    authors of dicomifier, dicomifier.readthedocs.io, "Diffusion-related meta data in Bruker
    files"). The first axis is reversed where the image is not stored in the radiological way, as
    the format of FSL wants it.

    Returns
    -------
    tuple or None
        (volumes,) and (volumes, 3); None without as many b-values as volumes.

    """
    bvals = scan.numbers("PVM_DwEffBval")
    vectors = scan.numbers("PVM_DwGradVec").reshape(-1, 3)
    turn = scan.numbers("PVM_SPackArrGradOrient")
    if not bvals.size or volumes % bvals.size or len(vectors) != bvals.size or turn.size < 9:
        return None
    in_subject = vectors @ turn[:9].reshape(3, 3)
    axes = affine[:3, :3] / np.linalg.norm(affine[:3, :3], axis=0)
    along = in_subject @ axes
    if np.linalg.det(axes) > 0:
        along[:, 0] *= -1.0
    lengths = np.linalg.norm(along, axis=1, keepdims=True)
    weighted = lengths > _NO_GRADIENT * max(float(lengths.max()), 1e-12)
    unit = np.where(weighted, along / np.where(weighted, lengths, 1.0), 0.0)
    repeats = volumes // bvals.size
    return np.tile(bvals, repeats), np.tile(unit, (repeats, 1))
