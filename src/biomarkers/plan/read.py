"""Read a plan: whole, or refused with everything that is wrong."""

import difflib
import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from biomarkers.checks import is_number
from biomarkers.errors import PlanError, SettingsError
from biomarkers.files import read_toml
from biomarkers.options import make_options
from biomarkers.plan.model import CHANGES, DIRECTIONS, SIDES, Marker, Plan, Separation, Visit, level
from biomarkers.plan.sections import SECTIONS
from biomarkers.table.options import TableOptions

# Settings of the steps of measuring, `[measure.<step>]`, may stand in the same file.
MEASURE = "measure"
# And what is to be foretold, which `predict` reads.
PREDICT = "predict"
# Every relabelling keeps a label per subject and a statistic per test in memory: with a million,
# 100 subjects and 50 tests take half a gigabyte.
MOST_PERMUTATIONS = 1_000_000

# A range of days: "5-9", also with signs, decimals and an en dash.
_RANGE = re.compile(r"\s*([-+]?\d+(?:\.\d+)?)\s*[-–]\s*([-+]?\d+(?:\.\d+)?)\s*")

# What a biomarker may say, by key.
_CHOICES = {"change": CHANGES, "direction": DIRECTIONS, "worst": SIDES}


def read_plan(path: Path | str) -> Plan:
    """Read and check a plan file.

    Raises
    ------
    FileError
        If it is missing or not TOML (the message names the line).
    PlanError
        With every problem at once, each naming its key.

    Examples
    --------
    >>> from pathlib import Path
    >>> from biomarkers.plan import read_plan
    >>> written = Path("plan.toml").write_text('''
    ... outcome = "responder"
    ... positive = 1
    ... baseline = 0
    ... visits = { 0 = [0], 7 = [6, 7, 8] }
    ... biomarkers.ADC.direction = "higher"
    ... ''')
    >>> plan = read_plan("plan.toml")
    >>> plan.follow_ups[0].days, plan.biomarkers[0].direction
    ((6.0, 7.0, 8.0), 'higher')

    """
    return make_plan(read_toml(path, "an analysis plan (TOML)"), source=str(path))


def make_plan(content: Mapping[str, Any], *, source: str = "plan") -> Plan:
    """Build a plan from a nested mapping, as TOML gives it.

    Raises
    ------
    PlanError
        With every problem at once, each naming its key.

    Examples
    --------
    >>> from biomarkers.plan import make_plan
    >>> content = {"outcome": "responder", "positive": 1, "baseline": 0,
    ...            "visits": {"0": [0], "7": [6, 7, 8]}, "biomarkers": {"ADC": {}}}
    >>> make_plan(content).visit_of(6).name
    '7'

    """
    if not isinstance(content, Mapping):
        raise PlanError([f"found {content!r}, expected a table of keys, as TOML gives it"], source)
    reader = _Reader(content)
    plan = reader.plan()
    if reader.problems:
        raise PlanError(reader.problems, source)
    return plan


class _Reader:
    """Walks the mapping once and collects every problem instead of stopping at the first."""

    def __init__(self, content: Mapping[str, Any]) -> None:
        self.content = content
        self.problems: list[str] = []

    def plan(self) -> Plan:
        known = (*(name for name in Plan.__dataclass_fields__ if name != "sections"), *SECTIONS)
        known = (*known, MEASURE, PREDICT)
        self._unknown_keys(self.content, known, "")
        outcome = self.content.get("outcome")
        if not isinstance(outcome, str) or not outcome:
            self._expected("outcome", outcome, "the name of a column of participants")
        visits = self._visits()
        baseline = level(self.content.get("baseline", ""))
        if baseline not in [visit.name for visit in visits]:
            names = ", ".join(visit.name for visit in visits) or "none"
            self._expected("baseline", self.content.get("baseline"), f"one of the visits: {names}")
        elif len(visits) == 1:
            self.problems.append("visits: only the baseline; expected at least one visit more")
        elif visits[-1].target <= next(v.target for v in visits if v.name == baseline):
            self.problems.append(
                f"baseline: {baseline} is the last visit; expected at least one visit after it"
            )
        return Plan(
            outcome=str(outcome),
            baseline=baseline,
            visits=visits,
            biomarkers=self._biomarkers(),
            regions=self._regions(),
            separation=self._separation(),
            made_of=self._made_of(),
            labels=self._labels(),
            title=self._text("title", "a line of text"),
            groups=self._text("groups", "a column of participants"),
            table=self._options(TableOptions, "table"),
            sections={
                name: self._options(kind, name)
                for name, kind in SECTIONS.items()
                if name in self.content
            },
            **self._levels(),
        )

    def _regions(self) -> tuple[str, ...]:
        regions = _listed(self.content.get("regions", []))
        if not all(isinstance(each, str) or is_number(each) for each in regions):
            self._expected("regions", self.content["regions"], "a region or a list of regions")
            return ()
        return tuple(map(_region, regions))

    def _labels(self) -> tuple[str, ...]:
        labels = self.content.get("labels", [])
        names = [str(name).strip() for name in _listed(labels)]
        if names and (len(names) != 2 or not all(names) or names[0] == names[1]):
            expected = 'two words, positives first, like ["responders", "progressors"]'
            self._expected("labels", labels, expected)
            return ()
        return tuple(names)

    def _text(self, key: str, expected: str) -> str:
        value = self.content.get(key, "")
        if not isinstance(value, str):
            self._expected(key, value, expected)
            return ""
        return value.strip()

    def _options(self, kind: type, name: str) -> Any:
        try:
            return make_options(kind, self._section(name), name)
        except SettingsError as error:
            self.problems += error.problems
            return None

    def _made_of(self) -> tuple[str, ...]:
        names = _listed(self.content.get("made_of", []))
        if not all(isinstance(name, str) and name for name in names):
            self._expected("made_of", self.content["made_of"], "a biomarker or a list of them")
        return tuple(map(str, names))

    def _levels(self) -> dict[str, tuple[str, ...]]:
        levels = {
            name: tuple(level(item) for item in _listed(self.content.get(name, [])))
            for name in ("positive", "negative", "ignore")
        }
        if not levels["positive"]:
            self._expected("positive", self.content.get("positive"), "a value or a list of values")
        seen: dict[str, str] = {}
        for name, values in levels.items():
            for value in values:
                if value in seen:
                    self.problems.append(f"{name}: {value!r} is already in {seen[value]}")
                seen[value] = name
        return levels

    def _visits(self) -> tuple[Visit, ...]:
        visits: list[Visit] = []
        for key, value in self._section("visits").items():
            name, spans = level(key), [_span(item) for item in _listed(value)]
            if not spans or not all(spans):
                self._expected(f"visits.{key}", value, 'days, like [6, 7], or a range, like "5-9"')
                continue
            if name.lower().lstrip("+-") in ("nan", "inf", "infinity"):
                self._expected("visits", key, "the day or the name of a visit")
                continue
            if name in [visit.name for visit in visits]:
                self.problems.append(f"visits.{key}: visit {name} is there already; name it once")
                continue
            visit = _make_visit(name, filter(None, spans))
            self._check_overlap(visit, visits)
            visits.append(visit)
        if not visits and not self.problems:
            self._expected("visits", None, "at least two visits, like 7 = [6, 7]")
        return tuple(sorted(visits, key=lambda visit: visit.target))

    def _check_overlap(self, visit: Visit, others: Sequence[Visit]) -> None:
        for other in others:
            for first, last in visit.spans:
                shared = next(
                    (max(first, a) for a, b in other.spans if a <= last and first <= b), None
                )
                if shared is not None:
                    self.problems.append(
                        f"visits overlap: day {shared:g} is claimed by visit {other.name} and by "
                        f"visit {visit.name}; a day belongs to one visit"
                    )

    def _biomarkers(self) -> tuple[Marker, ...]:
        markers = []
        for name, settings in self._section("biomarkers").items():
            where = f"biomarkers.{name}"
            if not isinstance(name, str):
                self._expected("biomarkers", name, "the name of a biomarker, as text")
                continue
            if not isinstance(settings, Mapping):
                self._expected(where, settings, "a table with change and direction")
                continue
            self._unknown_keys(settings, tuple(_CHOICES), f"{where}.")
            chosen = {}
            for key, allowed in _CHOICES.items():
                chosen[key] = settings.get(key, getattr(Marker, key))
                if chosen[key] not in (*allowed, getattr(Marker, key)):
                    self._expected(f"{where}.{key}", chosen[key], " | ".join(allowed))
            markers.append(Marker(name, **chosen, change_declared="change" in settings))
        if not markers:
            self._expected("biomarkers", None, "at least one, like [biomarkers.ADC]")
        return tuple(markers)

    def _separation(self) -> Separation:
        settings = self._section("separation")
        self._unknown_keys(settings, tuple(Separation.__dataclass_fields__), "separation.")
        alpha = settings.get("alpha", Separation.alpha)
        permutations = settings.get("permutations", Separation.permutations)
        seed = settings.get("seed", Separation.seed)
        if not (is_number(alpha) and 0 < alpha < 1):
            self._expected("separation.alpha", alpha, "a number between 0 and 1")
        if not (_is_whole(permutations) and 1 <= permutations <= MOST_PERMUTATIONS):
            self._expected(
                "separation.permutations",
                permutations,
                f"a whole number from 1 to {MOST_PERMUTATIONS}",
            )
        elif is_number(alpha) and 0 < alpha < 1 and (permutations + 1) * alpha < 1:
            self._expected(
                "separation.permutations",
                permutations,
                f"at least {1 / alpha - 1:.0f}, else no p-value can reach alpha {alpha:g}",
            )
        if not (_is_whole(seed) and seed >= 0):
            self._expected("separation.seed", seed, "a whole number, 0 or more")
        return Separation(alpha, permutations, seed, **self._structure(settings))

    def _structure(self, settings: Mapping[str, Any]) -> dict[str, Any]:
        """Read what ties subjects or visits together."""
        structure = {name: settings.get(name, "") for name in ("blocks", "cluster")}
        structure["sustained"] = settings.get("sustained", False)
        for name, value in structure.items():
            truth = name == "sustained"
            if not isinstance(value, bool if truth else str):
                expected = "true or false" if truth else "a column of participants"
                self._expected(f"separation.{name}", value, expected)
        return structure

    def _section(self, key: str) -> Mapping[Any, Any]:
        section = self.content.get(key, {})
        if isinstance(section, Mapping):
            return section
        self._expected(key, section, f"a table, [{key}]")
        return {}

    def _unknown_keys(
        self, section: Mapping[str, Any], known: tuple[str, ...], prefix: str
    ) -> None:
        for key in section:
            if key not in known:
                close = difflib.get_close_matches(str(key), known, n=1)
                hint = f"; did you mean {close[0]}?" if close else f"; known: {', '.join(known)}"
                self.problems.append(f"{prefix}{key}: unknown key{hint}")

    def _expected(self, key: str, found: object, expected: str) -> None:
        shown = "nothing" if found is None else repr(found)
        self.problems.append(f"{key}: found {shown}, expected {expected}")


def _listed(value: object) -> list[Any]:
    return list(value) if isinstance(value, list | tuple) else [value]


def _span(value: object) -> tuple[float, float] | None:
    """Return the first and the last day of what a plan writes; None if it is neither."""
    if isinstance(value, int | float) and is_number(value):
        return float(value), float(value)
    ends = _RANGE.fullmatch(value) if isinstance(value, str) else None
    if ends is None:
        return None
    first, last = (float(end) for end in ends.groups())
    return (first, last) if first < last else None


def _make_visit(name: str, spans: Iterable[tuple[float, float]]) -> Visit:
    listed = list(spans)
    return Visit(
        name,
        tuple(first for first, last in listed if first == last),
        tuple((first, last) for first, last in listed if first < last),
    )


def _region(value: object) -> str:
    """Return the name of a region: text as it stands, for 01 is not 1."""
    return value.strip() if isinstance(value, str) else level(value)


def _is_whole(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)
