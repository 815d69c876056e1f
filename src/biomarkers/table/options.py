"""How the tables of a user are read: `[table]` of a plan, and the options of the commands."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class TableOptions:
    """How a table is read.

    Parameters
    ----------
    sheet
        Of a workbook; empty: the one that has the table.
    header_row
        Row of the column names, 1 for the first; 0: where it looks like one.
    columns
        What the user calls the columns: `{"subject": "Rat", "day": "Jour"}`.
    decimal
        Decimal mark; empty: as the numbers look.
    missing
        What a cell may hold to say that nothing was measured.

    """

    sheet: str = ""
    header_row: int = 0
    columns: Mapping[str, str] = field(default_factory=dict)
    decimal: str = ""
    missing: tuple[str, ...] = ()
