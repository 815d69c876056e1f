"""Several hypotheses at once: p-values adjusted for their number.

`dunnett` compares many groups with one control; `maxt` uses the correlation of the data.
"""

import numpy as np
from numpy.typing import ArrayLike
from statsmodels.stats.multitest import multipletests

from biomarkers.errors import InputError
from biomarkers.stats.arrays import Floats
from biomarkers.stats.inputs import check_choice, numbers

# Ours, and what statsmodels calls them.
_METHODS = {"holm": "holm", "hommel": "hommel", "bonferroni": "bonferroni", "bh": "fdr_bh"}


def adjust(p_values: ArrayLike, *, method: str = "holm") -> Floats:
    """Return p-values adjusted for their number (statsmodels' `multipletests` underneath).

    Parameters
    ----------
    p_values
        Of the hypotheses of one family, any order, (K,). NaN is not counted and stays NaN.
    method
        `holm` (valid always), `hommel` (more powerful; needs independence or positive
        dependence), `bonferroni`, or `bh` (Benjamini–Hochberg: the false discovery rate).

    Returns
    -------
    ndarray
        The least family-wise level at which each hypothesis would be rejected, in the same order.

    Raises
    ------
    InputError
        If the method is unknown or a value is no probability.

    References
    ----------
    Holm, Scand J Stat 1979;6:65. Hommel, Biometrika 1988;75:383. Benjamini and Hochberg,
    J R Stat Soc B 1995;57:289.

    Examples
    --------
    >>> from biomarkers import stats
    >>> stats.adjust([0.01, 0.02, 0.03]).round(3).tolist()  # 3·0.01, 2·0.02, no less than before
    [0.03, 0.04, 0.04]
    >>> stats.adjust([0.01, 0.02, 0.03], method="bonferroni").round(3).tolist()
    [0.03, 0.06, 0.09]

    """
    check_choice("method", method, _METHODS)
    values = numbers(p_values, "p-values", finite=False)
    known = ~np.isnan(values)
    wrong = values[known & ~((values >= 0) & (values <= 1))]
    if wrong.size:
        raise InputError(f"found {wrong[0]:g} among the p-values, expected 0 to 1")
    adjusted = values.copy()
    if known.any():
        adjusted[known] = multipletests(values[known], method=_METHODS[method])[1]
    return adjusted
