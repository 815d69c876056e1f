"""Pictures for the quality cards: maps with their regions, curves with their fits."""

import io
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from matplotlib.figure import Figure

from biomarkers.images import Image, LabelMap
from biomarkers.study.dynamic import RegionCurve
from biomarkers.units import quantity

FloatArray = npt.NDArray[np.float64]

_REGION_COLOURS = ("#e69f00", "#009e73", "#cc79a7", "#56b4e9", "#d55e00", "#f0e442")
_WIDTH, _HEIGHT, _DPI = 2.6, 2.5, 90


def map_panels(panels: Sequence[tuple[str, Image, LabelMap]]) -> bytes:
    """Draw each map in the slice that shows most of its regions, outlined.

    Parameters
    ----------
    panels
        Biomarker, map and label map on the same grid.

    Returns
    -------
    bytes
        PNG.

    """
    figure = Figure(figsize=(_WIDTH * len(panels), _HEIGHT), layout="constrained")
    for axes, (biomarker, image, labels) in zip(
        figure.subplots(1, len(panels), squeeze=False)[0], panels, strict=True
    ):
        regions = np.asarray(labels.image.data)
        z = int(np.argmax((regions > 0).sum(axis=(0, 1))))
        plane = np.asarray(image.data, dtype=float)[:, :, z].T
        low, high = _window(np.asarray(image.data, dtype=float), regions > 0)
        shown = axes.imshow(plane, cmap="gray", vmin=low, vmax=high, origin="lower")
        for index, region in enumerate(labels.regions):
            mask = labels.mask(region)[:, :, z].T
            if mask.any() and not mask.all():
                colour = _REGION_COLOURS[index % len(_REGION_COLOURS)]
                axes.contour(mask, levels=[0.5], colors=[colour], linewidths=0.8)
        known = quantity(biomarker)
        unit = f" ({image.unit})" if image.unit else ""
        axes.set_title(f"{known.label if known else biomarker}{unit}", fontsize=8)
        axes.set_axis_off()
        axes.set_aspect(float(image.voxel_size[1] / image.voxel_size[0]))
        figure.colorbar(shown, ax=axes, shrink=0.8).ax.tick_params(labelsize=6)
    return _png(figure)


def curve_panels(curve: RegionCurve) -> bytes:
    """Draw the arterial input, and a region's mean curve with its fit; return a PNG."""
    figure = Figure(figsize=(2 * _WIDTH, _HEIGHT), layout="constrained")
    left, right = figure.subplots(1, 2)
    left.plot(curve.time, curve.plasma, color="#b2182b", linewidth=1)
    left.set_title("Arterial input (plasma)", fontsize=8)
    right.plot(curve.time, curve.tissue, ".", color="#555555", markersize=3, label="measured")
    right.plot(curve.time, curve.fitted, color="#0072b2", linewidth=1.2, label="fitted")
    right.set_title(f"Mean of {curve.region}", fontsize=8)
    right.legend(fontsize=6, frameon=False)
    for axes in (left, right):
        axes.set_xlabel("time (s)", fontsize=7)
        axes.set_ylabel("concentration (mM)", fontsize=7)
        axes.tick_params(labelsize=6)
        axes.spines[["top", "right"]].set_visible(False)
    return _png(figure)


def _window(values: FloatArray, inside: npt.NDArray[np.bool_]) -> tuple[float, float]:
    sample = values[inside & np.isfinite(values)]
    if sample.size == 0:
        return 0.0, 1.0
    low, high = np.percentile(sample, [2, 98])
    return float(min(low, 0.0)), float(high if high > low else low + 1.0)


def _png(figure: Figure) -> bytes:
    buffer = io.BytesIO()
    # No date and no version: the same study gives the same bytes.
    figure.savefig(buffer, format="png", dpi=_DPI, metadata={"Software": None})
    return buffer.getvalue()
