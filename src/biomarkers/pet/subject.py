"""Who was scanned: body weight and the like, from the tables of a dataset or a sidecar."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from biomarkers.bids import BidsFile, Sidecar, holding_datasets
from biomarkers.checks import parse_number
from biomarkers.errors import InputError, StudyError
from biomarkers.files import read_json
from biomarkers.pet.body import Body
from biomarkers.ranges import require_possible
from biomarkers.table.cells import kept_cells, kept_rows
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
        Naming file, row and column, if a value is no positive number, is not possible, or
        contradicts another in the same row. One without a unit is not known, and `Body.unread`
        says why.

    """
    key_facts = _facts(sidecar.values, _KEYS, str(sidecar.source), {})
    places = [*_tables(file), key_facts]
    unread = {
        fact.what: f"{fact.where} has no unit: give it in the name (as in weight_g), or as Units "
        "in the table's JSON file"
        for facts in places
        for fact in facts
        if _unitless(fact)
    }
    places = [[fact for fact in facts if not _unitless(fact)] for facts in places]
    return Body(
        unread=unread,
        weight_g=_number(places, "weight", "g"),
        height_cm=_number(places, "height", "cm"),
        sex=_text(places, "sex"),
        species=_text(places, "species"),
    )


def _facts(
    values: Mapping[Any, Any],
    names: Mapping[str, tuple[str, str]],
    where: str,
    units: Mapping[str, str],
) -> list[_Fact]:
    """Return what values of known names say of the body, blank ones left out."""
    return [
        _Fact(what, units.get(name, unit), str(values[name]), f"{where}: {name}")
        for name, (what, unit) in names.items()
        if str(values.get(name, "")).lower() not in _BLANK
    ]


def _tables(file: BidsFile) -> Iterator[list[_Fact]]:
    subject, session = (file.entities.get(key) for key in ("sub", "ses"))
    if subject is None:
        return
    wanted = [("participants.tsv", "participant_id", f"sub-{subject}")]
    if session is not None:
        wanted.insert(0, (f"sub-{subject}_sessions.tsv", "session_id", f"ses-{session}"))
    folders = _folders(file.path, f"sub-{subject}")
    for table, column, name in wanted:
        for path in (folder / table for folder in folders):
            if path.is_file():
                yield _row(path, column, name)


def _folders(path: Path, subject: str) -> list[Path]:
    """Return where tables may lie, the nearest first: beside the image and up to its dataset."""
    roots = holding_datasets(path)
    own = path.parent.resolve()
    above = [each for each in (own, *own.parents) if each.is_relative_to(roots[0])]
    return list(dict.fromkeys([*above, *(place for r in roots for place in (r / subject, r))]))


def _row(path: Path, column: str, name: str) -> list[_Fact]:
    """Return what the row of a table says, nothing if it has no such row."""
    what = f"a table with a column {column}"
    cells = kept_cells(path, what)
    if column not in cells:
        raise StudyError(f"{path}: no column {column}; found {', '.join(cells.columns)}")
    rows = kept_rows(path, what, column, name)
    if len(rows) > 1:
        numbers = ", ".join(str(number) for number, _ in rows)
        raise StudyError(f"{path}: {name} stands in rows {numbers}")
    units = _stated_units(path.with_suffix(".json"))
    return [
        fact
        for number, row in rows
        for fact in _facts(row, _COLUMNS, f"{path}, row {number}", units)
    ]


def _stated_units(path: Path) -> dict[str, str]:
    """Return the units that the JSON file of a table gives its columns."""
    described: Any = read_json(path, "a description of columns") if path.is_file() else {}
    units = {
        name: canonical_unit(str(each["Units"]))
        for name, each in described.items()
        if isinstance(each, dict) and "Units" in each
    }
    for name, unit in units.items():
        _, named = _COLUMNS.get(name, ("", ""))
        if named and unit != named:
            raise StudyError(f"{path}: {name} has Units {unit}; its name says {named}")
    return units


def _number(places: Sequence[Sequence[_Fact]], what: str, unit: str) -> float | None:
    for facts in places:
        values = {fact.where: _converted(fact, unit) for fact in facts if fact.what == what}
        if values:
            low, high = min(values.values()), max(values.values())
            if high > low * (1.0 + _AGREEMENT):
                raise StudyError(f"{' and '.join(values)} contradict each other; mend one of them")
            return next(iter(values.values()))
    return None


def _converted(fact: _Fact, unit: str) -> float:
    try:
        number = parse_number(fact.text) * conversion_factor(fact.unit, unit)
    except ValueError as error:
        raise StudyError(
            f"{fact.where} is {fact.text!r}, in {fact.unit}; expected a number, and a unit in the "
            "name (as in weight_g) or as Units in the table's JSON file"
        ) from error
    if not 0.0 < number < float("inf"):
        raise StudyError(f"{fact.where} is {fact.text!r}; expected a positive number")
    require_possible(f"body_{fact.what}", number, source=fact.where, error=StudyError)
    return number


def _unitless(fact: _Fact) -> bool:
    return fact.what in ("weight", "height") and not fact.unit


def _text(places: Sequence[Sequence[_Fact]], what: str) -> str | None:
    fact = next((fact for facts in places for fact in facts if fact.what == what), None)
    if fact and what == "sex":
        try:
            Body(sex=fact.text)
        except InputError as error:
            raise StudyError(f"{fact.where}: {error}") from error
    return fact.text if fact else None
