"""Whether intensities that lie near each other are alike: Moran's I (N365), Geary's C (NPT7).

Both weigh every pair of voxels by the inverse of their distance. The sums over pairs are exact:
by the theorem of Parseval they are sums over frequencies of the transforms of weights, region
and intensities, so that no pair is gone through and none left out.
"""

import numpy as np
import numpy.typing as npt
from scipy import fft

from biomarkers.arrays import FloatArray
from biomarkers.radiomics.region import Region, box_of


def spatial_autocorrelation(region: Region) -> tuple[float, float]:
    """Return Moran's I and Geary's C; NaN where all intensities are one."""
    box = box_of(region.kept)
    inside = region.kept[box]
    count = int(inside.sum())
    if count < 2 or np.ptp(region.intensities) == 0.0:
        return float("nan"), float("nan")
    away = np.where(inside, region.image[box] - region.intensities.mean(), 0.0)
    away /= np.abs(away).max()  # neither measure has a scale
    # Twice the box, so that no pair meets another one around the edge.
    shape = tuple(fft.next_fast_len(2 * n - 1, real=True) for n in inside.shape)
    weights = fft.rfftn(_weights(shape, region.spacing))
    once, twice, total = _pair_sums(weights.real, away, inside, shape)
    square = float((away**2).sum())
    moran = count / total * once / square  # N365
    geary = (count - 1) / (2.0 * total) * (2.0 * twice - 2.0 * once) / square  # NPT7
    return moran, geary


def _weights(shape: tuple[int, ...], spacing: tuple[float, ...]) -> FloatArray:
    """Return the inverse of each distance, around the corner of the grid; 0 for a voxel itself."""
    axes = [edge * fft.fftfreq(n, 1.0 / n) for edge, n in zip(spacing, shape, strict=True)]
    z, y, x = np.meshgrid(*axes, indexing="ij", sparse=True)
    distance = np.sqrt(z**2 + y**2 + x**2)
    distance[0, 0, 0] = np.inf
    return np.asarray(1.0 / distance)


def _over_frequencies(terms: FloatArray, last: int) -> float:
    """Return a sum over all frequencies of which a real transform holds one half, mean taken."""
    doubled = np.full(terms.shape[-1], 2.0)
    doubled[0] = 1.0
    if last % 2 == 0:
        doubled[-1] = 1.0
    size = terms.shape[0] * terms.shape[1] * last
    return float((terms * doubled).sum() / size)


def _pair_sums(
    weights: FloatArray,
    away: FloatArray,
    inside: npt.NDArray[np.bool_],
    shape: tuple[int, ...],
) -> tuple[float, float, float]:
    """Return the weighted sums over pairs of a_i a_j, of a_i squared, and of 1."""
    first = fft.rfftn(away, shape)
    squared = fft.rfftn(away**2, shape)
    mask = fft.rfftn(inside.astype(float), shape)
    terms = (
        first.real**2 + first.imag**2,
        squared.real * mask.real + squared.imag * mask.imag,
        mask.real**2 + mask.imag**2,
    )
    once, twice, total = (_over_frequencies(weights * each, shape[-1]) for each in terms)
    return once, twice, total
