"""Generalised estimating equations: correlated measurements without a normal distribution."""

import warnings

import numpy as np
import pandas as pd

from biomarkers.errors import InputError
from biomarkers.stats.arrays import Floats
from biomarkers.stats.inputs import check_choice
from biomarkers.stats.longitudinal.design import Design, make_design, steps_of
from biomarkers.stats.longitudinal.inference import FixedDf
from biomarkers.stats.longitudinal.linear_result import LinearResult

# Family, and what its coefficients are.
FAMILIES = {
    "gaussian": "differences of means",
    "binomial": "log odds",
    "poisson": "log rates",
}
# A fitted probability or count this near its end is there.
_EDGE = 1e-6
WORKING = ("independence", "exchangeable", "autoregressive")


def gee(
    table: pd.DataFrame,
    formula: str,
    *,
    subject: str = "subject",
    visit: str = "visit",
    family: str = "gaussian",
    working: str = "exchangeable",
) -> LinearResult:
    """Fit a marginal model of repeated measurements (statsmodels' GEE underneath).

    The mean is what is modelled; the correlation within a subject is only a working one, and
    the standard errors hold whatever it truly is: Mancl and DeRouen's sandwich, corrected for
    few subjects, with t on the number of subjects less that of coefficients. Missing visits
    must be missing completely at random: more is asked than by `mmrm`.

    Parameters
    ----------
    table
        One row per subject and visit; rows with a missing value are left out.
    formula
        Outcome and terms, as in R: `"response ~ base + group * visit"`.
    subject, visit
        The columns that say whose measurement it is and which; `visit` is categorical.
    family
        `gaussian`, `binomial` (outcome 0 or 1, logit link) or `poisson` (counts, log link).
    working
        Working correlation: `independence`, `exchangeable` or `autoregressive`, whose
        distances are those of the days if visits are numbers, and steps if they are names.

    Returns
    -------
    LinearResult
        Coefficients, means and contrasts on the scale of the link (log odds, log rates).

    Raises
    ------
    InputError
        If the table or the formula cannot be used, or the equations have no solution.

    References
    ----------
    Liang and Zeger, Biometrika 1986;73:13. Mancl and DeRouen, Biometrics 2001;57:126.

    Examples
    --------
    >>> from biomarkers import sample_data, stats
    >>> table = stats.change(sample_data.measurements()).query("biomarker == 'Ktrans' and day > 0")
    >>> table = table.merge(sample_data.participants(), on="subject")
    >>> fit = stats.gee(table, "change ~ C(responder) * C(day)", visit="day")
    >>> fit.contrasts("responder")["estimate"].round(2).tolist()  # truth: -0.5 and -0.7
    [-0.53, -0.68]

    """
    check_choice("family", family, FAMILIES)
    check_choice("working", working, WORKING)
    design = make_design(table, formula, needs=[subject, visit], factors=[visit])
    _check_outcome(design, family)
    subjects = design.data[subject].nunique()
    df = subjects - design.X.shape[1]
    if df < 1:
        raise InputError(
            f"{formula}: {subjects} subjects cannot give standard errors to "
            f"{design.X.shape[1]} coefficients; leave terms out"
        )
    beta, covariance = _solve(design, subject, visit, family=family, working=working)
    return LinearResult(
        title=(
            f"{formula}: GEE of {len(design.y)} measurements of {subjects} subjects, {family} "
            f"({FAMILIES[family]}), {working} working correlation"
        ),
        design=design,
        beta=beta,
        inference=FixedDf(covariance, df),
        within=(visit,),
    )


def _check_outcome(design: Design, family: str) -> None:
    y = design.y
    holds, expected = {
        "gaussian": (True, ""),
        "binomial": (np.isin(y, (0, 1)).all(), "0 or 1"),
        "poisson": (np.all((y >= 0) & (y == np.round(y))), "counts: whole numbers, 0 or more"),
    }[family]
    if not holds:
        raise InputError(f"{design.outcome}: a {family} outcome must be {expected}")


def _solve(
    design: Design, subject: str, visit: str, *, family: str, working: str
) -> tuple[Floats, Floats]:
    # Seconds to load, so only where it is used.
    import statsmodels.api as sm  # noqa: PLC0415

    structures = {
        "independence": sm.cov_struct.Independence,
        "exchangeable": sm.cov_struct.Exchangeable,
        "autoregressive": lambda: sm.cov_struct.Autoregressive(grid=False),
    }
    families = {
        "gaussian": sm.families.Gaussian,
        "binomial": sm.families.Binomial,
        "poisson": sm.families.Poisson,
    }
    position = design.data[visit].cat.codes.to_numpy()
    # Days are as far apart as they are, names one step.
    steps = steps_of(list(design.data[visit].cat.categories))
    order = np.lexsort((position, pd.factorize(design.data[subject])[0]))
    model = sm.GEE(
        design.y[order],
        design.X[order],
        groups=design.data[subject].to_numpy()[order],
        time=(position if steps is None else steps[position])[order].astype(float),
        family=families[family](),
        cov_struct=structures[working](),
    )
    with warnings.catch_warnings():
        # What statsmodels warns of is judged below.
        warnings.simplefilter("ignore")
        try:
            fitted = model.fit(cov_type="bias_reduced", maxiter=200)
        except (ValueError, np.linalg.LinAlgError) as error:
            raise InputError(
                f"the equations have no solution ({error}); are values equal, or too large?"
            ) from error
    beta, covariance = np.asarray(fitted.params), np.asarray(fitted.cov_params())
    means = np.asarray(fitted.fittedvalues)
    # Coefficients on their way to infinity: some cell has only one outcome, or no count.
    runaway = (family != "gaussian" and np.any(means < _EDGE)) or (
        family == "binomial" and np.any(means > 1 - _EDGE)
    )
    if runaway or not fitted.converged or not np.all(np.isfinite(covariance)):
        raise InputError(
            f"{design.formula}: the estimating equations have no solution; if a cell has only one "
            "outcome (all 0, or all 1), merge levels, else try working='independence'"
        )
    return beta, covariance
