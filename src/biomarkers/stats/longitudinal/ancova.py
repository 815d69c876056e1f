"""Analysis of covariance: one measurement per subject."""

import numpy as np
import pandas as pd

from biomarkers.errors import InputError
from biomarkers.stats.longitudinal.covariance import Floats
from biomarkers.stats.longitudinal.design import make_design
from biomarkers.stats.longitudinal.inference import FixedDf
from biomarkers.stats.longitudinal.result import LinearResult

VARIANCES = {"equal": "equal variances", "hc3": "variances free (HC3)"}


def ancova(table: pd.DataFrame, formula: str, *, variance: str = "equal") -> LinearResult:
    """Fit a linear model of independent measurements by least squares.

    With the baseline among the terms it compares groups at one visit with more power than the
    change alone, and without its regression to the mean.

    Parameters
    ----------
    table
        One row per subject; rows with a missing value are left out.
    formula
        Outcome and terms, as in R: `"change ~ base + group"`.
    variance
        `equal`, or `hc3`: standard errors that allow the variance to differ between subjects
        (MacKinnon and White, with Long and Ervin's correction for small samples).

    Returns
    -------
    LinearResult
        Coefficients in `table`; group differences by `contrasts("group")`.

    Raises
    ------
    InputError
        If the table or the formula cannot be used, or the terms reproduce every measurement.

    References
    ----------
    Vickers and Altman, BMJ 2001;323:1123. Long and Ervin, Am Stat 2000;54:217.

    """
    if variance not in VARIANCES:
        raise InputError(f"variance: found {variance!r}, expected {' | '.join(VARIANCES)}")
    design = make_design(table, formula)
    bread = np.asarray(np.linalg.inv(design.X.T @ design.X), dtype=float)
    beta = bread @ (design.X.T @ design.y)
    residual = design.y - design.X @ beta
    df = len(design.y) - beta.size
    if residual @ residual <= 1e-20 * (design.y @ design.y):
        raise InputError(
            f"{formula}: the terms reproduce every measurement exactly; is the outcome among them?"
        )
    if variance == "equal":
        covariance = residual @ residual / df * bread
    else:
        covariance = _hc3(design.X, residual, bread)
    return LinearResult(
        title=f"{formula}: least squares of {len(design.y)} measurements, {VARIANCES[variance]}",
        design=design,
        beta=beta,
        inference=FixedDf(covariance, df),
        within=(),
    )


def _hc3(X: Floats, residual: Floats, bread: Floats) -> Floats:
    leverage = np.einsum("ip,pq,iq->i", X, bread, X)
    if np.any(leverage > 1 - 1e-10):
        raise InputError(
            "one measurement alone determines a coefficient, so its variance is unknown: "
            "use variance='equal' or merge levels"
        )
    weighted = X * (residual / (1 - leverage))[:, None]
    return np.asarray(bread @ weighted.T @ weighted @ bread)
