"""The artery, found in the images."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum
from html import escape
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
from scipy.ndimage import generate_binary_structure, label

from biomarkers.checks import as_mask, as_numbers
from biomarkers.errors import ArteryError, InputError
from biomarkers.estimates.drawing import house_style
from biomarkers.kinetics.bolus import Bolus, describe, noise
from biomarkers.kinetics.input import Input

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]
ReasonArray = npt.NDArray[np.uint8]

_NOTICEABLE = 8.0  # peak over noise of one sample; noise alone reaches about 4
_FEWEST_SAMPLES = 8
_TOGETHER = 0.75  # of a sampling interval: arteries of one field of view fill at once
_TOGETHER_S = 0.5
_PURE = 0.8  # of the area under the curves of whole voxels of blood
# A peak this narrow, s, that falls below this share of itself, is not one of leaky tissue; it may
# be as low as this share of `lowest_peak`.
_NARROW, _FALLEN, _LOWER = 15.0, 0.25, 1.0 / 3.0
_SMALLEST = 3  # voxels that touch
# Okabe and Ito's colours, which remain apart for the colour-blind.
_MARK, _CURVE, _NOTE = "#d55e00", "#0072b2", "#666666"


class Reason(IntEnum):
    """Why a voxel was not taken, in the order of the tests; 0 if it was."""

    SELECTED = 0
    OUTSIDE = 1
    INCOMPLETE = 2
    LOW = 3
    NOISE = 4
    WIDE = 5
    PARTIAL = 6
    LATE = 7
    ISOLATED = 8

    @property
    def words(self) -> str:
        """The reason in words."""
        return _WORDS[self]


_WORDS = {
    Reason.SELECTED: "taken",
    Reason.OUTSIDE: "outside the mask",
    Reason.INCOMPLETE: "no concentration at some sample (saturated, or without T1)",
    Reason.LOW: "peak lower than blood's",
    Reason.NOISE: "peak within noise",
    Reason.WIDE: "peak too wide for a first pass",
    Reason.PARTIAL: "area under the curve too small: partial volume",
    Reason.LATE: "arrives after the first vessels",
    Reason.ISOLATED: "fewer than three voxels together",
}


@dataclass(frozen=True, eq=False, repr=False)
class Artery:
    """An artery found in a dynamic series, and why everything else was left out.

    Parameters
    ----------
    mask
        Voxels taken, (...).
    time
        (T,), s.
    curve, spread
        Mean concentration in blood of the voxels taken and its standard error, (T,), mM.
    reasons
        `Reason` of every voxel, (...).
    peaks
        Largest concentration of every voxel, (...), mM; NaN where it is incomplete.
    features
        Of the mean curve: `peak` (mM), `arrival`, `time_to_peak`, `width` and `first_moment` (s).
    hct
        Haematocrit, if it was given.
    unit
        Of curve and peaks, where it is not mM.

    Examples
    --------
    >>> import numpy as np
    >>> from biomarkers.dce import find_artery, population_input
    >>> time = np.arange(0.0, 120.0, 2.0)
    >>> blood = population_input("parker", time).blood
    >>> artery = find_artery([blood, 0.9 * blood, 0.1 * blood], time, hct=0.42)
    >>> print(artery.mask, f"peak {artery.features['peak']:.1f} mM")
    [ True  True False] peak 5.7 mM
    >>> print(f"in plasma {artery.input.plasma.max():.1f} mM")
    in plasma 9.9 mM

    """

    mask: BoolArray
    time: FloatArray
    curve: FloatArray
    spread: FloatArray
    reasons: ReasonArray
    peaks: FloatArray
    features: Mapping[str, float]
    hct: float | None
    unit: str = "mM"

    @property
    def input(self) -> Input:
        """The mean curve as input of the kinetic models; plasma needs the haematocrit."""
        return Input(self.time, blood=self.curve, hct=self.hct)

    def counts(self) -> dict[str, int]:
        """Return how many voxels each reason left out, in words.

        Examples
        --------
        >>> import numpy as np
        >>> from biomarkers.dce import find_artery, population_input
        >>> time = np.arange(0.0, 120.0, 2.0)
        >>> blood = population_input("parker", time).blood
        >>> find_artery([blood, 0.9 * blood, 0.1 * blood], time).counts()
        {'taken': 2, 'area under the curve too small: partial volume': 1}

        """
        return _counts(self.reasons)

    def __repr__(self) -> str:
        numbers = ", ".join(f"{name} {value:.3g}" for name, value in self.features.items())
        return f"<Artery of {int(self.mask.sum())} voxels: {numbers}>"

    def _repr_html_(self) -> str:
        rows = "".join(
            f"<tr><td>{escape(words)}</td><td>{number}</td></tr>"
            for words, number in self.counts().items()
        )
        return f"<table><caption>{escape(repr(self)[1:-1])}</caption>{rows}</table>"

    def plot(self) -> "Figure":
        """Draw the voxels, their mean curve and the reasons, for a look before use.

        Examples
        --------
        >>> import numpy as np
        >>> from biomarkers.dce import find_artery, population_input
        >>> time = np.arange(0.0, 120.0, 2.0)
        >>> blood = population_input("parker", time).blood
        >>> figure = find_artery([blood, 0.9 * blood, 0.1 * blood], time).plot()
        >>> figure.savefig("artery.png")

        """
        return _draw(self)


def mean_input(
    curves: FloatArray, time: npt.ArrayLike, *, unreadable: str, hct: float | None = None
) -> Input:
    """Return the input that the voxels of a drawn artery are: the mean of their curves.

    Parameters
    ----------
    curves
        (V, T), in blood; a voxel with a sample that is NaN is left out.
    time
        (T,), s.
    unreadable
        What to say of the voxels, and do, if all are left out.
    hct
        Haematocrit, for the plasma.

    Raises
    ------
    InputError
        If there is no voxel, or none without NaN.

    Examples
    --------
    >>> import numpy as np
    >>> from biomarkers.kinetics import mean_input
    >>> curves = np.array([[0.0, 6.0, 2.0], [0.0, 4.0, 1.0], [0.0, np.nan, 1.0]])
    >>> aif = mean_input(curves, [0.0, 5.0, 10.0], unreadable="are saturated", hct=0.4)
    >>> print(aif.blood, aif.plasma.round(2))
    [0.  5.  1.5] [0.   8.33 2.5 ]

    """
    if not len(curves):
        raise InputError("the artery has no voxel; check the label it was taken from")
    sound = np.isfinite(curves).all(axis=1)
    if not sound.any():
        raise InputError(f"all {sound.size} voxels of the artery {unreadable}")
    return Input(np.asarray(time, dtype=float), blood=curves[sound].mean(axis=0), hct=hct)


def find_artery(
    concentration: npt.ArrayLike,
    time: npt.ArrayLike,
    *,
    mask: npt.ArrayLike | None = None,
    hct: float | None = None,
    lowest_peak: float = 1.5,
    longest_width: float = 60.0,
) -> Artery:
    """Find the artery in a concentration series by what a first pass looks like.

    A voxel is taken if its curve is complete, its peak reaches what blood must reach and stands
    out of the noise, falls to half within `longest_width`, encloses the area that whole voxels of
    blood enclose (not partial volume), arrives with the first such voxels (not with veins), and
    if it touches others like it. Look at `plot()` before use: a vein on the way from the
    injection arrives first of all.

    Parameters
    ----------
    concentration
        (..., T), mM or what is proportional to it, 0 before contrast, NaN where there is none;
        in DCE from `dce.concentration` with T1 of blood, or a T1 map.
    time
        (T,), s.
    mask
        Where to look, (...); everywhere if not given.
    hct
        Haematocrit, for the plasma of `.input`.
    lowest_peak
        What blood reaches at least, mM, at your dose. Published peaks at 0.1 mmol/kg are 5 to 9
        mM, those of strongly perfused tissue about 1 mM; shape alone cannot tell the two. A peak
        narrower than 15 s that falls below a quarter of itself may be a third of this, as no
        leaky tissue does so. In data of another unit, set it to suit.
    longest_width
        Longest full width at half maximum, s. Longer for slow infusions; infinite for agents
        that stay in the blood.

    Returns
    -------
    Artery
        `.mask`, `.curve`, `.input`, `.reasons`, `.plot()`.

    Raises
    ------
    ArteryError
        If nothing looks like an artery; the message says at which tests voxels failed.
    InputError
        If shapes do not fit or there are too few samples.

    References
    ----------
    Mouridsen K et al. Magn Reson Med 2006;55:524. doi:10.1002/mrm.20759 (the features)

    Examples
    --------
    Three voxels of an artery among tumour, in a series of 4 x 4 voxels:

    >>> import numpy as np
    >>> from biomarkers import dce
    >>> time = np.arange(0.0, 120.0, 2.0)
    >>> blood = dce.population_input("parker", time).blood
    >>> series = np.zeros((4, 4, time.size)) + 0.05 * blood
    >>> series[1, :3] = blood
    >>> artery = dce.find_artery(series, time, hct=0.42)
    >>> print(np.argwhere(artery.mask).tolist())
    [[1, 0], [1, 1], [1, 2]]

    """
    curves, clock, inside = _checked(concentration, time, mask)
    reasons, peaks = _presorted(curves, inside, _LOWER * lowest_peak)
    candidates = np.flatnonzero(reasons == Reason.SELECTED)
    chosen = np.asarray(curves[candidates])
    bolus = describe(chosen, clock)
    reasons[candidates] = _judged(chosen, bolus, clock, lowest_peak, longest_width)
    places = np.asarray(reasons.reshape(np.shape(concentration)[:-1]))
    places[_scattered(places == Reason.SELECTED)] = Reason.ISOLATED
    taken = np.asarray(places == Reason.SELECTED)
    if not taken.any():
        raise ArteryError(_nothing(places))
    arterial = curves[taken.ravel()]
    count, mean = len(arterial), arterial.mean(axis=0)
    spread = arterial.std(axis=0, ddof=1) / np.sqrt(count) if count > 1 else 0.0 * mean
    return Artery(
        taken,
        clock,
        mean,
        spread,
        places,
        peaks.reshape(places.shape),
        _summary(describe(mean[None], clock)),
        hct,
    )


def _checked(
    concentration: npt.ArrayLike, time: npt.ArrayLike, mask: npt.ArrayLike | None
) -> tuple[FloatArray, FloatArray, BoolArray]:
    values, clock = as_numbers("concentration", concentration), as_numbers("time", time)
    if values.ndim < 2 or clock.shape != values.shape[-1:]:
        raise InputError(
            f"time of shape {clock.shape} does not fit a concentration {values.shape}; expected "
            "voxels first and time as the last axis"
        )
    if clock.size < _FEWEST_SAMPLES:
        raise InputError(
            f"{clock.size} samples; expected {_FEWEST_SAMPLES} or more to tell an artery"
        )
    if not (np.isfinite(clock).all() and (np.diff(clock) > 0).all()):
        raise InputError("time must be finite and increase from sample to sample")
    voxels = values.shape[:-1]
    inside = np.ones(voxels, dtype=bool) if mask is None else as_mask("mask", mask, voxels)
    return values.reshape(-1, clock.size), clock, inside.ravel()


def _presorted(
    curves: FloatArray, inside: BoolArray, lowest: float
) -> tuple[ReasonArray, FloatArray]:
    """Leave out, cheaply, the voxels that cannot be an artery; peaks of all, (V,)."""
    reasons = np.full(len(curves), Reason.SELECTED, dtype=np.uint8)
    peaks = curves.max(axis=1)  # NaN where any sample is
    complete = np.isfinite(peaks) & np.isfinite(curves.min(axis=1))
    reasons[complete & (peaks < lowest)] = Reason.LOW
    reasons[~complete] = Reason.INCOMPLETE
    reasons[~inside] = Reason.OUTSIDE
    return reasons, np.where(complete, peaks, np.nan)


def _judged(
    curves: FloatArray,
    bolus: Bolus,
    time: FloatArray,
    lowest_peak: float,
    longest_width: float,
) -> ReasonArray:
    """Apply the tests that compare candidates with each other, each to what the last left."""
    reasons = np.full(len(curves), Reason.SELECTED, dtype=np.uint8)

    def left() -> BoolArray:
        return np.asarray(reasons == Reason.SELECTED)

    reasons[bolus.peak < _NOTICEABLE * noise(curves, time, bolus)] = Reason.NOISE
    reasons[left() & ~(bolus.width <= longest_width)] = Reason.WIDE
    sharp = (bolus.width <= _NARROW) & (bolus.settled <= _FALLEN)
    reasons[left() & (bolus.peak < lowest_peak) & ~sharp] = Reason.LOW
    if left().any():
        whole = _third(-bolus.area[left()])
        reasons[left() & (bolus.area < -_PURE * whole)] = Reason.PARTIAL
        patience = max(_TOGETHER * float(np.median(np.diff(time))), _TOGETHER_S)
        first = _third(bolus.arrival[left()])
        reasons[left() & (bolus.arrival > first + patience)] = Reason.LATE
    return reasons


def _third(values: FloatArray) -> float:
    """Return the third smallest value, or of few the middle one: what one or two cannot move."""
    return float(np.sort(values)[min(_SMALLEST - 1, (values.size - 1) // 2)])


def _scattered(taken: BoolArray) -> BoolArray:
    """Return the voxels of groups smaller than three; neighbours share a corner or more."""
    if taken.ndim < 2:  # a list of curves has no neighbours
        return np.zeros(taken.shape, dtype=bool)
    groups, count = label(taken, structure=generate_binary_structure(taken.ndim, taken.ndim))
    sizes = np.bincount(groups.ravel(), minlength=count + 1)
    return np.asarray(taken & (sizes[groups] < _SMALLEST))


def _summary(bolus: Bolus) -> dict[str, float]:
    names = ("peak", "arrival", "time_to_peak", "width", "first_moment")
    return {name: float(getattr(bolus, name)[0]) for name in names}


def _counts(reasons: ReasonArray) -> dict[str, int]:
    numbers = np.bincount(reasons.ravel(), minlength=len(Reason))
    return {reason.words: int(numbers[reason]) for reason in Reason if numbers[reason]}


def _nothing(reasons: ReasonArray) -> str:
    failed = "; ".join(f"{count} {words}" for words, count in _counts(reasons).items())
    return (
        f"no artery: of {reasons.size} voxels, {failed}. Draw the artery and take its mean, use a "
        "published input function, or fit against a reference region (kinetics.clrrm)"
    )


def _draw(artery: Artery) -> "Figure":
    """Draw three panels: peak concentration with the voxels taken, the curve, the reasons."""
    from matplotlib.figure import Figure  # noqa: PLC0415  (slow to import)

    with house_style():
        figure = Figure(figsize=(10.0, 3.0), layout="constrained")
        place, curve, reasons = figure.subplots(1, 3, width_ratios=(1.0, 1.3, 1.0))
        _draw_place(place, artery)
        _draw_curve(curve, artery)
        _draw_reasons(reasons, artery)
    return figure


def _draw_place(axes: "Axes", artery: Artery) -> None:
    axes.set_axis_off()
    if artery.mask.ndim not in (2, 3):
        axes.text(0.5, 0.5, f"{int(artery.mask.sum())} of {artery.mask.size} curves", ha="center")
        return
    mask, peaks, title = artery.mask, artery.peaks, f"peak, {artery.unit}"
    if mask.ndim == 3:
        z = int(mask.sum(axis=(0, 1)).argmax())
        mask, peaks, title = mask[:, :, z], peaks[:, :, z], f"peak, {artery.unit}; slice {z}"
    picture = axes.imshow(peaks.T, cmap="gray", vmin=0.0, vmax=artery.features["peak"])
    axes.figure.colorbar(picture, ax=axes, shrink=0.8)
    x, y = np.nonzero(mask)
    axes.scatter(x, y, s=14, marker="s", facecolors="none", edgecolors=_MARK, linewidths=0.8)
    axes.set_title(title, fontsize=9)


def _draw_curve(axes: "Axes", artery: Artery) -> None:
    low, high = artery.curve - artery.spread, artery.curve + artery.spread
    axes.fill_between(artery.time, low, high, color=_CURVE, alpha=0.25, linewidth=0)
    axes.plot(artery.time, artery.curve, color=_CURVE)
    features = artery.features
    axes.axvline(features["arrival"], color=_NOTE, linewidth=0.8, linestyle="--")
    axes.set_xlabel("time, s")
    axes.set_ylabel(f"in blood, {artery.unit}")
    axes.set_title(
        f"peak {features['peak']:.2f} {artery.unit}, arrival {features['arrival']:.1f} s, "
        f"width {features['width']:.1f} s",
        fontsize=9,
    )


def _draw_reasons(axes: "Axes", artery: Artery) -> None:
    from matplotlib.ticker import NullFormatter  # noqa: PLC0415

    counts = artery.counts()
    axes.barh(range(len(counts)), list(counts.values()), color=_NOTE)
    axes.set_yticks(range(len(counts)), [words.split(" (")[0] for words in counts], fontsize=7)
    for row, count in enumerate(counts.values()):
        axes.text(count, row, f" {count}", va="center", fontsize=7)
    axes.set_xlim(0.5, 5.0 * max(counts.values()))
    axes.set_xscale("log")
    axes.xaxis.set_minor_formatter(NullFormatter())
    axes.invert_yaxis()
    axes.set_xlabel("voxels")
