"""Who was scanned: body weight and the like, from the tables of a dataset or a sidecar."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from biomarkers.bids import BidsFile, Sidecar, holding_datasets
from biomarkers.errors import InputError, StudyError
from biomarkers.files import read_json
from biomarkers.pet.body import Body
from biomarkers.table.cells import read_cells
from biomarkers.units import canonical_unit, conversion_factor

# Columns of tables: what they hold and, where the name says it, the unit.
_COLUMNS = {
    "weight_g": ("weight", "g"),
    "weight_kg": ("weight", "kg"),
    "weight": ("weight", ""),
    "height_cm": ("height", "cm"),
    "height_m": ("height", "m"),
    "height": ("height", ""),
    "sex": ("sex", ""),
    "species": ("species", ""),
}
# Keys of sidecars: the same, and what DICOM converters write, in DICOM's units.
_KEYS = {
    **_COLUMNS,
    "PatientWeight": ("weight", "kg"),
    "PatientSize": ("height", "m"),
    "PatientSex": ("sex", ""),
}
_BLANK = ("", "n/a", "none")
_AGREEMENT = 1e-3


@dataclass(frozen=True)
class _Fact:
    """One thing a file says of the body."""

    what: str
    unit: str
    text: str
    where: str


def body_of(file: BidsFile, sidecar: Sidecar) -> Body:
    """Return what is known of the scanned body.

    Each property comes from the first place that has it: the row of the session in
    `sub-*_sessions.tsv`, the row of the subject in `participants.tsv`, the sidecar. Weights are
    `weight_g`, `weight_kg`, or `weight` where the table's JSON gives its `Units`; heights
    `height_cm`, `height_m` or `height`. A sidecar may also have `PatientWeight` (kg),
    `PatientSize` (m) and `PatientSex`.

    Raises
    ------
    StudyError
        Naming file, row and column, if a value is no positive number, has no unit, or contradicts
        another in the same row.

    """
    places = [*_tables(file), _sidecar_facts(sidecar)]
    return Body(
        weight_g=_number(places, "weight", "g"),
        height_cm=_number(places, "height", "cm"),
        sex=_text(places, "sex"),
        species=_text(places, "species"),
    )


def _tables(file: BidsFile) -> Iterator[list[_Fact]]:
    subject, session = (file.entities.get(key) for key in ("sub", "ses"))
    if subject is None:
        return
    folders = _folders(file.path, f"sub-{subject}")
    if session is not None:
        for path in _existing(folders, f"sub-{subject}_sessions.tsv"):
            yield _row(path, "session_id", f"ses-{session}")
    for path in _existing(folders, "participants.tsv"):
        yield _row(path, "participant_id", f"sub-{subject}")


def _folders(path: Path, subject: str) -> list[Path]:
    """Return where tables may lie, the nearest first: beside the image and up to its dataset."""
    roots = holding_datasets(path)
    own = path.parent.resolve()
    above = [each for each in (own, *own.parents) if each.is_relative_to(roots[0])]
    return list(dict.fromkeys([*above, *(place for r in roots for place in (r / subject, r))]))


def _existing(folders: Sequence[Path], name: str) -> list[Path]:
    return [folder / name for folder in folders if (folder / name).is_file()]


def _row(path: Path, column: str, name: str) -> list[_Fact]:
    """Return what the row of a table says, nothing if it has no such row."""
    cells = read_cells(path, f"a table with a column {column}")
    if column not in cells:
        raise StudyError(f"{path}: no column {column}; found {', '.join(cells.columns)}")
    rows = cells[cells[column].isin([name, name.partition("-")[2]])]
    if len(rows) > 1:
        raise StudyError(f"{path}: {name} stands in rows {', '.join(map(str, rows.index))}")
    units = _stated_units(path.with_suffix(".json"))
    return [
        _Fact(
            what,
            _unit(path, each, unit, units),
            rows.loc[row, each],
            f"{path}, row {row}: {each}",
        )
        for row in rows.index
        for each, (what, unit) in _COLUMNS.items()
        if each in rows
    ]


def _stated_units(path: Path) -> dict[str, str]:
    """Return the units that the JSON file of a table gives its columns."""
    described: Any = read_json(path, "a description of columns") if path.is_file() else {}
    return {
        name: str(each["Units"])
        for name, each in described.items()
        if isinstance(each, dict) and "Units" in each
    }


def _unit(path: Path, column: str, named: str, stated: dict[str, str]) -> str:
    unit = canonical_unit(stated.get(column, named))
    if named and unit != named:
        raise StudyError(
            f"{path.with_suffix('.json')}: {column} has Units {unit}; its name says {named}"
        )
    return unit


def _sidecar_facts(sidecar: Sidecar) -> list[_Fact]:
    return [
        _Fact(what, unit, str(sidecar.values[key]), f"{sidecar.source}: {key}")
        for key, (what, unit) in _KEYS.items()
        if key in sidecar.values
    ]


def _facts_of(facts: Sequence[_Fact], what: str) -> list[_Fact]:
    return [fact for fact in facts if fact.what == what and fact.text.lower() not in _BLANK]


def _number(places: Sequence[Sequence[_Fact]], what: str, unit: str) -> float | None:
    for facts in places:
        values = {fact.where: _converted(fact, unit) for fact in _facts_of(facts, what)}
        if values:
            low, high = min(values.values()), max(values.values())
            if high > low * (1.0 + _AGREEMENT):
                raise StudyError(f"{' and '.join(values)} contradict each other; mend one of them")
            return next(iter(values.values()))
    return None


def _converted(fact: _Fact, unit: str) -> float:
    try:
        number = float(fact.text) * conversion_factor(fact.unit, unit)
    except ValueError as error:
        problem = "has no unit" if not fact.unit else f"is {fact.text!r}, in {fact.unit}"
        raise StudyError(
            f"{fact.where} {problem}; expected a number, and a unit in the name (as in weight_g) "
            "or as Units in the table's JSON file"
        ) from error
    if not 0.0 < number < float("inf"):
        raise StudyError(f"{fact.where} is {fact.text!r}; expected a positive number")
    return number


def _text(places: Sequence[Sequence[_Fact]], what: str) -> str | None:
    fact = next((fact for facts in places for fact in _facts_of(facts, what)), None)
    if fact and what == "sex":
        try:
            Body(sex=fact.text)
        except InputError as error:
            raise StudyError(f"{fact.where}: {error}") from error
    return fact.text if fact else None
