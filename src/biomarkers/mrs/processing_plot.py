"""What was done to signals, as a figure."""

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from biomarkers.mrs.scan import COIL, EDIT, ProcessingStep, Scan, spectrum_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_BEFORE, _AFTER, _MARK = "0.6", "C0", "C3"
_SHOWN_PPM, _METABOLITES_PPM = (0.0, 5.5), (0.2, 4.2)


def processing_figure(scan: Scan, before: Scan | None = None) -> "Figure":
    """Draw what `preprocess` did: a panel for each step that has a picture, then the spectrum.

    Parameters
    ----------
    scan
        As `preprocess` returns it; of a grid its strongest voxel is drawn.
    before
        The same scan as acquired: the mean over averages of its strongest coil is drawn below.

    Returns
    -------
    matplotlib.figure.Figure

    Examples
    --------
    >>> import numpy as np
    >>> from biomarkers import mrs
    >>> line = np.exp((-15 - 2j * np.pi * 200) * np.arange(1024) * 0.5e-3)
    >>> coils = np.array([1.0, 0.5j])[:, None] * line
    >>> scan = mrs.Scan(coils[None, None, None], 0.5e-3, 123.2, axes=("DIM_COIL",))
    >>> figure = mrs.processing_figure(mrs.preprocess(scan), before=scan)
    >>> [axes.get_title() for axes in figure.axes]
    ['coil combination', '']

    """
    from matplotlib.figure import Figure  # noqa: PLC0415  (slow to import)

    voxel = _strongest(scan)
    steps = [step for step in scan.steps if step.name in _PANELS]
    figure = Figure(figsize=(3.0 * max(len(steps), 3), 5.6 if steps else 3.0), layout="constrained")
    grid = figure.add_gridspec(1 + bool(steps), max(len(steps), 1))
    panels = [figure.add_subplot(grid[0, k]) for k in range(len(steps))]
    last = figure.add_subplot(grid[-1, :])
    for axes, step in zip(panels, steps, strict=True):
        axes.set_title(step.name, fontsize=9)
        _PANELS[step.name](axes, step, scan, voxel)
    if before is not None:
        _spectrum(last, before, _strongest_coil(before, voxel), "before", _BEFORE)
    after = _first(scan.fid[voxel])
    _spectrum(last, scan, after, "after", _AFTER)
    _limit(last, scan, after)
    last.legend(fontsize=7, frameon=False)
    return figure


def _strongest(scan: Scan) -> tuple[int, int, int]:
    power = np.sum(np.abs(scan.fid) ** 2, axis=tuple(range(3, scan.fid.ndim)))
    x, y, z = np.unravel_index(np.nan_to_num(power).argmax(), power.shape)
    return int(x), int(y), int(z)


def _strongest_coil(scan: Scan, voxel: tuple[int, int, int]) -> np.ndarray:
    """Return the mean signal, (T,), of the coil that has most, of the first condition."""
    signals = scan.fid[voxel]
    kept = [axis for axis in (COIL, EDIT) if axis in scan.axes]
    moved = np.moveaxis(signals, [scan.axes.index(axis) for axis in kept], range(len(kept)))
    means = moved.reshape(*moved.shape[: len(kept)], -1, scan.points).mean(axis=-2)
    if EDIT in kept:
        means = means[..., 0, :]
    coils = means.reshape(-1, scan.points)
    return np.asarray(coils[np.linalg.norm(coils, axis=-1).argmax()])


def _first(signals: np.ndarray) -> np.ndarray:
    """Return the first of signals, (..., T): of the first condition of editing."""
    return np.asarray(signals.reshape(-1, signals.shape[-1])[0])


def _spectrum(axes: "Axes", scan: Scan, fid: np.ndarray, label: str, colour: str) -> None:
    low, high = _SHOWN_PPM
    inside = (scan.ppm >= low) & (scan.ppm <= high)
    axes.plot(
        scan.ppm[inside], spectrum_of(fid).real[inside], color=colour, linewidth=0.8, label=label
    )
    axes.set_xlim(high, low)
    axes.set_xlabel("chemical shift, ppm")
    axes.set_yticks([])


def _limit(axes: "Axes", scan: Scan, fid: np.ndarray) -> None:
    """Set the height to that of the metabolites, whatever residual water does."""
    inside = (scan.ppm >= _METABOLITES_PPM[0]) & (scan.ppm <= _METABOLITES_PPM[1])
    height = spectrum_of(fid).real[inside]
    if height.size and np.isfinite(height).all() and np.ptp(height) > 0:
        margin = 0.3 * np.ptp(height)
        axes.set_ylim(height.min() - margin, height.max() + margin)


def _coils(axes: "Axes", step: ProcessingStep, _: Scan, voxel: tuple[int, int, int]) -> None:
    weight = np.abs(step.values["weights"][voxel])
    axes.bar(np.arange(weight.size), weight / weight.max(), color=_AFTER)
    axes.set_xlabel("coil")
    axes.set_ylabel(f"weight; from the {step.values['source']}")


def _shifts(axes: "Axes", step: ProcessingStep, _: Scan, voxel: tuple[int, int, int]) -> None:
    shift = step.values["shift_hz"][voxel].reshape(-1)
    phase = np.degrees(step.values["phase"][voxel].reshape(-1))
    axes.plot(shift, ".", color=_AFTER)
    axes.set_xlabel("average")
    axes.set_ylabel("shift taken out, Hz", color=_AFTER)
    other = axes.twinx()
    other.plot(phase, ".", color=_BEFORE, markersize=3)
    other.set_ylabel("phase, degrees", color="0.4")


def _rejected(axes: "Axes", step: ProcessingStep, _: Scan, voxel: tuple[int, int, int]) -> None:
    score = step.values["score"][voxel].reshape(-1)
    out = step.values["rejected"][voxel].reshape(-1)
    at = np.arange(score.size)
    for where, colour, label in ((~out, _AFTER, "kept"), (out, _MARK, "left out")):
        axes.plot(at[where], score[where], ".", color=colour, label=label)
    axes.set_xlabel("average")
    axes.set_ylabel("unlike the rest (modified z)")
    axes.legend(fontsize=7, frameon=False)


def _phase(axes: "Axes", step: ProcessingStep, scan: Scan, voxel: tuple[int, int, int]) -> None:
    axes.plot(1e3 * scan.time, _first(step.values["phase"][voxel]), color=_AFTER)
    axes.set_xlabel("time, ms")
    axes.set_ylabel("phase taken out, rad")


def _water(axes: "Axes", step: ProcessingStep, scan: Scan, voxel: tuple[int, int, int]) -> None:
    _spectrum(axes, scan, _first(step.values["removed"][voxel]), "water", _BEFORE)


_PANELS: dict[str, Callable[["Axes", ProcessingStep, Scan, tuple[int, int, int]], None]] = {
    "coil combination": _coils,
    "registration of averages": _shifts,
    "outlier rejection": _rejected,
    "eddy-current correction": _phase,
    "water removal": _water,
}
