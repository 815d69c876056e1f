"""Parameters of a Bruker scan, by name, whichever file they stand in."""

import re
import warnings
from collections.abc import Iterable
from datetime import date, datetime
from pathlib import Path
from typing import Any

import numpy as np

from biomarkers.arrays import FloatArray
from biomarkers.errors import FileError
from biomarkers.extras import load_extra

_PROPERTIES, _ALL = 2, 3  # how much brukerapi loads
# Beside visu_pars, which is always read.
_FILES = ("method", "acqp", "subject")
# Names, dates, unique identifiers and free text.
_IDENTIFYING = re.compile(
    r"Subject(Name|Id|BirthDate|Comment|Remarks)|Uid$|Date$|Study(Id|Name|Description|Comment)|"
    r"Physician|Institution|Station|Operator|Protocol|^OWNER$|^SUBJECT_(?!sex)|"
    r"Comment|DeviceSerial|_location$|_scan_name$"
)


class Parameters:
    """The parameters of one reconstruction of a scan."""

    def __init__(self, dataset: Any) -> None:
        self.dataset = dataset

    def value(self, *names: str) -> Any:
        """Return the first of some parameters that is there; None if none is."""
        for name in names:
            try:
                value = self.dataset[name].value
            except KeyError:
                continue
            if not (isinstance(value, str) and value == ""):
                return value
        return None

    def text(self, *names: str) -> str:
        """Return a parameter as text, empty if it is absent."""
        value = self.value(*names)
        return "" if value is None else str(value).strip("<> ")

    def numbers(self, name: str) -> FloatArray:
        """Return a parameter as numbers, (n,); none if it is absent or holds something else."""
        value = self.value(name)
        try:
            return np.atleast_1d(np.asarray([] if value is None else value, dtype=float)).ravel()
        except (TypeError, ValueError):
            return np.array([])

    def number(self, *names: str, scale: float = 1.0) -> float | None:
        """Return the first number of the first parameter that has one; None if none has."""
        for name in names:
            numbers = self.numbers(name)
            if numbers.size and np.isfinite(numbers[0]):
                return float(f"{numbers[0] * scale:.10g}")
        return None

    def date(self) -> date | None:
        """Return the date of the scan, None if it is unknown."""
        for text in (self.text("VisuAcqDate"), self.text("VisuStudyDate")):
            for parse in (datetime.fromisoformat, _spelled_out):
                try:
                    return parse(text.replace(",", ".")).date()
                except ValueError:
                    continue
        return None

    def identifying(self) -> frozenset[str]:
        """Return the names of parameters that identify and are filled in."""
        return frozenset(
            name for name in self._names() if _IDENTIFYING.search(name) and self.text(name)
        )

    def _names(self) -> Iterable[str]:
        return [str(name) for name in self.dataset.keys()]  # noqa: SIM118 (no dictionary)


def _spelled_out(text: str) -> datetime:
    return datetime.strptime(text, "%H:%M:%S %d %b %Y")


def open_scan(image: Path, *, data: bool = False) -> Parameters:
    """Return the parameters of a reconstruction (`2dseq`), with its images if asked for.

    Raises
    ------
    InputError
        If brukerapi is not installed.
    FileError
        If it cannot be read, in one line.

    """
    make = load_extra("brukerapi.dataset", "reading ParaVision").Dataset
    try:
        with warnings.catch_warnings():
            # Of optional files that are absent, and of what newer versions will name otherwise.
            warnings.simplefilter("ignore")
            dataset = make(image, load=_ALL if data else _PROPERTIES)
            for name in _FILES:
                if dataset.path.parents[{"subject": 3}.get(name, 2)].joinpath(name).is_file():
                    dataset.add_parameter_file(name)
            return Parameters(dataset)
    except Exception as error:  # brukerapi raises what it likes
        raise FileError(f"{image} cannot be read by brukerapi ({_line(error)})") from error


def _line(error: Exception) -> str:
    return " ".join(str(error).split()) or type(error).__name__
