"""b-values and directions of a diffusion-weighted scan."""

import numpy as np

from biomarkers.arrays import FloatArray
from biomarkers.study.convert.bruker.parameters import Parameters

# Below this share of the largest one a gradient is none.
_NO_GRADIENT = 1e-3
_MAGNET_FRAME = "360"


def diffusion(
    scan: Parameters, affine: FloatArray, volumes: int
) -> tuple[FloatArray | None, FloatArray | None]:
    """Return b-values (s/mm^2) and unit vectors along the axes of an image, by volume.

    b-values are `PVM_DwEffBval`: with what the gradients of the image add. Directions
    (`PVM_DwGradVec`) are along read, phase and slice (dicomifier.readthedocs.io, "Diffusion-related
    meta data in Bruker files", which held it against scans in other orientations). The first axis
    is reversed where the image is not stored in the radiological way, as the format of FSL wants
    it.

    Returns
    -------
    tuple
        (volumes,) and (volumes, 3); None for what is not known.

    """
    bvals = scan.numbers("PVM_DwEffBval")
    if not bvals.size or volumes % bvals.size:
        return None, None
    repeats = volumes // bvals.size
    unit = _directions(scan, affine, bvals.size)
    return np.tile(bvals, repeats), None if unit is None else np.tile(unit, (repeats, 1))


def _directions(scan: Parameters, affine: FloatArray, count: int) -> FloatArray | None:
    vectors, gradients = scan.numbers("PVM_DwGradVec"), _gradients(scan)
    if gradients is None or vectors.size != 3 * count:
        return None
    axes = affine[:3, :3] / np.linalg.norm(affine[:3, :3], axis=0)
    along = vectors.reshape(-1, 3) @ gradients @ axes
    if np.linalg.det(axes) > 0:
        along[:, 0] *= -1.0
    lengths = np.linalg.norm(along, axis=1, keepdims=True)
    weighted = lengths > _NO_GRADIENT * lengths.max()
    return np.asarray(np.where(weighted, along / np.where(weighted, lengths, 1.0), 0.0))


def _gradients(scan: Parameters) -> FloatArray | None:
    """Return the directions of read, phase and slice, a row each: right, anterior, head.

    They are in the frame of the subject up to ParaVision 7, of the magnet in ParaVision 360.
    None where they are not known, or differ from pack to pack.
    """
    stored = scan.numbers("ACQ_grad_matrix")
    stored = stored if stored.size else scan.numbers("PVM_SPackArrGradOrient")
    matrices = stored.reshape(-1, 3, 3) if stored.size % 9 == 0 else np.empty((0, 3, 3))
    if not len(matrices) or np.ptp(matrices, axis=0).max() > _NO_GRADIENT:
        return None
    if not scan.text("VisuCreatorVersion").startswith(_MAGNET_FRAME):
        return np.asarray(matrices[0])
    from brukerapi.dataset import SUBJECT_POSITION_MATRICES  # noqa: PLC0415 (an extra)

    turn = SUBJECT_POSITION_MATRICES.get(scan.text("ACQ_patient_pos"))
    return None if turn is None else np.asarray(matrices[0] @ turn.T)
