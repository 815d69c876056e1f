"""Other contours of a region: of another volume, or following other edges of the image."""

import numpy as np
from scipy import ndimage

from biomarkers.arrays import BoolArray, FloatArray
from biomarkers.extras import load_extra
from biomarkers.radiomics.region import box_of

# Supervoxels: about so many in a region, in an image that reaches so many voxels beyond it.
_PIECES = 60
_BEYOND = 3
# One that lies in the region by this share or more stays, by less than that goes.
_SURELY, _HARDLY = 0.9, 0.2
_COMPACTNESS = 0.2


def with_volume(mask: BoolArray, voxels: int, spacing: tuple[float, ...]) -> BoolArray:
    """Return a region of so many voxels: those deepest inside, or else those nearest to it."""
    if not mask.any() or int(mask.sum()) == voxels:
        return mask
    inside = ndimage.distance_transform_edt(np.pad(mask, 1), sampling=spacing)[1:-1, 1:-1, 1:-1]
    outside = ndimage.distance_transform_edt(~mask, sampling=spacing)
    depth = np.where(mask, inside, -outside)
    order = np.argsort(-depth, axis=None, kind="stable")[: max(1, voxels)]
    chosen = np.zeros(mask.size, dtype=bool)
    chosen[order] = True
    return chosen.reshape(mask.shape)


def randomised(
    volume: FloatArray, mask: BoolArray, spacing: tuple[float, ...], random: np.random.Generator
) -> BoolArray:
    """Return a region made of supervoxels of the image, each taken by its share in the region.

    One that lies in it by 90 % or more is taken, by less than 20 % left, another by chance
    (Zwanenburg et al. 2019, doi:10.1038/s41598-018-36938-4); the contour is smoothed over a voxel.
    A region of few voxels, or that loses all, stays.

    Raises
    ------
    InputError
        If scikit-image is not installed.

    """
    slic = load_extra("skimage.segmentation", "a contour by supervoxels").slic
    box = box_of(mask, (_BEYOND,) * 3)
    inside, values = mask[box], volume[box]
    known = np.isfinite(values)
    span = float(np.ptp(values[known])) if known.any() else 0.0
    if span == 0.0 or inside.sum() < _PIECES:
        return mask
    scaled = np.where(known, (values - values[known].min()) / span, 0.0)
    count = round(_PIECES * inside.size / int(inside.sum()))
    pieces = slic(
        scaled,
        n_segments=count,
        compactness=_COMPACTNESS,
        spacing=spacing,
        channel_axis=None,
        start_label=0,
    )
    share = np.bincount(pieces.ravel(), inside.ravel()) / np.bincount(pieces.ravel())
    chance = random.random(share.size)
    taken = (share >= _SURELY) | ((share >= _HARDLY) & (chance < share))
    # No one draws the teeth that supervoxels have in noise: each voxel goes with most around it.
    smooth = ndimage.uniform_filter(taken[pieces].astype(float), 3, mode="constant") >= 0.5
    if not smooth.any():
        return mask
    changed = mask.copy()
    changed[box] = smooth
    return changed
