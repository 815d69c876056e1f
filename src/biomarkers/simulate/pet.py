"""What a PET scanner makes of activity: blurred, noisy frames, and a PET-BIDS sidecar."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.ndimage import gaussian_filter

from biomarkers.arrays import FloatArray

HALF_LIFE_F18 = 6586.2  # s, ICRP Publication 107
_FWHM_PER_SD = 2.0 * np.sqrt(2.0 * np.log(2.0))


@dataclass(frozen=True, eq=False)
class Frames:
    """When a scan with fluorine-18 was acquired, from the injection on.

    Parameters
    ----------
    start, duration
        Of every frame, s, (frames,).

    """

    start: FloatArray
    duration: FloatArray

    @classmethod
    def following(cls, pairs: Sequence[tuple[int, float]], *, start: float = 0.0) -> "Frames":
        """Return frames one after the other: how many of which duration (s), from `start` on."""
        duration = np.concatenate([np.full(count, float(each)) for count, each in pairs])
        return cls(start + np.concatenate([[0.0], np.cumsum(duration)[:-1]]), duration)

    @property
    def end(self) -> FloatArray:
        """When every frame ends, s."""
        return self.start + self.duration

    def sidecar(self, *, tracer: str, dose_mbq: float, **others: Any) -> dict[str, Any]:
        """Return metadata as PET-BIDS has it; activity is in Bq/mL, corrected to the injection."""
        return {
            "TracerName": tracer,
            "TracerRadionuclide": "F18",
            "InjectedRadioactivity": round(dose_mbq, 3),
            "InjectedRadioactivityUnits": "MBq",
            "TimeZero": "10:00:00",
            "InjectionStart": 0,
            "ScanStart": float(self.start[0]),
            "FrameTimesStart": self.start.tolist(),
            "FrameDuration": self.duration.tolist(),
            "ImageDecayCorrected": True,
            "ImageDecayCorrectionTime": 0,
            "Units": "Bq/mL",
            **others,
        }

    def noisy(
        self,
        activity: FloatArray,
        *,
        spread: float,
        rng: np.random.Generator,
        fwhm_mm: float = 0.0,
        voxel_mm: Sequence[float] = (1.0, 1.0, 1.0),
    ) -> FloatArray:
        """Return decay-corrected activity with the noise of its counts.

        Parameters
        ----------
        activity
            (x, y, z, frames), any unit.
        spread
            Standard deviation in a voxel of activity 1 over 1 s right after the injection.
        rng
            Random numbers.
        fwhm_mm, voxel_mm
            Width over which noise is smooth, and the voxels' edges, mm.

        """
        middle = self.start + 0.5 * self.duration
        left = np.exp2(-middle / HALF_LIFE_F18)
        deviation = spread * np.sqrt(np.maximum(activity, 0.0) / (self.duration * left))
        noise = rng.normal(size=activity.shape)
        if fwhm_mm:
            noise = resolved(noise, fwhm_mm=fwhm_mm, voxel_mm=voxel_mm)
            noise /= noise.std()
        return activity + deviation * noise


def resolved(activity: FloatArray, *, fwhm_mm: float, voxel_mm: Sequence[float]) -> FloatArray:
    """Return activity (x, y, z, ...) as a scanner of a resolution sees it, without noise."""
    widths = [fwhm_mm / _FWHM_PER_SD / edge for edge in voxel_mm]
    widths += [0.0] * (activity.ndim - len(widths))
    return np.asarray(gaussian_filter(activity, widths, mode="nearest"))
