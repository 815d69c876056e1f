"""The plane that parts a head into left and right, and regions mirrored across it."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from biomarkers.arrays import FloatArray
from biomarkers.errors import InputError
from biomarkers.images.image import Image
from biomarkers.images.interpolation import as_points
from biomarkers.images.kinds import AnyImage, as_image, grid_of
from biomarkers.images.registration import mask_on, register
from biomarkers.images.registration.levels import frame_of
from biomarkers.images.transforms import Transform


@dataclass(frozen=True, eq=False)
class Plane:
    """A plane in space: the points x with `normal · x = offset`, mm (RAS).

    Parameters
    ----------
    normal
        Of length 1, (3,); its first element is positive, so that it points to the subject's right.
    offset
        mm.

    Examples
    --------
    >>> import numpy as np
    >>> from biomarkers.images import Plane
    >>> plane = Plane(np.array([1.0, 0.0, 0.0]), 2.0)  # x = 2 mm
    >>> float(plane.distance([5.0, 1.0, 1.0]))
    3.0

    """

    normal: FloatArray
    offset: float

    @property
    def reflection(self) -> FloatArray:
        """The matrix that mirrors points across the plane, (4, 4).

        Examples
        --------
        >>> import numpy as np
        >>> from biomarkers.images import Plane
        >>> mirror = Plane(np.array([1.0, 0.0, 0.0]), 2.0).reflection
        >>> (mirror @ [5.0, 1.0, 1.0, 1.0]).tolist()  # x 5 mm goes to x -1 mm
        [-1.0, 1.0, 1.0, 1.0]

        """
        matrix = np.eye(4)
        matrix[:3, :3] -= 2.0 * np.outer(self.normal, self.normal)
        matrix[:3, 3] = 2.0 * self.offset * self.normal
        return matrix

    def distance(self, points: npt.ArrayLike) -> FloatArray:
        """Return how far points, (..., 3), mm, lie on the side of the normal, mm.

        Examples
        --------
        >>> import numpy as np
        >>> from biomarkers.images import Plane
        >>> plane = Plane(np.array([1.0, 0.0, 0.0]), 2.0)
        >>> plane.distance([[5.0, 1.0, 1.0], [0.0, 7.0, 7.0]]).tolist()
        [3.0, -2.0]

        """
        return np.asarray(as_points(points) @ self.normal - self.offset)


def midsagittal_plane(image: AnyImage, *, mask: AnyImage | npt.ArrayLike | None = None) -> Plane:
    """Estimate the plane about which a head is most like its mirror image.

    The image, mirrored left to right, is aligned with itself; a tumour on one side weighs little,
    as what one image alone has weighs little in `register`.

    Parameters
    ----------
    image
        A head, (x, y, z); its affine says which axis runs from left to right.
    mask
        Where to look: the brain, say.

    Returns
    -------
    Plane
        Half way between each point and its mirror image.

    Raises
    ------
    GeometryError, ImageError, InputError
        As `register`.

    Examples
    --------
    >>> from biomarkers.images import Image, midsagittal_plane
    >>> import numpy as np
    >>> x, y, z = np.indices((32, 32, 16)) - np.array([14.0, 16.0, 8.0]).reshape(3, 1, 1, 1)
    >>> ball = Image(1.0 * (x**2 + 1.5 * y**2 + z**2 < 50), np.eye(4), "an example")
    >>> print(f"x = {midsagittal_plane(ball).offset:.1f} mm")
    x = 14.0 mm

    """
    head = as_image("image", image)
    inside = mask_on(head, mask)
    centre = frame_of(head, inside).centre
    start = Plane(np.array([1.0, 0.0, 0.0]), float(centre[0])).reflection
    # Mirrored by its affine: no voxel is interpolated.
    mirrored = Image(head.data, start @ head.affine, f"{head.source}, mirrored")
    mirror = start @ register(mirrored, head, mask=inside).matrix
    return _plane(mirror, centre)


def mirror_labels(labels: AnyImage, plane: Plane) -> AnyImage:
    """Return the regions of a label map on the other side of a plane, on the same grid.

    Parameters
    ----------
    labels
        A label map, or an image of labels, (x, y, z).
    plane
        As `midsagittal_plane` finds it.

    Returns
    -------
    LabelMap, Image or nibabel image
        Of the kind given, with the same labels and names: the contralateral regions. Those that
        leave the grid are lost.

    Raises
    ------
    InputError
        If `plane` is none.

    Examples
    --------
    >>> from biomarkers.images import Image, Plane, mirror_labels
    >>> import numpy as np
    >>> labels = Image(np.arange(4).reshape(4, 1, 1) // 3, np.eye(4), "an example")
    >>> mirror_labels(labels, Plane(np.array([1.0, 0.0, 0.0]), 1.5)).data[:, 0, 0]
    array([1, 0, 0, 0])

    """
    if not isinstance(plane, Plane):
        raise InputError(f"plane is of type {type(plane).__name__}; expected a Plane")
    grid = grid_of("labels", labels)
    return Transform(plane.reflection, grid, grid).apply(labels, labels=True)


def _plane(mirror: FloatArray, centre: FloatArray) -> Plane:
    """Return the plane of what is nearly a reflection: x goes to x - 2 n (n · x - d)."""
    values, vectors = np.linalg.eigh(0.5 * (mirror[:3, :3] + mirror[:3, :3].T))
    normal = vectors[:, np.argmin(values)]
    normal = normal if normal[0] >= 0.0 else -normal
    opposite = mirror[:3, :3] @ centre + mirror[:3, 3]
    return Plane(normal, float(normal @ (centre + opposite) / 2.0))
