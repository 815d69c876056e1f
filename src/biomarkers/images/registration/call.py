"""`register`: one image aligned with another."""

from typing import Literal

import numpy as np
import numpy.typing as npt
from scipy.spatial.transform import Rotation

from biomarkers.arrays import BoolArray, FloatArray
from biomarkers.checks import as_mask
from biomarkers.errors import GeometryError, ImageError, InputError
from biomarkers.images.grid import describe_grid, require_same_grid
from biomarkers.images.image import Image
from biomarkers.images.interpolation import grid_points, inverted, move_points
from biomarkers.images.kinds import AnyImage, as_image, grid_of
from biomarkers.images.registration.diffeomorphic import deformation
from biomarkers.images.registration.gauss_newton import (
    Alignment,
    Kind,
    align,
    align_level,
    likeness,
)
from biomarkers.images.registration.levels import (
    Frame,
    compressed,
    finest_edge,
    frame_of,
    levels_of,
)
from biomarkers.images.registration.similarity import foreground_dice, mutual_information
from biomarkers.images.transforms import Transform

KINDS = ("rigid", "affine", "syn")
_TURN = 15.0  # degrees about each axis that a search begins from, besides none
_TRIES = 6  # steps from each start


def register(
    moving: AnyImage,
    fixed: AnyImage,
    *,
    kind: Literal["rigid", "affine", "syn"] = "rigid",
    mask: AnyImage | npt.ArrayLike | None = None,
) -> Transform:
    """Align an image with another one, of the same contrast or of a different one.

    Three levels of resolution, from several starts; robust against what is in one image only (a
    tumour that enhances, vessels that arrive). The positions that the headers state are a start.

    Parameters
    ----------
    moving, fixed
        Images of `images` or nibabel, (x, y, z), on any grids, mm.
    kind
        `rigid`, `affine`, or `syn`: affine, then a smooth deformation (DIPY's SyN).
    mask
        Where to look in the fixed image: a head, say, where what surrounds it differs.

    Returns
    -------
    Transform
        Its `quality` has `dice` and `mi` (mutual information, nats; 32 × 32 bins) after, with
        `dice_before` and `mi_before` as the headers had them, `overlap` (the fraction of the fixed
        image that the moving one covers) and `error_mm` (standard error of where the object
        lies, by the noise alone).

    Raises
    ------
    GeometryError
        If the images do not overlap, do not say where they lie, or show nothing to align.
    ImageError
        If an image is not 3-D.
    InputError
        If `kind` is none of the three, or the mask does not fit the fixed image.

    Examples
    --------
    >>> from biomarkers.images import Image, register
    >>> import numpy as np
    >>> x, y, z = np.indices((24, 24, 12))
    >>> ball = Image(1.0 * ((x - 12) ** 2 + (y - 11) ** 2 + (z - 6) ** 2 < 20), np.eye(4), "ball")
    >>> shifted = Image(np.roll(ball.data, 2, axis=0), np.eye(4), "shifted")
    >>> print(f"{register(shifted, ball).matrix[0, 3]:.1f} mm")
    2.0 mm

    """
    if kind not in KINDS:
        raise InputError(f"kind is {kind!r}; expected one of {', '.join(KINDS)}")
    target, source = _volume("fixed", fixed), _volume("moving", moving)
    inside = mask_on(target, mask)
    _require_shared_space(target, source)
    linear: Kind = "rigid" if kind == "rigid" else "affine"
    alignment = _search(target, source, inside, linear)
    grids = grid_of("fixed", target), grid_of("moving", source)
    field = deformation(target, source, alignment.matrix) if kind == "syn" else None
    transform = Transform(alignment.matrix, *grids, field)
    quality = _quality(transform, target, source, inside)
    quality["error_mm"] = alignment.error
    return Transform(alignment.matrix, *grids, field, quality)


def mask_on(fixed: Image, mask: AnyImage | npt.ArrayLike | None) -> BoolArray | None:
    """Return a mask of any kind as an array on the grid of an image."""
    if mask is None:
        return None
    if not isinstance(mask, np.ndarray | list | tuple):
        image = as_image("mask", mask)
        require_same_grid(fixed, image)
        mask = image.data
    return as_mask("mask", mask, fixed.shape[:3])


def _volume(name: str, given: AnyImage) -> Image:
    image = as_image(name, given)
    if len(image.shape) != 3:
        raise ImageError(
            f"{name} ({image.source}) has shape {image.shape}; expected one volume (of a series: "
            "images.correct_motion)"
        )
    return image


def _require_shared_space(fixed: Image, moving: Image) -> None:
    if _covered(fixed, moving, np.eye(4)) == 0.0:
        raise GeometryError(
            f"no overlap: the images lie apart by their headers:\n  {describe_grid(fixed)}\n  "
            f"{describe_grid(moving)}\n  Mend the affine of one"
        )


def _covered(fixed: Image, moving: Image, matrix: FloatArray) -> float:
    """Return the fraction of the fixed image's voxels that lie within the moving one."""
    points = move_points(inverted(moving.affine) @ matrix @ fixed.affine, grid_points(fixed.shape))
    ends = np.array(moving.shape) - 0.5
    return float(((points >= -0.5) & (points <= ends)).all(axis=1).mean())


def _search(fixed: Image, moving: Image, mask: BoolArray | None, kind: Kind) -> Alignment:
    """Align from the start that does best at the coarsest level."""
    edge, frame = finest_edge(fixed, moving), frame_of(fixed, mask)
    targets, sources = levels_of(fixed, edge, mask), levels_of(moving, edge)
    tried = [
        align_level(targets[0], sources[0], frame, start, "rigid", rounds=_TRIES)
        for start in _starts(frame, frame_of(moving).centre)
    ]
    best = max(tried, key=lambda each: likeness(targets[0], sources[0], each))
    alignment = align(targets, sources, frame, best.matrix, kind)
    if alignment.vague:
        raise GeometryError(
            f"{moving.source} could not be aligned with {fixed.source}: they show nothing in "
            "common; check that they are of one subject, or give a mask"
        )
    return alignment


def _starts(frame: Frame, centre: FloatArray) -> list[FloatArray]:
    """Return where a search begins: by the headers, turned about each axis, centre on centre."""
    turns = _TURN * np.vstack([np.zeros(3), np.eye(3), -np.eye(3)])
    starts = [np.eye(4) for _ in range(len(turns) + 1)]
    for start, turn in zip(starts, turns, strict=False):
        start[:3, :3] = Rotation.from_euler("xyz", turn, degrees=True).as_matrix()
        start[:3, 3] = frame.centre - start[:3, :3] @ frame.centre
    starts[-1][:3, 3] = centre - frame.centre
    return starts


def _quality(
    transform: Transform, fixed: Image, moving: Image, mask: BoolArray | None
) -> dict[str, float]:
    """Return how well compressed intensities agree, before and after."""
    values, there = compressed(fixed)
    values[~there if mask is None else ~(there & mask)] = np.nan
    other, known = compressed(moving)
    source = moving.with_data(np.where(known, other, np.nan), source=moving.source)
    quality: dict[str, float] = {}
    before = Transform(np.eye(4), transform.fixed, transform.moving)
    for ending, each in (("_before", before), ("", transform)):
        moved = as_image("moving", each.apply(source)).data.astype(np.float64)
        quality[f"overlap{ending}"] = float(np.isfinite(moved).mean())
        quality[f"dice{ending}"] = foreground_dice(values, moved)
        quality[f"mi{ending}"] = mutual_information(values, moved)
    return quality
