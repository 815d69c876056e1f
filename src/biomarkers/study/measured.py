"""What measuring a study gave: the table, where it lies, and what could not be measured."""

from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_ROWS_SHOWN = 10


@dataclass(frozen=True)
class Failure:
    """A session that could not be measured, wholly or in part, why, and what to do.

    Examples
    --------
    >>> from biomarkers import sample_data, study
    >>> rats = sample_data.write_study("rats", subjects=["01"])
    >>> _ = next(rats.rglob("*day03_Ktrans.nii.gz")).write_bytes(b"broken")
    >>> settings = study.MeasureSettings(keep_going=True)
    >>> failures = study.measure(rats, "out", settings=settings).failures
    >>> [failure.session for failure in failures]
    ['sub-01 ses-day03']

    """

    session: str
    reason: str
    advice: str = ""


@dataclass(frozen=True, eq=False, repr=False)
class MeasuredStudy:
    """What a study gave.

    Parameters
    ----------
    table
        The measurement table, as written.
    path
        Where it was written.
    failures
        Sessions that are not in it, or not with all they hold.
    warnings
        In how many sessions this run remarked on something, and what most often.
    log
        Where the log of this run lies; None if none was asked for, or could be written.

    Examples
    --------
    >>> from biomarkers import sample_data, study
    >>> rats = sample_data.write_study("rats", subjects=["01"])
    >>> measured = study.measure(rats, "out")
    >>> measured.path.as_posix(), measured.failures
    ('out/measurements.tsv', ())
    >>> table = measured.table
    >>> table[table["biomarker"] == "volume"]["value"].round(1).tolist()  # mm^3, as in the table
    [39.3, 83.8, 63.9]

    """

    table: pd.DataFrame
    path: Path
    failures: tuple[Failure, ...]
    warnings: tuple[str, ...] = ()
    log: Path | None = None

    def summary(self) -> str:
        """Return how much was measured, and what could not be, in words.

        Examples
        --------
        >>> from biomarkers import sample_data, study
        >>> rats = sample_data.write_study("rats", subjects=["01"])
        >>> print(study.measure(rats, "out").summary())
        1 subjects, 3 sessions, 60 values: out/measurements.tsv

        """
        subjects, sessions = self.table["subject"].nunique(), self.table[["subject", "day"]]
        counts = f"{subjects} subjects, {len(sessions.drop_duplicates())} sessions"
        lines = [f"{counts}, {len(self.table)} values: {self.path}"]
        for each in self.failures:
            lines.append(f"  failed: {each.session}: {each.reason}")
            lines += [f"    {each.advice}"] if each.advice else []
        return "\n".join(lines)

    def __repr__(self) -> str:
        return self.summary()

    def _repr_html_(self) -> str:
        lines = "".join(f"<p>{escape(line)}</p>" for line in self.summary().splitlines())
        return f"{lines}\n{self.table.head(_ROWS_SHOWN).to_html(index=False, border=0)}"

    def plot(self) -> "Figure":
        """Draw biomarkers of the first region over days, a line per subject.

        Examples
        --------
        >>> from biomarkers import sample_data, study
        >>> rats = sample_data.write_study("rats", subjects=["01"])
        >>> figure = study.measure(rats, "out").plot()
        >>> figure.savefig("measured.png")

        """
        from biomarkers.study.measured_figure import draw_values  # noqa: PLC0415  (seldom needed)

        return draw_values(self.table)
