"""What to look at in a dynamic series before its maps are believed."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from biomarkers import dce
from biomarkers.errors import InputError
from biomarkers.estimates import Estimates
from biomarkers.images import LabelMap
from biomarkers.kinetics import Input
from biomarkers.study.labelling import tissue_regions
from biomarkers.study.scans.region_curves import concentrations

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]

# A frame whose misfit is this many times that of the median frame is out of place.
MOTION = 3.0
# More flagged voxels than this share of the tissue want a look.
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
        When the agent arrives in each voxel, s; NaN where no arrival stands out.
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
        """`warn` if something wants a look, else `ok`."""
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
        found = self.values
        words = [
            f"{100 * found['fraction_flagged']:.1f} % of the tissue voxels flagged",
            f"median r2 {found['median_r2']:.3f}",
            f"arrival stands out in {100 * found['fraction_with_arrival']:.0f} % of them, "
            f"median {found['median_arrival_s']:.1f} s",
        ]
        if self.misfit is not None:
            frame = int(self.misfit.of_frame.argmax())
            words.append(
                f"motion score {found['motion_score']:.2f} (frame {frame} at "
                f"{self.time[frame]:.1f} s; 1 where every frame fits alike, above {MOTION:g} wants "
                "a look)"
            )
        return "Of the voxel fits: " + "; ".join(words) + "."


def dynamic_quality(
    series: FloatArray,
    time: FloatArray,
    plasma: Input,
    labels: LabelMap,
    *,
    t10: FloatArray,
    scan: Mapping[str, Any],
    maps: tuple[dce.DCEMaps, Estimates],
) -> DynamicQuality | None:
    """Look at the tissue regions of a series; None if there are none.

    Parameters
    ----------
    series, time, plasma, labels, t10, scan
        As in `region_curves`.
    maps
        Of the kinetic model, and without a model.

    """
    inside = np.zeros(labels.shape, dtype=bool)
    for region in tissue_regions(labels):
        inside |= labels.mask(region)
    if not inside.any():
        return None
    kinetic, shape = maps
    r2 = kinetic.quality["r2"][inside]
    return DynamicQuality(
        time,
        float(kinetic.flags[inside].mean()),
        float(np.median(r2[np.isfinite(r2)])) if np.isfinite(r2).any() else float("nan"),
        shape["BAT"][inside],
        _misfit(concentrations(series, inside, t10, scan), time, plasma, kinetic),
    )


def _misfit(
    curves: FloatArray, time: FloatArray, plasma: Input, kinetic: dce.DCEMaps
) -> dce.Misfit | None:
    baseline = kinetic.settings["BaselineSamples"]
    try:
        return dce.misfit(curves, time, plasma, baseline=tuple(baseline), model=kinetic.model)
    except InputError:
        return None  # too short a baseline, or no sound curve: then nothing can be said
