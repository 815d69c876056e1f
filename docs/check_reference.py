"""Hold the reference pages against the program.

python docs/check_reference.py             says what differs
python docs/check_reference.py --write     copies the help texts into command-line.md
"""

import argparse
import io
import os
import re
import sys
from collections.abc import Iterator
from contextlib import redirect_stdout, suppress
from math import isnan
from pathlib import Path

from biomarkers.cli.parser import make_parser
from biomarkers.dce import POPULATION_INPUTS, RELAXIVITIES
from biomarkers.ibsi import FAMILIES, FEATURES, tag_of
from biomarkers.plan import SECTIONS, Plan, Separation
from biomarkers.quantities import QUANTITIES
from biomarkers.results import FURTHER, TABLES
from biomarkers.table import COLUMNS

REFERENCE = Path(__file__).resolve().parent / "reference"
HELP_PAGE = REFERENCE / "command-line.md"

_HELP = re.compile(r"```text\n\$ (biomarkers[^\n]* --help)\n.*?```", re.DOTALL)


def problems() -> Iterator[str]:
    """Yield everything that a reference page says differently from the program, or not at all."""
    page = HELP_PAGE.read_text(encoding="utf-8")
    for command in commands():
        if f"$ {command}\n" not in page:
            yield f"command-line.md: no help text of `{command}`"
    # Versions of Python break lines differently.
    if page.split() != with_help_texts(page).split():
        yield "command-line.md differs from the program; run docs/check_reference.py --write"
    sections = {name for kind in SECTIONS.values() for name in kind.__dataclass_fields__}
    keys = {*Plan.__dataclass_fields__, *Separation.__dataclass_fields__} - {"sections"}
    yield from _missing("plan.md", {*keys, *SECTIONS, *sections})
    yield from _missing("measurement-table.md", COLUMNS)
    tables = {**TABLES, **FURTHER}
    results = {name for columns in tables.values() for name in columns}
    yield from _missing("results.md", results | {f"{name}.csv" for name in tables})
    inputs = (REFERENCE / "dce-inputs.md").read_text(encoding="utf-8")
    for line in (*input_rows(), *relaxivity_rows()):
        if line not in inputs:
            yield f"dce-inputs.md: no row {line}"
    features = " ".join((REFERENCE / "radiomics.md").read_text(encoding="utf-8").split())
    for line in feature_rows():
        if " ".join(line.split()) not in features:
            yield f"radiomics.md: no row {line}"
    table = (REFERENCE / "measurement-table.md").read_text(encoding="utf-8")
    for known in (each for name, each in QUANTITIES.items() if name not in FEATURES):
        row = f"| `{known.name}` | {known.unit} | {known.label} | {known.caplex} |"
        if " ".join(row.split()) not in " ".join(table.split()):
            yield f"measurement-table.md: no row {row}"


def feature_rows() -> Iterator[str]:
    """Yield the row of every feature of radiomics."""
    for family in FAMILIES:
        for each in family.features:
            tag = tag_of(family.prefix, each.name)
            yield f"| `{tag}` | {each.code} | {each.meaning} | {each.unit} |"


def input_rows() -> Iterator[str]:
    """Yield the row of every population input."""
    for each in POPULATION_INPUTS.values():
        dose = "not stated" if each.dose is None else f"{each.dose:g}"
        until = "not stated" if isnan(each.valid_until) else f"{each.valid_until:g}"
        first = "yes" if each.first_pass else "no"
        yield (
            f"| `{each.name}` | {each.subjects} | {each.agent} | {dose} | {each.measured} | "
            f"{each.hct:g} | {first} | {until} | {each.source} |"
        )


def relaxivity_rows() -> Iterator[str]:
    """Yield the row of every relaxivity; what a source does not give stays empty."""
    for each in RELAXIVITIES:
        r1 = f"{each.r1:g}"
        if not isnan(each.r1_error):
            r1 += f" ± {each.r1_error:g}"
        r2, r2s = ("" if isnan(value) else f"{value:g}" for value in (each.r2, each.r2s))
        yield (
            f"| {each.agent} | {each.medium} | {each.field_t:g} | {r1} | {r2} | {r2s} | "
            f"{each.source} |"
        )


def commands() -> list[str]:
    """Return the help command of the program and of each of its commands."""
    parts = make_parser()._actions
    found = next(part for part in parts if isinstance(part, argparse._SubParsersAction))
    return ["biomarkers --help", *(f"biomarkers {name} --help" for name in found.choices)]


def with_help_texts(page: str) -> str:
    """Return the page with every help text as the program prints it now."""
    return _HELP.sub(lambda block: f"```text\n$ {block[1]}\n{help_text(block[1])}```", page)


def help_text(command: str) -> str:
    """Return what a help command prints, 80 columns wide."""
    os.environ["COLUMNS"] = "80"
    printed = io.StringIO()
    with redirect_stdout(printed), suppress(SystemExit):
        make_parser().parse_args(command.split()[1:])
    return printed.getvalue()


def _missing(page: str, names: set[str] | tuple[str, ...]) -> Iterator[str]:
    text = (REFERENCE / page).read_text(encoding="utf-8")
    for name in sorted(names):
        if f"`{name}`" not in text:
            yield f"{page}: `{name}` is not described"


if __name__ == "__main__":
    if sys.argv[1:] == ["--write"]:
        HELP_PAGE.write_text(with_help_texts(HELP_PAGE.read_text("utf-8")), encoding="utf-8")
    found = list(problems())
    print("\n".join(found) or "the reference says what the program does")
    sys.exit(bool(found))
