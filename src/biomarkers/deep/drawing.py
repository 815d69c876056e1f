"""Pictures of maps: slices with what moves the score over them, spectra with it below."""

import io
from typing import Any

import numpy as np

from biomarkers.results.drawing import house_style
from biomarkers.stats.arrays import Floats

_COLOURS = "RdBu_r"  # red raises, blue lowers: apart for the colour-blind


def draw_slices(image: Floats, shown: Floats) -> bytes:
    """Draw slices in a row, and what moves the score below them; return a PNG.

    `shown` is slices × y × x, or one number a slice.
    """
    slices = len(image)
    figure = _figure(1.4 * slices + 0.6, 3.0)
    with house_style():
        low, high = np.percentile(image, (1, 99))
        top = float(np.percentile(np.abs(shown), 99.5)) or 1.0
        if shown.ndim == 1:
            grid = figure.subplots(2, slices, squeeze=False)
            for number, axes in enumerate(grid[0]):
                axes.imshow(image[number], cmap="gray", vmin=low, vmax=high)
                axes.set_axis_off()
            for axes in grid[1]:
                axes.remove()
            axes = figure.add_subplot(2, 1, 2)
            axes.bar(np.arange(slices), shown, color="0.4")
            axes.set_ylabel("Share")
            return _png(figure)
        grid = figure.subplots(2, slices, squeeze=False)
        for number in range(slices):
            for row in (0, 1):
                grid[row][number].imshow(image[number], cmap="gray", vmin=low, vmax=high)
                grid[row][number].set_axis_off()
            over = grid[1][number].imshow(
                shown[number], cmap=_COLOURS, vmin=-top, vmax=top, alpha=0.75
            )
        figure.colorbar(over, ax=grid[1].tolist(), shrink=0.9).set_label("Log odds")
        return _png(figure)


def draw_spectrum(image: Floats, shown: Floats, axis: Floats | None) -> bytes:
    """Draw a spectrum, and below it what moves the score; ppm runs from right to left."""
    places = np.arange(len(image)) if axis is None else axis
    figure = _figure(6.0, 3.4)
    with house_style():
        upper, lower = figure.subplots(2, 1, sharex=True)
        upper.plot(places, image, color="0.2", linewidth=0.8)
        upper.set_ylabel("Signal (SD)")
        lower.axhline(0, color="0.6", linewidth=0.8)
        lower.fill_between(places, shown, where=shown > 0, color="#d55e00", step="mid")
        lower.fill_between(places, shown, where=shown < 0, color="#0072b2", step="mid")
        lower.set_ylabel("Log odds")
        lower.set_xlabel("Point" if axis is None else "ppm")
        if axis is not None:
            lower.set_xlim(float(places.max()), float(places.min()))
        return _png(figure)


def _figure(width: float, height: float) -> Any:
    from matplotlib.figure import Figure  # noqa: PLC0415  (slow to import)

    return Figure(figsize=(width, height), layout="constrained")


def _png(figure: Any) -> bytes:
    stream = io.BytesIO()
    figure.savefig(stream, format="png", dpi=120, metadata={"Software": None})
    return stream.getvalue()
