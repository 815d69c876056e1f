"""Parameter maps on disk: each a NIfTI image with a JSON sidecar, as BIDS derivatives have them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from biomarkers import __version__
from biomarkers.errors import InputError
from biomarkers.files import write_json
from biomarkers.images.grid import Grid
from biomarkers.images.image import write_image


@dataclass(frozen=True, eq=False)
class SavedMap:
    """One map to be written.

    Parameters
    ----------
    name
        What the file is called, without ending.
    values
        On the grid of the series.
    sidecar
        What is known of it: `Description`, `Units`, `CAPLEX`, `Levels`, …

    """

    name: str
    values: npt.NDArray[np.generic]
    sidecar: Mapping[str, Any]


def save_maps(
    folder: Path | str,
    maps: Iterable[SavedMap],
    *,
    like: Grid,
    prefix: str = "",
    origin: Mapping[str, Any],
) -> list[Path]:
    """Write maps as `<prefix><name>.nii.gz` and `.json`, and return the images' paths.

    Parameters
    ----------
    folder
        Where to; made if missing.
    maps
        What to write.
    like
        Image or header whose grid the maps have.
    prefix
        What file names begin with, for instance `sub-01_ses-day00_`.
    origin
        What goes into every sidecar: the model, its settings. Name and version of this package
        are added as `GeneratedBy`.

    Raises
    ------
    InputError
        If `like` does not lie on a grid.
    GeometryError
        If a map does not have the grid of `like`.

    """
    if not all(hasattr(like, name) for name in ("shape", "affine", "source")):
        raise InputError(
            f"like is of type {type(like).__name__}; expected an image, as images.read_image gives "
            "it, or its header (images.probe): arrays do not say where voxels lie"
        )
    generator = {"GeneratedBy": [{"Name": "biomarkers", "Version": __version__}]}
    written = []
    for each in maps:
        path = Path(folder) / f"{prefix}{each.name}.nii.gz"
        written.append(write_image(path, each.values, like))
        sidecar = {**each.sidecar, **origin, **generator}
        write_json(path.with_name(f"{prefix}{each.name}.json"), sidecar)
    return written
