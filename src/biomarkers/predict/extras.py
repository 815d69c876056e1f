"""What extras bring: found when needed, asked for in one sentence where absent."""

from importlib import import_module
from importlib.util import find_spec
from typing import Any

from biomarkers.errors import InputError

# The module that is imported: what it is called, and how it is installed.
_EXTRAS = {
    "sklearn": ("scikit-learn", "'biomarkers[predict]'"),
    "skops": ("skops", "'biomarkers[predict]'"),
    "xgboost": ("XGBoost", "xgboost"),
    "lightgbm": ("LightGBM", "lightgbm"),
    "shap": ("SHAP", "'biomarkers[shap]'"),
    "torch": ("PyTorch", "'biomarkers[deep]'"),
    "safetensors": ("safetensors", "'biomarkers[deep]'"),
    "captum": ("Captum", "'biomarkers[deep]'"),
    "tenseal": ("TenSEAL", "'biomarkers[encrypted]'"),
}


def has_extra(module: str) -> bool:
    """Whether an optional package is installed."""
    return find_spec(module) is not None


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
        name, package = _EXTRAS[module.partition(".")[0]]
        raise InputError(f"{what} needs {name} ({error}): pip install {package}") from error
