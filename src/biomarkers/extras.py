"""What extras bring: found when needed, asked for in one sentence where absent."""

from importlib import import_module
from importlib.util import find_spec
from typing import Any

from biomarkers.errors import InputError

# The module that is imported: what it is called, and how it is installed.
_EXTRAS = {
    "brukerapi": ("brukerapi", "'biomarkers[bruker]'"),
    "docx": ("python-docx", "'biomarkers[word]'"),
    "pydicom": ("pydicom", "'biomarkers[dicom]'"),
    "pywt": ("PyWavelets", "'biomarkers[radiomics]'"),
    "weasyprint": ("WeasyPrint", "'biomarkers[pdf]', and the system library Pango"),
    "skimage": ("scikit-image", "'biomarkers[radiomics]'"),
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


def load_extra(module: str, what: str, *, otherwise: str = "") -> Any:
    """Return a module of an optional package; `what` needs it, `otherwise` is what else would do.

    Raises
    ------
    InputError
        If it, or what it stands on, is not installed.

    """
    try:
        return import_module(module)
    except (ImportError, OSError) as error:  # of a library of the system, what loads it raises
        name, package = _EXTRAS[module.partition(".")[0]]
        choices = "; or ".join(filter(None, (f"pip install {package}", otherwise)))
        raise InputError(f"{what} needs {name} ({error}): {choices}") from error
