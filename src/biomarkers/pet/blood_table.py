"""One table of blood samples: its columns in known units, or what is wrong with it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

import numpy as np
import pandas as pd

from biomarkers.bids import Sidecar, dataset_root, parse_name, read_sidecar
from biomarkers.errors import InputError, StudyError, TableError
from biomarkers.files import read_json
from biomarkers.table.cells import cell_numbers, read_cells
from biomarkers.timing import FloatArray
from biomarkers.units import conversion_factor

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
    cells = read_cells(path, "a table of blood samples")
    sidecar = given or _sidecar_of(path)
    names = [name for name in cells.columns if name in COLUMNS]
    if TIME not in names or len(names) < 2:
        present = ", ".join(cells.columns) or "nothing"
        wanted = f"{TIME} and at least one of {', '.join(name for name in COLUMNS if name != TIME)}"
        raise TableError(
            [f"line 1: columns {present}; expected {wanted} (tab-separated)"], str(path)
        )
    if cells.empty:
        raise TableError(["no row after the names of the columns; expected samples"], str(path))
    problems: list[str] = []
    columns = {
        name: _factor(sidecar, name, path) * _numbers(cells[name], problems) for name in names
    }
    problems += _contradictions(columns)
    if problems:
        raise TableError(problems, str(path))
    arrays = {name: np.asarray(column, dtype=float) for name, column in columns.items()}
    return BloodTable(path, arrays, sidecar)


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
    described = sidecar.values.get(column)  # noqa: PD011  (not of a data frame)
    unit = described.get("Units") if isinstance(described, Mapping) else None
    if not isinstance(unit, str):
        raise StudyError(
            f"{sidecar.source}: no unit of {column} in {path.name}; expected "
            f'"{column}": {{"Units": "{COLUMNS[column] or "unitless"}"}}'
        )
    try:
        return conversion_factor(unit, COLUMNS[column])
    except InputError as error:
        raise StudyError(f"{sidecar.source}: unit of {column} is {unit!r}; {error}") from error


def _numbers(cells: "pd.Series[str]", problems: list[str]) -> "pd.Series[float]":
    """Return the numbers of a column by line; what is none is added to the problems."""
    numbers = cell_numbers(cells)
    problems += [
        f"line {line}: {cells.name} is {text!r}; expected a number or n/a"
        for line, text, number in zip(cells.index, cells, numbers, strict=True)
        if not np.isfinite(number) and text.lower() not in ("n/a", "nan", "")
    ]
    return numbers


def _contradictions(columns: Mapping[str, "pd.Series[float]"]) -> Iterator[str]:
    time = columns[TIME]
    for line in time.index[~np.isfinite(time)]:
        yield f"line {line}: {TIME} is missing; expected seconds"
    for line in time.index[time.duplicated() & np.isfinite(time)]:
        first = time.index[time == time[line]][0]
        yield f"line {line}: {TIME} {time[line]:g} s is already on line {first}"
    share = columns.get(PARENT, pd.Series(dtype=float))
    for line in share.index[(share < 0) | (share > 1)]:
        yield f"line {line}: {PARENT} is {share[line]:g}; expected 0 to 1"
