"""The mixed model for repeated measures.

Statsmodels has no residual covariance over visits, and no Kenward–Roger or Satterthwaite.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from biomarkers.errors import InputError
from biomarkers.stats.arrays import Floats
from biomarkers.stats.inputs import check_choice
from biomarkers.stats.longitudinal.design import Design, make_design
from biomarkers.stats.longitudinal.fit import (
    DF_LABELS,
    NoMaximumError,
    check_choices,
    fit,
    reported,
)
from biomarkers.stats.longitudinal.likelihood import Block, differentiate, evaluate
from biomarkers.stats.longitudinal.linear_result import MixedResult
from biomarkers.stats.longitudinal.structures import (
    BY_STEPS,
    STRUCTURES,
    Structure,
    VisitCovariance,
)

# A day that at most this share of the best attended has may be off schedule.
_STRAY = 0.25


def mmrm(
    table: pd.DataFrame,
    formula: str,
    *,
    subject: str = "subject",
    visit: str = "visit",
    covariance: str = "un",
    df: str = "kr",
    method: str = "reml",
) -> MixedResult:
    """Fit a mixed model for repeated measures (MMRM).

    The measurements of a subject at the planned visits are correlated, with a covariance that
    is estimated; a subject contributes the visits it has. What is missing at random, given the
    other measurements of the same subject, does not bias the estimates.

    Parameters
    ----------
    table
        One row per subject and visit: for one biomarker and region, and without the baseline
        visit if the baseline is a covariate. Rows with a missing value are left out.
    formula
        Outcome and terms, as in R: `"change ~ base * visit + group * visit"`.
    subject, visit
        The columns that say whose measurement it is and which; `visit` is categorical, even if
        it holds numbers, and its order is that of the numbers.
    covariance
        `un` (unstructured), `toeph`, `anteh`, `ar1h`, `csh` (a variance for each visit, and
        Toeplitz, antedependence, autoregressive or equal correlations), `toep`, `ar1`, `cs` (one
        variance). Visits count as equally spaced. `toep`, `toeph`, `ar1` and `ar1h`, which count
        steps between visits, refuse an off-schedule day: one that few have, in place of the day
        beside it.
    df
        `kr` (Kenward–Roger, as DDFM=KR of PROC MIXED: from the observed information, in the
        parametrisation of SAS), `kr_linear` (without second derivatives of the covariance; the
        same for `un`, `toep` and `cs`), `satterthwaite`, `residual` or `normal`.
    method
        `reml` (restricted maximum likelihood) or `ml`.

    Returns
    -------
    MixedResult
        Coefficients in `table`; group differences at each visit by `contrasts("group")`.

    Raises
    ------
    InputError
        If the table or the formula cannot be used, the data cannot determine a parameter, or
        the likelihood has no maximum; the message says what to do.

    References
    ----------
    Mallinckrodt et al., Drug Inf J 2008;42:303. Kenward and Roger, Biometrics 1997;53:983.

    Examples
    --------
    >>> from biomarkers import sample_data, stats
    >>> table = stats.change(sample_data.measurements()).query("biomarker == 'Ktrans' and day > 0")
    >>> table = table.merge(sample_data.participants(), on="subject")
    >>> fit = stats.mmrm(table, "change ~ C(responder) * C(day)", visit="day")
    >>> effects = fit.contrasts("responder")[["day", "estimate", "low", "high"]]
    >>> effects.round(2).to_numpy().tolist()  # truth: -0.5 on day 3, -0.7 on day 10
    [[3.0, -0.53, -0.63, -0.42], [10.0, -0.68, -0.89, -0.48]]

    """
    check_choices(df=df, method=method)
    check_choice("covariance", covariance, STRUCTURES)
    structure = STRUCTURES[covariance]
    design = make_design(table, formula, needs=[subject, visit], factors=[visit])
    visits = list(design.data[visit].cat.categories)
    _require_spread(design, visit)
    if covariance in BY_STEPS:
        _require_on_schedule(design, subject, visit)
    blocks = _blocks(design, subject=subject, visit=visit)
    model = structure.build([str(name) for name in visits])
    start = _start(model, _rough_covariance(design, blocks, visits))
    try:
        _require_informed(model, start, blocks)
        result = fit(model, model.free(start), blocks, method=method)
        if result.singular:
            raise NoMaximumError("the estimated covariance lies on the border of the possible")
    except NoMaximumError as error:
        raise InputError(_advice(error, structure, model, blocks)) from error
    subjects = sum(len(block.y) for block in blocks)
    return MixedResult(
        title=(
            f"{formula}: MMRM of {len(design.y)} measurements of {subjects} subjects, "
            f"{structure.label}, {method.upper()}, {DF_LABELS[df]}"
        ),
        design=design,
        within=(visit,),
        n_subjects=subjects,
        **reported(result, model, visits, df=df, method=method),
    )


def _blocks(design: Design, *, subject: str, visit: str) -> list[Block]:
    """Group the subjects by the visits they have."""
    data = design.data
    repeated = data.duplicated([subject, visit], keep=False)
    if repeated.any():
        first = data[repeated].iloc[0]
        rows = data.index[(data[[subject, visit]] == first[[subject, visit]]).all(axis=1)]
        raise InputError(
            f"{subject} {first[subject]}, {visit} {first[visit]} stands in rows "
            f"{', '.join(map(str, rows))}; expected one row per subject and visit: choose one "
            "biomarker and region, and one measurement for each visit"
        )
    position = data[visit].cat.codes.to_numpy()
    if position.max() == 0:
        raise InputError(f"{visit}: one level only; repeated measures need at least two visits")
    alike: dict[tuple[int, ...], list[NDArray[np.intp]]] = {}
    for own in design.rows_of_each(subject):
        ordered = own[np.argsort(position[own])]
        alike.setdefault(tuple(position[ordered]), []).append(ordered)
    return [
        Block(np.array(visits), design.X[np.array(rows)], design.y[np.array(rows)])
        for visits, rows in alike.items()
    ]


def _require_on_schedule(design: Design, subject: str, visit: str) -> None:
    """Refuse a day that few have, in place of a neighbouring one: it is no visit of its own."""
    here = pd.crosstab(design.data[subject], design.data[visit]).gt(0)
    days = list(here.columns)
    if not all(isinstance(day, int | float | np.number) for day in days):
        return
    count = here.sum()
    strays = [
        f"{day:g} ({', '.join(map(str, here.index[here[day]]))})"
        for place, day in enumerate(days)
        if count[day] <= _STRAY * count.max()
        and any(
            count[other] > count[day] and not (here[day] & here[other]).any()
            for other in days[max(place - 1, 0) : place + 2]
        )
    ]
    if strays:
        raise InputError(
            f"{visit}: few have {', '.join(strays)}, and those lack the day beside it; a step "
            "between visits would then not be one. Write the planned visit for an off-schedule "
            "day; or take csh or cs, or random_slopes, which uses the days"
        )


def _require_spread(design: Design, visit: str) -> None:
    """Refuse a visit at which all subjects have the same outcome, as change has at baseline."""
    for name, values in pd.Series(design.y).groupby(design.data[visit].to_numpy(), observed=True):
        if len(values) > 1 and np.ptp(values) == 0:
            raise InputError(
                f"{design.formula}: at visit {name} the outcome is {values.iloc[0]:g} in every "
                "subject, so it has no variance; is it the baseline visit? Leave its rows out"
            )


def _rough_covariance(design: Design, blocks: Sequence[Block], visits: list[Any]) -> Floats:
    """Return the covariance of ordinary least-squares residuals, pair of visits by pair."""
    beta = np.linalg.lstsq(design.X, design.y, rcond=None)[0]
    total, pairs = np.zeros((len(visits), len(visits))), np.zeros((len(visits), len(visits)))
    for block in blocks:
        residual = block.y - block.X @ beta
        here = np.ix_(block.layout, block.layout)
        total[here] += residual.T @ residual
        pairs[here] += len(residual)
    rough = total / np.maximum(pairs, 1)
    exact = np.diagonal(rough) <= 1e-16 * np.mean(design.y**2)
    if exact.any():
        raise InputError(
            f"{design.formula}: at visit {visits[int(np.argmax(exact))]} the terms reproduce "
            "every measurement exactly; is it the baseline visit, with the baseline among the "
            "terms, or are there fewer subjects than coefficients? Leave its rows out"
        )
    return np.asarray(rough)


def _start(model: VisitCovariance, rough: Floats) -> Floats:
    """Return first parameters, with correlations weakened until the covariance is possible."""
    variances = np.diag(np.diagonal(rough))
    for strength in (1.0, 0.8, 0.5, 0.2):
        theta = model.start(variances + strength * (rough - variances))
        matrix = model.matrix(theta)
        if np.all(np.isfinite(matrix)) and np.linalg.eigvalsh(matrix)[0] > 0:
            return theta
    return model.start(variances)


def _require_informed(model: VisitCovariance, start: Floats, blocks: Sequence[Block]) -> None:
    """Refuse covariance parameters that no subject says anything about."""
    state = evaluate(model, start, blocks, restricted=False)
    if state is None:
        raise NoMaximumError("the starting covariance is not positive definite")
    unknown = np.diagonal(differentiate(state).expected) == 0
    if unknown.any():
        names = [name for name, none in zip(model.parameters, unknown, strict=True) if none]
        raise InputError(
            f"the data say nothing about {', '.join(names)}: no subject has both visits. Choose "
            "a covariance with fewer parameters (ar1h, csh, ar1, cs), or merge visits"
        )


def _advice(
    error: NoMaximumError, structure: Structure, model: VisitCovariance, blocks: Sequence[Block]
) -> str:
    subjects = sum(len(block.y) for block in blocks)
    most = max(len(block.layout) for block in blocks)
    full = sum(len(block.y) for block in blocks if len(block.layout) == most)
    return (
        f"the likelihood has no maximum to report: {error}. {structure.label.capitalize()} has "
        f"{len(model.parameters)} parameters; the data have {subjects} subjects, {full} of them "
        f"with the most visits any has, {most}. Try a simpler "
        "covariance (in this order: toeph, ar1h, csh, ar1, cs), fewer terms or fewer visits, and "
        "look for a visit with next to no variance or two visits that are copies of each other"
    )
