"""The panel of an analysis: subjects by tests, their classes, and what ties them together."""

from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from biomarkers.errors import PlanError
from biomarkers.plan import Plan
from biomarkers.stats.arrays import Bools, Floats
from biomarkers.stats.labels import Units, make_units, permuted_labels
from biomarkers.stats.outcome import of_subjects
from biomarkers.stats.separation.maxt import permutation_statistics

_TEST = ["biomarker", "region", "visit"]


@dataclass(frozen=True, eq=False)
class Panel:
    """Every change that is tested.

    Parameters
    ----------
    tests
        One row per test: `biomarker, region, visit, direction`, the declared one.
    values
        Subjects × tests; NaN where a subject has no change.
    positive
        The class of each subject.
    subjects
        Their names.
    units
        The subjects that are relabelled as one, and within which blocks.

    """

    tests: pd.DataFrame
    values: Floats
    positive: Bools
    units: Units
    subjects: pd.Index

    def labels(self, plan: Plan) -> Bools:
        """Return the labels as they are, then permuted, (subjects, 1 + permutations)."""
        settings = plan.separation
        return permuted_labels(
            self.positive,
            permutations=settings.permutations,
            seed=settings.seed,
            units=self.units,
        )

    def relabelled(self, plan: Plan) -> Floats:
        """Return the statistic of every test under the observed labels and every relabelling."""
        return permutation_statistics(self.values, self.labels(plan))


def make_panel(
    tables: Mapping[str, pd.DataFrame],
    positive: "pd.Series[bool]",
    participants: pd.DataFrame,
    plan: Plan,
) -> Panel:
    """Arrange changes as subjects by tests.

    Parameters
    ----------
    tables
        `attendance`, whose biomarkers and regions are tested at every follow-up visit, and
        `changes`, of which NaN does not count.
    positive
        Class by subject.
    participants
        Hold the blocks and clusters the plan names.
    plan
        Gives the visits and the declared directions.

    Raises
    ------
    PlanError
        If blocks or cluster are no column of participants or blank for a subject, if a cluster
        holds both classes or lies in two blocks.

    """
    # Labels are drawn for places: by name, whatever the order of the tables.
    positive = positive.sort_index()
    series = tables["attendance"][["biomarker", "region"]].drop_duplicates()
    visits = pd.DataFrame({"visit": [visit.name for visit in plan.follow_ups]})
    declared = {marker.name: marker.direction for marker in plan.biomarkers}
    tests = series.merge(visits, how="cross")
    tests["direction"] = tests["biomarker"].map(declared)
    wide = tables["changes"].set_index(["subject", *_TEST])["change"].unstack(_TEST)  # noqa: PD010
    wide = wide.reindex(index=positive.index, columns=pd.MultiIndex.from_frame(tests[_TEST]))
    return Panel(
        tests=tests,
        values=wide.to_numpy(dtype=float),
        positive=positive.to_numpy(dtype=bool),
        units=units_of(positive, participants, plan),
        subjects=positive.index,
    )


def units_of(positive: "pd.Series[bool]", participants: pd.DataFrame, plan: Plan) -> Units:
    """Return what is relabelled as one, and within what; errors as for `make_panel`."""
    clusters = _column(positive, participants, "cluster", plan.separation.cluster)
    blocks = _column(positive, participants, "blocks", plan.separation.blocks)
    if clusters is not None:
        for key, values in (("outcome", positive), ("blocks", blocks)):
            if values is not None and values.groupby(clusters).nunique().gt(1).any():
                mixed = values.groupby(clusters).nunique().gt(1).idxmax()
                raise PlanError(
                    [
                        f"separation.cluster: {plan.separation.cluster} {mixed} has subjects of "
                        f"more than one value of {key}; labels are permuted by whole clusters"
                    ],
                    "plan",
                )
    return make_units(
        len(positive),
        clusters=None if clusters is None else clusters.to_numpy(),
        blocks=None if blocks is None else blocks.to_numpy(),
    )


def _column(
    positive: "pd.Series[bool]", participants: pd.DataFrame, key: str, name: str
) -> "pd.Series[str] | None":
    if not name:
        return None
    column = of_subjects(participants, name, key=f"separation.{key}")
    blank = column.index[column.isna() & column.index.isin(positive.index)]
    if len(blank):
        raise PlanError(
            [f"separation.{key}: {name} is blank for subject {', '.join(blank[:10])}"], "plan"
        )
    return column.reindex(positive.index).astype(str)
