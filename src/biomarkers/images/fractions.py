"""Regions on a grid coarser than that they were drawn on: how much of each voxel lies in each."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Protocol

import numpy as np
import numpy.typing as npt

from biomarkers.arrays import BoolArray, FloatArray, IntArray
from biomarkers.checks import as_numbers
from biomarkers.errors import InputError
from biomarkers.images.grid import Grid, same_grid, voxel_size
from biomarkers.images.image import Image
from biomarkers.images.labels import LabelMap

# A mean of fewer voxels than this is mostly that of its neighbours, by blur and by partial volume.
FEWEST_EFFECTIVE = 10.0
# A region that loses more of its volume than this at the border is not wholly measured.
LOST = 0.02
# Points of each voxel at which the labels are looked up.
_POINTS = 512
# An edge of a grid that counts as no longer than that of another.
_SAME_EDGE = 1.01


class PointMap(Protocol):
    """What says where points of one image lie in another, for instance a `Transform`."""

    def map_points(self, points: FloatArray) -> FloatArray:
        """Return where points of the fixed image, (N, 3), mm, lie in the moving one."""


@dataclass(frozen=True, eq=False)
class Fractions:
    """How much of each voxel of a grid lies in each region.

    Takes the place of a `LabelMap` where values of regions are wanted: they are weighted.

    Parameters
    ----------
    parts
        Fraction of each voxel, (x, y, z), 0 to 1, by the name of the region.
    affine
        Voxel indices to mm, (4, 4).
    source
        What they came from.
    drawn
        Volume of each region as it was drawn, mm^3; that of `parts` if not known.

    Examples
    --------
    >>> import numpy as np
    >>> from biomarkers.images import Fractions
    >>> part = np.array([0.25, 1.0, 1.0, 0.5]).reshape(4, 1, 1)
    >>> fractions = Fractions({"tumor": part}, np.diag([2.0, 2.0, 2.0, 1.0]), "an example")
    >>> fractions.regions, round(fractions.volumes()["tumor"], 6)  # 2.75 voxels of 8 mm^3
    (('tumor',), 22.0)

    """

    parts: Mapping[str, FloatArray]
    affine: FloatArray
    source: str
    drawn: Mapping[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name, part in self.parts.items():
            if np.ndim(part) != 3 or np.shape(part) != self.shape:
                raise InputError(f"{self.source}: fractions of {name!r} have shape {part.shape}")
            if not (part >= 0.0).all() or not (part <= 1.0).all():
                raise InputError(f"{self.source}: fractions of {name!r} are not from 0 to 1")

    @property
    def shape(self) -> tuple[int, ...]:
        """Number of voxels along each axis."""
        return next((np.shape(part) for part in self.parts.values()), (0, 0, 0))

    @property
    def regions(self) -> tuple[str, ...]:
        """Names of the regions."""
        return tuple(self.parts)

    @property
    def image(self) -> Image:
        """The sum of all fractions as an image on the grid."""
        return Image(np.sum(list(self.parts.values()), axis=0), self.affine, self.source)

    def weights(self, region: str) -> FloatArray:
        """Return the fraction of each voxel that lies in a region, (x, y, z).

        Raises
        ------
        InputError
            If there is no such region.

        Examples
        --------
        >>> import numpy as np
        >>> from biomarkers.images import Fractions
        >>> part = np.array([0.25, 1.0, 1.0, 0.5]).reshape(4, 1, 1)
        >>> Fractions({"tumor": part}, np.eye(4), "an example").weights("tumor").ravel().tolist()
        [0.25, 1.0, 1.0, 0.5]

        """
        if region not in self.parts:
            known = ", ".join(self.regions) or "none"
            raise InputError(f"{self.source} has no region {region!r}; it has {known}")
        return self.parts[region]

    def mask(self, region: str) -> BoolArray:
        """Return the voxels that stand for a region where none can be shared: those of `labels`.

        Examples
        --------
        >>> import numpy as np
        >>> from biomarkers.images import Fractions
        >>> part = np.array([0.25, 1.0, 1.0, 0.5]).reshape(4, 1, 1)
        >>> Fractions({"tumor": part}, np.eye(4), "an example").mask("tumor").ravel().tolist()
        [False, True, True, True]

        """
        if region not in self.labels.regions:
            return np.zeros_like(self.weights(region), dtype=bool)
        return self.labels.mask(region)

    def volumes(self) -> dict[str, float]:
        """Return the volume of each region on this grid, mm^3.

        Examples
        --------
        >>> import numpy as np
        >>> from biomarkers.images import Fractions
        >>> part = np.array([0.25, 1.0, 1.0, 0.5]).reshape(4, 1, 1)
        >>> fractions = Fractions({"tumor": part}, np.diag([2.0, 2.0, 2.0, 1.0]), "an example")
        >>> {name: round(volume, 6) for name, volume in fractions.volumes().items()}
        {'tumor': 22.0}

        """
        voxel = float(abs(np.linalg.det(self.affine[:3, :3])))
        return {name: float(part.sum()) * voxel for name, part in self.parts.items()}

    def doubt(self, region: str) -> str:
        """Return why values of a region are doubtful; empty if they are not.

        Examples
        --------
        >>> import numpy as np
        >>> from biomarkers.images import Fractions
        >>> part = np.array([0.25, 1.0, 1.0, 0.5]).reshape(4, 1, 1)
        >>> Fractions({"tumor": part}, np.eye(4), "an example").doubt("tumor")
        '3.3 effective voxels, fewer than 10'

        """
        weights = self.weights(region)
        if not weights.any():
            return "no part of it lies on the grid"
        here, drawn = self.volumes()[region], self.drawn.get(region, 0.0)
        words = []
        if here < (1.0 - LOST) * drawn:
            words.append(f"{1.0 - here / drawn:.0%} of its volume lies outside the grid")
        if (n := effective_voxels(weights)) < FEWEST_EFFECTIVE:
            words.append(f"{n:.1f} effective voxels, fewer than {FEWEST_EFFECTIVE:g}")
        return "; ".join(words)

    def only(self, regions: tuple[str, ...]) -> "Fractions":
        """Return some of the regions.

        Examples
        --------
        >>> import numpy as np
        >>> from biomarkers.images import Fractions
        >>> part = np.array([0.25, 1.0, 1.0, 0.5]).reshape(4, 1, 1)
        >>> both = Fractions({"tumor": part, "brain": 1 - part}, np.eye(4), "an example")
        >>> both.only(("brain",)).volumes()
        {'brain': 1.25}

        """
        kept = {name: part for name, part in self.parts.items() if name in regions}
        return replace(self, parts=kept)

    @cached_property
    def labels(self) -> LabelMap:
        """Each voxel in one region at most, each region with its volume, to half a voxel.

        A region takes, of the voxels in which it has the largest share, those with most of it: as
        many as hold its volume, and one at least.

        Examples
        --------
        >>> import numpy as np
        >>> from biomarkers.images import Fractions
        >>> part = np.array([0.2, 1.0, 1.0, 0.6]).reshape(4, 1, 1)
        >>> both = Fractions({"tumor": part, "brain": 1 - part}, np.eye(4), "an example")
        >>> both.labels.image.data.ravel().tolist(), both.labels.names
        ([2, 1, 1, 1], {1: 'tumor', 2: 'brain'})

        """
        parts = np.array(list(self.parts.values()))
        data = np.zeros(self.shape, dtype=np.int32)
        largest = parts.argmax(axis=0) if len(parts) else data
        for index, part in enumerate(parts):
            own = np.where(largest == index, part, 0.0).ravel()
            count = min(max(round(float(part.sum())), 1), int((own > 0.0).sum()))
            data.flat[np.argsort(-own, kind="stable")[:count]] = index + 1
        names = {
            index: name for index, name in enumerate(self.parts, start=1) if (data == index).any()
        }
        return LabelMap(Image(data, self.affine, self.source), names)


def effective_voxels(weights: npt.ArrayLike) -> float:
    """Return how many whole voxels a weighted mean is worth: (Σw)² / Σw²; 0 of none.

    Examples
    --------
    >>> from biomarkers.images import effective_voxels
    >>> effective_voxels([1, 1, 1, 1]), effective_voxels([1, 1, 0.5, 0.5])
    (4.0, 3.6)

    """
    w = as_numbers("weights", weights)
    largest = np.abs(w).max(initial=0.0)
    if not largest > 0.0:
        return 0.0
    w = w / largest  # squares of what is very large or small are no numbers
    return float(w.sum()) ** 2 / float(np.sum(w**2))


def label_fractions(labels: LabelMap, like: Grid, *, through: PointMap | None = None) -> Fractions:
    """Return how much of each voxel of a grid lies in each region of a label map.

    Labels are looked up at 512 points of every voxel, the same in each, none above another along
    any axis: their fractions are those of a count, and add up to the volume that was drawn.

    Parameters
    ----------
    labels
        The map, on a grid of its own.
    like
        An image or header whose grid is taken.
    through
        Where points of `like` lie in the image that the labels were drawn on, for instance a
        `Transform` from `register`; in the same place if not given.

    Returns
    -------
    Fractions
        Of every region of the map, also one that lies outside.

    Examples
    --------
    >>> from biomarkers.images import Image, LabelMap, label_fractions
    >>> import numpy as np
    >>> data = np.zeros((8, 8, 8)); data[1:4, 2:6, 2:6] = 1
    >>> fine = LabelMap(Image(data, np.eye(4), "drawn"), {1: "tumor"})
    >>> affine = np.diag([2.0, 2.0, 2.0, 1.0]); affine[:3, 3] = 0.5
    >>> coarse = label_fractions(fine, Image(np.zeros((4, 4, 4)), affine, "pet"))
    >>> coarse.weights("tumor")[:, 1, 1].round(1)
    array([0.5, 1. , 0. , 0. ])
    >>> round(coarse.volumes()["tumor"])
    48

    """
    shape = tuple(like.shape[:3])
    codes = np.zeros(int(np.max(labels.image.data, initial=0)) + 1, dtype=np.int64)
    kept = sorted(labels.names)
    codes[kept] = np.arange(1, len(kept) + 1)
    coded = codes[np.asarray(labels.image.data, dtype=np.int64)]
    near = _near(coded > 0, labels.affine, like, through)
    counts = np.zeros((len(kept) + 1, len(near)))
    column = np.arange(len(near))
    for offset in _offsets(_POINTS):
        places = _places(near + offset, labels.affine, like.affine, through)
        counts[_looked_up(coded, np.rint(places).astype(np.int64)), column] += 1.0
    parts = {}
    for code, label in enumerate(kept, start=1):
        part = np.zeros(shape)
        part[tuple(near.T)] = counts[code] / _POINTS
        parts[labels.names[label]] = part
    source = f"{labels.source} on the grid of {like.source}"
    return Fractions(parts, like.affine, source, labels.volumes())


def place_labels(
    labels: LabelMap, like: Grid, *, through: PointMap | None = None
) -> LabelMap | Fractions:
    """Bring a label map to the grid of another image so that the volume of regions is kept.

    Parameters
    ----------
    labels, like, through
        As in `label_fractions`.

    Returns
    -------
    LabelMap or Fractions
        Labels on a grid no coarser than their own, each region with its volume to half a voxel;
        fractions of voxels on a coarser one, or where a region does not lie wholly on the grid.
        `labels` itself on its own grid.

    Examples
    --------
    >>> import numpy as np
    >>> from biomarkers.images import Image, LabelMap, place_labels
    >>> data = np.zeros((16, 16, 16)); data[4:12, 4:12, 4:12] = 1
    >>> drawn = LabelMap(Image(data, np.eye(4), "drawn"), {1: "tumor"})
    >>> affine = np.diag([3.0, 3.0, 3.0, 1.0])
    >>> placed = place_labels(drawn, Image(np.zeros((6, 6, 6)), affine, "pet"))
    >>> type(placed).__name__, round(placed.volumes()["tumor"])  # 512 mm^3 were drawn
    ('Fractions', 512)

    """
    if through is None and same_grid(labels, like):
        return labels
    fractions = label_fractions(labels, like, through=through)
    if is_coarser(like, labels) or any(map(fractions.doubt, fractions.regions)):
        return fractions
    return fractions.labels


def is_coarser(grid: Grid, other: Grid) -> bool:
    """Whether a grid has a longer edge than another, the shortest compared with the shortest."""
    ours, theirs = (np.sort(voxel_size(each.affine)) for each in (grid, other))
    return bool((ours > _SAME_EDGE * theirs).any())


def _offsets(count: int) -> FloatArray:
    """Return points of a voxel, (count, 3), from -1/2 to 1/2, evenly spread also along each axis.

    The additive recurrence of the plastic number's kin: the root g of g⁴ = g + 1.
    """
    g = 1.2207440846057596
    steps = g ** -np.arange(1.0, 4.0)
    return np.asarray((0.5 + np.arange(1, count + 1)[:, None] * steps) % 1.0 - 0.5)


def _near(inside: BoolArray, affine: FloatArray, like: Grid, through: PointMap | None) -> IntArray:
    """Return the voxels of a grid, (N, 3), that may hold some of what is inside a region."""
    every = np.indices(like.shape[:3]).reshape(3, -1).T
    if not inside.any():
        return every[:0]
    places = _places(every.astype(float), affine, like.affine, through)
    drawn = np.argwhere(inside)
    # Half a diagonal of a voxel here, in voxels there, and half a voxel there.
    reach = 0.5 + 0.6 * np.linalg.norm(voxel_size(like.affine)) / voxel_size(affine)
    near = (places >= drawn.min(axis=0) - reach) & (places <= drawn.max(axis=0) + reach)
    return np.asarray(every[near.all(axis=1)])


def _places(
    voxels: FloatArray, affine: FloatArray, like: FloatArray, through: PointMap | None
) -> FloatArray:
    """Return where points of one grid, (N, 3), voxels, lie in another, voxels."""
    mm = voxels @ like[:3, :3].T + like[:3, 3]
    mm = mm if through is None else through.map_points(mm)
    there = np.linalg.inv(affine)
    return np.asarray(mm @ there[:3, :3].T + there[:3, 3])


def _looked_up(coded: IntArray, places: IntArray) -> IntArray:
    """Return the codes at voxels, (N, 3); 0 outside."""
    inside = ((places >= 0) & (places < coded.shape)).all(axis=1)
    codes = np.zeros(len(places), dtype=np.int64)
    codes[inside] = coded[tuple(places[inside].T)]
    return codes
