"""The tables of an analysis, read by what the plan and the user say of them."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pandas as pd

from biomarkers.plan import Plan
from biomarkers.table import (
    CLUSTER,
    TableOptions,
    participants_by_lesion,
    read_exclusions,
    read_measurements,
    read_participants,
    same_subjects,
)

EXCLUSIONS = "exclusions.tsv"


@dataclass(frozen=True)
class Reading:
    """Tables as they were read, and the sentences on what had to be guessed, by table.

    Parameters
    ----------
    measurements, participants
        Checked. Where subjects have several lesions, both have a row for each of them.
    exclusions
        None where there are none.
    guesses
        By `measurements` and `participants`.

    """

    measurements: pd.DataFrame
    participants: pd.DataFrame
    exclusions: pd.DataFrame | None
    guesses: Mapping[str, tuple[str, ...]]

    def sentences(self) -> tuple[str, ...]:
        """Return all that was guessed, each table named."""
        names = {"measurements": "", "participants": "Participants: "}
        return tuple(
            f"{names[table]}{guess}" for table, guesses in self.guesses.items() for guess in guesses
        )

    def record(self, options: TableOptions) -> dict[str, Any]:
        """Return what was said and what was guessed, for JSON."""
        return {"said": options.given(), "guessed": dict(self.guesses)}

    def planned(self, plan: Plan) -> Plan:
        """Return a plan that keeps the lesions of a subject together, unless it says by what."""
        if CLUSTER not in self.participants or plan.separation.cluster:
            return plan
        return replace(plan, separation=replace(plan.separation, cluster=CLUSTER))


def read_tables(
    measurements: Path | str,
    participants: Path | str,
    exclusions: Path | str | None,
    options: TableOptions,
    *,
    measured: pd.DataFrame | None = None,
) -> Reading:
    """Read the tables of an analysis.

    Where `study.measure` has just written the measurements, `measured`, their file is not read
    again, and the options are of the others only.

    Raises
    ------
    FileError, TableError
        As the readers of the tables.

    """
    excluded = read_exclusions(exclusions) if exclusions else None
    if measured is None:
        values = read_measurements(measurements, options=options, exclusions=excluded)
    else:
        values = as_read(measured)
    people = read_participants(participants, options=options.for_participants())
    guesses = {"measurements": values.attrs["guesses"]}
    told = people.attrs["guesses"]
    people, matched = same_subjects(people, values.get(CLUSTER, values["subject"]))
    if CLUSTER in values and not values["subject"].isin(people["subject"]).any():
        people = participants_by_lesion(people, values)
    guesses["participants"] = (*told, *matched)
    return Reading(values, people, excluded, guesses)


def as_read(measured: pd.DataFrame) -> pd.DataFrame:
    """Return what `study.measure` gave as reading its file would: the index says which row."""
    rows = measured.set_axis(range(2, len(measured) + 2), axis=0)  # the header is row 1
    rows.attrs["guesses"] = ()
    return rows
