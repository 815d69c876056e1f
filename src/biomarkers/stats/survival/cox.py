"""The Cox model: hazards in proportion to covariates.

Statsmodels' `PHReg` lacks Firth's penalty, profile intervals and the exact test of proportional
hazards, and counts a row as at risk at its own start.
"""

import warnings
from collections.abc import Sequence
from typing import Literal

import numpy as np
import pandas as pd
from scipy import linalg

from biomarkers.errors import ConvergenceWarning, InputError, SeparationError
from biomarkers.stats.arrays import Floats
from biomarkers.stats.inputs import check_choice, time_values
from biomarkers.stats.intervals import LEVEL, check_level
from biomarkers.stats.longitudinal.design import Design, make_design
from biomarkers.stats.survival.cox_fit import Optimum, maximise
from biomarkers.stats.survival.cox_model import CoxModel
from biomarkers.stats.survival.follow_up import check_histories, follow_up, same_moments
from biomarkers.stats.survival.partial_likelihood import PartialLikelihood, partial_likelihood

Penalty = Literal["none", "firth"]

_ROW = "biomarkers_row"
_NO_INFORMATION = 1e-10


def cox(
    participants: pd.DataFrame,
    formula: str,
    *,
    time: str | tuple[str, str],
    event: str | None = None,
    strata: str | None = None,
    cluster: str | None = None,
    penalty: Penalty = "none",
    level: float = LEVEL,
) -> CoxModel:
    """Fit a Cox model of proportional hazards, with ties after Efron.

    Parameters
    ----------
    participants
        One row per subject, or per interval of a subject; rows with a missing value are left
        out and counted.
    formula
        The covariates, as in R and patsy: `"age + group"`, `"log(Ktrans)"`.
    time, event
        As for `kaplan_meier`. Two columns, `("start", "stop")`, are for rows that are at risk
        only after a start: late entry, or covariates that change from interval to interval.
    strata
        Column; each value has a baseline hazard of its own.
    cluster
        Column, usually of subjects: standard errors that hold when rows of the same value
        depend on each other, or the model is not quite true (Lin and Wei,
        J Am Stat Assoc 1989;84:1074). They are for many clusters: with 40 of them, 95 %
        intervals covered about 90 % (`benchmarks/survival.py`).
    penalty
        `firth`: Jeffreys' prior, which takes the bias out of small samples and keeps estimates
        finite where a covariate orders the events perfectly (Heinze and Schemper,
        Biometrics 2001;57:114). Then take intervals from `profile_intervals`.
    level
        Confidence level.

    Raises
    ------
    SeparationError
        If a covariate orders the events perfectly, so that its hazard ratio has no finite
        estimate; not with `penalty="firth"`.
    InputError
        As `kaplan_meier`; or if the formula cannot be read, terms cannot be told apart, nobody
        has the event, or a start does not lie before its time. Where there is a column
        `subject`: if one is at risk twice at a time, or after its event.

    Examples
    --------
    >>> import pandas as pd
    >>> from biomarkers import stats
    >>> # Weeks of remission in leukaemia: Freireich et al., Blood 1963;21:699.
    >>> treated = [6, 6, 6, 6, 7, 9, 10, 10, 11, 13, 16, 17, 19, 20, 22, 23, 25, 32, 32, 34, 35]
    >>> relapsed = [1, 1, 1, 0, 1, 0, 1, 0, 0, 1, 1, 0, 0, 0, 1, 1, 0, 0, 0, 0, 0] + [1] * 21
    >>> placebo = [1, 1, 2, 2, 3, 4, 4, 5, 5, 8, 8, 8, 8, 11, 11, 12, 12, 15, 17, 22, 23]
    >>> people = pd.DataFrame({"weeks": treated + placebo, "relapsed": relapsed,
    ...                        "placebo": [0] * 21 + [1] * 21})
    >>> model = stats.cox(people, "placebo", time="weeks", event="relapsed")
    >>> model.table[["hazard_ratio"]].round(2).to_numpy().tolist()  # 4.82 by R's coxph
    [[4.82]]

    """
    check_level(level)
    check_choice("penalty", penalty, ("none", "firth"))
    start, end = (None, time) if isinstance(time, str) else time
    needs = [name for name in (start, strata, cluster) if name is not None]
    followed = follow_up(
        participants, time=end, event=event, needs=needs, intervals=start is not None
    )
    if not followed.event.any():
        raise InputError(f"{event}: nobody has the event, so there is no hazard to model")
    design = _design(followed.data, formula, end)
    kept = design.data[_ROW].to_numpy()
    rows, stop, happened = design.data, followed.time[kept], followed.event[kept]
    terms = [name for name in design.terms if name != "Intercept"]
    X = design.X[:, [design.terms.index(name) for name in terms]]
    scale = X.std(axis=0)
    blocks = pd.factorize(rows[strata])[0] if strata else np.zeros(len(rows), dtype=np.intp)
    begin, stop = np.split(same_moments(_starts(rows, start, stop), stop), 2)
    check_histories(rows, begin, stop, happened)
    likelihood = partial_likelihood(
        (X - X.mean(axis=0)) / scale, begin, stop, happened, blocks, penalised=penalty == "firth"
    )
    return CoxModel(
        likelihood=likelihood,
        optimum=_fitted(likelihood, terms),
        terms=tuple(terms),
        scale=scale,
        level=level,
        clusters=pd.factorize(rows[cluster])[0] if cluster else None,
        start=begin,
        stop=stop,
        event=happened,
        n_missing=followed.n_missing + design.n_missing,
    )


def _design(rows: pd.DataFrame, formula: str, time: str) -> Design:
    if "~" in formula:
        raise InputError(f"formula {formula!r}: expected only the covariates, without '~'")
    numbered = rows.assign(**{_ROW: np.arange(len(rows))})
    design = make_design(numbered, f"Q({time!r}) ~ {formula}")
    if "Intercept" not in design.terms:
        raise InputError(
            f"formula {formula!r}: leave the intercept in; the baseline hazard takes its place"
        )
    if len(design.terms) == 1:
        raise InputError(f"formula {formula!r}: expected at least one covariate")
    return design


def _starts(rows: pd.DataFrame, start: str | None, stop: Floats) -> Floats:
    if start is None:
        return np.full(len(stop), -np.inf)
    begin = np.asarray(time_values(rows, start), dtype=float)
    wrong = np.flatnonzero(begin >= stop)
    if len(wrong):
        row = wrong[0]
        raise InputError(
            f"row {rows.index[row]}, column {start}: found {begin[row]:g}, expected less than the "
            f"row's time {stop[row]:g}"
        )
    return begin


def _fitted(likelihood: PartialLikelihood, terms: Sequence[str]) -> Optimum:
    """Maximise, or say why there is no maximum."""
    start = np.zeros(len(terms))
    _require_varying(likelihood, start, terms)
    optimum = maximise(likelihood, start)
    if optimum.monotone.any():
        named = ", ".join(np.array(terms)[optimum.monotone])
        raise SeparationError(
            f"{named}: whoever has the event always has the most extreme value of those at risk, "
            "so the hazard ratio has no finite estimate; use penalty='firth', merge levels or "
            "leave the term out"
        )
    if not optimum.converged:
        warnings.warn(
            "the Cox model did not converge; look for a covariate with extreme values, or few "
            "events for many terms",
            ConvergenceWarning,
            stacklevel=3,
        )
    return optimum


def _require_varying(likelihood: PartialLikelihood, start: Floats, terms: Sequence[str]) -> None:
    """Refuse covariates that do not vary among those who are ever at risk together."""
    size, direction = linalg.eigh(likelihood.at(start).information)
    if size[0] < _NO_INFORMATION * max(size[-1], 1.0):
        named = ", ".join(np.array(terms)[np.abs(direction[:, 0]) > 0.1])
        raise InputError(
            f"{named}: does not vary, or not by itself, among those at risk whenever an event "
            "comes (in its stratum); leave the term or the strata out"
        )
