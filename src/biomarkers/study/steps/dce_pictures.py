"""Pictures of a dynamic series: curves with their fits, and residuals."""

import numpy as np

from biomarkers.arrays import FloatArray
from biomarkers.kinetics import Input
from biomarkers.study.charts import Chart, Mark, draw_charts
from biomarkers.study.steps.dce_quality import MOTION, DynamicQuality
from biomarkers.study.steps.region_curves import RegionCurve

# Okabe and Ito's colours, which remain apart for the colour-blind.
_BLUE, _ORANGE, _GREEN, _GREY, _RED = "#0072b2", "#d55e00", "#009e73", "#555555", "#b2182b"
_WORST = (_BLUE, _ORANGE, _GREEN)  # one for each voxel that fits worst
_TIME, _CONCENTRATION = "time (s)", "concentration (mM)"


def curve_panels(plasma: Input, curve: RegionCurve, time: FloatArray) -> bytes:
    """Draw the arterial input, and a region's mean curve with its fit; return a PNG."""
    levels = np.asarray(plasma.plasma)
    fit = curve.fit
    return draw_charts(
        [
            Chart(
                "Arterial input (plasma)",
                _TIME,
                _CONCENTRATION,
                [Mark("line", plasma.time, levels, _RED)],
            ),
            Chart(
                f"Mean of {curve.region}",
                _TIME,
                _CONCENTRATION,
                [
                    Mark("dots", time, np.asarray(fit.curves), _GREY, "measured"),
                    Mark("line", time, fit.predicted(), _BLUE, "fitted"),
                ],
            ),
        ]
    )


def quality_panels(quality: DynamicQuality) -> bytes:
    """Draw when the agent arrives, how each frame fits, and the voxels that fit worst."""
    arrivals = quality.arrivals[np.isfinite(quality.arrivals)]
    counts, edges = np.histogram(arrivals, bins=20)
    bars = Mark("bars", edges, counts.astype(float), _BLUE)
    level = Mark("level", quality.time[:1], np.array([MOTION]), _ORANGE)
    of_frame = (
        [Mark("line", quality.time, quality.misfit.of_frame, _GREY)] if quality.misfit else []
    )
    return draw_charts(
        [
            Chart("Arrival in the voxels", _TIME, "voxels", [bars]),
            Chart(
                "Misfit of each frame",
                _TIME,
                "over the median frame",
                [*of_frame, level],
                from_zero=True,
            ),
            Chart("Voxels that fit worst", _TIME, _CONCENTRATION, _worst_voxels(quality)),
        ]
    )


def _worst_voxels(quality: DynamicQuality) -> list[Mark]:
    if quality.misfit is None:
        return []
    marks = []
    for row, colour in zip(quality.misfit.worst(len(_WORST)), _WORST, strict=False):
        said = f"{quality.misfit.of_voxel[row]:.1f} x noise"
        marks.append(Mark("dots", quality.time, quality.misfit.measured[row], colour))
        marks.append(Mark("line", quality.time, quality.misfit.fitted[row], colour, said))
    return marks
