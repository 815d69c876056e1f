"""What a method warns of stands in the notes of the record it returns, too."""

from collections.abc import Callable
from dataclasses import replace
from functools import wraps
from typing import ParamSpec, TypeVar

from biomarkers.errors import noting
from biomarkers.estimates.record import Estimates

Settings = ParamSpec("Settings")
Record = TypeVar("Record", bound=Estimates)


def noted(method: Callable[Settings, Record]) -> Callable[Settings, Record]:
    """Add the words of the warnings of a method to the notes of its record, each once."""

    @wraps(method)
    def method_with_notes(*args: Settings.args, **kwargs: Settings.kwargs) -> Record:
        with noting() as notes:
            made = method(*args, **kwargs)
        return replace(made, notes=tuple(dict.fromkeys((*made.notes, *notes)))) if notes else made

    return method_with_notes
