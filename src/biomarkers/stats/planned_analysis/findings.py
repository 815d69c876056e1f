"""What an analysis prepares and finds: the input of its notes and its record."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from biomarkers.plan import Plan
from biomarkers.stats.outcome import Outcome
from biomarkers.stats.planned_analysis.shown_series import Key
from biomarkers.stats.separation.panel import Panel
from biomarkers.stats.separation.stability import Stability


@dataclass(frozen=True)
class Reproduced:
    """A number that separates the classes without an error, and which everyone has.

    Parameters
    ----------
    biomarker, region
        Of what; empty for time on study.
    what
        `change at visit 21`, `lowest change`, `last day measured`.
    low, high
        The cut-off lies between them.
    positives_higher
        Whether positives lie above it.

    """

    biomarker: str
    region: str
    what: str
    low: float
    high: float
    positives_higher: bool


# A topic, as a slug, and a sentence.
Note = tuple[str, str]


@dataclass(frozen=True, eq=False)
class Prepared:
    """What there is to be tested.

    Parameters
    ----------
    plan
        The plan that runs.
    outcome
        Who is positive, negative or left out.
    tables
        Those of `results.TABLES` that are made.
    panel
        The changes to be tested, subjects by tests.
    left_out
        Biomarkers of the table that the plan does not name.
    made_of
        The biomarkers the outcome is known to be made of.
    reproduced_by
        Numbers that separate the classes without an error.
    participants
        One row per subject, as given.
    measured
        The rows of the plan's biomarkers and regions that can be used, of every day.
    replicates
        The rows that those of the table are means of, with `replicate`; empty if they are none.

    """

    plan: Plan
    outcome: Outcome
    tables: Mapping[str, pd.DataFrame]
    panel: Panel
    left_out: tuple[str, ...]
    made_of: tuple[str, ...]
    reproduced_by: tuple[Reproduced, ...]
    participants: pd.DataFrame
    measured: pd.DataFrame
    replicates: pd.DataFrame


@dataclass(frozen=True, eq=False)
class Findings(Prepared):
    """What was prepared, and what the tests found in it.

    Parameters
    ----------
    earliest
        The earliest visit of each biomarker and region.
    shown
        The series that are looked at closely, biomarker and region, with the reason.
    stability
        The bootstrap distribution of the earliest visit.
    sequence
        The visits tested backward; empty unless the plan declares a sustained effect.

    """

    earliest: list[dict[str, Any]]
    shown: dict[Key, str]
    stability: Stability
    sequence: list[dict[str, Any]]
