"""Analysis of covariance: one measurement per subject."""

import numpy as np
import pandas as pd

from biomarkers.errors import InputError
from biomarkers.stats.inputs import check_choice
from biomarkers.stats.longitudinal.design import make_design
from biomarkers.stats.longitudinal.inference import FixedDf
from biomarkers.stats.longitudinal.linear_result import LinearResult

VARIANCES = {"equal": "equal variances", "hc3": "variances free (HC3)"}


def ancova(table: pd.DataFrame, formula: str, *, variance: str = "equal") -> LinearResult:
    """Fit a linear model of independent measurements by least squares (statsmodels' OLS).

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

    Examples
    --------
    >>> import numpy as np
    >>> import pandas as pd
    >>> from biomarkers import stats
    >>> base, group = np.tile([1.0, 2.0, 3.0, 4.0], 2), np.repeat(["control", "drug"], 4)
    >>> rest = 0.1 * np.array([1.0, -1.0, -1.0, 1.0, -1.0, 1.0, 1.0, -1.0])
    >>> change = 0.5 - 0.2 * base - 1.0 * (group == "drug") + rest
    >>> table = pd.DataFrame({"change": change, "base": base, "group": group})
    >>> fit = stats.ancova(table, "change ~ base + group")
    >>> fit.contrasts("group")[["contrast", "estimate"]].round(3).to_numpy().tolist()
    [['drug - control', -1.0]]

    """
    # Half a second to load, so only where it is used.
    from statsmodels.regression.linear_model import OLS  # noqa: PLC0415

    check_choice("variance", variance, VARIANCES)
    design = make_design(table, formula)
    fit = OLS(design.y, design.X).fit()
    if fit.ssr <= 1e-20 * (design.y @ design.y):
        raise InputError(
            f"{formula}: the terms reproduce every measurement exactly; is the outcome among them?"
        )
    if variance == "hc3" and np.any(fit.get_influence().hat_matrix_diag > 1 - 1e-10):
        raise InputError(
            "one measurement alone determines a coefficient, so its variance is unknown: "
            "use variance='equal' or merge levels"
        )
    covariance = fit.cov_HC3 if variance == "hc3" else fit.cov_params()
    return LinearResult(
        title=f"{formula}: least squares of {len(design.y)} measurements, {VARIANCES[variance]}",
        design=design,
        beta=np.asarray(fit.params),
        inference=FixedDf(np.asarray(covariance), fit.df_resid),
        within=(),
    )
