"""What a plan consists of."""

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from biomarkers.checks import parse_number
from biomarkers.options import make_options
from biomarkers.plan.sections import SECTIONS
from biomarkers.table.options import TableOptions

CHANGES = ("absolute", "percent", "log_ratio")
DIRECTIONS = ("higher", "lower", "auto")
SIDES = ("higher", "lower")


@dataclass(frozen=True)
class Visit:
    """A planned visit and the days that count as it.

    Parameters
    ----------
    name
        The key in the plan.
    days
        Days of the study that count as this visit, in the plan's order.
    ranges
        First and last days of ranges that do, each with every time between.

    Examples
    --------
    >>> from biomarkers.plan import Visit
    >>> visit = Visit("7", (6.0, 7.0, 8.0))
    >>> visit.target, visit.text
    (7.0, '6, 7, 8')

    """

    name: str
    days: tuple[float, ...]
    ranges: tuple[tuple[float, float], ...] = ()

    @property
    def target(self) -> float:
        """The day the visit is meant for: its name if that is a number, else its first day.

        Examples
        --------
        >>> from biomarkers.plan import Visit
        >>> Visit("7", (6.0, 7.0)).target, Visit("week 1", (6.0, 7.0)).target
        (7.0, 6.0)

        """
        day = parse_number(self.name)
        return day if math.isfinite(day) else (*self.days, *map(min, self.ranges))[0]

    @property
    def opens(self) -> float:
        """The first day that counts."""
        return min(first for first, _ in self.spans)

    @property
    def closes(self) -> float:
        """The last day that counts."""
        return max(last for _, last in self.spans)

    @property
    def spans(self) -> tuple[tuple[float, float], ...]:
        """All that counts, as ranges; a single day is one from itself to itself."""
        return (*((day, day) for day in self.days), *self.ranges)

    @property
    def text(self) -> str:
        """The days in a sentence: `6, 7` or `5 to 9`.

        Examples
        --------
        >>> from biomarkers.plan import Visit
        >>> Visit("7", (6.0, 7.0)).text, Visit("week 1", (), ((5.0, 9.0),)).text
        ('6, 7', '5 to 9')

        """
        ranges = (f"{first:g} to {last:g}" for first, last in self.ranges)
        return ", ".join([*(f"{day:g}" for day in self.days), *ranges])

    def claims(self, day: float) -> bool:
        """Whether a day counts as this visit.

        Examples
        --------
        >>> from biomarkers.plan import Visit
        >>> visit = Visit("week 1", (), ((5.0, 9.0),))
        >>> visit.claims(6.5), visit.claims(10.0)
        (True, False)

        """
        return any(first <= day <= last for first, last in self.spans)


@dataclass(frozen=True)
class Marker:
    """A biomarker of the plan.

    Parameters
    ----------
    name
        As in the measurements.
    change
        How change from baseline is expressed.
    change_declared
        Whether the plan names it; the default is reported as one.
    direction
        Which way positives go.
    worst
        What subjects that are gone would have shown: changes `higher` or `lower` than any
        measured; empty if nothing is declared of them.

    Examples
    --------
    >>> from biomarkers.plan import make_plan
    >>> plan = make_plan({"outcome": "responder", "positive": 1, "baseline": 0,
    ...                   "visits": {"0": [0], "7": [7]},
    ...                   "biomarkers": {"ADC": {"direction": "higher", "change": "percent"}}})
    >>> marker = plan.biomarkers[0]
    >>> marker.name, marker.direction, marker.change
    ('ADC', 'higher', 'percent')

    """

    name: str
    change: str = "log_ratio"
    direction: str = "auto"
    worst: str = ""
    change_declared: bool = True


@dataclass(frozen=True)
class Separation:
    """Settings of the test for separation.

    Parameters
    ----------
    alpha
        Family-wise error rate.
    permutations, seed
        Number of random relabellings, and the seed that makes them the same ones every time.
    blocks
        Column of participants (batch, site, sex) within whose levels labels are permuted.
    cluster
        Column of participants (patient) whose subjects (lesions) keep one label together.
    sustained
        Declares, before looking, that an effect once there stays: the visits are then also
        tested backward from the last, one by one at the full level.

    Examples
    --------
    >>> from biomarkers.plan import make_plan
    >>> plan = make_plan({"outcome": "responder", "positive": 1, "baseline": 0,
    ...                   "visits": {"0": [0], "7": [7]}, "biomarkers": {"ADC": {}},
    ...                   "separation": {"permutations": 999, "sustained": True}})
    >>> plan.separation.alpha, plan.separation.permutations, plan.separation.sustained
    (0.05, 999, True)

    """

    alpha: float = 0.05
    permutations: int = 9999
    seed: int = 1
    blocks: str = ""
    cluster: str = ""
    sustained: bool = False


@dataclass(frozen=True)
class Plan:
    """An analysis plan; see the module for its file.

    Parameters
    ----------
    outcome
        Column of the participants table.
    positive, negative, ignore
        Values of the outcome, as text (`level`); no `negative` means all other values.
    baseline
        Name of the visit changes are counted from.
    visits
        In order of their target days.
    biomarkers
        In the plan's order.
    regions
        Regions to analyse; empty means every region of the table.
    separation
        Error rate, permutations and seed.
    made_of
        Biomarkers of the measurements that the outcome is made of.
    labels
        What to call positives and negatives; empty: by the values of the outcome (`class_words`).
    title
        Of the study.
    groups
        Column of participants with the treatment; empty: `group`, where there is one.
    table
        How tables are read, `[table]`.
    sections
        Settings of the further analyses that are asked for, by section; see `SECTIONS`.

    Examples
    --------
    >>> from biomarkers.plan import make_plan
    >>> plan = make_plan({"outcome": "responder", "positive": 1, "baseline": 0,
    ...                   "visits": {"-7": [-7], "0": [0], "7": [6, 7, 8]},
    ...                   "biomarkers": {"ADC": {}}})
    >>> plan.baseline, [visit.name for visit in plan.visits], plan.separation.alpha
    ('0', ['-7', '0', '7'], 0.05)

    """

    outcome: str
    positive: tuple[str, ...]
    baseline: str
    visits: tuple[Visit, ...]
    biomarkers: tuple[Marker, ...]
    negative: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    regions: tuple[str, ...] = ()
    separation: Separation = Separation()
    made_of: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()
    title: str = ""
    groups: str = ""
    table: TableOptions = field(default_factory=TableOptions)
    sections: Mapping[str, Any] = field(default_factory=dict)

    @property
    def follow_ups(self) -> tuple[Visit, ...]:
        """The visits after the baseline: those that are tested.

        Examples
        --------
        >>> from biomarkers.plan import make_plan
        >>> plan = make_plan({"outcome": "responder", "positive": 1, "baseline": 0,
        ...                   "visits": {"-7": [-7], "0": [0], "7": [6, 7, 8]},
        ...                   "biomarkers": {"ADC": {}}})
        >>> [visit.name for visit in plan.follow_ups]
        ['7']

        """
        start = self._start
        return tuple(visit for visit in self.visits if visit.target > start)

    @property
    def before_baseline(self) -> tuple[Visit, ...]:
        """The other visits but the baseline: shown, not tested.

        Examples
        --------
        >>> from biomarkers.plan import make_plan
        >>> plan = make_plan({"outcome": "responder", "positive": 1, "baseline": 0,
        ...                   "visits": {"-7": [-7], "0": [0], "7": [6, 7, 8]},
        ...                   "biomarkers": {"ADC": {}}})
        >>> [visit.name for visit in plan.before_baseline]
        ['-7']

        """
        later = {self.baseline, *(visit.name for visit in self.follow_ups)}
        return tuple(visit for visit in self.visits if visit.name not in later)

    @property
    def _start(self) -> float:
        return next(visit.target for visit in self.visits if visit.name == self.baseline)

    @property
    def undirected(self) -> tuple[str, ...]:
        """Biomarkers whose direction is taken from the data."""
        return tuple(marker.name for marker in self.biomarkers if marker.direction == "auto")

    def visit_of(self, day: float) -> Visit | None:
        """Return the visit that claims `day`, if any.

        Examples
        --------
        >>> from biomarkers.plan import make_plan
        >>> plan = make_plan({"outcome": "responder", "positive": 1, "baseline": 0,
        ...                   "visits": {"0": [0], "7": [6, 7, 8]}, "biomarkers": {"ADC": {}}})
        >>> plan.visit_of(6).name, plan.visit_of(9)
        ('7', None)

        """
        return next((visit for visit in self.visits if visit.claims(day)), None)

    def to_dict(self) -> dict[str, Any]:
        """Return the plan as plain values, for JSON.

        Examples
        --------
        >>> from biomarkers.plan import make_plan
        >>> plan = make_plan({"outcome": "responder", "positive": 1, "baseline": 0,
        ...                   "visits": {"0": [0], "7": [7]}, "biomarkers": {"ADC": {}}})
        >>> plan.to_dict()["visits"][1]["days"]
        (7.0,)

        """
        return asdict(self)

    @classmethod
    def from_dict(cls, recorded: Mapping[str, Any]) -> "Plan":
        """Return the plan that `to_dict` wrote; KeyError or TypeError where it is none.

        What an older version did not record has its default.

        Examples
        --------
        >>> from biomarkers.plan import Plan, make_plan
        >>> plan = make_plan({"outcome": "responder", "positive": 1, "baseline": 0,
        ...                   "visits": {"0": [0], "7": [7]}, "biomarkers": {"ADC": {}}})
        >>> Plan.from_dict(plan.to_dict()) == plan
        True

        """
        levels = ("positive", "negative", "ignore", "regions", "made_of")
        table, sections = recorded.get("table", {}), recorded.get("sections", {})
        return cls(
            outcome=recorded["outcome"],
            baseline=recorded["baseline"],
            visits=tuple(_visit(item) for item in recorded["visits"]),
            biomarkers=tuple(Marker(**item) for item in recorded["biomarkers"]),
            separation=Separation(**recorded["separation"]),
            labels=tuple(recorded.get("labels", ())),
            title=recorded.get("title", ""),
            groups=recorded.get("groups", ""),
            table=make_options(TableOptions, table, "table"),
            sections={
                name: make_options(SECTIONS[name], values, name)
                for name, values in sections.items()
            },
            **{name: tuple(recorded[name]) for name in levels},
        )


def _visit(recorded: Mapping[str, Any]) -> Visit:
    ranges = tuple((first, last) for first, last in recorded.get("ranges", ()))
    return Visit(recorded["name"], tuple(recorded["days"]), ranges)


def level(value: object) -> str:
    """Return an outcome value as text that compares the way people mean it.

    1, 1.0, "1" and "1.0" are one level; true and "TRUE" another.

    Examples
    --------
    >>> from biomarkers.plan import level
    >>> level(1), level("1.0"), level(True), level("TRUE"), level("yes")
    ('1', '1', 'true', 'true', 'yes')

    """
    text = str(value).strip()
    if text.lower() in ("true", "false"):
        return text.lower()
    number = parse_number(text)
    if not math.isfinite(number):
        return text
    return str(int(number)) if number.is_integer() else repr(number)
