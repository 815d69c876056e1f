"""One table of blood samples: its columns in known units, or what is wrong with it."""

import csv
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
import numpy.typing as npt

from biomarkers.bids import Sidecar, dataset_root, parse_name, read_sidecar
from biomarkers.errors import InputError, StudyError, TableError
from biomarkers.files import read_json, require_file
from biomarkers.units import conversion_factor

FloatArray = npt.NDArray[np.float64]

TIME = "time"
WHOLE, PLASMA = "whole_blood_radioactivity", "plasma_radioactivity"
PARENT = "metabolite_parent_fraction"
# Columns that are read, and the unit they are brought to.
COLUMNS: Mapping[str, str] = MappingProxyType(
    {TIME: "s", WHOLE: "kBq/mL", PLASMA: "kBq/mL", PARENT: ""}
)
_AUTOSAMPLER = "recording-autosampler"


@dataclass(frozen=True, eq=False)
class BloodTable:
    """Columns (n,) in the units of `COLUMNS`, NaN where a cell is n/a."""

    path: Path
    columns: Mapping[str, FloatArray]
    sidecar: Sidecar

    @property
    def continuous(self) -> bool:
        """Whether an autosampler recorded it."""
        return _AUTOSAMPLER in self.path.name


def read_table(path: Path, given: Sidecar | None) -> BloodTable:
    """Read one table; errors as `read_blood`."""
    path = require_file(path, "a table of blood samples")
    sidecar = given or _sidecar_of(path)
    with path.open(encoding="utf-8-sig", newline="") as stream:
        reader = csv.DictReader(stream, delimiter="\t")
        names = [name for name in reader.fieldnames or () if name in COLUMNS]
        rows = [(reader.line_num, row) for row in reader]
    if TIME not in names or len(names) < 2:
        found = ", ".join(reader.fieldnames or ()) or "nothing"
        wanted = f"{TIME} and at least one of {', '.join(name for name in COLUMNS if name != TIME)}"
        raise TableError([f"line 1: columns {found}; expected {wanted} (tab-separated)"], str(path))
    if not rows:
        raise TableError(["no row after the names of the columns; expected samples"], str(path))
    factors = {name: _factor(sidecar, name, path) for name in names}
    problems: list[str] = []
    columns = {name: _column(rows, name, factors[name], problems) for name in names}
    problems += _contradictions(rows, columns)
    if problems:
        raise TableError(problems, str(path))
    return BloodTable(path, columns, sidecar)


def read_units(path: Path) -> Sidecar:
    """Read a sidecar that was given, whatever its name."""
    content = read_json(path, "units of blood samples, keys and values")
    if not isinstance(content, dict):
        raise StudyError(f"{path}: expected keys and values in braces")
    return Sidecar(content, path)


def _sidecar_of(path: Path) -> Sidecar:
    table = parse_name(path)
    if table is None:
        raise StudyError(
            f"{path}: no BIDS name, so its sidecar cannot be found; give sidecar= or rename it"
        )
    return read_sidecar(table, dataset_root(path))


def _factor(sidecar: Sidecar, column: str, path: Path) -> float:
    """Return what brings a column to its unit."""
    said = sidecar.values.get(column)
    unit = said.get("Units") if isinstance(said, Mapping) else None
    if not isinstance(unit, str):
        raise StudyError(
            f"{sidecar.source}: no unit of {column} in {path.name}; expected "
            f'"{column}": {{"Units": "{COLUMNS[column] or "unitless"}"}}'
        )
    try:
        return conversion_factor(unit, COLUMNS[column])
    except InputError as error:
        raise StudyError(f"{sidecar.source}: unit of {column} is {unit!r}; {error}") from error


def _column(
    rows: list[tuple[int, dict[str, Any]]], name: str, factor: float, problems: list[str]
) -> FloatArray:
    values = np.full(len(rows), np.nan)
    for place, (line, row) in enumerate(rows):
        text = (row.get(name) or "").strip()
        if text.lower() in ("n/a", "nan", ""):
            continue
        try:
            values[place] = factor * float(text)
        except ValueError:
            problems.append(f"line {line}: {name} is {text!r}; expected a number or n/a")
    return values


def _contradictions(
    rows: list[tuple[int, dict[str, Any]]], columns: Mapping[str, FloatArray]
) -> Iterable[str]:
    lines = [line for line, _ in rows]
    seen: dict[float, int] = {}
    for line, time in zip(lines, columns[TIME], strict=True):
        if not np.isfinite(time):
            yield f"line {line}: {TIME} is missing; expected seconds"
        elif time in seen:
            yield f"line {line}: {TIME} {time:g} s is already on line {seen[time]}"
        seen.setdefault(float(time), line)
    for line, share in zip(lines, columns.get(PARENT, np.empty(0)), strict=False):
        if share < 0 or share > 1:
            yield f"line {line}: {PARENT} is {share:g}; expected 0 to 1"
