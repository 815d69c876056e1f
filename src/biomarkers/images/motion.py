"""Motion in a series of volumes: each aligned with one of them, whatever contrast does."""

from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from biomarkers.arrays import BoolArray, FloatArray
from biomarkers.errors import GeometryError, ImageError, InputError, MotionWarning, warn
from biomarkers.images.image import Image
from biomarkers.images.interpolation import inverted, move_points
from biomarkers.images.kinds import AnyImage, as_image, grid_of, like_given
from biomarkers.images.pictures import changes_between
from biomarkers.images.registration import mask_on
from biomarkers.images.registration.gauss_newton import Kind, align
from biomarkers.images.registration.levels import Level, finest_edge, frame_of, levels_of
from biomarkers.images.scaled import empty_like
from biomarkers.images.transforms import Transform

KINDS = ("rigid", "affine")


@dataclass(frozen=True, eq=False)
class MotionCorrected:
    """A series whose volumes lie where one of them does.

    Parameters
    ----------
    image
        The series, of the kind that was given, (x, y, z, time); NaN where a volume did not reach.
    transforms
        Reference mm to mm of each volume, (n, 4, 4); identity for the reference.
    score
        A row for each volume: `volume` (from 0), `voxels` (how far the object lies from where it
        is in the reference, root mean square over its edges, in voxel edges), `degrees`,
        `framewise_mm` (the same from the volume before, mm). NaN where a volume does not show how
        it lies; it is put where its nearest neighbour in time is.
    reference
        The volume that the others are aligned with.
    points
        Of the object in it, mm, (N, 3): where distances are measured.
    original
        The series as it was.

    Examples
    --------
    >>> import numpy as np
    >>> from biomarkers.images import Image, correct_motion
    >>> x, y, z = np.indices((24, 24, 12))
    >>> ball = 1.0 * ((x - 12) ** 2 + (y - 11) ** 2 + (z - 6) ** 2 < 20)
    >>> series = np.stack([ball, np.roll(ball, 1, axis=1)], axis=-1)
    >>> still = correct_motion(Image(series, np.eye(4), "an example"), reference=0)
    >>> (still.transforms[1, :3, 3].round(1) + 0.0).tolist()  # mm that the second volume lies off
    [0.0, 1.0, 0.0]

    """

    image: AnyImage
    transforms: FloatArray
    score: pd.DataFrame
    reference: int
    points: FloatArray
    original: Image

    def picture(self) -> bytes:
        """Draw the mean change from volume to volume, before and after, as PNG.

        Examples
        --------
        >>> import numpy as np
        >>> from biomarkers.images import Image, correct_motion
        >>> x, y, z = np.indices((24, 24, 12))
        >>> ball = 1.0 * ((x - 12) ** 2 + (y - 11) ** 2 + (z - 6) ** 2 < 20)
        >>> series = np.stack([ball, np.roll(ball, 1, axis=1)], axis=-1)
        >>> still = correct_motion(Image(series, np.eye(4), "an example"), reference=0)
        >>> still.picture()[1:4]
        b'PNG'

        """
        return changes_between([self.original, as_image("image", self.image)])


def correct_motion(
    series: AnyImage,
    *,
    reference: int | Literal["auto"] = "auto",
    kind: Literal["rigid", "affine"] = "rigid",
    mask: AnyImage | npt.ArrayLike | None = None,
) -> MotionCorrected:
    """Take the motion of an object out of a series.

    Every volume is aligned with one, as `register` does, from where it lies; contrast may come
    and go. Volumes are interpolated once, by cubic B-splines.

    Parameters
    ----------
    series
        (x, y, z, time), an `Image` or of nibabel.
    reference
        A volume, from 0; `auto` is the one with most signal.
    kind
        `rigid` or `affine`.
    mask
        Where to look, (x, y, z), on the grid of the series.

    Raises
    ------
    GeometryError
        If the series does not say where it lies, or the reference shows nothing to align with.
    ImageError
        If it is not 4-D.
    InputError
        If `reference`, `kind` or the mask cannot be.

    Warns
    -----
    MotionWarning
        If volumes do not show how they lie.

    Examples
    --------
    >>> from biomarkers.images import Image, correct_motion
    >>> import numpy as np
    >>> x, y, z = np.indices((24, 24, 12))
    >>> ball = 1.0 * ((x - 12) ** 2 + (y - 11) ** 2 + (z - 6) ** 2 < 20)
    >>> moving = np.stack([np.roll(ball, step, axis=0) for step in (0, 0, 1, 2)], axis=-1)
    >>> still = correct_motion(Image(moving, np.eye(4), "an example"), reference=0)
    >>> still.score["voxels"].round(1).tolist()
    [0.0, 0.0, 1.0, 2.0]

    """
    image = as_image("series", series)
    if len(image.shape) != 4:
        raise ImageError(f"{image.source} has shape {image.shape}; expected (x, y, z, time)")
    if kind not in KINDS:
        raise InputError(f"kind is {kind!r}; expected one of {', '.join(KINDS)}")
    inside = mask_on(image, mask)
    chosen = _reference(image, inside, reference)
    matrices, points = _matrices(image, chosen, kind, inside)
    known = np.array([matrix is not None for matrix in matrices])
    if not known.all():
        warn(MotionWarning(_unknown(image, np.flatnonzero(~known))))
    transforms = _lent(matrices, known)
    return MotionCorrected(
        like_given(series, _moved(image, transforms)),
        transforms,
        motion_score(transforms, points, image.affine, known=known),
        chosen,
        points,
        image,
    )


def _reference(image: Image, mask: BoolArray | None, reference: int | str) -> int:
    count = image.shape[3]
    if reference == "auto":
        inside = np.ones(image.shape[:3], dtype=bool) if mask is None else mask
        volumes = (_volume(image, number).data for number in range(count))
        return int(np.argmax([np.nan_to_num(each[inside]).sum() for each in volumes]))
    if isinstance(reference, bool) or not isinstance(reference, int | np.integer):
        raise InputError(f"reference is {reference!r}; expected 'auto' or the number of a volume")
    if not 0 <= reference < count:
        raise InputError(f"reference is {reference}; the {count} volumes count from 0")
    return int(reference)


def _volume(image: Image, number: int) -> Image:
    data = np.asarray(image.data[..., number], dtype=np.float64)
    return Image(data, image.affine, f"volume {number} of {image.source}")


def _matrices(
    image: Image, reference: int, kind: Kind, mask: BoolArray | None
) -> tuple[list[FloatArray | None], FloatArray]:
    """Return the matrix of every volume that shows how it lies, and points of the object, mm."""
    fixed = _volume(image, reference)
    edge, frame = finest_edge(fixed, fixed), frame_of(fixed, mask)
    targets = levels_of(fixed, edge, mask)
    matrices: list[FloatArray | None] = []
    for number in range(image.shape[3]):
        sources = None if number == reference else _levels_or_none(_volume(image, number), edge)
        if number == reference:
            matrices.append(np.eye(4))
        elif sources is None:
            matrices.append(None)
        else:
            found = align(targets, sources, frame, np.eye(4), kind)
            matrices.append(None if found.vague else found.matrix)
    return matrices, targets[0].points.at


def _levels_or_none(volume: Image, edge: float) -> list[Level] | None:
    try:
        return levels_of(volume, edge)
    except GeometryError:  # nothing in it: before a tracer arrives, say
        return None


def _unknown(image: Image, volumes: npt.NDArray[np.int64]) -> str:
    return (
        f"{image.source}: volumes {', '.join(map(str, volumes))} (from 0) do not show how they "
        "lie; each is put where its nearest neighbour in time is"
    )


def _lent(matrices: list[FloatArray | None], known: BoolArray) -> FloatArray:
    """Return a matrix for every volume, that of the nearest one where its own is not known."""
    there = np.flatnonzero(known)
    nearest = [there[np.argmin(np.abs(there - number))] for number in range(len(matrices))]
    return np.array([matrices[each] for each in nearest], dtype=np.float64)


def _moved(image: Image, transforms: FloatArray) -> Image:
    grid = grid_of("series", image)
    moved = empty_like(image.data)
    for number, matrix in enumerate(transforms):
        volume, still = _volume(image, number), np.array_equal(matrix, np.eye(4))
        there = volume if still else as_image("volume", Transform(matrix, grid).apply(volume))
        moved[..., number] = there.data
    return Image(moved, image.affine, f"{image.source}, motion taken out", image.unit)


def motion_score(
    transforms: FloatArray, points: FloatArray, affine: FloatArray, *, known: BoolArray
) -> pd.DataFrame:
    """Return the score of `MotionCorrected`; NaN where a transform is not known.

    Parameters
    ----------
    transforms
        Reference mm to mm of each volume, (n, 4, 4).
    points
        Where distances are measured, mm, (N, 3).
    affine
        Voxel indices of the series to mm, (4, 4).
    known
        (n,).

    """
    places = [move_points(matrix, points) for matrix in transforms]
    steps = [np.full(points.shape, np.nan), *(b - a for a, b in pairwise(places))]
    to_voxel = inverted(affine[:3, :3]).T
    voxels = [_root_mean_square((place - points) @ to_voxel) for place in places]
    score = pd.DataFrame(
        {
            "volume": np.arange(len(transforms)),
            "voxels": voxels,
            "degrees": [_angle(matrix) for matrix in transforms],
            "framewise_mm": [_root_mean_square(step) for step in steps],
        }
    )
    score.loc[~known, ["voxels", "degrees", "framewise_mm"]] = np.nan
    return score


def _root_mean_square(vectors: FloatArray) -> float:
    return float(np.sqrt((vectors**2).sum(axis=1).mean()))


def _angle(matrix: FloatArray) -> float:
    """Return how far a matrix turns, degrees, its stretch apart."""
    left, _, right = np.linalg.svd(matrix[:3, :3])
    turn = left @ right
    cosine, sine = (np.trace(turn) - 1.0) / 2.0, np.linalg.norm(turn - turn.T) / np.sqrt(8.0)
    return float(np.degrees(np.arctan2(sine, cosine)))
