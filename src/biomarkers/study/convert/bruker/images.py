"""Frames of a reconstruction as images: packs of slices, echoes, volumes."""

import warnings
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from biomarkers.arrays import FloatArray
from biomarkers.study.convert.bruker.parameters import Parameters

_SLICES, _ECHOES = "FG_SLICE", "FG_ECHO"
_SPATIAL = ("spatial",)
# Visu has the axes of DICOM (left, posterior, head), NIfTI right, anterior, head.
_TO_RAS = np.diag([-1.0, -1.0, 1.0, 1.0])
# Share of the step from slice to slice that lies along the normal, at least.
_ALONG = 0.5


@dataclass(frozen=True)
class Frames:
    """The images of a reconstruction, (x, y, z, volumes), one by one.

    Parameters
    ----------
    data, affine
        As in `Converted`.
    entities
        `echo`, `chunk` (pack of slices) and `part`, where there are several.
    echo
        Index of the echo.

    """

    data: npt.NDArray[np.generic]
    affine: FloatArray
    entities: Mapping[str, str]
    echo: int


def groups(scan: Parameters) -> dict[str, int]:
    """Return the groups of frames besides slices and echoes, with their sizes: volumes."""
    return {
        name: size
        for name, size in _axes(scan)
        if name not in (_SLICES, _ECHOES, "FG_COMPLEX", "frame", *_SPATIAL)
    }


def counts(scan: Parameters) -> tuple[int, int, int]:
    """Return how many slices, volumes and echoes a scan has."""
    sizes = dict(_axes(scan))
    spatial = [size for name, size in _axes(scan) if name in _SPATIAL]
    slices = spatial[2] if len(spatial) > 2 else sizes.get(_SLICES, sizes.get("frame", 1))
    volumes = int(np.prod(list(groups(scan).values()), dtype=int))
    return slices, volumes, sizes.get(_ECHOES, 1)


def _axes(scan: Parameters) -> list[tuple[str, int]]:
    dataset = scan.dataset
    shape = [int(size) for size in dataset.shape_final]
    return list(zip([str(name) for name in dataset.dim_type], shape, strict=True))


def frames(scan: Parameters) -> Iterator[Frames]:
    """Yield the images of a scan that was opened with its data, slope and offset applied."""
    volumes = _ordered(scan)
    packs = scan.dataset.slice_packages_index()
    echoes = volumes.shape[4]
    for number, (first, count) in enumerate(packs):
        affine, _ = placed(scan, number)
        depth = slice(None) if len(packs) == 1 else slice(first, first + count)
        for echo in range(echoes):
            for part, values in _parts(volumes[:, :, depth, :, echo]):
                named = {"chunk": (str(number + 1), len(packs) > 1)}
                named |= {"echo": (str(echo + 1), echoes > 1), "part": (part, part != "")}
                yield Frames(
                    values.astype(np.float32),
                    affine,
                    {key: label for key, (label, wanted) in named.items() if wanted},
                    echo,
                )


def placed(scan: Parameters, pack: int) -> tuple[FloatArray, bool]:
    """Return the affine of a pack of slices, and whether its parameters agree with each other.

    Slices follow one another as their positions do. Where these lie in the plane of the slices,
    which cannot be, they are taken to follow along the normal, as far apart.
    """
    affine = np.array(scan.dataset.affine_of_package(pack), dtype=float)
    step, spacing = affine[:3, 2].copy(), np.linalg.norm(affine[:3, 2])
    normal = np.cross(affine[:3, 0], affine[:3, 1])
    normal /= np.linalg.norm(normal)
    along = float(step @ normal)
    agree = bool(abs(along) > _ALONG * spacing)
    if not agree:
        affine[:3, 2] = spacing * normal
    return np.asarray(_TO_RAS @ affine), agree


def _ordered(scan: Parameters) -> npt.NDArray[np.generic]:
    """Return data as (x, y, z, volumes, echoes)."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)
        data = np.asarray(scan.dataset.data)
    names = [str(name) for name in scan.dataset.dim_type][: data.ndim]
    if names.count("spatial") == 2:
        third = next((name for name in (_SLICES, "frame") if name in names), None)
    else:
        third = "spatial"
    if third is None:
        data, names, third = data[..., np.newaxis], [*names, _SLICES], _SLICES
    space = _places(names, "spatial")[:3]
    space += _places(names, third) if third != "spatial" else []
    echo = _places(names, _ECHOES)
    rest = [axis for axis in range(data.ndim) if axis not in (*space, *echo)]
    data = data.transpose([*space, *rest, *echo])
    # The first group of frames runs fastest.
    return data.reshape((*data.shape[:3], -1, data.shape[-1] if echo else 1), order="F")


def _places(names: Sequence[str], name: str) -> list[int]:
    return [axis for axis, each in enumerate(names) if each == name]


def _parts(values: npt.NDArray[np.generic]) -> Iterator[tuple[str, npt.NDArray[np.generic]]]:
    """Yield an image, or magnitude and phase of a complex one; one volume needs no fourth axis."""
    values = values[..., 0] if values.shape[3] == 1 else values
    if np.iscomplexobj(values):
        yield "mag", np.abs(values)
        yield "phase", np.arctan2(values.imag, values.real)
    else:
        yield "", values
