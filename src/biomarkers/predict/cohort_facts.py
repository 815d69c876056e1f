"""What a report tells of a cohort, without its cases: kept as JSON beside a judgement."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
import pandas as pd

from biomarkers.predict.cohort import Cohort
from biomarkers.predict.cohort_tables import OutcomeColumns


@dataclass(frozen=True, eq=False)
class CohortFacts:
    """What is told of a cohort.

    Parameters
    ----------
    outcome, positive_is, classes, blocks, facts, case_mix, digest
        As of `Cohort`.
    missing
        Which share of each array is missing, by its name.

    """

    outcome: OutcomeColumns
    positive_is: str
    classes: tuple[str, ...]
    blocks: Mapping[str, tuple[str, ...]]
    facts: tuple[str, ...]
    missing: Mapping[str, float]
    case_mix: pd.DataFrame
    digest: str

    @classmethod
    def of(cls, cohort: Cohort) -> "CohortFacts":
        """Return what is told of a cohort."""
        return cls(
            outcome=cohort.outcome,
            positive_is=cohort.positive_is,
            classes=cohort.classes,
            blocks={name: tuple(each) for name, each in cohort.blocks.items()},
            facts=cohort.facts,
            missing={name: float(np.isnan(each).mean()) for name, each in cohort.arrays.items()},
            case_mix=cohort.case_mix,
            digest=cohort.digest,
        )

    def to_dict(self) -> dict[str, Any]:
        """Return it as plain values."""
        content = {each.name: getattr(self, each.name) for each in fields(self)}
        return content | {"case_mix": self.case_mix.to_dict(orient="records")}
