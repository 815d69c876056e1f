"""Pictures of a dynamic series: curves with their fits, and what looks doubtful."""

import io

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from biomarkers.kinetics import Input
from biomarkers.study.scans.dce_quality import MOTION, DynamicQuality
from biomarkers.study.scans.region_curves import RegionCurve

FloatArray = npt.NDArray[np.float64]

_WORST = ("#0072b2", "#d55e00", "#009e73")  # one colour for each voxel that fits worst


def curve_panels(plasma: Input, curve: RegionCurve) -> bytes:
    """Draw the arterial input, and a region's mean curve with its fit; return a PNG."""
    figure, (left, right) = _panels(2)
    left.plot(plasma.time, np.asarray(plasma.plasma), color="#b2182b", linewidth=1)
    _draw_fit(right, curve.fit.time, curve.fit.tissue, curve.fit.fitted)
    right.legend(fontsize=6, frameon=False, loc="lower right")
    _name(left, "Arterial input (plasma)", "time (s)", "concentration (mM)")
    _name(right, f"Mean of {curve.region}", "time (s)", "concentration (mM)")
    return _png(figure)


def quality_panels(looked: DynamicQuality) -> bytes:
    """Draw when the agent arrives, how each frame fits, and the voxels that fit worst."""
    figure, (arrivals, frames, voxels) = _panels(3)
    counts, edges = np.histogram(looked.arrivals[np.isfinite(looked.arrivals)], bins=20)
    arrivals.stairs(counts, edges, fill=True, color="#0072b2")
    _name(arrivals, "Arrival in the voxels", "time (s)", "voxels")
    frames.axhline(MOTION, color="#d55e00", linewidth=0.8, linestyle="--")
    _name(frames, "Misfit of each frame", "time (s)", "over the median frame")
    _name(voxels, "Voxels that fit worst", "time (s)", "concentration (mM)")
    if looked.misfit is not None:
        frames.plot(looked.time, looked.misfit.of_frame, color="#555555", linewidth=1)
        for row, colour in zip(looked.misfit.worst(len(_WORST)), _WORST, strict=False):
            measured, fitted = looked.misfit.measured[row], looked.misfit.fitted[row]
            voxels.plot(looked.time, measured, ".", color=colour, markersize=2)
            said = f"{looked.misfit.of_voxel[row]:.1f} × noise"
            voxels.plot(looked.time, fitted, color=colour, linewidth=1, label=said)
        voxels.legend(fontsize=6, frameon=False, loc="lower right")
    frames.set_ylim(0.0, None)
    return _png(figure)


def _panels(count: int) -> tuple[Figure, list[Axes]]:
    figure = Figure(figsize=(2.6 * count, 2.2))
    figure.subplots_adjust(
        left=0.2 / count, right=1 - 0.04 / count, bottom=0.2, top=0.88, wspace=0.35
    )
    return figure, list(np.ravel(figure.subplots(1, count)))


def _draw_fit(axes: Axes, time: FloatArray, measured: FloatArray, fitted: FloatArray) -> None:
    axes.plot(time, measured, ".", color="#555555", markersize=3, label="measured")
    axes.plot(time, fitted, color="#0072b2", linewidth=1.2, label="fitted")


def _name(axes: Axes, title: str, across: str, up: str) -> None:
    # At a given height and with few ticks, which takes a third less time.
    axes.set_title(title, fontsize=8, y=1.02)
    axes.locator_params(nbins=5)
    axes.set_xlabel(across, fontsize=7)
    axes.set_ylabel(up, fontsize=7)
    axes.tick_params(labelsize=6)
    axes.spines[["top", "right"]].set_visible(False)


def _png(figure: Figure) -> bytes:
    buffer = io.BytesIO()
    # No date and no version: the same study gives the same bytes.
    figure.savefig(buffer, format="png", dpi=90, metadata={"Software": None})
    return buffer.getvalue()
