"""Blood samples as PET-BIDS keeps them: tables of a recording, and sidecars that give the units."""

import csv
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
import numpy.typing as npt

from biomarkers.bids import BidsFile, Sidecar, dataset_root, parse_name, read_sidecar
from biomarkers.errors import FileError, InputError, StudyError, TableError
from biomarkers.files import read_json, require_file
from biomarkers.pet.scan import Scan
from biomarkers.units import conversion_factor

FloatArray = npt.NDArray[np.float64]

TIME = "time"
WHOLE, PLASMA = "whole_blood_radioactivity", "plasma_radioactivity"
PARENT = "metabolite_parent_fraction"
# Columns that are read, and the unit they are brought to.
COLUMNS: Mapping[str, str] = MappingProxyType(
    {TIME: "s", WHOLE: "kBq/mL", PLASMA: "kBq/mL", PARENT: ""}
)
AUTOSAMPLER = "autosampler"


@dataclass(frozen=True, eq=False)
class Samples:
    """What was measured at some times: (n,) each, s and kBq/mL or a fraction; time increases."""

    time: FloatArray
    value: FloatArray

    def __len__(self) -> int:
        return len(self.time)


@dataclass(frozen=True, eq=False)
class Blood:
    """Blood samples of one scan; None what was not sampled.

    Parameters
    ----------
    whole, plasma, parent
        Manual samples: concentration in whole blood and in plasma, kBq/mL, and the share of the
        plasma's that is still the tracer. Time in s after the start of injection, decay corrected
        to the same time as the image.
    continuous
        Concentration in whole blood from an autosampler.
    dispersion
        Time constant of the tubing, s, for which `continuous` has yet to be corrected; 0 if there
        is none or that has been done.
    source
        The files.

    """

    whole: Samples | None = None
    plasma: Samples | None = None
    parent: Samples | None = None
    continuous: Samples | None = None
    dispersion: float = 0.0
    source: str = "blood"


def load_blood(scan: Scan) -> Blood:
    """Read the blood that was sampled during a scan.

    Parameters
    ----------
    scan
        From `pet.load`. Its `*_recording-*_blood.tsv` lie beside the image; their time counts
        from the same zero.

    Raises
    ------
    FileError
        If there are none.
    StudyError, TableError
        As `read_blood`.

    """
    path = scan.sidecar.source if scan.sidecar else Path(scan.source)
    image = parse_name(path)
    found = [] if image is None else [each.path for each in _tables_of(image)]
    if not found:
        raise FileError(f"{path}: no *_recording-*_blood.tsv lies beside it")
    return read_blood(found, injection_start=scan.injection_start)


def read_blood(
    paths: Path | str | Sequence[Path | str],
    *,
    injection_start: float = 0.0,
    sidecar: Path | str | None = None,
) -> Blood:
    """Read PET-BIDS blood tables.

    Parameters
    ----------
    paths
        One or several `*_blood.tsv`: columns `time`, `whole_blood_radioactivity`,
        `plasma_radioactivity`, `metabolite_parent_fraction`. The name of a continuous recording
        holds `recording-autosampler`; of it, whole blood is taken.
    injection_start
        Start of injection on the clock of the tables, s; taken off their times.
    sidecar
        JSON with the units; not given, those that BIDS inheritance gives each table.

    Returns
    -------
    Blood
        In s and kBq/mL, whatever the units of the files.

    Raises
    ------
    FileError
        If a file is missing.
    StudyError
        If a sidecar does not give the unit of a column, or gives one that cannot be converted.
    TableError
        If `time` or every other column is missing, a cell is no number, times repeat, or a
        fraction lies outside 0 to 1; each problem with its line and column.

    """
    listed = [paths] if isinstance(paths, Path | str) else list(paths)
    if not listed:
        raise InputError("blood: no table was given")
    given = None if sidecar is None else _read_given(Path(sidecar))
    tables = [_read_table(Path(path), given) for path in listed]
    manual = [table for table in tables if not table.continuous]
    automatic = [table for table in tables if table.continuous]
    return Blood(
        _merged(manual, WHOLE, injection_start),
        _merged(manual, PLASMA, injection_start),
        _merged(manual, PARENT, injection_start),
        _merged(automatic, WHOLE, injection_start),
        max((_dispersion(table.sidecar) for table in automatic), default=0.0),
        ", ".join(str(path) for path in listed),
    )


@dataclass(frozen=True, eq=False)
class _Table:
    """Columns (n,) in the units of `COLUMNS`, NaN where a cell is n/a."""

    path: Path
    columns: Mapping[str, FloatArray]
    sidecar: Sidecar

    @property
    def continuous(self) -> bool:
        return f"recording-{AUTOSAMPLER}" in self.path.name


def _tables_of(image: BidsFile) -> Iterable[BidsFile]:
    """Yield the blood tables whose entities, the recording aside, the image has, too."""
    for path in sorted(image.path.parent.glob("*_blood.tsv")):
        table = parse_name(path)
        if table is not None and "recording" in table.entities:
            rest = {key: value for key, value in table.entities.items() if key != "recording"}
            if rest.items() <= image.entities.items():
                yield table


def _read_given(path: Path) -> Sidecar:
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


def _read_table(path: Path, given: Sidecar | None) -> _Table:
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
    factors = {name: _factor(sidecar, name, path) for name in names}
    problems: list[str] = []
    columns = {name: _column(rows, name, factors[name], problems) for name in names}
    problems += _contradictions(rows, columns)
    if problems:
        raise TableError(problems, str(path))
    return _Table(path, columns, sidecar)


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


def _merged(tables: list[_Table], column: str, zero: float) -> Samples | None:
    """Return the samples of a column in order of time; None where there is none."""
    having = [table.columns for table in tables if column in table.columns]
    if not having:
        return None
    time = np.concatenate([each[TIME] for each in having]) - zero
    value = np.concatenate([each[column] for each in having])
    known = np.isfinite(value)
    if not known.any():
        return None
    order = np.argsort(time[known], kind="stable")
    return Samples(time[known][order], value[known][order])


def _dispersion(sidecar: Sidecar) -> float:
    """Return the time constant for which samples have yet to be corrected, s."""
    corrected = str(sidecar.values.get("DispersionCorrected", "")).lower() == "true"
    if corrected or "DispersionConstant" not in sidecar.values:
        return 0.0
    return sidecar.number("DispersionConstant")
