"""What a step of measuring is: what it needs, what it gives, how it is planned and measured."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from biomarkers.bids import BidsFile, parse_name
from biomarkers.errors import InputError
from biomarkers.study.acquisition import one_grid
from biomarkers.study.work import Outcome, Plan, View, Work


@dataclass(frozen=True)
class Files:
    """Images of one acquisition that a step needs.

    Parameters
    ----------
    suffix
        Of BIDS, for instance `VFA`.
    differing
        Entities in which the images of the one series of a session may differ.
    having
        Entities that a name must have, each with the values it may take, any if there are none;
        other images of the suffix are not read.
    required
        Whether the step is left out without them.

    Examples
    --------
    >>> from biomarkers.study import Files
    >>> files = Files("VFA", differing=("flip",))
    >>> files.suffix, files.required
    ('VFA', True)

    """

    suffix: str
    differing: tuple[str, ...] = ()
    having: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    required: bool = True

    @classmethod
    def named(cls, ending: str) -> "Files":
        """Return the files whose names end so: a suffix behind the entities that tell them apart.

        Raises
        ------
        InputError
            If no BIDS name ends so.

        Examples
        --------
        >>> from biomarkers.study import Files
        >>> Files.named("ce-gadolinium_T1w").having
        {'ce': ('gadolinium',)}

        """
        file = parse_name(Path(ending)) if ending else None
        if file is None:
            raise InputError(
                f"image is {ending!r}; expected the end of a BIDS name: T1w, or ce-gadolinium_T1w"
            )
        return cls(file.suffix, having={key: (value,) for key, value in file.entities.items()})

    def matches(self, file: BidsFile) -> bool:
        """Whether a file is one of them, by its name.

        Examples
        --------
        >>> from pathlib import Path
        >>> from biomarkers.bids import parse_name
        >>> from biomarkers.study import Files
        >>> files = Files("dwi", having={"acq": ("ivim",)})
        >>> files.matches(parse_name(Path("sub-01_ses-1_acq-ivim_dwi.nii.gz")))
        True
        >>> files.matches(parse_name(Path("sub-01_ses-1_acq-dti_dwi.nii.gz")))
        False

        """
        return file.suffix == self.suffix and all(
            key in file.entities and (not values or file.entities[key] in values)
            for key, values in self.having.items()
        )


@dataclass(frozen=True)
class NoSettings:
    """Of a step that leaves nothing to choose."""


def plan_on_one_grid(view: View) -> Plan:
    """Plan a step whose images share a grid, and that needs nothing else."""
    return Plan(one_grid(view.every_image))


@dataclass(frozen=True)
class Step:
    """A step: its maps, rows and cards come of files and of the maps of earlier steps.

    Functions and classes are given by name, at the top of a module, so that other processes find
    them.

    Parameters
    ----------
    name
        Its section in the settings, `[measure.<name>]`.
    title
        What is measured, in words.
    files
        Images it needs.
    gives
        Quantities whose maps it can give; none where it gives rows only.
    measure
        Measures a session; raises `InputError` if that cannot be done.
    plan
        Checks headers and sidecars before any work; raises `InputError` if they are faulty.
    requires, uses
        Quantities whose maps it needs, and those it takes if they are there.
    drawn
        Which of `gives` the card of maps shows; all if not said. Where all of these are given and
        given maps are preferred, the step is left out.
    settings
        Frozen dataclass of what a user may choose; its fields, typed and with defaults, are the
        keys of the section.
    folder
        Of BIDS, where maps are written.
    suffixes
        What the files of maps end in, where that is not the name of the quantity.
    after
        Names of steps that come first, and whose maps are kept where both give one.
    inputs
        Names of those settings that name a region which is an input and no tissue.
    labelled
        Whether regions are those of label maps, one of which has to lie on its grid; False where
        the rows of a step name regions of their own.
    warm_up
        Runs what has to be compiled, on a few made-up voxels.
    choose
        Gives its files by its settings, where these tell which they are; where it gives none, the
        step is not done.

    Examples
    --------
    >>> from biomarkers.study import STEPS
    >>> b1 = next(step for step in STEPS if step.name == "b1")
    >>> b1.title, b1.gives, b1.files[0].suffix
    ('Transmit field', ('B1',), 'TB1AFI')

    """

    name: str
    title: str
    files: tuple[Files, ...]
    gives: tuple[str, ...]
    measure: Callable[[Work], Outcome]
    plan: Callable[[View], Plan] = plan_on_one_grid
    requires: tuple[str, ...] = ()
    uses: tuple[str, ...] = ()
    drawn: tuple[str, ...] | None = None
    settings: type = NoSettings
    folder: str = "perf"
    suffixes: Mapping[str, str] = field(default_factory=dict)
    after: tuple[str, ...] = ()
    inputs: tuple[str, ...] = ()
    labelled: bool = True
    warm_up: Callable[[], None] | None = None
    choose: Callable[[Any], tuple[Files, ...]] | None = None

    def files_for(self, settings: Any) -> tuple[Files, ...]:
        """Return the images that it needs by its settings.

        Examples
        --------
        >>> from biomarkers.study import STEPS
        >>> b1 = next(step for step in STEPS if step.name == "b1")
        >>> [files.suffix for files in b1.files_for(b1.settings())]
        ['TB1AFI']

        """
        return self.files if self.choose is None else self.choose(settings)

    @property
    def shown(self) -> tuple[str, ...]:
        """Quantities that the card of maps shows."""
        return self.gives if self.drawn is None else self.drawn

    def follows(self, other: "Step") -> bool:
        """Whether another step comes first: its maps are of use to this one, or kept.

        Examples
        --------
        >>> from biomarkers.study import STEPS
        >>> steps = {step.name: step for step in STEPS}
        >>> steps["dce"].follows(steps["t1"]), steps["t1"].follows(steps["dce"])
        (True, False)

        """
        taken = {*self.requires, *self.uses}
        return other.name in self.after or not taken.isdisjoint(other.gives)


def in_order(steps: Iterable[Step]) -> tuple[Step, ...]:
    """Return steps so that each comes after those whose maps it takes, else as they are given.

    Raises
    ------
    InputError
        If two have one name, or steps need each other's maps.

    """
    waiting, ordered = list(steps), list[Step]()
    names = [step.name for step in waiting]
    if len(set(names)) < len(names):
        raise InputError(f"steps are {', '.join(names)}; each needs a name of its own")
    while waiting:
        ready = next(
            (
                step
                for step in waiting
                if not any(step.follows(other) for other in waiting if other is not step)
            ),
            None,
        )
        if ready is None:
            stuck = ", ".join(step.name for step in waiting)
            raise InputError(f"steps {stuck} need each other's maps; none can come first")
        waiting.remove(ready)
        ordered.append(ready)
    return tuple(ordered)
