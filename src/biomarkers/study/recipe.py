"""What will be done in a session, step by step."""

from dataclasses import dataclass
from typing import Any

from biomarkers.images import ImageHeader
from biomarkers.study.acquisition import Source
from biomarkers.study.cohort import Session
from biomarkers.study.labelling import LabelPlan
from biomarkers.study.maps import GivenMap
from biomarkers.study.registering import Registration
from biomarkers.study.step import Step


@dataclass(frozen=True)
class Task:
    """A step in one session.

    Parameters
    ----------
    step
        What is done.
    settings
        How.
    files
        With which images, by suffix.
    grid
        Of its maps.
    gives
        Quantities that are not taken from given maps.

    """

    step: Step
    settings: Any
    files: dict[str, tuple[Source, ...]]
    grid: ImageHeader
    gives: tuple[str, ...]


@dataclass(frozen=True)
class Recipe:
    """What will be done in one session.

    Parameters
    ----------
    session
        Which.
    tasks
        Steps in their order.
    given
        Maps that will be measured as they are.
    labels
        Label maps; several only if they lie on different grids.
    inputs
        Names of regions that are inputs and no tissue, in small letters.
    notes
        What was left out or assumed, a sentence each.
    registration
        How labels reach images on other grids; None where that is not asked for.

    """

    session: Session
    tasks: tuple[Task, ...]
    given: tuple[GivenMap, ...]
    labels: tuple[LabelPlan, ...]
    inputs: frozenset[str]
    notes: tuple[str, ...]
    registration: Registration | None = None
