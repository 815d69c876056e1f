"""Options on how tables are read, shared by the commands that read one."""

import argparse
import csv
from typing import Any

from biomarkers.errors import InputError


def add_table_options(parser: argparse.ArgumentParser) -> None:
    """Add what can be said of a table; what is not said is found, and told."""
    group = parser.add_argument_group("how the tables are read, where that cannot be seen")
    group.add_argument(
        "--sheet", action="append", metavar="NAME", help="sheet of measurements; may be repeated"
    )
    group.add_argument("--participants-sheet", metavar="NAME", help="sheet of participants")
    group.add_argument(
        "--header-row", type=int, metavar="N", help="row of the column names; 1 is the first"
    )
    group.add_argument(
        "--columns", action="append", metavar="ROLE=NAME,…",
        help="which column is which: subject=Rat,day=Jour; further roles: date, baseline_date, "
        "week, group, region, lesion, biomarker, value, unit",
    )  # fmt: skip
    group.add_argument("--ignore", action="append", metavar="NAME,…", help="columns to keep out")
    group.add_argument("--biomarker", metavar="NAME", help="what was measured, if no name says it")
    group.add_argument(
        "--decimal", choices=[",", "."], metavar="MARK", help="decimal mark of numbers, , or ."
    )
    group.add_argument(
        "--missing", action="append", metavar="WORD,…", help="what means missing: mort,n.d.,999"
    )
    group.add_argument(
        "--numbers", action="append", metavar="N,…", help="codes like 999 that are values"
    )
    group.add_argument(
        "--replicates", choices=["mean"], help="several values of one measurement become their mean"
    )
    group.add_argument(
        "--baseline-date", metavar="DATE", help="day 0: 2025-03-31, or first (of each subject)"
    )
    group.add_argument("--date-order", choices=["dmy", "mdy"], help="how 3/4/2025 is meant")
    group.add_argument(
        "--fill-down", action="store_true", default=None, help="a blank subject is the one above"
    )


_LISTS = ("ignore", "missing", "numbers")
_SINGLE = (
    "participants_sheet", "header_row", "biomarker", "decimal", "replicates", "baseline_date",
    "date_order", "fill_down",
)  # fmt: skip


def table_options(options: argparse.Namespace) -> dict[str, Any]:
    """Return what was said, by the fields of `table.TableOptions`.

    Raises
    ------
    InputError
        If `--columns` is no list of `role=name`.

    """
    said: dict[str, Any] = {
        name: getattr(options, name) for name in _SINGLE if getattr(options, name) is not None
    }
    for name in _LISTS:
        if getattr(options, name):
            said[name] = tuple(_listed(getattr(options, name)))
    if options.sheet:
        said["sheet"] = tuple(options.sheet)
    if options.columns:
        said["columns"] = dict(_pair(each) for each in _listed(options.columns))
    return said


def _listed(given: list[str]) -> list[str]:
    """Split at commas; a word that holds one stands in quotation marks."""
    words = [word.strip() for row in csv.reader(given, skipinitialspace=True) for word in row]
    return [word for word in words if word]


def _pair(text: str) -> tuple[str, str]:
    role, equals, name = (part.strip() for part in text.partition("="))
    if not (role and equals and name):
        raise InputError(f"--columns: found {text!r}, expected role=name, like subject=Rat")
    return role, name
