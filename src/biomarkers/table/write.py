"""Write a table so that reading it back gives the same numbers."""

import math
from pathlib import Path

import numpy as np
import pandas as pd

from biomarkers.files import replacing
from biomarkers.table.formulas import defused
from biomarkers.table.sheets import by_text

_ROWS = 10_000  # of a piece


def write_table(table: pd.DataFrame, path: Path | str) -> Path:
    """Write a table as TSV or CSV, by the ending of `path`; missing cells are `n/a`.

    Numbers are written in full (the shortest text that reads back to the same float), whole
    ones without a decimal point, truth as `true` and `false`. Text that
    a spreadsheet would run is defused (`formulas`). The file appears whole or not at all.

    Examples
    --------
    >>> import pandas as pd
    >>> from biomarkers.table import write_table
    >>> table = pd.DataFrame({"subject": ["01", "02"], "ADC": [0.72, None], "died": [True, False]})
    >>> print(write_table(table, "adc.csv").read_text())
    subject,ADC,died
    01,0.72,true
    02,n/a,false

    """
    path = Path(path)
    separator = "\t" if path.suffix == ".tsv" else ","
    names = [_cell(name) for name in table.columns]
    with replacing(path) as temporary, temporary.open("w", encoding="utf-8", newline="") as file:
        # In pieces: as text, a table takes several times the memory.
        for start in range(0, max(len(table), 1), _ROWS):
            piece = table.iloc[start : start + _ROWS]
            text = piece.apply(by_text, make=_cell).set_axis(names, axis=1)
            text.to_csv(file, sep=separator, index=False, header=not start, lineterminator="\n")
    return path


def _cell(value: object) -> str:
    if value is None or value is pd.NA:
        return "n/a"
    if isinstance(value, bool | np.bool):
        return "true" if value else "false"
    if isinstance(value, float):
        if math.isnan(value):
            return "n/a"
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(float(value))
    return defused(str(value))
