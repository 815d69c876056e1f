"""A step that a judgement on disk tells of: what was done, and no more."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from biomarkers.errors import InputError
from biomarkers.predict.cases import Cases
from biomarkers.predict.steps.step import FittedStep


@dataclass(frozen=True, eq=False)
class Recorded:
    """A step as `Recipe.declared` put it; it can be told of, and not fitted."""

    content: Mapping[str, Any]

    def fit(self, cases: Cases) -> FittedStep:
        """Refuse: what it was made with is not on record."""
        raise InputError(
            f"{self.content['kind']} was read from a judgement on disk, which tells of steps and "
            f"cannot repeat them in {len(cases)} cases; declare the recipe anew"
        )
