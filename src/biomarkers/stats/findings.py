"""Everything an analysis found, before it is told."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from biomarkers.plan import Plan
from biomarkers.stats.circularity import Reproduced
from biomarkers.stats.outcome import Outcome
from biomarkers.stats.separation.panel import Panel
from biomarkers.stats.separation.stability import Stability

# A topic, as a slug, and a sentence.
Note = tuple[str, str]


@dataclass(frozen=True, eq=False)
class Findings:
    """What the notes and the record are taken from.

    Parameters
    ----------
    plan
        The plan that ran.
    outcome
        Who is positive, negative or left out.
    tables
        Tables of `results.TABLES`, all but the notes.
    panel
        The changes that were tested.
    earliest
        The earliest visit of each biomarker and region.
    stability
        Its bootstrap distribution.
    sequence
        The visits tested backward; empty unless the plan declares a sustained effect.
    left_out
        Biomarkers of the table that the plan does not name.
    made_of
        The biomarkers the outcome is known to be made of.
    reproduced_by
        Numbers that tell the classes apart without an error.

    """

    plan: Plan
    outcome: Outcome
    tables: Mapping[str, pd.DataFrame]
    panel: Panel
    earliest: list[dict[str, Any]]
    stability: Stability
    sequence: list[dict[str, Any]]
    left_out: tuple[str, ...] = ()
    made_of: tuple[str, ...] = ()
    reproduced_by: tuple[Reproduced, ...] = ()
