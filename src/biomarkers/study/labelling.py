"""Which label map measures an image, and what its regions stand for."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from biomarkers.images import LabelMap, resample_labels, same_grid
from biomarkers.images.grid import Grid

BoolArray = npt.NDArray[np.bool_]

# The region whose signal is the arterial input. It is no tissue, so it gives no rows.
ARTERY = "artery"


def labels_on(image: Grid, label_maps: Sequence[LabelMap]) -> LabelMap | None:
    """Return the label map on the grid of an image, else the only one brought to it.

    A label map on another grid comes this far only if resampling was asked for. None if there is
    no label map.
    """
    for labels in label_maps:
        if same_grid(labels, image):
            return labels
    return resample_labels(label_maps[0], image) if label_maps else None


def tissue_regions(labels: LabelMap) -> tuple[str, ...]:
    """Return the regions that are measured: all but the artery."""
    return tuple(region for region in labels.regions if region != ARTERY)


def tissue_mask(labels: LabelMap | None, otherwise: BoolArray) -> BoolArray:
    """Return the voxels of all tissue regions; `otherwise` if there is none."""
    regions = tissue_regions(labels) if labels else ()
    if labels is None or not regions:
        return otherwise
    return np.asarray(np.logical_or.reduce([labels.mask(region) for region in regions]))


def first_drawn(labels: LabelMap | None, wanted: Sequence[str]) -> str:
    """Return the first of some regions that is drawn; empty if none is."""
    drawn = labels.regions if labels else ()
    return next((region for region in wanted if region in drawn), "")
