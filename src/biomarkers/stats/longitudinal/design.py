"""From a table and a formula to the numbers of a linear model."""

import ast
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
import patsy
from numpy.typing import NDArray
from scipy import linalg

from biomarkers.errors import InputError
from biomarkers.stats.arrays import Floats
from biomarkers.stats.inputs import require_columns

# What a formula may call, besides patsy's own C(), Q(), I().
_FUNCTIONS = {"np": np, "log": np.log, "exp": np.exp, "sqrt": np.sqrt}

# Codings that C(variable, coding) may name.
_CODINGS = ("Treatment", "Sum", "Poly", "Helmert", "Diff")


@dataclass(frozen=True, eq=False)
class Design:
    """The data of a linear model.

    Parameters
    ----------
    formula
        As given.
    data
        The rows that are complete in every variable of the formula, in the table's order.
    X, y
        Design matrix (N, P) and outcome (N,).
    info
        How patsy built `X`, to build it again for other values.
    n_missing
        Rows left out because a variable of the formula was missing.

    """

    formula: str
    data: pd.DataFrame
    X: Floats
    y: Floats
    info: patsy.DesignInfo
    n_missing: int

    @property
    def terms(self) -> list[str]:
        """The names of the coefficients."""
        return list(self.info.column_names)

    @property
    def outcome(self) -> str:
        """The left side of the formula."""
        return self.formula.partition("~")[0].strip()

    def rows_of_each(self, subject: str) -> list[NDArray[np.intp]]:
        """Return the positions of the rows of each subject, in the order of first appearance."""
        codes, _ = pd.factorize(self.data[subject])
        return [np.flatnonzero(codes == code) for code in range(codes.max() + 1)]

    @cached_property
    def factors(self) -> dict[str, list[Any]]:
        """Each categorical variable of the right side with its levels, in order."""
        return {
            name: levels_of(self.data[name])
            for name in self._variables
            if name in self._categorical or not _is_number(self.data[name])
        }

    @cached_property
    def means(self) -> dict[str, float]:
        """Each numeric variable of the right side with its mean over the rows in use."""
        return {
            name: float(self.data[name].mean())
            for name in self._variables
            if name not in self.factors
        }

    def rows_for(self, values: pd.DataFrame) -> Floats:
        """Return the design matrix of other values of the right side's variables."""
        return np.asarray(patsy.build_design_matrices([self.info], values)[0], dtype=float)

    @cached_property
    def _variables(self) -> list[str]:
        codes = [factor.code for factor in self.info.factor_infos]
        names = {name: None for code in codes for name in _names_in(code)}
        return [name for name in names if name in self.data]

    @cached_property
    def _categorical(self) -> set[str]:
        infos = self.info.factor_infos.items()
        codes = [factor.code for factor, info in infos if info.type == "categorical"]
        return {name for code in codes for name in _names_in(code)}


def make_design(
    table: pd.DataFrame, formula: str, *, needs: Sequence[str] = (), factors: Sequence[str] = ()
) -> Design:
    """Build the design of `formula` from the complete rows of `table`.

    Parameters
    ----------
    table
        One row per measurement.
    formula
        As in R and patsy, with the outcome on the left.
    needs
        Further columns that every row must have.
    factors
        Columns that are categorical even if they hold numbers.

    Raises
    ------
    InputError
        If the formula cannot be read, a column is missing or not numeric where it must be, no
        row is complete, or the terms are not linearly independent.

    """
    used = _columns_of(table, formula, needs)
    complete = table[table[used].notna().all(axis=1)].copy()
    if complete.empty:
        raise InputError(f"{formula}: no row has all of {', '.join(used)}")
    for name in used:
        if name in factors or not _is_number(complete[name]):
            complete[name] = as_levels(complete[name])
    _require_finite(complete, used)
    try:
        y, X = patsy.dmatrices(
            formula, complete, eval_env=patsy.EvalEnvironment([_FUNCTIONS]), NA_action="raise"
        )
    except (patsy.PatsyError, NameError, TypeError, ValueError) as error:
        raise InputError(f"formula {formula!r} cannot be used: {error}") from error
    if y.shape[1] != 1:
        raise InputError(f"formula {formula!r}: the outcome is not one numeric column")
    design = Design(
        formula=formula,
        data=complete,
        X=np.asarray(X, dtype=float),
        y=np.asarray(y, dtype=float)[:, 0],
        info=X.design_info,
        n_missing=len(table) - len(complete),
    )
    _require_variation(design)
    _require_independent(design)
    return design


def _is_number(column: "pd.Series[Any]") -> bool:
    return pd.api.types.is_numeric_dtype(column) and not pd.api.types.is_bool_dtype(column)


def _columns_of(table: pd.DataFrame, formula: str, needs: Sequence[str]) -> list[str]:
    if formula.count("~") != 1 or not formula.partition("~")[0].strip():
        raise InputError(f"formula {formula!r}: expected 'outcome ~ terms'")
    try:
        described = patsy.ModelDesc.from_formula(formula)
    except patsy.PatsyError as error:
        raise InputError(f"formula {formula!r} cannot be read: {error}") from error
    sides = (*described.lhs_termlist, *described.rhs_termlist)
    codes = [factor.code for term in sides for factor in term.factors]
    names = dict.fromkeys([*needs, *(name for code in codes for name in _names_in(code))])
    require_columns(table, names)
    return list(names)


def _names_in(code: str) -> list[str]:
    """Return the columns that a piece of a formula reads: its names, less the functions."""
    nodes = list(ast.walk(ast.parse(code)))
    calls = [node for node in nodes if isinstance(node, ast.Call)]
    functions = {id(call.func) for call in calls}
    functions |= {id(node.value) for node in nodes if isinstance(node, ast.Attribute)}
    names = [n for n in nodes if isinstance(n, ast.Name) and id(n) not in functions]
    # patsy's Q("a name") quotes one.
    quotes = [call.args for call in calls if getattr(call.func, "id", "") == "Q"]
    quoted = [str(a.value) for given in quotes for a in given if isinstance(a, ast.Constant)]
    return [name.id for name in names if name.id not in _CODINGS] + quoted


def _require_finite(data: pd.DataFrame, names: Iterable[str]) -> None:
    for name in names:
        column = data[name]
        if _is_number(column) and not np.isfinite(column).all():
            row = column.index[~np.isfinite(column)][0]
            raise InputError(f"row {row}, column {name}: found {column[row]}, expected a number")


def _require_variation(design: Design) -> None:
    for name, levels in design.factors.items():
        if len(levels) == 1:
            raise InputError(
                f"{design.formula}: every complete row has {name} {levels[0]}; leave {name} out, "
                "or look for what the other levels lack"
            )


def _require_independent(design: Design) -> None:
    """Refuse terms that others already determine: their coefficients have no one value."""
    if len(design.X) <= design.X.shape[1]:
        raise InputError(
            f"{design.formula}: {len(design.X)} measurements cannot tell "
            f"{design.X.shape[1]} coefficients; leave terms out"
        )
    scaled = design.X / np.maximum(np.linalg.norm(design.X, axis=0), np.finfo(float).tiny)
    aliased = [design.terms[i] for i in _dependent_columns(scaled)]
    if aliased:
        raise InputError(
            f"{design.formula}: the data cannot tell {', '.join(aliased)} from the other terms "
            "(a combination of levels without measurements, a variable that never varies, or "
            "the same thing twice); leave the term out or merge levels"
        )


def _dependent_columns(X: Floats) -> NDArray[np.intp]:
    """Return the columns that those before them determine."""
    R = linalg.qr(X, mode="r")[0]
    ranks = [np.linalg.matrix_rank(R[:, :count], tol=1e-9) for count in range(1, R.shape[1] + 1)]
    return np.flatnonzero(np.diff(ranks, prepend=0) == 0)


def as_levels(column: "pd.Series[Any]") -> "pd.Series[Any]":
    """Return a categorical column: in its own order, else by the numbers in it.

    2 comes before 10, and VIS2 before VIS10.
    """
    return column.astype(pd.CategoricalDtype(levels_of(column), ordered=True))


def steps_of(levels: Sequence[Any]) -> Floats | None:
    """Return how far numeric levels are apart, in their smallest step; None if they are names."""
    if len(levels) < 2 or not all(isinstance(level, int | float | np.number) for level in levels):
        return None
    places = np.asarray(levels, dtype=float)
    steps = np.diff(places)
    return np.asarray((places - places[0]) / steps.min())


def levels_of(column: "pd.Series[Any]") -> list[Any]:
    """Return the levels that occur, in order."""
    if isinstance(column.dtype, pd.CategoricalDtype):
        return list(column.cat.remove_unused_categories().cat.categories)
    return sorted(column.unique(), key=_natural)


def _natural(value: object) -> tuple[tuple[bool, float, str], ...]:
    if isinstance(value, int | float | np.number):
        try:
            return ((False, float(value), ""),)
        except OverflowError:  # a whole number may have 400 digits
            return ((False, -np.inf if str(value)[0] == "-" else np.inf, ""),)
    parts = re.findall(r"\d+\.?\d*|\D+", str(value))
    return tuple((False, float(p), "") if p[0].isdecimal() else (True, 0.0, p) for p in parts)
