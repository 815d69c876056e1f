"""The brain in images of heads of people and rodents, whatever their contrast."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from biomarkers.arrays import BoolArray, FloatArray
from biomarkers.errors import ImageError, InputError
from biomarkers.images.grid import voxel_size
from biomarkers.images.image import Image

# Volumes of brains, mm^3, from half of small ones to half as much again as large ones. Means: human
# 1.2e6 (Allen et al. J Neurosci Methods 2002), rat 1.9e3, mouse 0.45e3.
_VOLUMES = {"human": (6e5, 2.4e6), "rodent": (2e2, 4e3), "rat": (8e2, 4e3), "mouse": (2e2, 9e2)}
_NAMES = {
    "homo sapiens": "human",
    "mus musculus": "mouse",
    "rattus norvegicus": "rat",
    "rattus norvegicus domestica": "rat",
}
# Of the radius of a ball as large as the brain: edges of the voxels that are worked on, widths of
# what is cut between the brain and what it touches, and of furrows that are closed.
_EDGE, _CUTS, _FURROW = 0.035, (0.05, 0.1, 0.16), 0.06
# Shares of the head's signals at which brain may begin.
_STEPS = np.linspace(0.15, 0.8, 9)
# Signal of brain over its median, once the field is even. Where fluid is bright, so is cortex, and
# a voxel of the rim that holds fluid and skull is as bright as other brain.
_DARKEST, _DARKEST_OF_RIM, _BRIGHTEST = 0.68, 0.85, 1.5
_FLUID = 0.003  # of a brain, at least, is bright fluid if fluid is bright
_ROUNDS, _REACH = 3, 0.3
_ENOUGH = 3000  # voxels that the field is fitted to


def brain_mask(image: Image, *, species: str = "human") -> Image:
    """Return the voxels of the brain, ventricles among them, in an image of a head.

    A brain is the largest solid thing of about its size that is darker or brighter than the skull
    around it: among the pieces that many thresholds leave once thin bridges are cut, the one that
    fills its own ellipsoid best. Its signal then tells the field's unevenness (a polynomial of
    second order), and what is as bright as brain in an even field, and hangs together, is kept.

    Parameters
    ----------
    image
        A head, (x, y, z), T1-weighted, T2-weighted or echo-planar; uneven by up to 30 %.
    species
        `human`, `rodent`, `rat` or `mouse`, or as in BIDS `homo sapiens`, `mus musculus`, `rattus
        norvegicus`: how large a brain is.

    Returns
    -------
    Image
        Booleans on the grid of the image; one piece without a hole.

    Raises
    ------
    InputError
        If the species is not known, or the image is not 3-D.
    ImageError
        If nothing in the image has the size and shape of a brain.

    Examples
    --------
    >>> import numpy as np
    >>> from biomarkers.images import Image, brain_mask
    >>> place = np.indices((20, 26, 16)).reshape(3, -1).T - [10, 13, 8]  # mm
    >>> far = np.linalg.norm(place / [7.0, 10.0, 5.5], axis=1).reshape(20, 26, 16)
    >>> signal = np.select([far < 1, far < 1.2, far < 1.4], [100.0, 10.0, 150.0])
    >>> mask = brain_mask(Image(signal, np.eye(4), "a rat"), species="rat")
    >>> print(f"{mask.data.sum() / (far < 1).sum():.2f} of its volume")
    0.98 of its volume

    """
    kind = _NAMES.get(species.lower(), species.lower())
    if kind not in _VOLUMES:
        known = ", ".join((*_VOLUMES, *_NAMES))
        raise InputError(f"species is {species!r}; expected one of {known}")
    if len(image.shape) != 3:
        raise InputError(f"{image.source} has shape {image.shape}; expected (x, y, z)")
    low, high = _VOLUMES[kind]
    head = _Head.of(image, radius=_radius_of(np.sqrt(low * high)))
    seed = _best_piece(head, low, high)
    if seed is None:
        raise ImageError(
            f"{image.source}: nothing in it has the size of a brain ({kind}: {low / 1e3:g} to "
            f"{high / 1e3:g} mL); give a mask (*_mask.nii.gz), or the right species"
        )
    mask = seed
    for _ in range(_ROUNDS):
        mask = _grown(head, mask, seed)
    return image.with_data(_fine(mask, head.steps, image.shape), source=f"brain of {image.source}")


@dataclass(frozen=True, eq=False)
class _Head:
    """A head on voxels no finer than needed.

    Parameters
    ----------
    signal
        (x, y, z).
    edges
        Of its voxels, mm.
    steps
        How many voxels of the image make one, along each axis.
    radius
        Of a ball as large as the brain, mm.

    """

    signal: FloatArray
    edges: FloatArray
    steps: tuple[int, ...]
    radius: float

    @classmethod
    def of(cls, image: Image, *, radius: float) -> "_Head":
        edges = voxel_size(image.affine)
        steps = tuple(max(1, int(step)) for step in np.round(_EDGE * radius / edges))
        values = np.abs(np.nan_to_num(np.asarray(image.data, dtype=float), posinf=0.0, neginf=0.0))
        after = [(0, -size % step) for size, step in zip(values.shape, steps, strict=True)]
        x, y, z = (np.pad(values, after, mode="edge")).shape
        a, b, c = steps
        blocks = np.pad(values, after, mode="edge").reshape(x // a, a, y // b, b, z // c, c)
        return cls(blocks.mean(axis=(1, 3, 5)), edges * steps, steps, radius)

    @property
    def voxel(self) -> float:
        """Volume of a voxel, mm^3."""
        return float(np.prod(self.edges))

    def within(self, mask: BoolArray) -> FloatArray:
        """Return how deep voxels lie in a mask, mm."""
        return np.asarray(ndimage.distance_transform_edt(np.pad(mask, 1), sampling=self.edges))[
            1:-1, 1:-1, 1:-1
        ]

    def opened(self, mask: BoolArray, cut: float) -> BoolArray:
        """Return a mask without what is thinner than twice `cut`, in separate pieces."""
        return self.within(mask) > cut

    def near(self, mask: BoolArray, reach: float) -> BoolArray:
        """Return voxels within reach of a mask."""
        return np.asarray(ndimage.distance_transform_edt(~mask, sampling=self.edges) <= reach)


def _radius_of(volume: float) -> float:
    return float((0.75 * volume / np.pi) ** (1.0 / 3.0))


def _best_piece(head: _Head, low: float, high: float) -> BoolArray | None:
    """Return the piece of a head that fills its own ellipsoid best, of those as large as brains."""
    smooth = ndimage.gaussian_filter(head.signal, 0.5)
    top = float(np.percentile(smooth, 99.0))
    best, score = None, 0.0
    for step in _STEPS:
        depth = head.within(smooth > step * top)
        for cut in _CUTS:
            for piece in _pieces(depth > cut * head.radius, 0.2 * low / head.voxel):
                grown = head.near(piece, cut * head.radius) & (depth > 0.0)
                filled = np.asarray(ndimage.binary_fill_holes(grown))
                if not low <= filled.sum() * head.voxel <= high:
                    continue
                # What is hollow, as a scalp, or uneven, as brain and muscle together, is no brain.
                whole = grown.sum() / filled.sum()
                quality = _solidity(filled, head.edges) * whole * np.exp(-2 * _spread(head, filled))
                if quality > score:
                    best, score = filled, quality
    return best


def _pieces(mask: BoolArray, fewest: float) -> Iterator[BoolArray]:
    """Yield the three largest connected pieces of a mask that are not too small."""
    labels, count = ndimage.label(mask)
    sizes = np.bincount(labels.ravel(), minlength=count + 1)[1:]
    for index in np.argsort(-sizes)[:3]:
        if sizes[index] >= fewest:
            yield np.asarray(labels == index + 1)


def _solidity(mask: BoolArray, edges: FloatArray) -> float:
    """Return a piece's volume over that of the ellipsoid of the same moments: 1 of an ellipsoid."""
    places = np.argwhere(mask) * edges
    spread = np.cov(places.T) + np.diag(edges**2) / 12.0
    whole = 4.0 / 3.0 * np.pi * np.sqrt(np.linalg.det(5.0 * spread))
    return float(len(places) * np.prod(edges) / whole)


def _spread(head: _Head, mask: BoolArray) -> float:
    """Return by how much the logarithm of the signal in a mask varies in an even field."""
    some = np.flatnonzero(mask & (head.signal > 0.0))
    some = some[:: max(1, len(some) // _ENOUGH)]
    rest = np.log(head.signal.ravel()[some]) - _terms(head.signal.shape, some) @ _field(head, mask)
    return float(np.clip(np.abs(rest), 0.0, 1.0).mean())


def _grown(head: _Head, mask: BoolArray, seed: BoolArray) -> BoolArray:
    """Return what hangs together with a mask and is as bright as it in an even field."""
    radius = _radius_of(float(seed.sum()) * head.voxel)
    field = _terms(head.signal.shape, np.arange(head.signal.size)) @ _field(head, mask)
    even = head.signal / np.exp(field).reshape(head.signal.shape)
    level = float(np.median(even[mask]))
    alike = (even > _DARKEST * level) & (even < _BRIGHTEST * level)
    alike &= head.near(seed, _REACH * radius)
    cut = _CUTS[-1] * radius
    core = head.opened(alike, cut)
    labels, _ = ndimage.label(core)
    shared = np.bincount(labels[mask & core].ravel(), minlength=1)
    shared[0] = 0
    if not shared.any():
        return mask
    piece = head.near(np.asarray(labels == shared.argmax()), 1.2 * cut) & alike
    if float((even[mask] > _BRIGHTEST * level).mean()) > _FLUID:
        whole = np.asarray(ndimage.binary_fill_holes(piece))
        rim = whole & (head.within(whole) < 1.01 * float(head.edges.min()))
        piece &= ~rim | (even > _DARKEST_OF_RIM * level)
    furrow = _FURROW * radius
    closed = head.within(head.near(piece, furrow)) > furrow
    return np.asarray(ndimage.binary_fill_holes(closed))


def _field(head: _Head, mask: BoolArray) -> FloatArray:
    """Return the polynomial of second order that the logarithm of the signal in a mask follows."""
    inside = np.flatnonzero(mask & (head.signal > 0.0))
    inside = inside[:: max(1, len(inside) // _ENOUGH)]
    terms, level = _terms(head.signal.shape, inside), np.log(head.signal.ravel()[inside])
    kept = np.ones(len(inside), dtype=bool)
    weights: FloatArray = np.zeros(terms.shape[1])
    for _ in range(_ROUNDS):
        some = terms[kept]
        weights = np.linalg.pinv(some.T @ some) @ (some.T @ level[kept])
        rest = np.abs(level - terms @ weights)
        kept = rest <= max(2.5 * float(np.median(rest)), 1e-6)
    return weights


def _terms(shape: tuple[int, ...], voxels: npt.NDArray[np.int64]) -> FloatArray:
    """Return the terms of a polynomial of second order at voxels, flat indices, (N, 10)."""
    x, y, z = (
        2.0 * at / max(size - 1, 1) - 1.0
        for at, size in zip(np.unravel_index(voxels, shape), shape, strict=True)
    )
    return np.stack([np.ones_like(x), x, y, z, x * x, y * y, z * z, x * y, x * z, y * z], axis=-1)


def _fine(mask: BoolArray, steps: tuple[int, ...], shape: tuple[int, ...]) -> BoolArray:
    """Return a mask on the voxels of the image, smooth, in one piece and without a hole."""
    fine = np.kron(mask.astype(float), np.ones(steps))[tuple(slice(size) for size in shape)]
    smooth = ndimage.gaussian_filter(fine, [0.6 * step for step in steps]) > 0.5
    labels, count = ndimage.label(smooth)
    if count > 1:
        smooth = labels == 1 + np.bincount(labels.ravel())[1:].argmax()
    return np.asarray(ndimage.binary_fill_holes(smooth))
