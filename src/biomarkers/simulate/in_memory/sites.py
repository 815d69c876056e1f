"""Patients of several hospitals, whose scanners shift and stretch what is measured."""

from collections.abc import Collection
from typing import NamedTuple

import numpy as np
import pandas as pd

from biomarkers.arrays import FloatArray
from biomarkers.errors import InputError
from biomarkers.simulate.cohort import stream
from biomarkers.simulate.in_memory.record import ArrayCohort, logistic_auc

SITES, FEATURES = ("A", "B", "C", "D", "E"), 8
_SIZES = (30, 61)  # patients of a site: from, and below
# Log-odds of a standard deviation of each feature: of their sum the area is 0.82 (`logistic_auc`).
_SCORE_SD = 1.564
_SHARES = np.array([1.0, -0.8, 0.6, -0.4, 0.0, 0.0, 0.0, 0.0])
# Between sites: shift of a feature in its standard deviations, logarithm of its stretch, log-odds.
_SHIFT, _STRETCH, _PREVALENCE = 1.0, 0.15, 0.3


class _Scanner(NamedTuple):
    """What a site does to features, and its log-odds."""

    shift: FloatArray
    stretch: FloatArray
    prevalence: float


def hospitals(
    *, seed: int = 1, sample: int = 0, flipped: Collection[str] = (), patients: int | None = None
) -> ArrayCohort:
    """Make patients of five hospitals, A to E, with eight features.

    Four features tell the outcome, alike at every site; each site adds a shift to every feature,
    stretches it, and has a prevalence of its own.

    Parameters
    ----------
    seed
        0 or more: of the hospitals.
    sample
        Of the patients: other numbers are other patients of the same hospitals.
    flipped
        Sites whose outcomes are recorded the wrong way round.
    patients
        Of each site; 30 to 60 as drawn for each, if not given.

    Returns
    -------
    ArrayCohort
        Rows with `site` and `feature_1` to `feature_8`; outcome `response`; `score`, the log-odds
        but for the prevalence of the site. Oracle: 0.82, within a site; no arrays.

    Examples
    --------
    >>> from biomarkers import simulate
    >>> made = simulate.hospitals(seed=1)
    >>> made.rows["site"].value_counts().between(30, 60).all(), round(made.oracle, 2)
    (np.True_, 0.82)

    """
    strange = sorted(set(flipped) - set(SITES))
    if strange:
        raise InputError(f"flipped names {', '.join(strange)}; expected any of {', '.join(SITES)}")
    scanners = _scanners(seed)
    sizes = stream(seed, "hospitals", "sizes").integers(*_SIZES, len(SITES)).tolist()
    counts = sizes if patients is None else [patients] * len(SITES)
    parts = [
        _patients(site, count, scanner, stream(seed, "hospitals", site, sample))
        for site, count, scanner in zip(SITES, counts, scanners, strict=True)
    ]
    whole = pd.concat(parts, ignore_index=True)
    wrong = whole["site"].isin(list(flipped))
    people = whole[["subject"]].assign(response=(whole["positive"] ^ wrong).astype(int))
    rows, score = whole.drop(columns=["score", "positive"]), whole["score"].to_numpy()
    return ArrayCohort(rows, people, score, logistic_auc(_SCORE_SD))


def _scanners(seed: int) -> list[_Scanner]:
    random, shape = stream(seed, "hospitals", "effects"), (len(SITES), FEATURES)
    shift, stretch = random.normal(0.0, _SHIFT, shape), random.normal(0.0, _STRETCH, shape)
    prevalence = random.normal(0.0, _PREVALENCE, len(SITES)).tolist()
    return [_Scanner(*each) for each in zip(shift, np.exp(stretch), prevalence, strict=True)]


def _patients(
    site: str, count: int, scanner: _Scanner, random: np.random.Generator
) -> pd.DataFrame:
    own = random.normal(size=(count, FEATURES))
    score = own @ (_SCORE_SD * _SHARES / np.linalg.norm(_SHARES))
    chance = 1.0 / (1.0 + np.exp(-score - scanner.prevalence))
    names = {"subject": [f"{site}{number:03d}" for number in range(1, count + 1)], "site": site}
    measured = (scanner.shift + scanner.stretch * own).T
    features = {f"feature_{k}": values for k, values in enumerate(measured, start=1)}
    positive = random.random(count) < chance
    return pd.DataFrame({**names, **features, "score": score, "positive": positive})
