"""How well the outcome of a declared study is told by who knows the truth: the most there is."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np
from scipy.stats import rankdata

from biomarkers.arrays import BoolArray, FloatArray
from biomarkers.errors import InputError
from biomarkers.simulate.cohort import draw, draw_traits
from biomarkers.simulate.declaration import Declaration

_MANY, _SEED = 20_000, 0


def oracle_auc(
    declaration: Declaration, columns: Iterable[str], *, subjects: int = _MANY, seed: int = _SEED
) -> float:
    """Return the AUC of responders by the true values of some columns.

    All are joined by the best weights, found in as many drawn subjects as it takes for chance to
    play no part. Courses (of the first visit, as logarithms) and traits depend linearly on the
    response, with normal spread, so that no rule does better but by what limits and rounding leave.
    No rule that measures them, or has to learn from few, is expected to do as well.

    Parameters
    ----------
    declaration
        What the study is.
    columns
        Courses, and traits that are numbers.
    subjects, seed
        Of the draw; the standard error is near 0.004 with 20 000.

    Raises
    ------
    InputError
        If a column is neither a course nor a trait, or no number.

    Examples
    --------
    >>> from biomarkers import simulate
    >>> study = simulate.STUDIES["glioblastoma-split"]
    >>> simulate.oracle_auc(study, ["volume"]) < simulate.oracle_auc(study, ["volume", "age"])
    True
    >>> nothing = simulate.with_effects(study, 0)
    >>> abs(simulate.oracle_auc(nothing, ["volume", "age"]) - 0.5) < 0.02
    True

    """
    names = tuple(columns)
    return _auc_of(names, *_drawn(declaration, names, subjects, seed))


def declared_aucs(declaration: Declaration) -> dict[str, float]:
    """Return the AUC for each set of columns that a declaration names."""
    if not declaration.oracle:
        return {}
    every = {column for columns in declaration.oracle.values() for column in columns}
    known = _drawn(declaration, every, _MANY, _SEED)
    return {name: _auc_of(columns, *known) for name, columns in declaration.oracle.items()}


def _drawn(
    declaration: Declaration, names: Collection[str], subjects: int, seed: int
) -> tuple[dict[str, Any], BoolArray]:
    """Return some courses and traits of many subjects, each (subjects,), and who responds."""
    cohort = draw(declaration, subjects=subjects, seed=seed)
    logs = {name: np.log(course[:, 0]) for name, course in cohort.values.items()}
    wanted = {name: trait for name, trait in declaration.traits.items() if name in names}
    traits = draw_traits(replace(declaration, traits=wanted, oracle={}), cohort.response, seed=seed)
    return {**traits, **logs}, cohort.responder


def _auc_of(columns: Iterable[str], known: Mapping[str, Any], responder: BoolArray) -> float:
    parts = [np.ones(len(responder)), *(_numbers(name, known) for name in columns)]
    design = np.column_stack(parts)
    weights = np.linalg.lstsq(design, responder.astype(float), rcond=None)[0]
    return _auc(design @ weights, responder)


def _numbers(name: str, known: Mapping[str, Any]) -> FloatArray:
    values = np.asarray(known.get(name, "absent"))
    if values.dtype.kind not in "bif":
        raise InputError(
            f"{name!r} is no course, and no trait that is a number; expected any of "
            f"{', '.join(known)}"
        )
    return values.astype(float)


def _auc(score: FloatArray, positive: BoolArray) -> float:
    """Return the AUC: the Mann-Whitney statistic over the number of pairs."""
    count = int(positive.sum())
    above = rankdata(score)[positive].sum() - count * (count + 1) / 2
    return float(above / (count * (len(positive) - count)))
