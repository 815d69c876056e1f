"""How well two images agree: overlap of their foregrounds, mutual information."""

import numpy as np
import numpy.typing as npt

from biomarkers.arrays import FloatArray

_BINS = 32


def otsu_threshold(values: npt.ArrayLike, bins: int = 256) -> float:
    """Return the intensity that parts an image into two classes of least spread.

    References
    ----------
    Otsu N. IEEE Trans Syst Man Cybern 1979;9:62-66.

    """
    sample = np.asarray(values, dtype=np.float64)
    counts, edges = np.histogram(sample[np.isfinite(sample)], bins)
    middles = 0.5 * (edges[:-1] + edges[1:])
    below = np.cumsum(counts)[:-1]
    above = counts.sum() - below
    sums = np.cumsum(counts * middles)
    with np.errstate(invalid="ignore", divide="ignore"):
        between = below * above * (sums[:-1] / below - (sums[-1] - sums[:-1]) / above) ** 2
    return float(edges[1 + int(np.argmax(np.nan_to_num(between)))])


def foreground_dice(a: FloatArray, b: FloatArray) -> float:
    """Return the Dice coefficient of what is brighter than Otsu's threshold in either image.

    Voxels that are not finite in both do not count.
    """
    both = np.isfinite(a) & np.isfinite(b)
    if not both.any():
        return float("nan")
    one, two = (each[both] > otsu_threshold(each[both]) for each in (a, b))
    total = int(one.sum() + two.sum())
    return 2.0 * int((one & two).sum()) / total if total else float("nan")


def mutual_information(a: FloatArray, b: FloatArray) -> float:
    """Return the mutual information of two images, nats, from 32 × 32 bins.

    Voxels that are not finite in both do not count; the outermost bins hold what lies beyond the
    first and last percentile.
    """
    both = np.isfinite(a) & np.isfinite(b)
    if not both.any():
        return float("nan")
    joint = np.bincount(_BINS * _bin(a[both]) + _bin(b[both]), minlength=_BINS**2)
    share = joint.reshape(_BINS, _BINS) / joint.sum()
    apart = share.sum(axis=1, keepdims=True) * share.sum(axis=0, keepdims=True)
    seen = share > 0
    return float((share[seen] * np.log(share[seen] / apart[seen])).sum())


def _bin(values: FloatArray) -> npt.NDArray[np.int64]:
    low, high = np.percentile(values, [1, 99])
    scaled = (values - low) / max(float(high - low), 1e-300) * _BINS
    return np.asarray(np.clip(scaled, 0, _BINS - 1), dtype=np.int64)
