"""Patients of several hospitals, whose scanners shift and stretch what is measured."""

from collections.abc import Collection

import numpy as np
import pandas as pd

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
    effects = stream(seed, "hospitals", "effects")
    sizes = stream(seed, "hospitals", "sizes").integers(*_SIZES, len(SITES)).tolist()
    shift = effects.normal(0.0, _SHIFT, (len(SITES), FEATURES))
    stretch = np.exp(effects.normal(0.0, _STRETCH, (len(SITES), FEATURES)))
    prevalence = effects.normal(0.0, _PREVALENCE, len(SITES))
    weights = _SCORE_SD * _SHARES / np.linalg.norm(_SHARES)
    parts = []
    for at, site in enumerate(SITES):
        random = stream(seed, "hospitals", site, sample)
        count = sizes[at] if patients is None else patients
        own = random.normal(size=(count, FEATURES))
        score = own @ weights
        response = random.random(count) < 1.0 / (1.0 + np.exp(-score - prevalence[at]))
        part = pd.DataFrame(
            shift[at] + stretch[at] * own, columns=[f"feature_{k + 1}" for k in range(FEATURES)]
        )
        part.insert(0, "subject", [f"{site}{number + 1:03d}" for number in range(count)])
        part.insert(1, "site", site)
        parts.append(part.assign(score=score, response=(response ^ (site in flipped)).astype(int)))
    whole = pd.concat(parts, ignore_index=True)
    return ArrayCohort(
        whole.drop(columns=["score", "response"]),
        whole[["subject", "response"]].copy(),
        whole["score"].to_numpy(),
        logistic_auc(_SCORE_SD),
    )
