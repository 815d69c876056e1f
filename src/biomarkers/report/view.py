"""Results as the report looks at them: the plan rebuilt, names in words, one series at a time."""

import itertools
import math
import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import pandas as pd

from biomarkers.checks import parse_number
from biomarkers.errors import InputError
from biomarkers.plan import (
    Marker,
    Plan,
    Visit,
    biomarker_label,
    class_words,
    level,
    series_label,
    subject_noun,
)
from biomarkers.report.words import count, days, listed, pretty_unit, thousands
from biomarkers.results import Results

CHANGE_WORDS = {
    "absolute": "absolute change",
    "percent": "change in percent",
    "log_ratio": "change as log ratio",
}


@dataclass(frozen=True)
class Series:
    """One biomarker in one region, followed over the visits.

    Parameters
    ----------
    biomarker, region
        As in the tables.
    label
        What to call it in a sentence or heading.
    quantity
        What to call the biomarker alone, on an axis.
    unit
        Unit of its values, as set in print.
    change
        `absolute`, `percent` or `log_ratio`.
    first
        Name of the earliest visit that separates; None if it never does.
    slug
        Its name in addresses and names of files.

    """

    biomarker: str
    region: str
    label: str
    quantity: str
    unit: str
    change: str
    first: str | None
    slug: str


@dataclass(frozen=True)
class View:
    """Everything the sections ask of the results.

    Parameters
    ----------
    results
        What the analysis found.
    plan
        The plan as it ran.
    series
        In the order of the plan's biomarkers, then of the regions in the results.

    """

    results: Results
    plan: Plan
    series: tuple[Series, ...]

    @property
    def positive(self) -> str:
        """The positives in the words of the plan, like `responder = 1`."""
        return self.classes[0]

    @property
    def negative(self) -> str:
        """The negatives in the words of the plan."""
        return self.classes[1]

    @property
    def default_change(self) -> str:
        """Which change was used where the plan names none, in a sentence; else empty."""
        names = [biomarker_label(m.name) for m in self.plan.biomarkers if not m.change_declared]
        return (
            f"The plan names no kind of change for {listed(names)}: the default was used, "
            f"{CHANGE_WORDS[Marker.change]}."
            if names
            else ""
        )

    @property
    def methods(self) -> Mapping[str, Any]:
        """How the analysis was made, as it recorded it."""
        return dict(self.results.analysis.get("methods", {}))

    @property
    def confidence(self) -> str:
        """The confidence level of the intervals, like `95 %`."""
        return f"{100 * self.methods.get('interval_level', 0.95):g} %"

    @property
    def classes(self) -> tuple[str, str]:
        """The words for both classes."""
        positive, negative = self.results.analysis.get("labels") or class_words(self.plan)
        return positive, negative

    def group_word(self, name: str) -> str:
        """Return a group of a table in words: a class of the plan, or a treatment group."""
        return {"positive": self.positive, "negative": self.negative}.get(name, name)

    def people(self, positive: bool) -> str:
        """Return a class in a sentence: `subjects with responder = 1`, or `responders`."""
        word = self.class_word(positive)
        return word if self.plan.labels else f"subjects with {word}"

    def counted(self, number: int, positive: bool) -> str:
        """Return `12 with responder = 1`, or `12 responders`."""
        word = self.class_word(positive)
        return f"{thousands(number)} {word if self.plan.labels else f'with {word}'}"

    def class_word(self, positive: bool) -> str:
        """Return the name of a class."""
        return self.positive if positive else self.negative

    @cached_property
    def _visits(self) -> dict[str, Visit]:
        return {visit.name: visit for visit in self.plan.visits}

    @property
    def noun(self) -> str:
        """What a subject of the analysis is: `subject` or `lesion`."""
        return subject_noun(self.plan.separation.cluster)

    @property
    def drawn(self) -> str:
        """What a bootstrap sample is drawn from: lesions come with whom they belong to."""
        return "subjects" if self.noun == "subject" else "individuals"

    def of_individuals(self, subjects: Iterable[str]) -> str:
        """Return ` of 12 individuals`, whose lesions these subjects are; empty for subjects."""
        if self.noun == "subject":
            return ""
        # A lesion is named `individual/lesion` (table.lesions).
        whose = {name.rpartition("/")[0] or name for name in subjects}
        return f" of {count(len(whose), 'individual')}"

    def visit(self, name: str) -> Visit:
        """Return a visit of the plan.

        Raises
        ------
        InputError
            If the plan has none of that name: tables and plan are of different analyses.

        """
        if name not in self._visits:
            raise InputError(
                f"results name visit {name!r}, which their plan lacks "
                f"({', '.join(self._visits)}); analyse again"
            )
        return self._visits[name]

    def table(self, name: str) -> pd.DataFrame | None:
        """Return a table of the results; None where the analysis made none, or an empty one."""
        table = self.results.tables.get(name)
        return None if table is None or table.empty else table

    def rows(self, table: str, series: Series) -> pd.DataFrame:
        """Return the rows of one series, in the order of the visits; none where there is no table.

        Raises
        ------
        InputError
            If they name a visit that the plan lacks.

        """
        if table not in self._by_series:
            self._by_series[table] = self._split(table)
        mine = self._by_series[table].get((series.biomarker, series.region))
        return self.results.tables.get(table, pd.DataFrame())[:0] if mine is None else mine

    @cached_property
    def _by_series(self) -> dict[str, dict[tuple[str, str], pd.DataFrame]]:
        return {}

    def _split(self, name: str) -> dict[tuple[str, str], pd.DataFrame]:
        """Sort a table by visit once, and cut it into series."""
        table = self.results.tables.get(name, pd.DataFrame())
        if table.empty:
            return {}
        if "visit" in table:
            order = {visit.name: place for place, visit in enumerate(self.plan.visits)}
            for unknown in sorted(set(table["visit"]) - set(order) - {""}):
                self.visit(unknown)
            place = table["visit"].map(order).fillna(-1).to_numpy()
            table = table.iloc[place.argsort(kind="stable")]
        return dict(iter(table.groupby(["biomarker", "region"], sort=False)))  # type: ignore[arg-type]

    @cached_property
    def shown(self) -> tuple[Series, ...]:
        """The series that get the full set of figures, in the order of the answer."""
        table = self.table("shown")
        if table is None:
            return self.series
        mine = {(each.biomarker, each.region): each for each in self.series}
        wanted = zip(table["biomarker"], table["region"], strict=True)
        return tuple(mine[key] for key in wanted if key in mine)

    @cached_property
    def rest(self) -> tuple[Series, ...]:
        """The series that stand in small multiples and tables alone."""
        shown = set(self.shown)
        return tuple(series for series in self.series if series not in shown)

    @cached_property
    def subjects(self) -> Mapping[bool, int]:
        """Number of subjects of each class in the table of attendance."""
        people = self.results.tables["attendance"].drop_duplicates("subject")
        return {truth: int((people["positive"] == truth).sum()) for truth in (True, False)}


def visit_of_interest(view: View, series: Series) -> str | None:
    """Return the earliest visit that separates, or else the one nearest to it; None if untested."""
    if series.first:
        return series.first
    tests = view.rows("separation", series).dropna(subset=["auc"])
    if tests.empty:
        return None
    nearest = tests.sort_values("p_adjusted", kind="stable", na_position="last")
    return str(nearest["visit"].iloc[0])


def is_day(visit: Visit) -> bool:
    """Whether a visit is named by its day."""
    return math.isfinite(parse_number(visit.name))


def visit_label(visit: Visit) -> str:
    """Return `day 7`, or the visit's own name."""
    return f"day {visit.name}" if is_day(visit) else visit.name


def days_of(visit: Visit) -> str:
    """Return the days that count as a visit: `day 7`, `days 6–7` or `days 5 to 9`."""
    return f"days {visit.text}" if visit.ranges else days(visit.days)


def at_visit(visit: Visit) -> str:
    """Return `on day 7` or `at visit week 1`."""
    return f"on day {visit.name}" if is_day(visit) else f"at visit {visit.name}"


def records(rows: pd.DataFrame) -> list[dict[str, Any]]:
    """Return the rows of a table as mappings, in order."""
    names = list(map(str, rows))
    return [dict(zip(names, values, strict=True)) for values in rows.to_numpy(object).tolist()]


def mark(row: Mapping[str, Any], series: Series) -> str:
    """Return how a test is marked: `first`, `separates` or `not`."""
    if row["visit"] == series.first:
        return "first"
    return "separates" if row["separates"] else "not"


def look_at(results: Results) -> View:
    """Prepare results for the report.

    Raises
    ------
    InputError
        If the results do not record the plan they were made with.

    """
    plan = recorded_plan(results.analysis)
    changes = {marker.name: marker.change for marker in plan.biomarkers}
    earliest = {(entry["biomarker"], entry["region"]): entry for entry in results.earliest}
    units = dict(
        zip(results.tables["changes"]["biomarker"], results.tables["changes"]["unit"], strict=True)
    )
    order = {name: place for place, name in enumerate(changes)}
    tested = results.separation[["biomarker", "region"]].drop_duplicates()
    keys = sorted(
        tested.itertuples(index=False, name=None), key=lambda key: order.get(key[0], len(order))
    )
    slugs = _slugs([series_label(*key) for key in keys])
    series = tuple(
        Series(
            biomarker=biomarker,
            region=region,
            label=series_label(biomarker, region),
            quantity=biomarker_label(biomarker),
            unit=pretty_unit(units.get(biomarker, "")),
            change=changes.get(biomarker, Marker.change),
            first=_visit_name(earliest.get((biomarker, region), {})),
            slug=slug,
        )
        for (biomarker, region), slug in zip(keys, slugs, strict=True)
    )
    return View(results, plan, series)


def recorded_plan(analysis: Mapping[str, Any]) -> Plan:
    """Rebuild the plan from what the analysis recorded of it.

    Raises
    ------
    InputError
        If it is absent or not a plan.

    """
    try:
        return Plan.from_dict(analysis["plan"])
    except (KeyError, TypeError) as error:
        raise InputError(
            f"the results do not record the plan they were made with ({error!r} in "
            "`analysis`); expected `Plan.to_dict()` under `plan`; analyse again"
        ) from error


def _visit_name(entry: Mapping[str, Any]) -> str | None:
    # JSON keeps a visit that looks like a number as one.
    return None if entry.get("visit") is None else level(entry["visit"])


def _slugs(names: Sequence[str]) -> list[str]:
    """Return names in small letters, digits and hyphens; alike ones are numbered."""
    slugs: list[str] = []
    for name in names:
        plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
        base = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:60] or "series"
        ways = (f"{base}-{number}" if number > 1 else base for number in itertools.count(1))
        slugs.append(next(slug for slug in ways if slug not in slugs))
    return slugs
