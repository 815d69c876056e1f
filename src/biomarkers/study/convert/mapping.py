"""The mapping file: which series becomes what.

A row names series (`series`, `description`, `protocol`, `patient`, `date`, `folder`; `*` stands for
anything, an empty cell for any) and says something of them (`subject`, `session`, `day`,
`datatype`, `suffix`, `entities`, `join`). Of several rows that name a series, the first that says
a thing decides it: one row may hold for a patient, another for a protocol.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from biomarkers.checks import parse_number
from biomarkers.errors import PlanError, ProblemsError
from biomarkers.files import read_toml
from biomarkers.study.convert.names import DATATYPES, ENTITIES, LABEL, Target
from biomarkers.study.convert.series import Series
from biomarkers.table.cells import read_cells
from biomarkers.table.sheets import cell_text

KEYS = ("series", "description", "protocol", "patient", "date", "folder")
TARGETS = ("subject", "session", "day", "datatype", "suffix", "entities", "join")
# What a draft tells besides; not read.
COUNTS = ("slices", "volumes")
SKIP = "skip"
_WHAT = "a mapping of series (TSV, CSV, Excel or TOML)"
_BLANK = ("", "n/a")
_KNOWN = KEYS + COUNTS + TARGETS

Given = Path | str | Sequence[Mapping[str, Any]]


@dataclass(frozen=True)
class Row:
    """A row of the mapping: the cells that are filled in, by column."""

    cells: Mapping[str, str]
    where: str

    def matches(self, series: Series) -> bool:
        """Whether the row is about a series."""
        return all(
            _fits(value, self.cells[column])
            for column, value in _keys_of(series).items()
            if column in self.cells
        )


def _fits(value: str, pattern: str) -> bool:
    """Whether a value is what a cell names, in any case; `*` stands for anything."""
    # A cell of a workbook that holds a date has midnight in it.
    parts = pattern.removesuffix(" 00:00:00").split("*")
    return bool(re.fullmatch(".*".join(map(re.escape, parts)), value, re.IGNORECASE | re.DOTALL))


def _keys_of(series: Series) -> dict[str, str]:
    return {
        "series": series.key,
        "description": series.description,
        "protocol": series.protocol,
        "patient": series.patient,
        "date": series.date.isoformat() if series.date else "",
        "folder": series.folder,
    }


def read_mapping(given: Given) -> tuple[Row, ...]:
    """Read a mapping from a table, a TOML file with `[[series]]`, or rows as dictionaries.

    Raises
    ------
    FileError
        If the file cannot be read.
    PlanError
        If a column is none of a mapping; every one is named.

    """
    source = str(given) if isinstance(given, Path | str) else "mapping"
    rows = [
        Row({key: text for key, value in cells.items() if (text := cell_text(value))}, where)
        for where, cells in _cells(given)
    ]
    rows = [
        Row({key: value for key, value in row.cells.items() if value not in _BLANK}, row.where)
        for row in rows
    ]
    unknown = dict.fromkeys(key for row in rows for key in row.cells if key not in _KNOWN)
    if unknown:
        known = ", ".join(_KNOWN)
        raise PlanError(
            [f"column {name!r} is unknown; known are {known}" for name in unknown], source
        )
    return tuple(rows)


def _cells(given: Given) -> Iterable[tuple[str, Mapping[str, Any]]]:
    if not isinstance(given, Path | str):
        return [(f"row {number}", cells) for number, cells in enumerate(given, start=1)]
    if Path(given).suffix.lower() == ".toml":
        listed = read_toml(given, _WHAT).get("series", [])
        if not isinstance(listed, list) or not all(isinstance(each, dict) for each in listed):
            raise PlanError(["series is no list of tables; write each as [[series]]"], str(given))
        return [(f"[[series]] {number}", cells) for number, cells in enumerate(listed, start=1)]
    table = read_cells(given, _WHAT)
    columns = [name for name in table.columns if name in _KNOWN or table[name].any()]
    rows = table[columns].to_dict("records")
    return [
        (f"row {row}", {str(key): value for key, value in cells.items()})
        for row, cells in zip(table.index, rows, strict=True)
    ]


def targets(
    series: Sequence[Series], rows: Sequence[Row], source: str = "mapping"
) -> list[Target | None]:
    """Return what each series becomes; None for what no row gives a suffix, or `skip`.

    Raises
    ------
    ProblemsError
        If a subject, session or suffix is missing, or a cell makes no name; every one is told.

    """
    problems: list[str] = []
    result = [_target(each, rows, problems) for each in series]
    if problems:
        raise ProblemsError(problems, source)
    return result


def _target(series: Series, rows: Sequence[Row], problems: list[str]) -> Target | None:
    cells: dict[str, str] = {}
    for row in rows:
        if row.matches(series):
            cells = {key: row.cells[key] for key in TARGETS if key in row.cells} | cells
    suffix = cells.get("suffix", SKIP)
    if suffix == SKIP:
        return None
    wrong = [f"{series}: {text}" for text in _problems(cells)]
    if wrong:
        problems.extend(wrong)
        return None
    day = parse_number(cells["day"]) if "day" in cells else None
    return Target(
        subject=cells["subject"].removeprefix("sub-"),
        session=cells["session"].removeprefix("ses-"),
        day=day,
        datatype=cells.get("datatype") or DATATYPES[suffix],
        suffix=suffix,
        entities=_entities(cells.get("entities", "")),
        join=cells.get("join", "no") == "yes",
    )


def _problems(cells: Mapping[str, str]) -> Iterable[str]:
    for key in ("subject", "session"):
        label = cells.get(key, "").removeprefix(f"{key[:3]}-")
        if not LABEL.fullmatch(label):
            yield f"{key} is {label!r}; expected letters and digits, as BIDS labels have them"
    if not LABEL.fullmatch(cells["suffix"]):
        yield f"suffix is {cells['suffix']!r}; expected letters and digits, like T2w"
    if "datatype" not in cells and cells["suffix"] not in DATATYPES:
        yield f"no datatype for the suffix {cells['suffix']}; fill in the folder, like anat"
    if "datatype" in cells and not LABEL.fullmatch(cells["datatype"]):
        yield f"datatype is {cells['datatype']!r}; expected a folder, like anat"
    if "day" in cells and not abs(parse_number(cells["day"])) < float("inf"):
        yield f"day is {cells['day']!r}; expected a number of days"
    if cells.get("join", "no") not in ("yes", "no"):
        yield f"join is {cells['join']!r}; expected yes or no"
    for pair in _pairs(cells.get("entities", "")):
        key, _, value = pair.partition("-")
        if key not in ENTITIES[2:] or not LABEL.fullmatch(value):
            yield f"entities has {pair!r}; expected pairs of BIDS, like flip-2 or acq-pre_echo-1"


def _pairs(text: str) -> list[str]:
    return text.replace("_", " ").split()


def _entities(text: str) -> dict[str, str]:
    return {key: value for key, _, value in (pair.partition("-") for pair in _pairs(text))}
