"""Patterns of missing measurements: monotone or with gaps, by class and visit."""

from dataclasses import dataclass

import pandas as pd

from biomarkers.errors import InputError
from biomarkers.stats.drawing import Axes
from biomarkers.stats.inputs import require_columns
from biomarkers.stats.shown import Shown

_SERIES = ["biomarker", "region"]
_NEEDED = ("subject", "positive", *_SERIES, "visit", "status")

# Measured, absent now but measured later or set aside, and gone for good.
MEASURED, ABSENT, GONE = "x", "o", "."
_COLOURS = {MEASURED: "C0", ABSENT: "C4", GONE: "0.88"}


@dataclass(frozen=True, eq=False)
class MissingPattern(Shown):
    """Which visits the subjects of each class have.

    Parameters
    ----------
    patterns
        One row per biomarker, region, class and pattern: `biomarker, region, positive, pattern,
        kind, n`. A pattern has a sign per visit: `x` there is a change, `o` there is none though
        the subject was not gone, `.` gone. Its kind is `complete`, `monotone` (leaves and does
        not come back), `intermittent` (gaps) or `both`.
    by_visit
        `biomarker, region, visit, positive, n, measured, absent, gone`.
    visits
        In order.

    Examples
    --------
    >>> import pandas as pd
    >>> from biomarkers import stats
    >>> attendance = pd.DataFrame({"subject": ["01", "01", "02", "02"], "positive": True,
    ...                            "biomarker": "ADC", "region": "tumor", "visit": ["3", "7"] * 2,
    ...                            "status": ["measured", "measured", "missing", "measured"]})
    >>> result = stats.missing_pattern(attendance)
    >>> result.by_visit[["visit", "n", "measured", "absent"]].to_numpy().tolist()
    [['3', 2, 1, 1], ['7', 2, 2, 0]]

    """

    shows = "patterns"

    patterns: pd.DataFrame
    by_visit: pd.DataFrame
    visits: tuple[str, ...]

    @property
    def headline(self) -> str:
        """What kind of gaps there are, in one sentence."""
        total = self.patterns["n"].sum()
        shares = self.patterns.groupby("kind")["n"].sum() / total
        parts = [f"{share:.0%} {kind}" for kind, share in shares.items()]
        return (
            f"Of {total} series of a subject, {', '.join(parts)} (visits {', '.join(self.visits)})."
        )

    def draw(self, axes: Axes) -> None:
        """Draw a row per pattern, a column per visit; the count stands beside it."""
        for row, pattern in enumerate(self.patterns["pattern"]):
            for column, sign in enumerate(pattern):
                colour = _COLOURS[sign]
                axes.barh(row, 0.9, height=0.8, left=column - 0.45, color=colour)
        axes.set_xticks(range(len(self.visits)), self.visits)
        axes.set(xlim=(-0.5, len(self.visits) - 0.5), ylim=(len(self.patterns) - 0.5, -0.5))
        axes.tick_params(axis="both", length=0)
        axes.spines[:].set_visible(False)
        names = [
            f"{row['biomarker']} {'positive' if row['positive'] else 'negative'}: {row['n']}"
            for row in self.patterns.to_dict("records")
        ]
        axes.set_yticks(range(len(names)), names)
        axes.set(xlabel="Visit (blue: measured, orange: absent, grey: gone)")


def missing_pattern(attendance: pd.DataFrame) -> MissingPattern:
    """Return the patterns of missing measurements.

    Parameters
    ----------
    attendance
        As in `results.TABLES["attendance"]`, visits in order.

    Raises
    ------
    InputError
        If a column is absent or there is no row.

    Examples
    --------
    >>> import pandas as pd
    >>> from biomarkers import stats
    >>> attendance = pd.DataFrame({"subject": ["01", "01", "02", "02"], "positive": True,
    ...                            "biomarker": "ADC", "region": "tumor", "visit": ["3", "7"] * 2,
    ...                            "status": ["measured", "gone", "missing", "measured"]})
    >>> patterns = stats.missing_pattern(attendance).patterns
    >>> patterns[["pattern", "kind", "n"]].to_numpy().tolist()
    [['x.', 'monotone', 1], ['ox', 'intermittent', 1]]

    """
    check_attendance(attendance)
    signs = attendance["status"].map({"measured": MEASURED, "gone": GONE}).fillna(ABSENT)
    visits = list(dict.fromkeys(attendance["visit"]))
    in_order = pd.Categorical(attendance["visit"], visits, ordered=True)
    signed = attendance.assign(sign=signs, visit=in_order).sort_values("visit", kind="stable")
    keys = [*_SERIES, "subject", "positive"]
    patterns = signed.groupby(keys, sort=False)["sign"].sum().rename("pattern").reset_index()
    alike = patterns.groupby([*_SERIES, "positive", "pattern"], sort=False)
    counts = alike.size().rename("n").reset_index()
    counts["kind"] = counts["pattern"].map(kind_of)
    order = [*_SERIES, "positive", "n"]
    counts = counts.sort_values(order, ascending=[True, True, False, False], kind="stable")
    status = signed["sign"].map({MEASURED: "measured", ABSENT: "absent", GONE: "gone"})
    by = [signed[name] for name in (*_SERIES, "visit", "positive")]
    by_visit = pd.crosstab(by, status).reindex(columns=["measured", "absent", "gone"], fill_value=0)
    by_visit.insert(0, "n", by_visit.sum(axis=1))
    columns = [*_SERIES, "positive", "pattern", "kind", "n"]
    return MissingPattern(
        patterns=counts[columns].reset_index(drop=True),
        by_visit=by_visit.rename_axis(columns=None).reset_index(),
        visits=tuple(map(str, visits)),
    )


def kind_of(pattern: str) -> str:
    """Return what kind of gaps a pattern has."""
    left, gap = GONE in pattern, ABSENT in pattern
    if left and gap:
        return "both"
    return "monotone" if left else "intermittent" if gap else "complete"


def check_attendance(attendance: pd.DataFrame) -> None:
    """Refuse a table that is no attendance."""
    require_columns(attendance, _NEEDED, "attendance")
    if attendance.empty:
        raise InputError("attendance: no row; expected the table of an analysis' results")
