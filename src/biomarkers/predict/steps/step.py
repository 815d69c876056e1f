"""What a step of a recipe is, before and after it is fitted."""

from dataclasses import dataclass
from typing import Protocol

from biomarkers.predict.cases import Cases
from biomarkers.stats.arrays import Whole


class FittedStep(Protocol):
    """A step that has seen its training cases; a dataclass of arrays, texts and numbers."""

    def transform(self, cases: Cases) -> Cases:
        """Return any cases as the step leaves them."""
        ...


class Step(Protocol):
    """A step as declared: a frozen dataclass of what was chosen."""

    def fit(self, cases: Cases) -> FittedStep:
        """Look at the cases of a training set, and at no others."""
        ...


@dataclass(frozen=True, eq=False)
class Kept:
    """A filter, fitted: the places of the features that stay."""

    places: Whole

    def transform(self, cases: Cases) -> Cases:
        """Return the cases with those features only."""
        names = [cases.names[place] for place in self.places]
        return cases.with_features(cases.features[:, self.places], names)
