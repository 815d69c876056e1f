"""Regions as callers have them: a label map, fractions, labels, or a mask for each name."""

from collections.abc import Mapping
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from biomarkers.checks import as_mask, as_numbers
from biomarkers.errors import InputError
from biomarkers.images.fractions import Fractions
from biomarkers.images.grid import Grid, require_same_grid
from biomarkers.images.image import Image
from biomarkers.images.labels import LabelMap, label_map

Regions: TypeAlias = "LabelMap | Fractions | Image | npt.ArrayLike | Mapping[str, npt.ArrayLike]"


def as_regions(regions: Regions, like: Grid) -> LabelMap | Fractions:
    """Return fractions of voxels as they are, and all else as `as_label_map`; errors as there.

    Examples
    --------
    >>> import numpy as np
    >>> from biomarkers.images import Fractions, Image, as_regions
    >>> image = Image(np.zeros((2, 2, 1)), np.eye(4), "pet.nii.gz")
    >>> as_regions([[[1], [0]], [[2], [2]]], image).regions
    ('label_1', 'label_2')
    >>> parts = Fractions({"tumor": np.full((2, 2, 1), 0.5)}, np.eye(4), "an example")
    >>> as_regions(parts, image).volumes()
    {'tumor': 2.0}

    """
    if not isinstance(regions, Fractions):
        return as_label_map(regions, like)
    require_same_grid(like, regions)
    if not regions.regions:
        raise InputError(f"{regions.source}: no region")
    return regions


def as_label_map(regions: Regions, like: Grid) -> LabelMap:
    """Return regions as a label map on the grid of an image.

    Parameters
    ----------
    regions
        A label map; fractions of voxels, of which each voxel goes to one region (`labels`); labels,
        (x, y, z), as an image or an array, whose regions become `label_<n>`; or a mask, (x, y, z),
        for each name.
    like
        The image they lie on.

    Raises
    ------
    GeometryError
        If an image lies on another grid.
    InputError
        If a shape does not fit, a value is no label, a mask is empty, two masks share a voxel, or
        there is no region at all.

    Examples
    --------
    >>> import numpy as np
    >>> from biomarkers.images import Image, as_label_map
    >>> image = Image(np.zeros((4, 4, 4)), np.diag([0.5, 0.5, 0.5, 1.0]), "T2w.nii.gz")
    >>> tumor = np.zeros((4, 4, 4), dtype=bool)
    >>> tumor[1:3, 1:3, 1:3] = True
    >>> labels = as_label_map({"tumor": tumor, "rest": ~tumor}, image)
    >>> {name: round(volume, 6) for name, volume in labels.volumes().items()}
    {'tumor': 1.0, 'rest': 7.0}

    """
    if isinstance(regions, Fractions):
        require_same_grid(like, regions)
        labels = regions.labels
    elif isinstance(regions, Mapping):
        labels = _of_masks(regions, like)
    elif isinstance(regions, LabelMap | Image):
        require_same_grid(like, regions)
        labels = regions if isinstance(regions, LabelMap) else label_map(regions)
    else:
        labels = _of_labels(regions, like)
    if not labels.regions:
        raise InputError(f"{labels.source}: no region; expected labels above 0")
    return labels


def _of_labels(labels: npt.ArrayLike, like: Grid) -> LabelMap:
    values, shape = as_numbers("regions", labels), tuple(like.shape[:3])
    if values.shape != shape:
        raise InputError(f"regions of shape {values.shape} do not fit {like.source}, {shape}")
    return label_map(Image(values, like.affine, "regions"))


def _of_masks(masks: Mapping[str, npt.ArrayLike], like: Grid) -> LabelMap:
    shape = tuple(like.shape[:3])
    labels = np.zeros(shape, dtype=np.int32)
    names = dict(enumerate(map(str, masks), start=1))
    for (label, name), given in zip(names.items(), masks.values(), strict=True):
        if isinstance(given, Image):
            require_same_grid(like, given)
        mask = as_mask(f"region {name!r}", given, shape)
        if not mask.any():
            raise InputError(f"region {name!r} has no voxel; leave it out, or draw it")
        shared = labels[mask]
        if shared.any():
            raise InputError(
                f"regions {names[int(shared.max())]!r} and {name!r} share "
                f"{np.count_nonzero(shared)} voxels; a voxel belongs to one region: take them one "
                "after the other"
            )
        labels[mask] = label
    return LabelMap(Image(labels, like.affine, "regions"), names)
