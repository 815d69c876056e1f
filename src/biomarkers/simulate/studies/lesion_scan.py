"""A T1-weighted scan after contrast agent, before treatment: lesions in a piece of brain.

All lesions of a patient look alike but for a spread of their own; scanners differ in resolution,
noise and gain, and no two scans lie alike in the coil.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from types import MappingProxyType

import numpy as np
import numpy.typing as npt
from scipy.ndimage import gaussian_filter

from biomarkers.arrays import FloatArray
from biomarkers.images import Image
from biomarkers.simulate.declaration import TrueValue
from biomarkers.simulate.documents import SEGMENTATION
from biomarkers.simulate.lesions import Look, paint, smooth_noise
from biomarkers.simulate.noise import received
from biomarkers.simulate.partial_volume import centred_grid
from biomarkers.simulate.writing import Session

Triple = tuple[float, float, float]

SUFFIX = "ce-gadolinium_T1w"
TR, TE, FLIP = 0.012, 0.004, 20
# Standard deviation between the lesions of a patient, of the logarithm; chosen.
LESION_SPREAD: Mapping[str, float] = MappingProxyType(
    {
        "volume": 0.4,
        "enhancement": 0.05,
        "rim": 0.05,
        "rim_width": 0.05,
        "heterogeneity": 0.08,
        "grain": 0.05,
    }
)
# Signal of brain over that of the full magnetisation, and its spread between grey and white.
_BRAIN, _GREY = 0.20, 0.06
_GREY_MM = 5.0
# Sensitivity of the coil: standard deviation of its logarithm at the edge of the image, by axis.
_UNEVEN = 0.10
# Standard deviation of the logarithm of blur and noise from scan to scan; chosen.
_SCAN_SPREAD = 0.25
# Highest signal that the files hold.
_MOST = 1.05


@dataclass(frozen=True)
class Scanner:
    """Standard deviation of its blur, mm; noise in each channel; gain."""

    blur_mm: float
    noise: float
    gain: float


SCANNERS: Mapping[str, Scanner] = MappingProxyType(
    {"A": Scanner(0.7, 0.006, 1.0), "B": Scanner(1.0, 0.010, 0.8)}
)


@dataclass(frozen=True)
class Frame:
    """Where lesions may lie.

    Parameters
    ----------
    shape, voxel_mm
        Of the image.
    half_mm
        Half the width of the piece of brain; air is around it.
    places
        Middles of lesions, mm from the middle of the image, in the order in which they are taken.
    jitter_mm
        How far off they may be along each axis.
    most_mm3
        Volume that still fits.

    """

    shape: tuple[int, int, int]
    voxel_mm: Triple
    half_mm: float
    places: tuple[Triple, ...]
    jitter_mm: float
    most_mm3: float

    def axes(self) -> tuple[FloatArray, ...]:
        """Return x, y and z of the voxels from the middle, mm, so that they broadcast."""
        return np.ix_(
            *(
                edge * (np.arange(size) - 0.5 * (size - 1))
                for size, edge in zip(self.shape, self.voxel_mm, strict=True)
            )
        )


@dataclass(frozen=True, eq=False)
class Scene:
    """What lies in the scanner: signal, the drawn lesions, and the look of each by its region."""

    frame: Frame
    signal: FloatArray
    labels: npt.NDArray[np.int16]
    looks: Mapping[str, Look]

    @cached_property
    def grid(self) -> Image:
        """An empty image."""
        return centred_grid(self.frame.shape, self.frame.voxel_mm)


def scene(frame: Frame, session: Session) -> Scene:
    """Return a patient's brain with every lesion that the patient has."""
    names = list(session.declaration.regions)[: session.subject.traits.get("lesions", 1)]
    signal, labels = _brain(frame, session.stream("brain")), np.zeros(frame.shape, dtype=np.int16)
    looks = {}
    for name, place in zip(names, frame.places, strict=False):
        rng = session.stream(name)
        looks[name] = _look(session, frame.most_mm3, rng)
        corner = [0.5 * (n - 1) * edge for n, edge in zip(frame.shape, frame.voxel_mm, strict=True)]
        x, y, z = np.add(place, corner) + rng.uniform(-frame.jitter_mm, frame.jitter_mm, 3)
        paint(signal, labels, looks[name], centre=(x, y, z), voxel_mm=frame.voxel_mm, rng=rng)
    return Scene(frame, signal, labels, looks)


def _look(session: Session, most_mm3: float, rng: np.random.Generator) -> Look:
    """Return the look of one lesion: the patient's, and a spread of its own."""
    several = len(session.declaration.regions) > 1
    values = {
        name: session.state.values[name] * float(np.exp(spread * rng.normal() * several))
        for name, spread in LESION_SPREAD.items()
    }
    return Look(**values | {"volume": min(values["volume"], most_mm3)})


def _brain(frame: Frame, rng: np.random.Generator) -> FloatArray:
    """Return a piece of brain, rounded at its corners, in air."""
    x, y, _ = frame.axes()
    uneven = np.tanh(2.0 * smooth_noise(frame.shape, _GREY_MM, frame.voxel_mm, rng))
    inside = (x / frame.half_mm) ** 4 + (y / frame.half_mm) ** 4 <= 1.0
    return np.asarray(_BRAIN * np.exp(_GREY * uneven) * inside)


def scan_t1(session: Session, scene: Scene) -> None:
    """Write the image as the patient's scanner gives it, and the lesions as drawn on it."""
    frame, rng = scene.frame, session.stream("T1w")
    scanner = SCANNERS[session.subject.traits["scanner"]]
    # How still the patient lies, and how well the coil fits, differs from scan to scan.
    blur, noise = np.exp(_SCAN_SPREAD * rng.normal(size=2)) * (scanner.blur_mm, scanner.noise)
    blurred = gaussian_filter(scene.signal, [blur / edge for edge in frame.voxel_mm])
    seen = np.minimum(blurred * scanner.gain * _sensitivity(frame, rng), _MOST)
    image = received(seen, noise=float(noise), rng=rng)
    sidecar = {
        "ManufacturersModelName": f"scanner {session.subject.traits['scanner']}",
        "MagneticFieldStrength": 3.0,
        "RepetitionTime": TR,
        "EchoTime": TE,
        "FlipAngle": FLIP,
        "ContrastBolusIngredient": "GADOLINIUM",
    }
    session.image("anat", SUFFIX, image, scene.grid, sidecar)
    session.derived(SEGMENTATION, "anat", "dseg", scene.labels, scene.grid, dtype=np.int16)


def _sensitivity(frame: Frame, rng: np.random.Generator) -> FloatArray:
    """Return the smooth sensitivity of the coil, 1 in the middle, (x, y, z)."""
    x, y, z = (axis / frame.half_mm for axis in frame.axes())
    a, b, c = rng.normal(0.0, _UNEVEN, 3)
    return np.asarray(np.exp(a * x + b * y + 0.5 * c * (x**2 + y**2 + z**2)))


def truth(session: Session, scene: Scene, scans: tuple[str, ...]) -> Iterator[TrueValue]:
    """Yield of every lesion what it was made of; its volume is that of its voxels."""
    del session, scans
    voxel = float(np.prod(scene.frame.voxel_mm))
    for label, (name, look) in enumerate(scene.looks.items(), start=1):
        drawn = voxel * int((scene.labels == label).sum())
        for each in LESION_SPREAD:
            yield name, each, drawn if each == "volume" else getattr(look, each)
