"""What will be done in a session, step by step, and in a study."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from biomarkers.images import ImageHeader
from biomarkers.study.acquisition import Source
from biomarkers.study.cohort import Session, Study
from biomarkers.study.labelling import LabelPlan
from biomarkers.study.maps import GivenMap
from biomarkers.study.records import Key
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


@dataclass(frozen=True)
class PlannedStudy:
    """What would be measured.

    Parameters
    ----------
    study
        Which.
    sessions
        Those that were asked for.
    recipes
        What is done in each session that is in order.
    problems
        What is wrong with the others.
    chosen
        Settings of every step.
    volumes_by_space
        Whether volumes are named by the grid that regions were drawn on.
    common
        What the results of all sessions have in common: the program and what was chosen.
    reasons
        Why each recipe would be done, in their order; empty where an earlier result is kept. None
        are known unless the folder of results was named.
    needs
        Bytes of memory that a process needs at most for each recipe, by its headers.

    Examples
    --------
    >>> from biomarkers import sample_data, study
    >>> rats = sample_data.write_study("rats")
    >>> _ = next(rats.rglob("sub-01*day03_Ktrans.nii.gz")).write_bytes(b"broken")
    >>> planned = study.plan_measuring(rats)
    >>> len(planned.sessions), len(planned.recipes), len(planned.problems)
    (6, 5, 1)

    """

    study: Study
    sessions: tuple[Session, ...]
    recipes: tuple[Recipe, ...]
    problems: tuple[str, ...]
    chosen: Mapping[str, Any]
    volumes_by_space: bool
    common: Key
    reasons: tuple[str, ...] = ()
    needs: tuple[int, ...] = ()

    def left_out(self) -> list[tuple[Session, str]]:
        """Return the sessions that are not in order, and why.

        Examples
        --------
        >>> from biomarkers import sample_data, study
        >>> rats = sample_data.write_study("rats")
        >>> written = next(rats.rglob("sub-01*day03_Ktrans.nii.gz")).write_bytes(b"broken")
        >>> [str(session) for session, problem in study.plan_measuring(rats).left_out()]
        ['sub-01 ses-day03']

        """
        in_order = {str(recipe.session) for recipe in self.recipes}
        return [
            (session, "; ".join(whys))
            for session in self.sessions
            if str(session) not in in_order
            and (
                whys := [
                    each.removeprefix(f"{session}: ")
                    for each in self.problems
                    if each.startswith(f"{session}: ")
                ]
            )
        ]
