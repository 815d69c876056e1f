"""What every judgement of a rule can do besides a `Shown`: give all its tables."""

from dataclasses import fields
from typing import Any

import pandas as pd

from biomarkers.stats.shown import Shown


class Judgement(Shown):
    """A result of several tables, and notes; a dataclass."""

    notes: tuple[str, ...]

    def tables(self) -> dict[str, pd.DataFrame]:
        """Return every table by name.

        Examples
        --------
        >>> from biomarkers import predict, sample_data
        >>> table, people = sample_data.measurements(), sample_data.participants()
        >>> rows = table[table["day"] == 10]
        >>> cohort = predict.Cohort.from_tables(rows, people, outcome="responder")
        >>> quick = predict.Validation(folds=3, repeats=1, permutations=0)
        >>> seen = predict.evaluate(predict.recipe("logistic"), cohort, settings=quick)
        >>> list(seen.tables())[:3]
        ['performance', 'gain', 'roc']

        """
        content = {each.name: getattr(self, each.name) for each in fields(self)}  # type: ignore[arg-type]
        return {name: value for name, value in content.items() if isinstance(value, pd.DataFrame)}

    def in_text(self, *tables: pd.DataFrame) -> list[str]:
        """Return tables as text, those without a row left out."""
        number = "{:.3g}".format
        return [each.to_string(index=False, float_format=number) for each in tables if len(each)]

    def to_dict(self) -> dict[str, Any]:
        """Return the finding, its tables, figures and notes as plain values."""
        tables = {name: table.to_dict(orient="records") for name, table in self.tables().items()}
        return {**super().to_dict(), **tables, "notes": list(self.notes)}
