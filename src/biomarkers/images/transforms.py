"""Where a point of one image lies in another, and images brought there."""

import dataclasses
from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from biomarkers.arrays import FloatArray
from biomarkers.checks import as_numbers
from biomarkers.errors import GeometryError, InputError
from biomarkers.images.grid import Grid
from biomarkers.images.image import Image
from biomarkers.images.interpolation import (
    as_points,
    grid_points,
    interpolate,
    interpolate_labels,
    inverted,
    move_points,
)
from biomarkers.images.kinds import AnyImage, as_image, grid_of, like_given
from biomarkers.images.labels import LabelMap, label_map
from biomarkers.images.transform_files import read_field, read_matrix, write_field, write_matrix

_ROUNDS, _REST = 50, 1e-4  # of the inversion of a field; mm
_NIFTI = (".nii", ".nii.gz")


@dataclasses.dataclass(frozen=True, eq=False)
class Transform:
    """The way from points of a fixed image to points of a moving one, all in mm (RAS).

    Parameters
    ----------
    matrix
        Fixed mm to moving mm, (4, 4).
    fixed
        The grid that images are brought to; None if it is not known.
    moving
        The grid that they come from; None if it is not known.
    field
        What is added to `matrix @ x` at every voxel x of the fixed grid, mm, (x, y, z, 3); None
        for a transform that is all matrix.
    quality
        How well the images agree, by name (see `register`).

    Raises
    ------
    InputError
        If the matrix cannot be inverted or is no matrix of points, or the field does not fit.

    Examples
    --------
    >>> import numpy as np
    >>> from biomarkers.images import Transform
    >>> quarter_turn = np.array([[0.0, -1, 0, 10], [1, 0, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1]])
    >>> Transform(quarter_turn).map_points([3.0, 0.0, 5.0]).tolist()
    [10.0, 3.0, 5.0]

    """

    matrix: FloatArray
    fixed: Grid | None = None
    moving: Grid | None = None
    field: FloatArray | None = None
    quality: Mapping[str, float] = dataclasses.field(default_factory=dict)

    def __post_init__(self) -> None:
        matrix = as_numbers("matrix", self.matrix)
        placed = matrix.shape == (4, 4) and np.array_equal(matrix[3], [0.0, 0.0, 0.0, 1.0])
        if not (placed and np.isfinite(matrix).all() and np.linalg.det(matrix) != 0.0):
            raise InputError(
                f"matrix is {matrix.tolist()}; expected 4 × 4 numbers that can be inverted, the "
                "last row 0 0 0 1"
            )
        object.__setattr__(self, "matrix", matrix)
        if self.field is not None:
            shape = (*self._grid(self.fixed, "fixed").shape[:3], 3)
            if np.shape(self.field) != shape:
                raise InputError(f"field has shape {np.shape(self.field)}; expected {shape}")

    def apply(self, image: AnyImage, labels: bool = False) -> AnyImage:
        """Bring an image to the fixed grid.

        Parameters
        ----------
        image
            An image that lies where the moving one does, on any grid; a series is brought volume
            by volume.
        labels
            Whether the values are labels: each goes where the interpolated indicator of its
            region is largest. Always so for a `LabelMap`.

        Returns
        -------
        Image, LabelMap or nibabel image
            Of the kind given. Intensities by cubic B-splines; NaN (labels: 0) outside the grid
            of `image`, and NaN where its nearest voxel is.

        Raises
        ------
        GeometryError
            If the fixed grid is not known, or nothing of the image lies on it, or the image does
            not say where it lies.

        Examples
        --------
        >>> from biomarkers.images import Image, Transform
        >>> import numpy as np
        >>> image = Image(np.arange(24.0).reshape(4, 3, 2), np.eye(4), "an example")
        >>> shift = np.eye(4)
        >>> shift[0, 3] = 1.0
        >>> Transform(shift, fixed=image).apply(image).data[:, 0, 0].round(9)
        array([ 6., 12., 18., nan])

        """
        fixed, source = self._grid(self.fixed, "fixed"), as_image("image", image)
        points = move_points(inverted(source.affine), self._to_moving(fixed))
        _require_overlap(points, source, fixed)
        shape = tuple(fixed.shape[:3])
        name = f"{source.source} on the grid of {fixed.source}"
        if labels or isinstance(image, LabelMap):
            moved = interpolate_labels(label_map(source).image.data, points).reshape(shape)
            return like_given(image, Image(moved, fixed.affine, name))
        volumes = [interpolate(each, points).reshape(shape) for each in _volumes(source)]
        values = volumes[0] if len(source.shape) == 3 else np.stack(volumes, axis=-1)
        return like_given(image, Image(values, fixed.affine, name, source.unit))

    def map_points(self, points: npt.ArrayLike) -> FloatArray:
        """Return where points of the fixed image, (..., 3), mm, lie in the moving one, mm.

        Outside the grid of a field, the displacement is that of its nearest face.

        Examples
        --------
        >>> import numpy as np
        >>> from biomarkers.images import Transform
        >>> shift = np.eye(4)
        >>> shift[:3, 3] = 1.0, 2.0, 3.0
        >>> Transform(shift).map_points([[0.0, 0.0, 0.0], [10.0, 0.0, 0.0]]).tolist()
        [[1.0, 2.0, 3.0], [11.0, 2.0, 3.0]]

        """
        at = as_points(points)
        mapped = move_points(self.matrix, at)
        if self.field is None:
            return mapped
        voxels = move_points(inverted(self._grid(self.fixed, "fixed").affine), at)
        where = voxels.reshape(-1, 3).T
        added = [
            ndimage.map_coordinates(self.field[..., axis], where, order=3, mode="nearest")
            for axis in range(3)
        ]
        return np.asarray(mapped + np.stack(added, axis=-1).reshape(at.shape))

    def __matmul__(self, inner: "Transform") -> "Transform":
        """Return the transform that brings an image as `inner`, then this one would, in one go."""
        if not isinstance(inner, Transform):
            return NotImplemented
        joined = Transform(inner.matrix @ self.matrix, self.fixed, inner.moving)
        if self.field is None and inner.field is None:
            return joined
        fixed = self._grid(self.fixed, "fixed")
        points = _centres(fixed)
        return joined._bent(inner.map_points(self._to_moving(fixed)), points)

    def inverse(self) -> "Transform":
        """Return the way back, onto the moving image's grid; a field is inverted by iteration.

        Raises
        ------
        GeometryError
            If there is a field and the moving grid is not known.

        Examples
        --------
        >>> import numpy as np
        >>> from biomarkers.images import Transform
        >>> shift = np.eye(4)
        >>> shift[:3, 3] = 1.0, 2.0, 3.0
        >>> there = Transform(shift)
        >>> there.inverse().map_points(there.map_points([4.0, 5.0, 6.0])).round(9).tolist()
        [4.0, 5.0, 6.0]

        """
        back = Transform(inverted(self.matrix), self.moving, self.fixed)
        if self.field is None:
            return back
        points = _centres(self._grid(self.moving, "moving"))
        start = move_points(back.matrix, points)
        at = start
        for _ in range(_ROUNDS):
            missed = points - self.map_points(at)
            at = at + missed @ back.matrix[:3, :3].T
            if np.abs(missed).max() < _REST:
                break
        return back._bent(at, points)

    def onto(self, fixed: Grid | AnyImage) -> "Transform":
        """Return the same transform, without quality, bringing images to another grid.

        Examples
        --------
        >>> import numpy as np
        >>> from biomarkers.images import Image, Transform
        >>> labels = Image(np.ones((2, 2, 2)), np.eye(4), "drawn")
        >>> pet = Image(np.zeros((3, 3, 3)), np.diag([2.0, 2.0, 2.0, 1.0]), "pet")
        >>> Transform(np.eye(4)).onto(pet).apply(labels, labels=True).shape
        (3, 3, 3)

        """
        grid = grid_of("fixed", fixed)
        if self.field is None:
            return dataclasses.replace(self, fixed=grid, quality={})
        points = _centres(grid)
        plain = Transform(self.matrix, grid, self.moving)
        return plain._bent(self.map_points(points), points)

    def save(self, path: Path | str) -> Path:
        """Write the transform as ITK, ANTs and Slicer read it.

        Parameters
        ----------
        path
            Text (`*_xfm.txt`, `.tfm`) without a field; with one a NIfTI of displacements
            (`*_xfm.nii.gz`), the matrix among them.

        Returns
        -------
        Path
            The file written.

        Raises
        ------
        InputError
            If the name does not fit.

        Examples
        --------
        >>> import numpy as np
        >>> from biomarkers.images import Transform, load_transform
        >>> shift = np.eye(4)
        >>> shift[:3, 3] = 1.0, 2.0, 3.0
        >>> path = Transform(shift).save("from-pet_to-T1w_xfm.txt")
        >>> load_transform(path).matrix[:3, 3].tolist()
        [1.0, 2.0, 3.0]

        """
        named = str(path).endswith(_NIFTI)
        if named != (self.field is not None):
            expected = "text, .txt" if named else "a displacement field, .nii.gz"
            raise InputError(f"{path} cannot hold this transform; name {expected}")
        if self.field is None:
            return write_matrix(path, self.matrix)
        fixed = self._grid(self.fixed, "fixed")
        moved = (self._to_moving(fixed) - _centres(fixed)).reshape(self.field.shape)
        return write_field(path, moved, fixed.affine)

    def _to_moving(self, fixed: Grid) -> FloatArray:
        """Return where every voxel of the fixed grid lies in the moving image, mm, (N, 3)."""
        mapped = move_points(self.matrix @ fixed.affine, grid_points(fixed.shape))
        return mapped if self.field is None else mapped + self.field.reshape(-1, 3)

    def _bent(self, mapped: FloatArray, points: FloatArray) -> "Transform":
        """Return this transform with the field that takes the fixed voxels to where they go."""
        added = mapped - move_points(self.matrix, points)
        shape = (*self._grid(self.fixed, "fixed").shape[:3], 3)
        return dataclasses.replace(self, field=added.reshape(shape))

    def _grid(self, grid: Grid | None, name: str) -> Grid:
        if grid is None:
            raise GeometryError(
                f"this transform does not know the grid of its {name} image; load it with "
                "load_transform(path, fixed=image), or take transform.onto(image)"
            )
        return grid


def load_transform(path: Path | str, fixed: Grid | AnyImage | None = None) -> Transform:
    """Read a transform of ITK, ANTs, Slicer or this package.

    Parameters
    ----------
    path
        An ITK text file (`.txt`, `.tfm`) or MATLAB file (`.mat`, as `antsRegistration` writes)
        of linear transforms, or a NIfTI of displacements (`*Warp.nii.gz`); LPS, mm.
    fixed
        The image whose grid others are brought to; a field has its own.

    Raises
    ------
    FileError
        If the file is missing, damaged, or of a kind that cannot be read.

    Examples
    --------
    >>> import numpy as np
    >>> from biomarkers.images import Image, Transform, load_transform
    >>> pet = Image(np.zeros((3, 3, 3)), np.diag([2.0, 2.0, 2.0, 1.0]), "pet")
    >>> path = Transform(np.diag([1.0, 1.1, 1.0, 1.0])).save("from-T1w_to-pet_xfm.txt")
    >>> loaded = load_transform(path, fixed=pet)
    >>> loaded.map_points([10.0, 10.0, 10.0]).round(6).tolist(), loaded.fixed.shape
    ([10.0, 11.0, 10.0], (3, 3, 3))

    """
    grid = None if fixed is None else grid_of("fixed", fixed)
    if not str(path).endswith(_NIFTI):
        return Transform(read_matrix(path), fixed=grid)
    displacement, own = read_field(path)
    transform = Transform(np.eye(4), fixed=own, field=displacement)
    return transform if grid is None else transform.onto(grid)


def _centres(grid: Grid) -> FloatArray:
    return move_points(grid.affine, grid_points(grid.shape))


def _volumes(image: Image) -> Iterator[npt.NDArray[np.generic]]:
    if image.data.ndim == 3:
        yield np.asarray(image.data)
    else:
        yield from (image.data[..., number] for number in range(image.shape[3]))


def _require_overlap(points: FloatArray, source: Grid, fixed: Grid) -> None:
    ends = np.array(source.shape[:3]) - 0.5
    if not ((points >= -0.5) & (points <= ends)).all(axis=1).any():
        raise GeometryError(
            f"no overlap: nothing of {source.source} lies on the grid of {fixed.source} under "
            "this transform; take its inverse, or check the affines of both"
        )
