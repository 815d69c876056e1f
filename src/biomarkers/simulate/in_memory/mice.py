"""Mice with several spectra each, alike within a mouse, of three groups."""

from collections.abc import Mapping
from functools import cache
from types import MappingProxyType
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from biomarkers.arrays import ComplexArray, FloatArray
from biomarkers.mrs import Basis
from biomarkers.mrs.common_axis import real_parts
from biomarkers.simulate.cohort import stream
from biomarkers.simulate.in_memory.record import ArrayCohort, names_of
from biomarkers.simulate.spectra import (
    LIPIDS,
    MACROMOLECULES,
    Acquisition,
    broad_signal,
    metabolite_signal,
)

GROUPS = ("N", "T", "R")  # normal brain, tumour, tumour that responds
# PRESS of a mouse's brain at 9.4 T.
ACQUISITION = Acquisition((0.01, 0.01), 400.1, 2e-4, 1024)
# Chosen: levels in normal brain, and their ratio in a tumour; in one that responds the square root.
_LEVELS: Mapping[str, tuple[float, float]] = MappingProxyType(
    {
        "NAA": (8.0, 0.6), "Cr": (8.0, 0.85), "PCho": (1.5, 1.6), "Ins": (6.0, 0.9),
        "Glu": (9.0, 0.8), "Gln": (3.0, 1.2), "Tau": (8.0, 0.9), "Lac": (2.0, 2.0),
    }
)  # fmt: skip
_BROAD = ("macromolecules", "lipids")
# Spread of the logarithm of every level between mice, and between the spectra of a mouse.
_BETWEEN, _WITHIN = 0.35, 0.06
# Of a mouse: line width from, to, Hz; standard deviations of what is left of shift (ppm) and phase.
_WIDTH_HZ, _SHIFT_PPM, _PHASE = (8.0, 16.0), 0.004, np.deg2rad(4.0)
_NOISE = 0.12  # of the mean modulus of a spectrum, in each of its points
_BANDS = MappingProxyType(
    {"lipid": (0.8, 1.15), "lactate": (1.2, 1.45), "naa": (1.95, 2.1), "glx": (2.2, 2.55),
     "creatine": (2.95, 3.1), "choline": (3.15, 3.28), "taurine": (3.36, 3.48),
     "inositol": (3.5, 3.68)}
)  # fmt: skip
_DRAWS = 20_000


class _Mouse(NamedTuple):
    """What is the same in all spectra of each mouse, by row."""

    group: npt.NDArray[np.int64]
    levels: FloatArray  # logarithms, (mice, signals)
    width: FloatArray
    shift: FloatArray
    phase: FloatArray


def mouse_spectra(
    mice: int = 28,
    *,
    spectra: int = 8,
    seed: int = 1,
    effect: float = 1.0,
    ppm: tuple[float, float] = (0.2, 4.2),
    points: int = 256,
) -> ArrayCohort:
    """Make mice of three groups with several spectra each, at 9.4 T.

    The levels of metabolites differ far more between mice than between the spectra of one, and so
    do line width, lipids, and what is left of shift and phase: whoever splits spectra, not mice,
    recognises the mouse and calls it the group.

    Parameters
    ----------
    mice
        How many, in turn N (normal), T (tumour) and R (a tumour that responds).
    spectra
        Of each mouse; the cases, `v1` and so on.
    seed
        0 or more.
    effect
        Of the group, on the logarithm of the levels; 0 for groups that are names alone.
    ppm, points
        Of the axis, rising.

    Returns
    -------
    ArrayCohort
        Array `mrs`, (points,), of mean modulus 1; participants with `group` and `tumor` (1 for T
        and R); features: the areas of eight bands; `score`, the log-likelihood ratio of `tumor` by
        the mouse's true levels. Oracle: its area, from 20 000 mice.

    Examples
    --------
    >>> from biomarkers import simulate
    >>> made = simulate.mouse_spectra(mice=6, spectra=3, seed=1)
    >>> made.participants["group"].tolist(), len(made.arrays["mrs"])
    (['N', 'T', 'R', 'N', 'T', 'R'], 18)

    """
    names, axis = names_of(mice, "m"), np.linspace(*ppm, points)
    drawn = _draw(mice, seed, effect)
    values = _measured(drawn, axis, seed, spectra)
    cases = [(name, f"v{number + 1}") for name in names for number in range(spectra)]
    rows = pd.DataFrame(cases, columns=["subject", "lesion"]).assign(**_areas(values, axis))
    tumor = (drawn.group > 0).astype(int)
    groups = [GROUPS[each] for each in drawn.group]
    people = pd.DataFrame({"subject": names, "group": groups, "tumor": tumor})
    score = np.repeat(_log_ratio(drawn.levels, effect), spectra)
    arrays = {"mrs": dict(zip(cases, values, strict=True))}
    return ArrayCohort(rows, people, score, _oracle(effect), arrays)


def _measured(mice: _Mouse, axis: FloatArray, seed: int, spectra: int) -> FloatArray:
    """Return the spectra of all mice, (mice × spectra, points), with noise, of mean modulus 1."""
    shape = len(mice.group), spectra, len(_signals())
    levels = np.exp(
        mice.levels[:, None] + stream(seed, "mice", "within").normal(0.0, _WITHIN, shape)
    )
    values = np.stack([_spectra(levels[row], mice, row, axis) for row in range(shape[0])])
    values = _scaled(values)
    noise = stream(seed, "mice", "noise").normal(0.0, _NOISE, values.shape)
    return _scaled(values + noise).reshape(-1, axis.size)


def _scaled(values: FloatArray) -> FloatArray:
    return np.asarray(values / np.abs(values).mean(axis=-1, keepdims=True))


def _areas(values: FloatArray, axis: FloatArray) -> dict[str, FloatArray]:
    """Return the mean of each band, (spectra,)."""
    inside = {band: (axis >= low) & (axis <= high) for band, (low, high) in _BANDS.items()}
    return {band: values[:, points].mean(axis=1) for band, points in inside.items()}


@cache
def _signals() -> tuple[ComplexArray, ...]:
    """Return the signals of metabolites of level 1, and of what lies below them."""
    broad = [broad_signal(lines, ACQUISITION) for lines in (MACROMOLECULES, LIPIDS)]
    return (*(metabolite_signal(name, ACQUISITION) for name in _LEVELS), *broad)


def _means(effect: float) -> FloatArray:
    """Return the mean logarithm of every level in every group, (groups, signals)."""
    normal = np.log([*(level for level, _ in _LEVELS.values()), 2.5, 2.5])
    ratio = np.log([*(ratio for _, ratio in _LEVELS.values()), 1.0, 1.3])
    return np.asarray(normal + effect * np.array([0.0, 1.0, 0.5])[:, None] * ratio)


def _draw(mice: int, seed: int, effect: float) -> _Mouse:
    random = {each: stream(seed, "mice", each) for each in ("levels", "width", "shift", "phase")}
    group = np.arange(mice) % len(GROUPS)
    spread = random["levels"].normal(0.0, _BETWEEN, (mice, len(_signals())))
    return _Mouse(
        group,
        _means(effect)[group] + spread,
        random["width"].uniform(*_WIDTH_HZ, mice),
        random["shift"].normal(0.0, _SHIFT_PPM, mice),
        random["phase"].normal(0.0, _PHASE, mice),
    )


def _spectra(levels: FloatArray, mice: _Mouse, row: int, axis: FloatArray) -> FloatArray:
    """Return the spectra of one mouse, (spectra, points)."""
    time = ACQUISITION.time
    turn = 2j * np.pi * mice.shift[row] * ACQUISITION.frequency_mhz * time + 1j * mice.phase[row]
    signals = np.array(_signals()) * np.exp(turn - np.pi * mice.width[row] * time)
    like = Basis(("signal",), signals[:1], ACQUISITION.dwell, ACQUISITION.frequency_mhz)
    return levels @ real_parts(signals, like, axis)


def _log_ratio(levels: FloatArray, effect: float) -> FloatArray:
    """Return ln p(levels | T or R) - ln p(levels | N), T and R as frequent as each other."""
    away = (levels[:, None] - _means(effect)) / _BETWEEN
    likely = -0.5 * (away**2).sum(axis=-1)
    return np.asarray(np.logaddexp(likely[:, 1], likely[:, 2]) - np.log(2.0) - likely[:, 0])


@cache
def _oracle(effect: float) -> float:
    if effect == 0.0:
        return 0.5
    mice = _draw(_DRAWS, 0, effect)
    rank = np.argsort(np.argsort(_log_ratio(mice.levels, effect))) + 1.0
    tumor = mice.group > 0
    positive, negative = int(tumor.sum()), int((~tumor).sum())
    return float((rank[tumor].sum() - positive * (positive + 1) / 2) / (positive * negative))
