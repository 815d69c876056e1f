"""What a plan would find: the power of every biomarker and visit, and false claims."""

from dataclasses import dataclass

import pandas as pd

from biomarkers.results.drawing import REFERENCE, beside
from biomarkers.stats.drawing import Axes
from biomarkers.stats.shown import Shown

ANY = "any"


@dataclass(frozen=True, eq=False)
class Power(Shown):
    """What a plan would find in studies of a known truth.

    Parameters
    ----------
    shares
        A row per number of subjects, biomarker and visit, and `any` for one biomarker or more:
        `subjects, responders` (their mean number), `biomarker, visit, has_effect` (whether the
        declaration has one then), `claimed` (share of the studies that separate at this visit),
        `by_visit` (at this or an earlier one), `low, high` (95 % limits of `by_visit`, exact
        binomial: the error of the simulation).
    false_claims
        A row per number of subjects: `claimed, low, high`, the share of the studies with a claim
        where the declaration has no effect, by whichever biomarker and visit.
    repeats
        Studies simulated for each number of subjects.
    alpha
        Family-wise error rate of the plan.

    """

    shows = "shares"

    shares: pd.DataFrame
    false_claims: pd.DataFrame
    repeats: int
    alpha: float

    @property
    def headline(self) -> str:
        """What the largest study finds first, and how often a claim is false."""
        most = self.shares["subjects"].max()
        false = self.false_claims.query("subjects == @most").iloc[0]
        wrong = f"a claim without an effect is made in {_percent(false['claimed'], false)}"
        rows = self.first_effects().query("subjects == @most and biomarker != @ANY")
        if rows.empty:
            return f"No biomarker has an effect; with {most} subjects {wrong} of studies."
        first = rows.sort_values(["visit_number", "by_visit"], ascending=[True, False]).iloc[0]
        return (
            f"With {most} subjects {first['biomarker']} separates by visit {first['visit']} in "
            f"{_percent(first['by_visit'], first)} of {self.repeats} studies; {wrong}."
        )

    def first_effects(self) -> pd.DataFrame:
        """Return the rows of every biomarker's first visit with an effect, `visit_number` added.

        Examples
        --------
        >>> from biomarkers import simulate, workflow
        >>> rats = simulate.STUDIES["rat-glioma"]
        >>> simulated = workflow.power(rats, subjects=[16], repeats=2)
        >>> simulated.first_effects().set_index("biomarker")["visit"].to_dict()["ADC"]
        '10'

        """
        number = self.shares.groupby(["subjects", "biomarker"], sort=False).cumcount()
        rows = self.shares.assign(visit_number=number)
        return rows[rows["has_effect"]].drop_duplicates(["subjects", "biomarker"])

    def subjects_for(self, power: float = 0.8) -> pd.DataFrame:
        """Return the fewest subjects, of the numbers simulated, that reach a power.

        Parameters
        ----------
        power
            Wanted share of studies that separate by a visit; NaN where no number reaches it.

        Returns
        -------
        DataFrame
            `biomarker, visit, subjects`, for visits from the first effect on.

        Examples
        --------
        >>> from biomarkers import simulate, workflow
        >>> rats = simulate.STUDIES["rat-glioma"]
        >>> simulated = workflow.power(rats, subjects=[8, 48], repeats=5)
        >>> needed = simulated.subjects_for(0.8).set_index(["biomarker", "visit"])["subjects"]
        >>> print(needed["CBV", "10"])
        48.0

        """
        started = self.shares.groupby(["subjects", "biomarker"], sort=False)["has_effect"].cummax()
        rows = self.shares[started].sort_values("subjects", kind="stable")
        rows = rows.assign(needed=rows["subjects"].where(rows["by_visit"] >= power).astype(float))
        needed = rows.groupby(["biomarker", "visit"], sort=False)["needed"].min()
        return needed.rename("subjects").reset_index()

    def draw(self, axes: Axes) -> None:
        """Draw the power of every biomarker by the visit of its first effect, and false claims."""
        rows = self.first_effects().query("biomarker != @ANY")
        curves = {
            f"{biomarker} by visit {visit}": (group, "by_visit")
            for (biomarker, visit), group in rows.groupby(["biomarker", "visit"], sort=False)
        }
        curves["claims without an effect"] = (self.false_claims, "claimed")
        for number, (label, (group, share)) in enumerate(curves.items()):
            reach = [group[share] - group["low"], group["high"] - group[share]]
            at = beside(group["subjects"], number, len(curves))
            line = ":" if share == "claimed" else "-"
            axes.errorbar(at, group[share], yerr=reach, marker="o", linestyle=line, label=label)
        axes.axhline(self.alpha, **REFERENCE)
        axes.set(xlabel="Subjects in the study", ylabel="Share of studies (95 % interval)")
        axes.set(ylim=(-0.02, 1.02), xticks=list(self.false_claims["subjects"]))
        axes.legend(loc="center left", bbox_to_anchor=(1.0, 0.5))


def _percent(share: float, limits: "pd.Series[float]") -> str:
    return f"{share:.0%} (95 % interval {limits['low']:.0%} to {limits['high']:.0%})"
