"""What the extra `predict` brings: found when needed, asked for in one sentence where absent."""

from importlib import import_module
from typing import Any

from biomarkers.errors import InputError

# The module that is imported, and how it is installed.
_INSTALLED_BY = {
    "sklearn": "'biomarkers[predict]'",
    "skops": "'biomarkers[predict]'",
    "xgboost": "xgboost",
    "lightgbm": "lightgbm",
}


def load_extra(module: str, what: str) -> Any:
    """Return a module of an optional package; `what` needs it.

    Raises
    ------
    InputError
        If it is not installed.

    """
    try:
        return import_module(module)
    except ImportError as error:
        package = _INSTALLED_BY[module.partition(".")[0]]
        raise InputError(f"{what} needs {error.name}: pip install {package}") from error
