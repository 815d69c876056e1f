"""The six families of texture matrices, of slices and of the volume."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TypeVar

import numpy as np

from biomarkers.arrays import FloatArray, IntArray
from biomarkers.ibsi import DIRECTIONAL, UNDIRECTED
from biomarkers.radiomics._cooccurrence import count_pairs, pair_features
from biomarkers.radiomics._level_counts import level_features
from biomarkers.radiomics._neighbours import MOST_DEPENDENT, count_neighbours, tone_features
from biomarkers.radiomics._run_lengths import count_runs
from biomarkers.radiomics._zones import find_zones
from biomarkers.radiomics.region import Region

# Values by aggregation, each in the order of the manual.
Values = dict[str, FloatArray]
Matrix = TypeVar("Matrix", FloatArray, IntArray)

# Directions are taken one way; the other way gives the same pairs and runs.
_IN_SPACE = np.array(
    [(z, y, x) for z in (0, 1) for y in (-1, 0, 1) for x in (-1, 0, 1) if (z, y, x) > (0, 0, 0)]
)
_IN_PLANE = np.ascontiguousarray(_IN_SPACE[_IN_SPACE[:, 0] == 0])


def _slices(region: Region) -> Iterator[tuple[int, int]]:
    """Yield start and stop of every slice that has voxels."""
    for z in np.flatnonzero(region.levels.any(axis=(1, 2))):
        yield int(z), int(z) + 1


def _mean(rows: Iterable[FloatArray]) -> FloatArray:
    """Return the mean of those values that there are: a matrix without any is left out."""
    values = np.stack(list(rows))
    known = np.isfinite(values)
    total, count = np.where(known, values, 0.0).sum(axis=0), known.sum(axis=0)
    mean = np.full(total.shape, np.nan)
    return np.asarray(np.divide(total, count, out=mean, where=count > 0))


def _directed(
    region: Region,
    planes: str,
    matrices: Callable[[int, int, IntArray], IntArray],
    describe: Callable[[IntArray, int, int], FloatArray],
) -> Values:
    """Return every aggregation of matrices of directions.

    Parameters
    ----------
    region
        What is measured.
    planes
        `2d` or `3d`.
    matrices
        Gives those of slices from, to, and of directions, (directions, levels, ...).
    describe
        Gives the features of a matrix, of how many voxels, and of how many directions merged.

    """
    whole = int((region.levels > 0).sum())
    if planes == "3d":
        counts = matrices(0, len(region.levels), _IN_SPACE)
        each = _mean(describe(one, whole, 1) for one in counts)
        merged = describe(counts.sum(axis=0), whole, len(counts))
        return dict(zip(DIRECTIONAL[planes], (each, merged), strict=True))
    by_slice = [(*each, matrices(*each, _IN_PLANE)) for each in _slices(region)]
    sizes = [int((region.levels[start:stop] > 0).sum()) for start, stop, _ in by_slice]
    pairs = [(size, counts) for size, (_, _, counts) in zip(sizes, by_slice, strict=True)]
    total = np.sum([counts for _, counts in pairs], axis=0)
    results = (
        _mean(describe(one, size, 1) for size, counts in pairs for one in counts),
        _mean(describe(counts.sum(axis=0), size, len(counts)) for size, counts in pairs),
        _mean(describe(one, whole, 1) for one in total),
        describe(total.sum(axis=0), whole, len(total)),
    )
    return dict(zip(DIRECTIONAL[planes], results, strict=True))


def cooccurrence(region: Region, planes: str) -> Values:
    """Return features of grey level co-occurrence (LFYI); neighbours are at distance 1."""

    def matrices(start: int, stop: int, offsets: IntArray) -> IntArray:
        out = np.zeros((len(offsets), region.bins, region.bins), dtype=np.int64)
        count_pairs(region.levels, start, stop, offsets, out)
        return out

    return _directed(
        region, planes, matrices, lambda counts, _voxels, _merged: pair_features(counts)
    )


def run_lengths(region: Region, planes: str) -> Values:
    """Return features of grey level run lengths (TP0I)."""
    longest = max(region.levels.shape)
    lengths = np.arange(1, longest + 1)

    def matrices(start: int, stop: int, offsets: IntArray) -> IntArray:
        out = np.zeros((len(offsets), region.bins, longest), dtype=np.int64)
        count_runs(region.levels, start, stop, offsets, out)
        return out

    def describe(counts: IntArray, voxels: int, merged: int) -> FloatArray:
        return level_features(counts, lengths, float(voxels * merged))[:-1]

    return _directed(region, planes, matrices, describe)


def _undirected(
    region: Region,
    planes: str,
    matrix: Callable[[int, int], Matrix],
    merge: Callable[[Sequence[Matrix]], Matrix],
    describe: Callable[[Matrix, int], FloatArray],
) -> Values:
    """Return every aggregation of matrices without direction; parameters as of `_directed`."""
    whole = int((region.levels > 0).sum())
    if planes == "3d":
        return {UNDIRECTED[planes][0]: describe(matrix(0, len(region.levels)), whole)}
    spans = list(_slices(region))
    each = [matrix(*span) for span in spans]
    sizes = [int((region.levels[start:stop] > 0).sum()) for start, stop in spans]
    averaged = _mean(describe(one, size) for one, size in zip(each, sizes, strict=True))
    results = (averaged, describe(merge(each), whole))
    return dict(zip(UNDIRECTED[planes], results, strict=True))


def _zone_values(region: Region, planes: str, column: int) -> Values:
    """Return features of zones by a column of `find_zones`: their size, or their distance."""
    depth = region.depth(planes)

    def describe(zones: IntArray, voxels: int) -> FloatArray:
        sizes, place = np.unique(zones[:, column], return_inverse=True)
        counts = np.zeros((region.bins, sizes.size), dtype=np.int64)
        np.add.at(counts, (zones[:, 0] - 1, place), 1)
        return level_features(counts, sizes, float(voxels))[:-1]

    def matrix(start: int, stop: int) -> IntArray:
        room = np.empty((2, region.present.size, 3), dtype=np.int64)
        count = find_zones(region.levels, start, stop, depth, room[0], room[1])
        return room[0, :count]

    def merge(matrices: Sequence[IntArray]) -> IntArray:
        return np.concatenate(matrices)

    return _undirected(region, planes, matrix, merge, describe)


def size_zones(region: Region, planes: str) -> Values:
    """Return features of the sizes of zones (9SAK)."""
    return _zone_values(region, planes, 1)


def distance_zones(region: Region, planes: str) -> Values:
    """Return features of the distances of zones from the edge of the region as drawn (VMDZ)."""
    return _zone_values(region, planes, 2)


def _neighbours(region: Region, start: int, stop: int) -> tuple[FloatArray, IntArray]:
    tones = np.zeros((region.bins, 2))
    dependences = np.zeros((region.bins, MOST_DEPENDENT), dtype=np.int64)
    count_neighbours(region.levels, start, stop, tones, dependences)
    return tones, dependences


def _summed(matrices: Sequence[Matrix]) -> Matrix:
    return np.asarray(np.sum(matrices, axis=0))


def grey_tones(region: Region, planes: str) -> Values:
    """Return features of neighbourhood grey tone differences (IPET), at distance 1."""
    return _undirected(
        region,
        planes,
        lambda start, stop: _neighbours(region, start, stop)[0],
        _summed,
        lambda tones, _voxels: tone_features(tones),
    )


def dependences(region: Region, planes: str) -> Values:
    """Return features of neighbouring grey level dependence (REK0), at distance 1, equal levels."""
    counts = np.arange(1, MOST_DEPENDENT + 1)
    return _undirected(
        region,
        planes,
        lambda start, stop: _neighbours(region, start, stop)[1],
        _summed,
        lambda matrix, voxels: level_features(matrix, counts, float(voxels)),
    )
