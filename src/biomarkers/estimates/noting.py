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
    """Add the words of the warnings of a method to the notes of its record, each once.

    Examples
    --------
    >>> import warnings
    >>> import numpy as np
    >>> from biomarkers import dwi
    >>> from biomarkers.errors import AssumptionWarning, warn
    >>> from biomarkers.estimates import noted
    >>> @noted
    ... def adc_of_phantom(signal, b):
    ...     warn(AssumptionWarning("the phantom was not at 0 °C"))
    ...     return dwi.adc(signal, b)
    >>> with warnings.catch_warnings(action="ignore"):
    ...     fit = adc_of_phantom(np.exp([0.0, -0.4, -0.8]), [0.0, 400.0, 800.0])
    >>> fit.notes
    ('the phantom was not at 0 °C',)

    """

    @wraps(method)
    def method_with_notes(*args: Settings.args, **kwargs: Settings.kwargs) -> Record:
        with noting() as notes:
            made = method(*args, **kwargs)
        return replace(made, notes=tuple(dict.fromkeys((*made.notes, *notes)))) if notes else made

    return method_with_notes
