"""The tests of the shown series, one at a time, for the analyses that take them so."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, cast

import numpy as np
import pandas as pd

from biomarkers.stats.arrays import Bools, Floats
from biomarkers.stats.planned_analysis.findings import Findings
from biomarkers.stats.roc_analysis.classes import Direction

SERIES = ["biomarker", "region"]
TEST = [*SERIES, "visit"]


@dataclass(frozen=True, eq=False)
class Tested:
    """One biomarker in one region at one visit.

    Parameters
    ----------
    biomarker, region, visit
        Which.
    direction, declared
        What positives show: as reported, and as the plan declares.
    changes
        The change of each subject of the panel; NaN where it has none.
    positive
        The class of each.

    """

    biomarker: str
    region: str
    visit: str
    direction: Direction
    declared: Direction
    changes: Floats
    positive: Bools

    @property
    def known(self) -> Bools:
        """Who has a change."""
        return ~np.isnan(self.changes)

    @property
    def key(self) -> dict[str, Any]:
        """The columns that say which test it is."""
        return {"biomarker": self.biomarker, "region": self.region, "visit": self.visit}


def shown_tests(findings: Findings) -> Iterator[Tested]:
    """Give the tests that had both classes, series in the order in which they are shown."""
    places = findings.panel.tests.groupby(SERIES, sort=False).indices
    tested = findings.tables["separation"]["auc"].notna().to_numpy()
    for series in findings.shown:
        for place in np.sort(places[series]):
            if tested[place]:
                yield test_at(findings, int(place))


def find_test(findings: Findings, biomarker: str, region: str, visit: str) -> Tested | None:
    """Return a test by its names; None if there is none, or it lacked a class."""
    table = findings.tables["separation"]
    mine = (table[TEST] == [biomarker, region, visit]).all(axis=1) & table["auc"].notna()
    return test_at(findings, int(mine.to_numpy().argmax())) if mine.any() else None


def test_at(findings: Findings, place: int) -> Tested:
    """Return the test of a place in the panel."""
    row = findings.tables["separation"].iloc[place]
    return Tested(
        biomarker=str(row["biomarker"]),
        region=str(row["region"]),
        visit=str(row["visit"]),
        direction=cast(Direction, row["direction"]),
        declared=cast(Direction, findings.panel.tests["direction"].iloc[place]),
        changes=findings.panel.values[:, place],  # noqa: PD011
        positive=findings.panel.positive,
    )


def of_series(rows: pd.DataFrame, series: tuple[str, str]) -> pd.DataFrame:
    """Return the rows of one biomarker and region."""
    return rows[(rows["biomarker"] == series[0]) & (rows["region"] == series[1])]
