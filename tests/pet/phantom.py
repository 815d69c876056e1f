"""A sphere in a warm background, blurred on a grid finer than the scanner's."""

import numpy as np
from scipy import ndimage

from biomarkers.images import Image, LabelMap
from biomarkers.pet.nuclides import nuclide
from biomarkers.pet.scan import Scan
from biomarkers.timing import Frames

FINE, VOXEL, SIDE = 4, 2.0, 32  # sub-voxels per edge, mm, voxels

# A Gaussian of 6 mm as voxels of 2 mm show it: that activity fills voxels and that they average it
# adds the variance of two boxes.
SHOWN = float(np.sqrt(6.0**2 + 8 * np.log(2) * 2 * VOXEL**2 / 12))


def sphere_scan(sphere, background, *, radius=9.0, fwhm=6.0):
    """Scan, label map (1 sphere, 2 background) and the mask of the sphere, made of whole voxels.

    `sphere` and `background` are activities of each frame; the blur is computed with a step of
    half a millimetre, then averaged over voxels of two.
    """
    axis = (np.arange(SIDE) - (SIDE - 1) / 2) * VOXEL
    x, y, z = np.meshgrid(axis, axis, axis, indexing="ij", sparse=True)
    mask = (x**2 + y**2 + z**2) <= radius**2
    inside = np.kron(mask, np.ones((FINE, FINE, FINE))).astype(np.float32)
    sigma = fwhm / np.sqrt(8 * np.log(2)) / (VOXEL / FINE)
    seen = averaged(ndimage.gaussian_filter(inside, sigma))
    levels = np.asarray(sphere)[None] * seen[..., None] + np.asarray(background) * (
        1 - seen[..., None]
    )
    affine = np.diag([VOXEL, VOXEL, VOXEL, 1.0])
    count = levels.shape[-1]
    frames = Frames(60.0 * np.arange(count), np.full(count, 60.0))
    image = Image(levels, affine, "phantom_pet.nii.gz", "kBq/mL")
    labels = np.where(mask, 1, 2).astype(np.int32)
    regions = LabelMap(Image(labels, affine, "phantom_dseg"), {1: "sphere", 2: "background"})
    return Scan(image, frames, nuclide("F18"), tracer="FLT"), regions, mask.astype(float)


def averaged(fine):
    shape = (SIDE, FINE, SIDE, FINE, SIDE, FINE)
    return fine.reshape(shape).mean(axis=(1, 3, 5)).astype(float)
