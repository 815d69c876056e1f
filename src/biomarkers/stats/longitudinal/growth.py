"""Exponential growth: the slope of the logarithm, per subject and per group."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import stats

from biomarkers.errors import InputError
from biomarkers.stats.arrays import Floats
from biomarkers.stats.drawing import Axes, forest_plot
from biomarkers.stats.inputs import require_columns
from biomarkers.stats.longitudinal.random_slopes import RandomSlopes, random_slopes
from biomarkers.stats.shown import Shown

_COLUMNS = ("n", "rate", "se", "df", "low", "high", "doubling_time")


@dataclass(frozen=True, eq=False)
class GrowthRates(Shown):
    """The growth rate of every subject.

    Parameters
    ----------
    rates
        One row per subject: `subject`, `n` (measurements), `rate` (of the natural logarithm,
        per unit of time), `se`, `df`, `low`, `high` (95 %) and `doubling_time` (ln 2/rate; NaN
        where nothing grows). A rate needs two times, its standard error three measurements;
        else they are NaN.
    time
        The variable that gives the unit of time.

    Examples
    --------
    >>> import numpy as np
    >>> import pandas as pd
    >>> from biomarkers import stats
    >>> days = np.array([0.0, 3.0, 10.0])
    >>> table = pd.DataFrame({"subject": "01", "day": days, "value": 40.0 * 2.0 ** (days / 7.0)})
    >>> growth = stats.growth_rates(table)
    >>> growth.rates[["subject", "n", "doubling_time"]].round(3).to_numpy().tolist()
    [['01', 3, 7.0]]

    """

    shows = "rates"

    rates: pd.DataFrame
    time: str

    @property
    def headline(self) -> str:
        """The typical growth rate, in one sentence."""
        known = self.rates["rate"].dropna()
        return (
            f"Growth of {len(known)} of {len(self.rates)} subjects: median rate "
            f"{known.median():.4g} per {self.time} (from {known.min():.4g} to {known.max():.4g})."
        )

    def draw(self, axes: Axes) -> None:
        """Draw the rates in ascending order, with their intervals."""
        rows = self.rates.dropna(subset="rate").sort_values("rate", ascending=False)
        label = f"growth rate per {self.time} (95 % interval)"
        forest_plot(axes, rows, label, names=rows["subject"], estimate="rate")


def growth_rates(
    table: pd.DataFrame, *, subject: str = "subject", time: str = "day", value: str = "value"
) -> GrowthRates:
    """Fit log value = a + rate·time to each subject by least squares.

    Parameters
    ----------
    table
        One row per measurement; rows with a missing value are left out.
    subject, time, value
        Columns.

    Raises
    ------
    InputError
        If a column is missing, there are several biomarkers or regions, or a value is not
        positive, naming its row.

    Examples
    --------
    >>> import numpy as np
    >>> import pandas as pd
    >>> from biomarkers import stats
    >>> days = np.array([0.0, 3.0, 10.0])
    >>> table = pd.DataFrame({"subject": "01", "day": days, "value": 40.0 * np.exp(0.09 * days)})
    >>> float(stats.growth_rates(table).rates["rate"][0].round(4))
    0.09

    """
    rows = _with_logarithm(table, [subject, time, value])
    groups = rows.groupby(subject, sort=False, observed=True)
    lines = [
        {"subject": name, **_line(own[time].to_numpy(dtype=float), own["_log"].to_numpy())}
        for name, own in groups
    ]
    return GrowthRates(pd.DataFrame(lines, columns=["subject", *_COLUMNS]), time)


def compare_growth(
    table: pd.DataFrame,
    *,
    group: str = "group",
    subject: str = "subject",
    time: str = "day",
    value: str = "value",
) -> RandomSlopes:
    """Compare growth rates between groups, with all measurements of all subjects at once.

    Every subject has its own level and rate (`random_slopes` of the logarithm), so that a
    subject with few measurements counts less, and Kenward–Roger keeps small groups honest.

    Parameters
    ----------
    table
        One row per measurement; rows with a missing value are left out.
    group, subject, time, value
        Columns.

    Returns
    -------
    RandomSlopes
        Rates per group by `slopes(group)`, their differences by `slope_contrasts(group)`.

    Raises
    ------
    InputError
        If a column is missing, there are several biomarkers or regions, or a value is not
        positive, naming its row.

    Examples
    --------
    >>> import numpy as np
    >>> import pandas as pd
    >>> from biomarkers import stats
    >>> rat, day = np.repeat(np.arange(8), 4), np.tile([0.0, 3.0, 6.0, 9.0], 8)
    >>> group = np.where(rat < 4, "control", "treated")
    >>> rate = np.where(rat < 4, 0.10, 0.04) + np.where(rat % 2, 0.01, -0.01)  # 1/day
    >>> noise = np.tile([0.05, -0.05, -0.05, 0.05], 8)
    >>> log = np.where(rat % 4 < 2, 3.5, 3.9) + rate * day + noise
    >>> table = pd.DataFrame({"subject": rat, "day": day, "group": group, "value": np.exp(log)})
    >>> stats.compare_growth(table).slopes("group")["estimate"].round(3).tolist()
    [0.1, 0.04]

    """
    rows = _with_logarithm(table, [group, subject, time, value]).rename(columns={"_log": "log"})
    formula = f"log ~ Q({time!r}) * C(Q({group!r}))"
    try:
        return random_slopes(rows, formula, subject=subject, time=time)
    except InputError as error:  # what it advises are its own arguments
        raise InputError(
            f"{error}. (From random_slopes(table, {formula!r}), with log the logarithm of "
            f"{value}: call that to choose more)"
        ) from error


def _with_logarithm(table: pd.DataFrame, needs: list[str]) -> pd.DataFrame:
    require_columns(table, needs)
    _require_one_kind(table, needs)
    rows = table[needs].dropna()
    *_, time, value = needs
    for name in (time, value):
        if not pd.api.types.is_numeric_dtype(rows[name]):
            shown = next(map(repr, rows[name]), "none")
            raise InputError(f"column {name}: expected numbers, found {shown}")
    if not np.isfinite(rows[time]).all():
        raise InputError(f"column {time}: expected finite times, found an infinite one")
    wrong = rows[~((rows[value] > 0) & np.isfinite(rows[value]))]
    if len(wrong):
        raise InputError(
            f"row {wrong.index[0]}, column {value}: found {wrong[value].iloc[0]:g}, which has no "
            "logarithm; growth needs positive values. Where nothing was left to measure, put "
            "half the smallest volume that can be seen, or leave the row out and say so"
        )
    return rows.assign(_log=np.log(rows[value].to_numpy(dtype=float)))


def _require_one_kind(table: pd.DataFrame, used: list[str]) -> None:
    """Refuse several biomarkers or regions, which have no one rate."""
    for name in ("biomarker", "region"):
        kinds = table[name].dropna().unique() if name in table and name not in used else ()
        if len(kinds) > 1:
            raise InputError(
                f"column {name}: found {', '.join(map(str, kinds[:5]))}; choose one, growth is "
                "that of one volume"
            )


def _line(time: Floats, log: Floats) -> dict[str, float]:
    line = dict.fromkeys(_COLUMNS, np.nan)
    line["n"] = len(time)
    if np.ptp(time) == 0:
        return line
    fit, df = stats.linregress(time, log), len(time) - 2
    rate, se = float(fit.slope), float(fit.stderr)
    line["rate"] = rate
    line["doubling_time"] = np.log(2) / rate if rate > 0 else np.nan
    if df > 0:
        reach = se * float(stats.t.ppf(0.975, df))
        line |= {"se": se, "df": df, "low": rate - reach, "high": rate + reach}
    return line
