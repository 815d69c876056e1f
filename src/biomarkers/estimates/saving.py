"""Parameter maps on disk: each a NIfTI image with a JSON sidecar, as BIDS derivatives have them."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from biomarkers import __version__
from biomarkers.errors import InputError
from biomarkers.files import write_json
from biomarkers.images.grid import Grid
from biomarkers.images.image import write_image
from biomarkers.units import canonical_unit

if TYPE_CHECKING:
    from biomarkers.estimates.values import EstimatedValues

# What the measures of quality are; their units where they have one.
QUALITY: Mapping[str, Mapping[str, str]] = {
    "rss": {"Description": "Weighted residual sum of squares"},
    "r2": {"Description": "Share of the variance that the fit explains", "Units": ""},
    "aicc": {"Description": "Akaike's criterion, corrected for small samples", "Units": ""},
    "rmse": {"Description": "Root mean square of the residuals"},
    "deviation": {
        "Description": "Largest distance of a point from the line, relative to the line",
        "Units": "",
    },
    "residual_sd": {"Description": "Standard deviation of the residuals"},
    "snr": {"Description": "Height of the tallest peak by the noise", "Units": ""},
    "fwhm_hz": {"Description": "Full width at half maximum of a line", "Units": "Hz"},
    "ppm_shift": {"Description": "By how much a spectrum lay above its basis", "Units": "ppm"},
    "whiteness": {"Description": "p-value that the residuals are noise", "Units": ""},
}


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
        stem = f"{prefix}{file_name(each.name)}"
        path = Path(folder) / f"{stem}.nii.gz"
        written.append(write_image(path, each.values, like))
        sidecar = {**each.sidecar, **origin, **generator}
        write_json(path.with_name(f"{stem}.json"), sidecar)
    return written


def file_name(name: str) -> str:
    """Return what the map of a quantity is called: a ratio loses its stroke.

    Examples
    --------
    >>> from biomarkers.estimates.saving import file_name
    >>> file_name("tNAA/tCr")
    'tNAAtCr'

    """
    return name.replace("/", "")


def saved_maps(estimates: "EstimatedValues") -> Iterator[SavedMap]:
    """Yield values and errors of every quantity, what tells of the fit's quality, and flags."""
    for each in estimates.quantities:
        units = {"Units": canonical_unit(each.unit)}
        code = {"CAPLEX": each.caplex} if each.caplex else {}
        said = {"Description": each.meaning, **units, **code}
        yield SavedMap(each.name, estimates.values[each.name], said)
        if each.name in estimates.se:
            error = {"Description": f"Standard error of {each.name}", **units}
            yield SavedMap(f"{each.name}_se", estimates.se[each.name], error)
    for name, values in estimates.quality.items():
        yield SavedMap(name, values, QUALITY.get(name, {"Description": name}))
    yield flag_map(estimates)


def flag_map(estimates: "EstimatedValues") -> SavedMap:
    """Return the bits of the reasons; the sidecar names them."""
    reasons = estimates.reasons
    remarks = [words for bit, words in reasons.levels.items() if bit & reasons.remarks]
    said = {
        "Description": "Why a value is not to be trusted; values add up; 0 is nothing",
        "Levels": {str(bit): words for bit, words in reasons.levels.items()},
        "RemarksOnly": remarks,
    }
    return SavedMap("flags", reasons.bits, said)
