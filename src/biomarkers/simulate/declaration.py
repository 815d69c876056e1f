"""What a simulated study is: groups, visits, the course of every biomarker, outcome and scans.

Each subject has one hidden number, its response: near 0 the disease goes its own way, near 1 the
treatment works fully. Response decides the outcome, with luck, and how far every biomarker departs
from its own course on each day. A declaration holds all of it, and nothing else decides: the same
one gives images (`write_study`) and tables without images (`draw_tables`). For a study of your own
take one of `STUDIES` and `dataclasses.replace` what differs.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from types import MappingProxyType
from typing import Any, TypeVar

from biomarkers.arrays import FloatArray
from biomarkers.errors import InputError
from biomarkers.quantities import quantity
from biomarkers.simulate.elements import Course, Group, Outcome, Trait, Visit

# A `writing.Session`, which knows its declaration.
Session = Any
# Whatever a study makes of a session before its scans: tissues, fields, arrival of the bolus.
Scene = Any
# Region, biomarker and true value.
TrueValue = tuple[str, str, float]

_Value = TypeVar("_Value")


def _no_truth(session: Session, scene: Scene, scans: tuple[str, ...]) -> Iterable[TrueValue]:
    """Yield the true values of the lesion, where a study has no images to say more."""
    del scene, scans
    for name, value in session.state.values.items():
        yield session.declaration.region, name, value


@dataclass(frozen=True, kw_only=True)
class Declaration:
    """A study with known truth.

    Parameters
    ----------
    name
        As on the command line, `rat-glioma`.
    title
        Of the study; says that it is simulated.
    subjects
        How many take part unless said otherwise.
    noun
        What they are, in the plural, for texts: `rats`.
    species
        As in `participants.tsv`.
    groups
        Treatments, in the order in which subjects are assigned.
    visits
        When subjects are examined, in the order of days, the reference first.
    courses
        How every biomarker of the lesion goes.
    ratios
        Biomarkers that are the ratio of two courses.
    outcome
        What becomes of the subjects.
    traits
        Further columns of the participants.
    region
        Region of the lesion.
    regions
        Label of every region in the label maps.
    readme
        About the scans, for the README.
    plan
        Text of `plan.toml`.
    files
        Further files at the top of the study, text by name: other plans.
    usage
        Commands that go on from the study in FOLDER, for the README.
    oracle
        By name, columns (courses, traits of numbers) of which the truth tells how well the outcome
        is told by who knows them without error (`oracle.oracle_auc`).
    measured_by
        Scans that a biomarker of the plan is measured by, any of them; others need none.
    ignored
        What BIDS does not know, lines of `.bidsignore`.
    scene
        Makes of a session what is scanned.
    scans
        Each simulates and writes one kind of scan.
    optional
        Scans that are made only if they are named.
    truth
        Yields what the images of a session were made of.

    Examples
    --------
    >>> from biomarkers.simulate import Course, Declaration, Group, Outcome, Visit, draw_tables
    >>> study = Declaration(
    ...     name="pilot", title="A simulated pilot study", subjects=8,
    ...     groups={"treated": Group(description="drug", response=(0.6, 0.2))},
    ...     visits=(Visit(label="day00", day=0), Visit(label="day03", day=3)),
    ...     courses={"ADC": Course(start=8e-4, between=0.1, within=0.05, effect={0: 0.0, 3: 0.3})},
    ...     outcome=Outcome(without_response=25.0, gain=0.7, luck=0.2, horizon=35, end=60))
    >>> table, participants = draw_tables(study, seed=1)
    >>> len(table), study.first_day("ADC")
    (16, 3)

    """

    name: str
    title: str
    subjects: int
    groups: Mapping[str, Group]
    visits: tuple[Visit, ...]
    courses: Mapping[str, Course]
    outcome: Outcome
    noun: str = "subjects"
    species: str = "homo sapiens"
    ratios: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    traits: Mapping[str, Trait] = field(default_factory=dict)
    region: str = "tumor"
    regions: Mapping[str, int] = field(default_factory=lambda: MappingProxyType({"tumor": 1}))
    readme: str = ""
    plan: str = ""
    files: Mapping[str, str] = field(default_factory=dict)
    usage: tuple[str, ...] = ("biomarkers run FOLDER OUT",)
    oracle: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    measured_by: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    ignored: tuple[str, ...] = ()
    scene: Callable[[Session], Scene] = lambda session: None
    scans: Mapping[str, Callable[[Session, Scene], None]] = field(default_factory=dict)
    optional: tuple[str, ...] = ()
    truth: Callable[[Session, Scene, tuple[str, ...]], Iterable[TrueValue]] = _no_truth

    def __post_init__(self) -> None:
        if not (self.groups and self.visits and self.courses):
            raise InputError(f"{self.name}: expected a group, a visit and a course at least")
        days = [visit.day for visit in self.visits]
        if any(later <= earlier for earlier, later in pairwise(days)):
            raise InputError(f"{self.name}: visits are on days {days}; expected rising days")
        if len({visit.label for visit in self.visits}) < len(days):
            raise InputError(f"{self.name}: two visits have one label")
        for name, course in self.courses.items():
            _require_known(f"{self.name}: weight of {name}", course.weight, self.groups, "group")
        luck_in = self.outcome.luck_in
        _require_known(f"{self.name}: luck_in", luck_in, self.courses, "course")
        for name, pair in self.ratios.items():
            _require_known(f"{self.name}: ratio {name}", pair, self.courses, "course")
        _require_known(f"{self.name}: region", [self.region], self.regions, "region")
        _require_known(f"{self.name}: optional", self.optional, self.scans, "scan")
        known = {**self.courses, **self.traits}
        for name, columns in self.oracle.items():
            _require_known(f"{self.name}: oracle {name}", columns, known, "course or trait")

    @property
    def days(self) -> tuple[int, ...]:
        """Day of every visit."""
        return tuple(visit.day for visit in self.visits)

    @property
    def biomarkers(self) -> tuple[str, ...]:
        """Names of all biomarkers of the lesion, courses first."""
        return (*self.courses, *self.ratios)

    def effect(self, biomarker: str) -> FloatArray:
        """Return the change of a biomarker at a response of 1 on every visit, (visits,).

        Examples
        --------
        >>> from biomarkers.simulate import STUDIES
        >>> study = STUDIES["gbm-dce-rgd"]
        >>> study.days, study.effect("Ktrans").tolist()
        ((0, 21, 70), [0.0, -0.55, -0.6])

        """
        if biomarker in self.ratios:
            over, under = self.ratios[biomarker]
            return self.courses[over].effect_on(self.days) - self.courses[under].effect_on(
                self.days
            )
        _require_known("biomarker", [biomarker], self.courses, "course")
        return self.courses[biomarker].effect_on(self.days)

    def first_day(self, biomarker: str) -> int | None:
        """Return the day of the first visit with an effect on a biomarker, None without one.

        Examples
        --------
        >>> from biomarkers.simulate import STUDIES
        >>> study = STUDIES["rat-glioma"]
        >>> {name: study.first_day(name) for name in ("Ktrans", "ADC", "volume")}
        {'Ktrans': 3, 'ADC': 10, 'volume': 17}

        """
        effect = self.effect(biomarker)
        return next((day for day, size in zip(self.days, effect, strict=True) if size), None)

    def with_ratios(self, values: Mapping[str, _Value]) -> dict[str, _Value]:
        """Return values by course together with those of `ratios`.

        Examples
        --------
        >>> from biomarkers.simulate import STUDIES
        >>> values = {name: course.start for name, course in STUDIES["rat-glioma"].courses.items()}
        >>> values |= {"Ktrans": 0.12, "ve": 0.3}
        >>> round(STUDIES["rat-glioma"].with_ratios(values)["kep"], 6)
        0.4

        """
        shares: dict[str, Any] = {
            name: values[over] / values[under]  # type: ignore[operator]
            for name, (over, under) in self.ratios.items()
        }
        return {**values, **shares}


# Truth of a biomarker in the tissue, where what an ideal image shows of it is another value.
TISSUE = "_tissue"


def unit_of(biomarker: str) -> str:
    """Return the unit of a biomarker; that of a ratio, and of an unknown one, is empty."""
    row = quantity(biomarker.removesuffix(TISSUE))
    return row.unit if row else ""


def _require_known(where: str, names: Iterable[str], known: Iterable[str], what: str) -> None:
    known = list(known)
    for name in names:
        if name not in known:
            raise InputError(
                f"{where} names {name!r}, which is no {what} here; expected {', '.join(known)}"
            )
