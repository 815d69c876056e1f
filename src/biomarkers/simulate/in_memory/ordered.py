"""Patients whose outcome is told by the order of their slices, and by nothing else."""

import numpy as np
import pandas as pd

from biomarkers.simulate.cohort import stream
from biomarkers.simulate.in_memory.record import ArrayCohort, by_case, names_of

SLICES, SIZE = 5, 24
# Outcomes against the direction; so the best rule has an area of 1 less this.
_AGAINST = 0.06
# Brightness in standard deviations of a pixel's noise: its spread between patients, and the least
# and largest change from slice to slice.
_SPREAD, _CHANGE = 1.5, (0.25, 0.5)


def slices_in_order(patients: int = 100, *, seed: int = 1, signal: bool = True) -> ArrayCohort:
    """Make patients whose slices grow brighter, or darker, from the first to the last.

    A disc that fills half of each slice changes its brightness linearly over the slices; where it
    grows brighter the outcome is positive, but for 6 % of patients. The slices of a patient are the
    same set either way, so that their mean, or any mean over slices, tells nothing; and brightness
    differs so much between patients that one slice alone tells little.

    Parameters
    ----------
    patients
        How many; the first ones are the same in any number.
    seed
        0 or more.
    signal
        Whether the direction tells the outcome; if not, outcomes are drawn.

    Returns
    -------
    ArrayCohort
        Array `slices`, (5, 24, 24); outcome `response`; feature `mean`, of all pixels; `score`, the
        change from slice to slice; `where`, the disc. Oracle: 0.94, as sensitivity and specificity
        of the direction are.

    Examples
    --------
    >>> import numpy as np
    >>> from biomarkers import simulate
    >>> made = simulate.slices_in_order(patients=400, seed=3)
    >>> brighter = made.score > 0
    >>> bool(abs((brighter == made.participants["response"]).mean() - made.oracle) < 0.03)
    True

    """
    names = names_of(patients)
    random = {each: stream(seed, "order", each) for each in ("level", "change", "noise", "outcome")}
    upward = np.arange(patients) % 2 == 0
    level = random["level"].normal(0.0, _SPREAD, patients)
    change = random["change"].uniform(*_CHANGE, patients) * np.where(upward, 1.0, -1.0)
    drawn = random["outcome"].random(patients)
    response = upward ^ (drawn < _AGAINST) if signal else drawn < 0.5
    bright = level[:, None] + change[:, None] * (np.arange(SLICES) - (SLICES - 1) / 2.0)
    disc = _disc()
    noise = random["noise"].normal(size=(patients, SLICES, SIZE, SIZE))
    slices = noise + bright[:, :, None, None] * disc
    rows = pd.DataFrame({"subject": names, "mean": slices.mean(axis=(1, 2, 3))})
    people = pd.DataFrame({"subject": names, "response": response.astype(int)})
    oracle = 1.0 - _AGAINST if signal else 0.5
    return ArrayCohort(rows, people, change, oracle, {"slices": by_case(names, slices)}, disc)


def _disc() -> np.ndarray[tuple[int, ...], np.dtype[np.bool_]]:
    """Return a disc in the middle of a slice, whose area is half of it."""
    y, x = np.indices((SIZE, SIZE)) - (SIZE - 1) / 2.0
    return np.asarray(y**2 + x**2 <= SIZE**2 / (2.0 * np.pi))
