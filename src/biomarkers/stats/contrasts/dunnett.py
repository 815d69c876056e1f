"""Many groups against one control, with one family-wise error.

Scipy's `dunnett` integrates by random draws: p-values of one table differ by 0.5 to 2 %.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import optimize, special, stats

from biomarkers.errors import InputError
from biomarkers.stats.arrays import Floats
from biomarkers.stats.contrasts.pooled_scale import scale_nodes
from biomarkers.stats.drawing import Axes, forest_plot
from biomarkers.stats.inputs import require_columns
from biomarkers.stats.intervals import LEVEL, check_level
from biomarkers.stats.shown import Shown, p_text

# More nodes change no digit above 1e-10.
_NORMAL_NODES = 64


@dataclass(frozen=True, eq=False)
class Dunnett(Shown):
    """Differences of group means from a control, with simultaneous intervals.

    Parameters
    ----------
    comparisons
        One row per group: `contrast`, `n`, `estimate`, `se`, `df`, `t`, `p_value` (adjusted for
        the number of groups), `low`, `high` (simultaneous).
    control
        The group they are compared with.
    level
        Simultaneous confidence level.

    Examples
    --------
    >>> import pandas as pd
    >>> from biomarkers import stats
    >>> table = pd.DataFrame({"group": ["vehicle", "low", "high"] * 2,
    ...                       "value": [1.0, 1.1, 2.0, 1.2, 1.3, 2.2]})
    >>> result = stats.dunnett(table, control="vehicle")
    >>> result.comparisons[["contrast", "estimate"]].round(2).to_numpy().tolist()
    [['high - vehicle', 1.0], ['low - vehicle', 0.1]]

    """

    shows = "comparisons"

    comparisons: pd.DataFrame
    control: str
    level: float

    @property
    def headline(self) -> str:
        """The largest difference, in one sentence."""
        first = self.comparisons.iloc[int(np.argmin(self.comparisons["p_value"]))]
        return (
            f"Dunnett's test of {len(self.comparisons)} groups against {self.control}: the "
            f"clearest difference is {first['contrast']}, {first['estimate']:.4g} "
            f"({self.level:.0%} simultaneous interval {first['low']:.4g} to {first['high']:.4g}), "
            f"adjusted {p_text(first['p_value'])}."
        )

    def draw(self, axes: Axes) -> None:
        """Draw the differences with their simultaneous intervals."""
        label = f"difference ({self.level:.0%} simultaneous interval)"
        forest_plot(axes, self.table, label, names=self.comparisons["contrast"])


def dunnett(
    table: pd.DataFrame,
    *,
    control: object,
    value: str = "value",
    group: str = "group",
    level: float = LEVEL,
) -> Dunnett:
    """Compare the mean of each group with that of a control, group minus control (two-sided).

    Values are independent and normal with one variance; groups may differ in size. The
    multivariate t integral is solved by quadrature, so that the result has no random error.

    Parameters
    ----------
    table
        One row per subject; rows with a missing value are left out.
    control
        The level of `group` the others are compared with.
    value, group
        Columns.
    level
        Simultaneous confidence level.

    Raises
    ------
    InputError
        If a column is missing, `control` is not among the groups, or no variance is left.

    References
    ----------
    Dunnett, J Am Stat Assoc 1955;50:1096. Dunnett, Biometrics 1964;20:482.

    Examples
    --------
    >>> import pandas as pd
    >>> from biomarkers import stats
    >>> # Blood counts of Dunnett 1955: a control and two drugs.
    >>> counts = {"control": [7.40, 8.50, 7.20, 8.24, 9.84, 8.32], "A": [9.76, 8.80, 7.68, 9.36],
    ...           "B": [12.80, 9.68, 12.16, 9.20, 10.55]}
    >>> table = pd.Series(counts).explode().astype(float)
    >>> table = table.rename_axis("group").reset_index(name="value")
    >>> result = stats.dunnett(table, control="control")
    >>> result.comparisons["p_value"].round(3).tolist()  # as scipy's `dunnett`
    [0.62, 0.006]

    """
    samples = _samples(table, value, group, control)
    base = samples.pop(control)
    sizes = np.array([len(sample) for sample in samples.values()])
    df = int(sizes.sum()) + len(base) - len(samples) - 1
    squares = sum(float(np.sum((s - s.mean()) ** 2)) for s in (base, *samples.values()))
    if df < 1 or squares <= 0:
        raise InputError(f"{value} does not vary within the groups; there is nothing to test with")
    estimate = np.array([sample.mean() for sample in samples.values()]) - base.mean()
    se = np.sqrt(squares / df * (1 / sizes + 1 / len(base)))
    loadings = np.sqrt(sizes / (sizes + len(base)))
    reach = _critical(loadings, df, level) * se
    rows = {
        "contrast": [f"{name} - {control}" for name in samples],
        "n": sizes,
        "estimate": estimate,
        "se": se,
        "df": float(df),
        "t": estimate / se,
        "p_value": [1 - _coverage(abs(t), loadings, df) for t in estimate / se],
        "low": estimate - reach,
        "high": estimate + reach,
    }
    return Dunnett(pd.DataFrame(rows), str(control), level)


def _samples(table: pd.DataFrame, value: str, group: str, control: object) -> dict[object, Floats]:
    require_columns(table, [value, group])
    rows = table[[value, group]].dropna()
    if not pd.api.types.is_numeric_dtype(rows[value]):
        shown = next(map(repr, rows[value]), "none")
        raise InputError(f"column {value}: expected numbers, found {shown}")
    samples: dict[object, Floats] = {
        name: own[value].to_numpy(dtype=float) for name, own in rows.groupby(group, observed=True)
    }
    if control not in samples or len(samples) < 2:
        known = ", ".join(map(str, samples)) or "none"
        raise InputError(
            f"control: found {control!r}, expected one of at least two groups: {known}"
        )
    return samples


def _coverage(bound: float, loadings: Floats, df: int) -> float:
    """Return the probability that all |t| stay within `bound`.

    The t of group i is (λ_i·z0 + √(1−λ_i²)·z_i)/s with shared z0 and s, hence two integrals.
    """
    z0, weight = np.polynomial.hermite_e.hermegauss(_NORMAL_NODES)
    s, density = scale_nodes(df)
    own = np.sqrt(1 - loadings**2)
    shift = (loadings[:, None] * z0 / own[:, None])[:, None, :]
    reach = (bound * s[None, :] / own[:, None])[:, :, None]
    inside = special.ndtr(shift + reach) - special.ndtr(shift - reach)
    over_z = np.prod(inside, axis=0) @ (weight / weight.sum())
    return float(min(1.0, density @ over_z))


def _critical(loadings: Floats, df: int, level: float) -> float:
    check_level(level)
    single = float(stats.t.ppf(0.5 + level / 2, df))
    # Bonferroni is never narrower.
    widest = float(stats.t.isf((1 - level) / (2 * len(loadings)), df))
    if len(loadings) == 1:
        return single
    return float(
        optimize.brentq(lambda bound: _coverage(bound, loadings, df) - level, single, widest)
    )
