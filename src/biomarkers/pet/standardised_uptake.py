"""Standardised uptake values: activity over what was injected and who it was injected into."""

import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np

from biomarkers.arrays import BoolArray
from biomarkers.checks import as_numbers
from biomarkers.errors import InputError, UnusualValueWarning
from biomarkers.images import Image
from biomarkers.pet.body import (
    Body,
    known_weight,
    lean_mass_james,
    lean_mass_janmahasatian,
    surface,
)
from biomarkers.pet.plausibility import doubts
from biomarkers.pet.scan import Scan
from biomarkers.timing import Frames

Window = tuple[float, float]

# Injected fractions per gram are of tissue of the density of water, as it is usual.
_DENSITY_G_ML = 1.0


@dataclass(frozen=True)
class Kind:
    """A way to normalise uptake.

    Parameters
    ----------
    prefix
        What its biomarkers begin with: `SUV` for `SUVmean`.
    unit
        Of the values.
    size
        What activity over dose is multiplied by.

    """

    prefix: str
    unit: str
    size: Callable[[Body], float]


KINDS: Mapping[str, Kind] = MappingProxyType(
    {
        "bw": Kind("SUV", "g/mL", known_weight),
        "lbm-janmahasatian": Kind("SUL", "g/mL", lean_mass_janmahasatian),
        "lbm-james": Kind("SULjames", "g/mL", lean_mass_james),
        "bsa": Kind("SUVbsa", "cm^2/mL", surface),
        "%ID/g": Kind("IDg", "%/g", lambda _: 100.0 / _DENSITY_G_ML),
        "%ID/mL": Kind("IDmL", "%/mL", lambda _: 100.0),
    }
)


def suv(scan: Scan, *, kind: str = "bw", window: Window | None = None) -> Image:
    """Return standardised uptake values.

    Activity and dose are both brought to the start of injection; the nuclide's decay cancels,
    whatever time the image was corrected to, or if it was not.

    Parameters
    ----------
    scan
        With its dose, and of the body what the kind needs.
    kind
        `bw`: per body weight, g/mL. `lbm-janmahasatian` (as EANM and PERCIST now advise) and
        `lbm-james`: per lean body mass, g/mL. `bsa`: per body surface (Du Bois), cm^2/mL. `%ID/g`
        (of tissue of 1 g/mL) and `%ID/mL`: per cent of the injected dose. Lean mass and surface
        are refused for animals.
    window
        From and to, s after the start of injection: the mean of the frames whose middle lies in
        it, each by its duration. Not given: every frame for itself.

    Returns
    -------
    Image
        (x, y, z) if there is one frame or a window was given, else (x, y, z, T).

    Raises
    ------
    InputError
        If dose, weight, height or sex is needed and not known, the body is no adult human's, the
        kind is unknown, or no frame lies in the window.

    Warns
    -----
    UnusualValueWarning
        For each of the scan's `doubts`: numbers that look like those of another unit, or cannot
        belong together.

    Examples
    --------
    80 kBq/mL of 20 MBq in a rat of 250 g, which evenly spread would be 80 kBq/g:

    >>> import numpy as np
    >>> from biomarkers import pet
    >>> from biomarkers.images import Image
    >>> from biomarkers.timing import Frames
    >>> image = Image(np.full((8, 8, 8), 80.0), np.eye(4), "simulated", unit="kBq/mL")
    >>> frames = Frames([3600.0], [600.0])
    >>> body = pet.Body(weight_g=250.0, species="rattus norvegicus")
    >>> nuclide = pet.nuclide("F18")
    >>> scan = pet.Scan(image, frames, nuclide, dose_mbq=20.0, body=body, tracer="FLT")
    >>> pet.suv(scan).data.mean().round(3).tolist()
    1.0

    """
    how = known_kind(kind)
    corrected = scan.decay_corrected()
    if window is not None:
        corrected = corrected.merged(frames_within(scan.frames, window, source=scan.source))
    if scan.dose_mbq is None:
        raise InputError(
            f"{scan.source}: dose_mbq is not known; give InjectedRadioactivity in the sidecar"
        )
    try:
        size = how.size(scan.body)
    except InputError as error:
        raise InputError(f"{scan.source}: {error}") from error
    for words in doubts(scan, window):
        warnings.warn(UnusualValueWarning(words), stacklevel=2)
    dose_kbq = 1000.0 * scan.dose_mbq
    data = np.asarray(corrected.image.data) * (size / dose_kbq)
    return corrected.image.with_data(data, source=corrected.source, unit=how.unit)


def known_kind(kind: str) -> Kind:
    """Return a kind of uptake value by name, or raise `InputError`."""
    if kind not in KINDS:
        raise InputError(f"kind is {kind!r}; expected one of {', '.join(KINDS)}")
    return KINDS[kind]


def frames_within(frames: Frames, window: Window, *, source: str) -> BoolArray:
    """Return which frames have their middle in a window, (T,), or raise `InputError` if none.

    Examples
    --------
    >>> from biomarkers.pet import frames_within
    >>> from biomarkers.timing import Frames
    >>> frames = Frames([0.0, 1800.0, 3600.0], [1800.0, 1800.0, 1800.0])
    >>> frames_within(frames, (2400.0, 5400.0), source="window")
    array([False,  True,  True])

    """
    limits = as_numbers("window", window)
    if limits.shape != (2,) or not limits[0] <= limits[1]:
        raise InputError(f"window is {window!r}; expected (from, to), s after the injection")
    start, end = limits
    inside = np.asarray((frames.mid >= start) & (frames.mid <= end))
    if not inside.any():
        raise InputError(
            f"{source}: no frame has its middle between {start:g} and {end:g} s after the "
            f"injection; frames lie from {frames.start[0]:g} to {frames.end[-1]:g} s"
        )
    return inside
