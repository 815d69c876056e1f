"""Quality of the fits of a dynamic series: flags, arrival, residuals, motion."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from biomarkers import dce
from biomarkers.arrays import BoolArray, FloatArray
from biomarkers.errors import InputError
from biomarkers.estimates import Estimates
from biomarkers.kinetics import Input

# A frame whose misfit is this many times that of the median frame suggests motion.
MOTION = 3.0
# More flagged voxels than this share of the tissue warn.
FLAGGED = 0.2


@dataclass(frozen=True, eq=False)
class DynamicQuality:
    """Of the tissue regions of a dynamic series.

    Parameters
    ----------
    time
        (T,), s.
    flagged
        Share of voxels whose fit is not to be trusted.
    r2
        Median share of the variance explained.
    arrivals
        When the agent arrives in each voxel, s; NaN where none is detected.
    misfit
        What the fits leave; None if nothing could be said.

    """

    time: FloatArray
    flagged: float
    r2: float
    arrivals: FloatArray
    misfit: dce.Misfit | None

    @property
    def status(self) -> str:
        """`warn` if frames moved or many voxels are flagged, else `ok`."""
        moved = self.misfit is not None and self.misfit.motion_score > MOTION
        return "warn" if moved or self.flagged > FLAGGED else "ok"

    @property
    def values(self) -> Mapping[str, float]:
        """The numbers, by name; they stand in the card."""
        finite = self.arrivals[np.isfinite(self.arrivals)]
        nan = float("nan")
        return {
            "fraction_flagged": self.flagged,
            "median_r2": self.r2,
            "fraction_with_arrival": finite.size / self.arrivals.size,
            "median_arrival_s": float(np.median(finite)) if finite.size else nan,
            "motion_score": self.misfit.motion_score if self.misfit else nan,
        }

    @property
    def caption(self) -> str:
        """The numbers in words."""
        values = self.values
        words = [
            f"{100 * values['fraction_flagged']:.1f} % of the tissue voxels flagged",
            f"median r2 {values['median_r2']:.3f}",
            f"arrival detected in {100 * values['fraction_with_arrival']:.0f} % of them, "
            f"median {values['median_arrival_s']:.1f} s",
        ]
        if self.misfit is not None:
            frame = int(self.misfit.of_frame.argmax())
            words.append(
                f"motion score {values['motion_score']:.2f} (largest residual of a frame over that "
                f"of the median frame; frame {frame} at {self.time[frame]:.1f} s; above "
                f"{MOTION:g} suggests motion)"
            )
        return "Of the voxel fits: " + "; ".join(words) + "."


def dynamic_quality(
    scan: dce.Scan,
    plasma: Input,
    inside: BoolArray,
    maps: tuple[dce.DCEMaps, Estimates],
    *,
    model: str,
    delay: float | tuple[float, float] | None,
) -> DynamicQuality:
    """Return the quality of the fits of some voxels.

    Parameters
    ----------
    scan, plasma
        The series and the arterial input.
    inside
        Voxels of tissue, (x, y, z).
    maps
        Of the kinetic model, and without a model.
    model, delay
        With which residuals are computed.

    """
    kinetic, shape = maps
    r2 = kinetic.quality["r2"][inside]
    try:
        misfit = scan.misfit(plasma, mask=inside, model=model, delay=delay)
    except InputError:
        misfit = None  # too short a baseline, or no sound curve: then nothing can be said
    return DynamicQuality(
        scan.time,
        float(kinetic.flags[inside].mean()),
        float(np.median(r2[np.isfinite(r2)])) if np.isfinite(r2).any() else float("nan"),
        shape["BAT"][inside],
        misfit,
    )
