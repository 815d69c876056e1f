"""How a table that is kept in a way of its own is to be read."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Any, Literal

from biomarkers.options import make_options

Words = tuple[str | int | float, ...]


@dataclass(frozen=True)
class TableOptions:
    """What is said about a table; whatever is not said is found, and told as a guess.

    They stand in the section `[table]` of a plan, or are options of the command line.

    Parameters
    ----------
    sheet
        Sheet of a workbook, or several that are put together.
    participants_sheet
        Sheet of the participants.
    header_row
        Row of the column names, the first row of the file being 1.
    columns
        Column by role (`subject`, `day`, `date`, `group`, `region`, `lesion`, …); what is no role
        is the name that the values of a column get.
    ignore
        Columns that are kept out.
    biomarker
        What was measured, where the table does not say.
    decimal
        The decimal mark of numbers written as text.
    missing
        Words and codes that stand for a missing value: `mort`, `n.d.`, 999.
    numbers
        Numbers that look like such codes and are none.
    replicates
        What becomes of several values of one measurement, by readers or repetitions: `mean`.
    baseline_date
        The date that is day 0, as 2025-03-03, or `first`: the first date of each subject.
    date_order
        How a date like 03/04/2025 is meant.
    fill_down
        Whether a blank subject, day, date, group, region or lesion is that of the row above.

    Examples
    --------
    >>> import pandas as pd
    >>> from biomarkers.table import TableOptions, read_measurements
    >>> rows = pd.DataFrame({"rat": ["01", "01"], "day": [0, 3], "Ktrans": ["0,12", "mort"]})
    >>> rows.to_csv("ktrans.csv", sep=";", index=False)
    >>> options = TableOptions(decimal=",", missing="mort")
    >>> read_measurements("ktrans.csv", options=options)["value"].tolist()
    [0.12, nan]

    """

    sheet: str | tuple[str, ...] = ()
    participants_sheet: str = ""
    header_row: int = 0
    columns: Mapping[str, str] = field(default_factory=dict)
    ignore: str | tuple[str, ...] = ()
    biomarker: str = ""
    decimal: Literal["", ".", ","] = ""
    missing: str | int | float | Words = ()
    numbers: str | int | float | Words = ()
    replicates: Literal["", "mean"] = ""
    baseline_date: str = ""
    date_order: Literal["", "dmy", "mdy"] = ""
    fill_down: bool = False

    def listed(self, name: str) -> tuple[str, ...]:
        """Return an option that is a text or a list as a list of texts.

        Examples
        --------
        >>> from biomarkers.table import TableOptions
        >>> TableOptions(missing="mort").listed("missing"), TableOptions().listed("missing")
        (('mort',), ())

        """
        value = getattr(self, name)
        values = value if isinstance(value, list | tuple) else (value,)
        return tuple(str(each) for each in values if str(each))

    def for_participants(self) -> "TableOptions":
        """Return what holds for the table of participants too.

        Examples
        --------
        >>> from biomarkers.table import TableOptions
        >>> options = TableOptions(sheet="MRI", participants_sheet="rats", header_row=3)
        >>> options.for_participants().given()
        {'sheet': 'rats', 'participants_sheet': 'rats'}

        """
        return replace(self, sheet=self.participants_sheet, header_row=0)

    def given(self) -> dict[str, Any]:
        """Return what differs from the defaults, as `[table]` of a plan would say it.

        Examples
        --------
        >>> from biomarkers.table import TableOptions
        >>> TableOptions(biomarker="ADC", header_row=3).given()
        {'header_row': 3, 'biomarker': 'ADC'}

        """
        default = TableOptions()
        values = {each.name: getattr(self, each.name) for each in fields(self)}
        return {
            name: dict(value) if isinstance(value, Mapping) else value
            for name, value in values.items()
            if value != getattr(default, name)
        }

    def changed(self, values: Mapping[str, Any]) -> "TableOptions":
        """Return these options where others do not say something else; columns are added.

        Examples
        --------
        >>> from biomarkers.table import TableOptions
        >>> TableOptions(decimal=",").changed({"missing": "mort"}).given()
        {'decimal': ',', 'missing': 'mort'}

        """
        columns = {**self.columns, **values.get("columns", {})}
        return make_table_options({**self.given(), **values, "columns": columns})


def make_table_options(values: Mapping[str, Any]) -> TableOptions:
    """Make the options of a table from the keys of `[table]`; `SettingsError` as `make_options`.

    Examples
    --------
    >>> from biomarkers.table import make_table_options
    >>> make_table_options({"biomarker": "ADC", "missing": [999]}).given()
    {'biomarker': 'ADC', 'missing': (999,)}

    """
    options: TableOptions = make_options(TableOptions, values, "table")
    return options
