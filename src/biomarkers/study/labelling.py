"""Which label map measures an image."""

from collections.abc import Sequence

from biomarkers.images import LabelMap, resample_labels, same_grid
from biomarkers.images.grid import Grid


def labels_on(image: Grid, label_maps: Sequence[LabelMap]) -> LabelMap | None:
    """Return the label map on the grid of an image, else the only one brought to it.

    A label map on another grid comes this far only if resampling was asked for. None if there is
    no label map.
    """
    for labels in label_maps:
        if same_grid(labels, image):
            return labels
    return resample_labels(label_maps[0], image) if label_maps else None
