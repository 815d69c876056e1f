"""The earliest separating visit, straight from two tables and the name of an outcome."""

from dataclasses import dataclass
from typing import Any, Literal

import pandas as pd

from biomarkers.plan import Plan, class_nouns, make_plan
from biomarkers.results import Results
from biomarkers.results.drawing import draw_areas
from biomarkers.stats.by_plan.complete import analyse
from biomarkers.stats.drawing import Axes
from biomarkers.stats.inputs import check_choice
from biomarkers.stats.outcome import positive_levels
from biomarkers.stats.separation.claims import visit_key
from biomarkers.stats.separation.stability import Stability
from biomarkers.stats.shown import Shown, p_text
from biomarkers.stats.visits import visits_by_day
from biomarkers.table import check_measurements, check_participants


@dataclass(frozen=True, eq=False)
class Earliest(Shown):
    """Which visit is the first to separate the classes.

    Parameters
    ----------
    results
        Everything the analysis found.
    plan
        The plan that ran. If it declares a sustained effect, `visit` is that of the backward
        sequence; the tests of single biomarkers are those of maxT either way.

    Examples
    --------
    >>> from biomarkers import sample_data, stats
    >>> table, people = sample_data.measurements(), sample_data.participants()
    >>> print(stats.earliest(table, people, permutations=199).headline)
    Ktrans (tumor) separates the classes first at visit 3: lower in positives,
    AUC 1.00 (0.76 to 1.00), adjusted p ≤ 0.005.

    """

    results: Results
    plan: Plan

    @property
    def table(self) -> pd.DataFrame:
        """One row per biomarker, region and visit, as `results.TABLES["separation"]`."""
        return self.results.separation

    @property
    def sequence(self) -> pd.DataFrame:
        """The visits tested backward: `visit, p_value, p_adjusted, separates`; else empty.

        Examples
        --------
        >>> from biomarkers import sample_data, stats
        >>> table, people = sample_data.measurements(), sample_data.participants()
        >>> result = stats.earliest(table, people, method="sequence", permutations=199)
        >>> result.sequence[["visit", "separates"]].to_numpy().tolist()
        [[3, True], [10, True]]

        """
        columns = ["visit", "p_value", "p_adjusted", "separates"]
        return pd.DataFrame(self._steps, columns=columns)

    @property
    def stability(self) -> Stability:
        """The bootstrap distribution of the chosen visit, by maxT.

        Examples
        --------
        >>> from biomarkers import sample_data, stats
        >>> table, people = sample_data.measurements(), sample_data.participants()
        >>> shares = stats.earliest(table, people, permutations=199).stability.table
        >>> shares[shares["visit"] == "3"][["biomarker", "share"]].round(1).to_numpy().tolist()
        [['Ktrans', 1.0], ['volume', 0.2]]

        """
        recorded = self.results.analysis["stability"]
        shares, corrected = (pd.DataFrame(recorded[name]) for name in ("shares", "corrected"))
        return Stability(shares, corrected, recorded["draws"])

    @property
    def entry(self) -> dict[str, Any] | None:
        """The first entry of `results.earliest` in time, of several the surest; None if none.

        Examples
        --------
        >>> from biomarkers import sample_data, stats
        >>> table, people = sample_data.measurements(), sample_data.participants()
        >>> result = stats.earliest(table, people, permutations=199)
        >>> result.entry["biomarker"], result.entry["direction"]
        ('Ktrans', 'lower')

        """
        order = [visit_key(visit.name) for visit in self.plan.visits]
        separating = [entry for entry in self.results.earliest if entry["visit"] is not None]

        def earliest_then_surest(entry: dict[str, Any]) -> tuple[int, float, float]:
            return order.index(entry["visit"]), entry["p_adjusted"], -entry["auc"]

        return min(separating, key=earliest_then_surest, default=None)

    @property
    def visit(self) -> int | str | None:
        """The earliest visit at which the classes separate; None if none does.

        Examples
        --------
        >>> from biomarkers import sample_data, stats
        >>> table, people = sample_data.measurements(), sample_data.participants()
        >>> stats.earliest(table, people, permutations=199).visit  # of Ktrans
        3
        >>> volume = table[table["biomarker"] == "volume"]
        >>> stats.earliest(volume, people, permutations=199).visit  # as in TRUE_EFFECTS
        10

        """
        if self.plan.separation.sustained:
            hits = [step["visit"] for step in self._steps if step["separates"]]
            return hits[0] if hits else None
        return None if self.entry is None else self.entry["visit"]

    @property
    def _steps(self) -> list[dict[str, Any]]:
        return list(self.results.analysis["sequence"])

    def _p(self, figures: dict[str, Any]) -> str:
        return p_text(figures["p_adjusted"], self.plan.separation.permutations)

    @property
    def headline(self) -> str:
        """The finding in one sentence; and how many subjects it rests on, if not on all."""
        return f"{self._finding}{self.results.compared_text}"

    @property
    def _finding(self) -> str:
        entry = self.entry
        if self.plan.separation.sustained and self.visit is not None:
            step = next(step for step in self._steps if step["visit"] == self.visit)
            return (
                f"The classes separate from visit {self.visit} on, {self._p(step)} "
                "(backward sequence: a claim about the visit, not about one biomarker)."
            )
        if self.visit is None or entry is None:
            return "No biomarker separates the classes at any visit."
        return (
            f"{entry['biomarker']} ({entry['region']}) separates the classes first at visit "
            f"{entry['visit']}: {entry['direction']} in {class_nouns(self.plan)[0]}, "
            f"AUC {entry['auc']:.2f} ({entry['auc_low']:.2f} to {entry['auc_high']:.2f}), adjusted "
            f"{self._p(entry)}."
        )

    def to_dict(self) -> dict[str, Any]:
        """Return the finding, its table and the earliest visits as plain values."""
        return super().to_dict() | {
            "earliest": self.results.earliest,
            "sequence": self._steps,
            "stability": self.stability.to_dict(),
        }

    def draw(self, axes: Axes) -> None:
        """Draw the AUC against the visit, one line per biomarker and region."""
        days = {visit.name: visit.target for visit in self.plan.visits}
        draw_areas(axes, self.table, days)


def earliest(  # noqa: PLR0913
    table: pd.DataFrame,
    participants: pd.DataFrame,
    *,
    outcome: str = "responder",
    positive: object = 1,
    change: str = "log_ratio",
    method: Literal["maxt", "sequence"] = "maxt",
    alpha: float = 0.05,
    permutations: int = 9999,
    seed: int = 1,
) -> Earliest:
    """Find the earliest day on which any biomarker of the table separates the classes.

    Every day of the table is a visit, every biomarker is tested with a direction taken from the
    data; the baseline is the last day up to 0, or else the first day. For visit windows,
    declared directions or other outcomes write a plan and use `analyse`.

    Parameters
    ----------
    table, participants
        As for `analyse`.
    outcome, positive
        Column of `participants`, and what it holds in positives (1 is also true).
    change
        How change from baseline is expressed: `absolute`, `percent` or `log_ratio`.
    method
        `maxt`: step-down maxT over all days and biomarkers. `sequence`: besides, backward from
        the last day, which is more powerful and valid only if it was declared beforehand that an
        effect once there stays; its claim is the day, not the biomarker.
    alpha, permutations, seed
        Family-wise error rate, number of random relabellings and their seed.

    Raises
    ------
    TableError, PlanError
        As `analyse`.
    InputError
        If `method` is unknown.

    Examples
    --------
    >>> from biomarkers import sample_data, stats
    >>> table, people = sample_data.measurements(), sample_data.participants()
    >>> result = stats.earliest(table, people, permutations=199)
    >>> result.visit, sample_data.TRUE_EFFECTS["Ktrans", 3]
    (3, -0.5)

    """
    check_choice("method", method, ("maxt", "sequence"))
    table = check_measurements(table)
    plan = make_plan(
        {
            "outcome": outcome,
            "positive": positive_levels(check_participants(participants), outcome, positive),
            "biomarkers": {name: {"change": change} for name in table["biomarker"].unique()},
            "separation": {
                "alpha": alpha,
                "permutations": permutations,
                "seed": seed,
                "sustained": method == "sequence",
            },
            **visits_by_day(table),
        },
        source="earliest",
    )
    return Earliest(analyse(table, participants, plan), plan)
