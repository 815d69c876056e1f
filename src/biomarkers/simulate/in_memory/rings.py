"""Ring-enhancing lesions whose rim, with a clinical value, tells the outcome."""

import numpy as np
import pandas as pd

from biomarkers.arrays import FloatArray
from biomarkers.simulate.cohort import stream
from biomarkers.simulate.in_memory.record import ArrayCohort, by_case, logistic_auc, names_of

SLICES, SIZE = 5, 32
# Of the log-odds: its area is 0.90 (`logistic_auc`). Thickness and clinical value share it.
_SCORE_SD = 2.584
# Pixels: thickness of the rim and its spread, outer radius from, to, and softness of edges.
_THICKNESS, _SPREAD, _RADIUS, _EDGE = 3.0, 0.9, (8.0, 12.0), 0.5
_THINNEST = 0.5
# Noise of a pixel, and how much the enhancement of the rim differs, where it is 1.
_NOISE, _ENHANCEMENT = 0.4, 0.2


def ring_lesions(patients: int = 100, *, seed: int = 1, signal: bool = True) -> ArrayCohort:
    """Make patients with a ring-enhancing lesion and a clinical value.

    The log-odds of the outcome are the sum of two parts of one size: how thick the enhancing rim
    is, and the clinical value. The size of the lesion and how strongly it enhances tell nothing.

    Parameters
    ----------
    patients
        How many; the first ones are the same in any number.
    seed
        0 or more.
    signal
        Whether rim and clinical value tell the outcome; if not, outcomes are drawn.

    Returns
    -------
    ArrayCohort
        Array `t1c`, (5, 32, 32); outcome `response`; clinical `marker` and `age`, which tells
        nothing; features of first order of the slices: `mean`, `sd`, `p90` and `bright_fraction`;
        `score`, the log-odds. Oracle: 0.90; of the rim or the clinical value alone 0.77.

    Examples
    --------
    >>> from biomarkers import simulate
    >>> made = simulate.ring_lesions(patients=40, seed=2)
    >>> made.arrays["t1c"]["s001", ""].shape, round(made.oracle, 2)
    ((5, 32, 32), 0.9)

    """
    names = names_of(patients)
    random = {
        each: stream(seed, "ring", each)
        for each in ("rim", "marker", "age", "radius", "place", "bright", "noise", "outcome")
    }
    rim, marker = random["rim"].normal(size=patients), random["marker"].normal(size=patients)
    score = _SCORE_SD / np.sqrt(2.0) * (rim + marker)
    chance = 1.0 / (1.0 + np.exp(-score)) if signal else np.full(patients, 0.5)
    response = random["outcome"].random(patients) < chance
    slices = _drawn(
        np.maximum(_THICKNESS + _SPREAD * rim, _THINNEST),
        random["radius"].uniform(*_RADIUS, patients),
        random["place"].uniform(-2.0, 2.0, (patients, 2)),
        random["bright"].normal(1.0, _ENHANCEMENT, patients),
    )
    slices += random["noise"].normal(0.0, _NOISE, slices.shape)
    people = pd.DataFrame(
        {
            "subject": names,
            "response": response.astype(int),
            "marker": marker,
            "age": random["age"].normal(60.0, 10.0, patients).round(),
        }
    )
    oracle = logistic_auc(_SCORE_SD) if signal else 0.5
    rows = pd.DataFrame({"subject": names, **_first_order(slices)})
    return ArrayCohort(rows, people, score, oracle, {"t1c": by_case(names, slices)})


def _drawn(
    thickness: FloatArray, radius: FloatArray, place: FloatArray, bright: FloatArray
) -> FloatArray:
    """Return slices through shells, (N, slices, y, x), from one end of each to the other."""
    across = np.arange(SIZE) - (SIZE - 1) / 2.0
    along = (np.arange(SLICES) + 0.5) / SLICES * 2.0 - 1.0
    y = across[None, None, :, None] - place[:, 0, None, None, None]
    x = across[None, None, None, :] - place[:, 1, None, None, None]
    z = (radius[:, None] * along)[:, :, None, None]
    distance = np.sqrt(y**2 + x**2 + z**2)
    outer, inner = (
        1.0 / (1.0 + np.exp((distance - each[:, None, None, None]) / _EDGE))
        for each in (radius, radius - thickness)
    )
    return np.asarray(bright[:, None, None, None] * (outer - inner))


def _first_order(slices: FloatArray) -> dict[str, FloatArray]:
    flat = slices.reshape(len(slices), -1)
    return {
        "mean": flat.mean(axis=1),
        "sd": flat.std(axis=1),
        "p90": np.percentile(flat, 90.0, axis=1),
        "bright_fraction": (flat > 0.5).mean(axis=1),
    }
