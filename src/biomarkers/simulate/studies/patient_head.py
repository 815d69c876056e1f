"""The head of a patient: where tissues lie, in its own coordinates, and so in any scanner.

A slab across the upper head: scalp, bone, a ribbon of grey matter around white, a tumour in the
right hemisphere, and a vessel wide enough to hold whole voxels of blood. Axes are the scanner's: x
to the patient's right, y to the back, z to the top. Everything is a function of the place in the
head, so that a scanner of any grid sees it wherever the patient lies, and nothing is interpolated
twice.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
import numpy.typing as npt
from scipy.ndimage import gaussian_filter, map_coordinates
from scipy.spatial.transform import Rotation

from biomarkers.arrays import BoolArray, FloatArray

# In the order in which they are laid over each other.
TISSUES = ("air", "scalp", "bone", "grey", "white", "blood", "tumour")

# Half axes of ellipses across the head, mm.
_OUTLINES = MappingProxyType(
    {"scalp": (78.0, 92.0), "bone": (73.0, 87.0), "grey": (67.0, 81.0), "white": (61.0, 75.0)}
)
# A carotid is 5 mm wide: this one holds voxels of blood alone, also when the head moves.
_ARTERY_CENTRE, _ARTERY_RADIUS = (0.0, -68.0), 7.5
_TUMOUR_CENTRE, _TUMOUR_JITTER = (32.0, 8.0, 0.0), (4.0, 12.0, 2.0)
# Normal white matter, opposite the tumour.
_CONTRALATERAL_CENTRE, _CONTRALATERAL_RADIUS = (-32.0, 8.0, 0.0), 12.0
_RAGGED = 0.10

# Where smooth fields are drawn: mm from the middle of the head, and between the points.
_REACH, _STEP = np.array([100.0, 112.0, 40.0]), 4.0
_SMOOTHNESS_MM = 6.0
FIELDS = ("border", "Ktrans", "ve", "vp", "T1", "SUVmean", "arrival")


@dataclass(frozen=True, eq=False)
class Pose:
    """How a head lies in a scanner.

    Parameters
    ----------
    shift_mm
        (3,), of the middle of the head from that of the scanner.
    turn_deg
        (3,), about x, y and z.

    """

    shift_mm: FloatArray
    turn_deg: FloatArray

    def in_head(self, points: FloatArray) -> FloatArray:
        """Return where points of the scanner, (..., 3), mm, lie in the head."""
        turned = Rotation.from_euler("xyz", self.turn_deg, degrees=True).as_matrix()
        return np.asarray((points - self.shift_mm) @ turned)


@dataclass(frozen=True, eq=False)
class Anatomy:
    """What does not change of a patient's head.

    Parameters
    ----------
    centre
        Middle of the tumour, (3,), mm.
    fields
        Each of `FIELDS`: smooth, standardised, on a lattice.

    """

    centre: FloatArray
    fields: Mapping[str, FloatArray]

    def field(self, name: str, places: FloatArray) -> FloatArray:
        """Return a field at places in the head, (..., 3), mm."""
        index = np.moveaxis((places + _REACH) / _STEP, -1, 0)
        return np.asarray(map_coordinates(self.fields[name], index, order=1, mode="nearest"))

    def distance(self, places: FloatArray) -> FloatArray:
        """Return how late the growing tumour reaches places, mm; infinite where it never does."""
        away = np.linalg.norm(places - self.centre, axis=-1)
        away = away * np.exp(_RAGGED * self.field("border", places))
        return np.where(_within(places, "grey") & ~in_artery(places), away, np.inf)


def draw_anatomy(rng: np.random.Generator) -> Anatomy:
    """Draw where the tumour sits, how ragged its border is and how uneven its inside."""
    centre = np.array(_TUMOUR_CENTRE) + rng.uniform(-1.0, 1.0, 3) * _TUMOUR_JITTER
    return Anatomy(centre, {name: _smooth_field(rng) for name in FIELDS})


def draw_pose(rng: np.random.Generator, *, shift_mm: float, turn_deg: float) -> Pose:
    """Draw how a head lies, from standard deviations along and about each axis."""
    return Pose(rng.normal(0.0, shift_mm, 3), rng.normal(0.0, turn_deg, 3))


def tissues(anatomy: Anatomy, places: FloatArray, size: float) -> npt.NDArray[np.int8]:
    """Return the index in `TISSUES` at places in the head, (..., 3), mm.

    Parameters
    ----------
    anatomy
        Of the head.
    places
        (..., 3), mm.
    size
        The tumour takes what it reaches first, mm; see `growth`.

    """
    code = np.zeros(places.shape[:-1], dtype=np.int8)
    for name in _OUTLINES:
        code[_within(places, name)] = TISSUES.index(name)
    code[in_artery(places)] = TISSUES.index("blood")
    code[anatomy.distance(places) <= size] = TISSUES.index("tumour")
    return code


def growth(anatomy: Anatomy, places: FloatArray, voxels: int) -> float:
    """Return the `size` of a tumour of so many voxels, if these lie at some places, mm."""
    distance = np.sort(anatomy.distance(places), axis=None)
    reached = distance[np.isfinite(distance)]
    return float(reached[min(max(voxels, 1), reached.size) - 1])


def in_artery(places: FloatArray, *, clear_mm: float = 0.0) -> BoolArray:
    """Return which places lie in the artery, and clear of its wall by so much."""
    away = np.hypot(places[..., 0] - _ARTERY_CENTRE[0], places[..., 1] - _ARTERY_CENTRE[1])
    return np.asarray(away <= _ARTERY_RADIUS - clear_mm)


def in_contralateral(places: FloatArray) -> BoolArray:
    """Return which places lie in the region of normal white matter opposite the tumour."""
    away = np.linalg.norm(places - np.array(_CONTRALATERAL_CENTRE), axis=-1)
    return np.asarray(away <= _CONTRALATERAL_RADIUS)


def _within(places: FloatArray, outline: str) -> BoolArray:
    a, b = _OUTLINES[outline]
    return np.asarray((places[..., 0] / a) ** 2 + (places[..., 1] / b) ** 2 <= 1.0)


def _smooth_field(rng: np.random.Generator) -> FloatArray:
    """Return smooth noise of mean 0 and standard deviation 1 on the lattice."""
    shape = (2.0 * _REACH / _STEP).astype(int) + 1
    field = gaussian_filter(rng.normal(size=shape), _SMOOTHNESS_MM / _STEP, mode="wrap")
    return np.asarray((field - field.mean()) / field.std())
