"""Intensities as they are: their statistics (UHIW), and the peak around the highest (9ST6)."""

import numpy as np
import numpy.typing as npt

from biomarkers.arrays import FloatArray
from biomarkers.radiomics.fourier import convolved
from biomarkers.radiomics.preparation import PEAK_RADIUS
from biomarkers.radiomics.region import Region, box_of


def moments_and_order(values: npt.NDArray[np.generic]) -> dict[str, float]:
    """Return the statistics that intensities and their levels share; NaN what nothing divides."""
    sample = np.asarray(values, dtype=float)
    mean = float(sample.mean())
    away = sample - mean
    variance = float((away**2).mean())
    p10, p25, median, p75, p90 = np.percentile(sample, (10, 25, 50, 75, 90))
    robust = sample[(sample >= p10) & (sample <= p90)]
    low, high = float(sample.min()), float(sample.max())
    if low == high:  # rounding of the mean leaves no spread behind
        variance = 0.0
    return {
        "mean": mean,  # Q4LE
        "var": variance,  # ECT3
        "skew": over(float((away**3).mean()), variance**1.5),  # KE2A
        "kurt": over(float((away**4).mean()), variance**2) - 3.0,  # IPH6
        "median": float(median),  # Y12H
        "min": low,  # 1GSF
        "p10": float(p10),  # QG58
        "p90": float(p90),  # 8DWT
        "max": high,  # 84IY
        "iqr": float(p75 - p25),  # SALO
        "range": high - low,  # 2OJQ
        "mad": _mean_deviation(sample),  # 4FUA
        "rmad": _mean_deviation(robust),  # 1128
        "medad": float(np.abs(sample - median).mean()),  # N72L
        "cov": over(variance**0.5, mean),  # 7TET
        "qcod": over(float(p75 - p25), float(p75 + p25)),  # 9S40
    }


def _mean_deviation(sample: FloatArray) -> float:
    """Return the mean distance from the mean; NaN of nothing, as between percentiles of two."""
    return float(np.abs(sample - sample.mean()).mean()) if sample.size else float("nan")


def over(part: float, whole: float) -> float:
    """Return a ratio, NaN over 0."""
    return part / whole if whole != 0.0 else float("nan")


def statistics(region: Region) -> dict[str, float]:
    """Return the statistics of intensities."""
    energy = float((region.intensities**2).sum())  # N8CA
    rms = float(np.sqrt(energy / region.intensities.size))  # 5ZWQ
    return moments_and_order(region.intensities) | {"energy": energy, "rms": rms}


def local_peaks(region: Region) -> dict[str, float]:
    """Return the means of the sphere of 1 cm^3 around the highest voxel, and the highest of all.

    Voxels count wholly if their middle is in the sphere, in the region or not.
    """
    reach = tuple(int(PEAK_RADIUS / edge) for edge in region.spacing)
    box = box_of(region.kept, reach)
    image, kept = region.image[box], region.kept[box]
    known = np.isfinite(image)
    sphere = _sphere(region.spacing, reach)
    total = _convolved(np.where(known, image, 0.0), sphere)[kept]
    inner = box_of(kept)
    whole = known.all() and all(
        part.start >= n and part.stop + n <= size
        for part, n, size in zip(inner, reach, image.shape, strict=True)
    )
    counts = sphere.sum() if whole else _convolved(known.astype(float), sphere)[kept]
    means = total / np.maximum(counts, 1.0)
    highest = image[kept] == image[kept].max()
    return {
        "peak_loc": float(means[highest].max()),  # VJGA
        "peak_glob": float(means.max()),  # 0F91
    }


def _convolved(volume: FloatArray, sphere: FloatArray) -> FloatArray:
    return np.asarray(convolved(volume, sphere, (0, 1, 2)), dtype=np.float64)


def _sphere(spacing: tuple[float, ...], reach: tuple[int, ...]) -> FloatArray:
    """Return 1 where the middle of a voxel lies in the sphere around the middle one."""
    axes = [edge * np.arange(-n, n + 1) for edge, n in zip(spacing, reach, strict=True)]
    z, y, x = np.meshgrid(*axes, indexing="ij")
    return np.asarray(z**2 + y**2 + x**2 <= PEAK_RADIUS**2, dtype=float)
