"""What an analysis found: its tables, written to a folder and read back."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

import pandas as pd
from pandas.api.types import is_numeric_dtype

from biomarkers.errors import FileError
from biomarkers.files import file_in, read_json, require_file, require_folder, write_json
from biomarkers.plan import Plan, subject_noun
from biomarkers.results.tables import TABLES, Kind, column_kinds, columns_of
from biomarkers.table import write_table
from biomarkers.table.formulas import as_meant, defused

if TYPE_CHECKING:
    from matplotlib.axes import Axes

# Which tables there are, and what their columns hold.
CONTENTS = "tables.json"
EARLIEST, ANALYSIS = "earliest.json", "analysis.json"


@dataclass(frozen=True, eq=False, repr=False)
class Results:
    """What an analysis found.

    Parameters
    ----------
    tables
        By name: those of `TABLES`, and of `FURTHER` those that were made; any other, too.
    earliest
        One entry per biomarker and region: `biomarker, region, visit, direction, p_adjusted,
        auc, auc_low, auc_high`; `visit` is None (and the rest too) if none separates.
    analysis
        Plan as it ran, left-out biomarkers, counts, versions, inputs with their hashes.

    Examples
    --------
    >>> from biomarkers import sample_data, stats
    >>> table, people = sample_data.measurements(), sample_data.participants()
    >>> results = stats.earliest(table, people, permutations=199).results
    >>> results.separation.shape[0], len(results.earliest)  # two markers on two days
    (4, 2)

    """

    tables: Mapping[str, pd.DataFrame]
    earliest: list[dict[str, Any]]
    analysis: Mapping[str, Any] = field(default_factory=dict)

    @property
    def files(self) -> set[str]:
        """Names of the files that `save` writes."""
        return {f"{name}.csv" for name in self.tables} | {CONTENTS, EARLIEST, ANALYSIS}

    @property
    def separation(self) -> pd.DataFrame:
        """The test of every visit; see `TABLES`."""
        return self.tables["separation"]

    @property
    def compared(self) -> tuple[int, int]:
        """How many subjects have a change at a visit, of how many the study is about.

        Who has no outcome or was never measured belongs to the study; who the plan ignores does
        not.

        Examples
        --------
        >>> from biomarkers import sample_data, stats
        >>> table, people = sample_data.measurements(), sample_data.participants()
        >>> table = table[(table["subject"] != "16") | (table["day"] == 0)]  # rat 16 is lost
        >>> stats.earliest(table, people, permutations=199).results.compared
        (15, 16)

        """
        rows, counts = self.tables["attendance"], self.analysis.get("counts", {})
        baseline = self.analysis.get("plan", {}).get("baseline")
        used = rows[(rows["status"] == "measured") & (rows["visit"] != baseline)]
        lost = sum(counts.get(name, 0) for name in ("unknown", "unlisted", "unmeasured"))
        return used["subject"].nunique(), rows["subject"].nunique() + lost

    @property
    def compared_text(self) -> str:
        """What a headline adds where subjects could not be compared; empty if all could.

        Examples
        --------
        >>> from biomarkers import sample_data, stats
        >>> table, people = sample_data.measurements(), sample_data.participants()
        >>> table = table[(table["subject"] != "16") | (table["day"] == 0)]
        >>> print(stats.earliest(table, people, permutations=199).results.compared_text)
         Only 15 of 16 subjects could be compared.

        """
        used, everyone = self.compared
        settings = self.analysis.get("plan", {}).get("separation", {})
        noun = subject_noun(settings.get("cluster", ""))
        return f" Only {used} of {everyone} {noun}s could be compared." if used < everyone else ""

    def summary(self) -> str:
        """Return the earliest visit of each biomarker and region, and every test, as text.

        Examples
        --------
        >>> from biomarkers import sample_data, stats
        >>> table, people = sample_data.measurements(), sample_data.participants()
        >>> text = stats.earliest(table, people, permutations=199).results.summary()
        >>> print(text.splitlines()[0])
        Earliest separating visit: Ktrans (tumor): 3, volume (tumor): 10.

        """
        return f"{self._finding}\n\n{self.separation.to_string(index=False)}"

    def plot(self, axes: "Axes | None" = None) -> "Axes":
        """Draw the AUC of every visit on `axes` (new ones if None) and return them.

        Examples
        --------
        >>> from biomarkers import sample_data, stats
        >>> table, people = sample_data.measurements(), sample_data.participants()
        >>> axes = stats.earliest(table, people, permutations=199).results.plot()
        >>> axes.get_ylabel(), len(axes.get_legend().get_texts())
        ('AUC (95 % interval)', 2)

        """
        from biomarkers.results.drawing import draw_areas, house_style, new_axes  # noqa: PLC0415

        visits = Plan.from_dict(self.analysis["plan"]).visits
        with house_style():
            shown = new_axes() if axes is None else axes
            draw_areas(shown, self.separation, {visit.name: visit.target for visit in visits})
        return shown

    @property
    def _finding(self) -> str:
        found = [
            f"{row['biomarker']} ({row['region']}): {row['visit']}"
            for row in self.earliest
            if row["visit"] is not None
        ]
        return f"Earliest separating visit: {', '.join(found) or 'none'}.{self.compared_text}"

    def __repr__(self) -> str:
        return f"<Results: {', '.join(self.tables)}>"

    def _repr_html_(self) -> str:
        table = self.separation.to_html(index=False, float_format="{:.4g}".format, border=0)
        return f"<p>{escape(self._finding)}</p>\n{table}"

    def save(self, folder: Path | str) -> Path:
        """Write every table as CSV and the rest as JSON into `folder`; return it.

        Tables that an earlier analysis left there, and this one does not have, are removed.

        Examples
        --------
        >>> from biomarkers import sample_data, stats
        >>> table, people = sample_data.measurements(), sample_data.participants()
        >>> results = stats.earliest(table, people, permutations=199).results
        >>> folder = results.save("results")
        >>> sorted(path.name for path in folder.glob("*.json"))
        ['analysis.json', 'earliest.json', 'tables.json']
        >>> (folder / "separation.csv").exists()
        True

        """
        folder = Path(folder)
        _remove_others(folder, self.tables)
        for name, table in self.tables.items():
            write_table(table[columns_of(name, table)], folder / f"{name}.csv")
        kinds = {name: column_kinds(name, table) for name, table in self.tables.items()}
        write_json(folder / CONTENTS, kinds)
        write_json(folder / EARLIEST, self.earliest)
        write_json(folder / ANALYSIS, dict(self.analysis))
        return folder


def load_results(folder: Path | str) -> Results:
    """Read results back from the folder `Results.save` wrote.

    Raises
    ------
    FileError
        If the folder or one of its files is missing or lacks a column.

    Examples
    --------
    >>> from biomarkers import sample_data, stats
    >>> from biomarkers.results import load_results
    >>> table, people = sample_data.measurements(), sample_data.participants()
    >>> results = stats.earliest(table, people, permutations=199).results
    >>> again = load_results(results.save("results"))
    >>> again.earliest == results.earliest
    True

    """
    folder = require_folder(folder, "a results folder, as `biomarkers analyse` writes it")
    kinds = {name: column_kinds(name) for name in TABLES} | _contents(folder)
    return Results(
        tables={
            name: _load(file_in(folder, f"{name}.csv"), columns) for name, columns in kinds.items()
        },
        earliest=_earliest(folder / EARLIEST),
        analysis=_mapping(folder / ANALYSIS, "the settings of the analysis"),
    )


def _earliest(path: Path) -> list[dict[str, Any]]:
    what = "the earliest visits, a list with biomarker, region and visit"
    entries = read_json(path, what)
    needed = {"biomarker", "region", "visit"}
    if not isinstance(entries, list) or not all(
        isinstance(entry, dict) and needed <= entry.keys() for entry in entries
    ):
        raise FileError(f"{path} is damaged; expected {what}")
    return entries


def _mapping(path: Path, what: str) -> dict[str, Any]:
    content = read_json(path, what)
    if not isinstance(content, dict):
        raise FileError(f"{path} is damaged; expected {what}, by name")
    return content


def _contents(folder: Path) -> dict[str, dict[str, Kind]]:
    """Return the columns of every table of a folder; none where an older version wrote it."""
    path = folder / CONTENTS
    contents = _mapping(path, "what the tables hold") if path.exists() else {}
    for name, kinds in contents.items():
        if not isinstance(kinds, dict) or not set(map(str, kinds.values())) <= {*get_args(Kind)}:
            raise FileError(
                f"{path}: {name} is {kinds!r}; expected text, number or truth by column"
            )
    return contents


def _remove_others(folder: Path, tables: Collection[str]) -> None:
    for name in _contents(folder):
        if name not in tables:
            file_in(folder, f"{name}.csv").unlink(missing_ok=True)


def _load(path: Path, kinds: Mapping[str, Kind]) -> pd.DataFrame:
    require_file(path, "a results table")
    try:
        return _typed(path, kinds)
    except FileError:
        raise
    except (ValueError, TypeError) as error:  # what pandas makes of a damaged file
        raise FileError(f"{path} is damaged ({error}); analyse again") from error


def _typed(path: Path, kinds: Mapping[str, Kind]) -> pd.DataFrame:
    text = [name for name, kind in kinds.items() if kind == "text"]
    # Only what `write_table` writes for nothing is nothing: a group may be called None.
    table = pd.read_csv(
        path, dtype={defused(name): str for name in text}, keep_default_na=False, na_values=["n/a"]
    )
    table = table.rename(columns=as_meant)
    missing = [name for name in kinds if name not in table]
    if missing:
        raise FileError(
            f"{path}: no column {', '.join(missing)}; found {', '.join(map(str, table))}"
        )
    table[text] = table[text].fillna("").map(as_meant)
    # Whole numbers stay whole.
    words = {name: float for name, kind in kinds.items()
             if kind == "number" and not is_numeric_dtype(table[name])}  # fmt: skip
    return table.astype(words | {name: bool for name, kind in kinds.items() if kind == "truth"})
