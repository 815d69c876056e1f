"""What a rule keeps of its features and subjects, and what it refuses in those of a cohort."""

import hashlib
from contextlib import suppress
from dataclasses import replace
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING, Any

from biomarkers.errors import InputError
from biomarkers.predict.cohort import Cohort
from biomarkers.predict.models.cox import Cox
from biomarkers.predict.models.kernel import Svm
from biomarkers.predict.models.logistic import ElasticNet
from biomarkers.predict.models.model import takes_arrays
from biomarkers.predict.models.trees import Boosted, Classifier, Forest
from biomarkers.predict.recipes import Recipe
from biomarkers.predict.steps.filters import Lasso
from biomarkers.predict.steps.foreign import Foreign

if TYPE_CHECKING:
    import pandas as pd

_ALWAYS = ("biomarkers", "numpy", "scipy", "statsmodels")
_SKLEARN = "scikit-learn"
_WIDE = 3.0  # standard deviations about the mean that stand for a range where none is known
_SEVERAL = 10.0  # of a training range, beyond which values look like those of another unit


def subject_hash(name: str) -> str:
    """Return the SHA-256 of a subject's name: a card tells who is met again, not who it was."""
    return hashlib.sha256(name.encode()).hexdigest()


def with_indicators(cohort: Cohort, names: tuple[str, ...]) -> Cohort:
    """Return the cohort with indicators of words (`sex=m`) that its own words did not make."""
    made = {}
    for name in names:
        fact, _, word = name.partition("=")
        if name not in cohort.features and fact in cohort.words:
            told = cohort.words[fact]
            made[name] = (told == word).astype(float).where(told.notna())
    if not made:
        return cohort
    facts = (*cohort.facts, *made)
    return replace(cohort, features=cohort.features.assign(**made), facts=facts)


def case_mix(cohort: Cohort, names: tuple[str, ...]) -> dict[str, dict[str, Any]]:
    """Return what the cases are like: mean, sd, range and missing share of each feature."""
    mix = {}
    for name in names:
        column: pd.Series[float] = cohort.features[name]
        mix[name] = {
            "mean": float(column.mean()), "sd": float(column.std(ddof=1)),
            "low": float(column.min()), "high": float(column.max()),
            "missing": float(column.isna().mean()), "made": cohort.made.get(name, ""),
        }  # fmt: skip
    return mix


def check_made(name: str, known: str, made: str) -> None:
    """Refuse what was made in another way, where both ways are told."""
    known, made = (each.replace("n/a", "").strip() for each in (known, made))  # of older rules
    if known and made and made != known:
        raise InputError(
            f"{name} was made in another way: found {made!r}, the rule was made of {known!r}; "
            "measure with the same unit and settings"
        )


def check_arrays(card: dict[str, Any], cohort: Cohort) -> None:
    """Refuse a cohort whose arrays are absent, of another shape, or made in another way."""
    for name, shape in card.get("arrays", {}).items():
        if name not in cohort.arrays:
            raise InputError(f"the cohort has no array {name}, which the rule needs")
        here = cohort.arrays[name].shape[1:]
        if list(here) != list(shape):
            raise InputError(f"{name}: found arrays of {here}, the rule was made of {tuple(shape)}")
        check_made(name, card.get("arrays_made", {}).get(name, ""), cohort.made.get(name, ""))


def check_range(name: str, known: dict[str, Any], column: "pd.Series[float]") -> None:
    """Refuse values of which not one lies near those that the rule was made of."""
    if known["sd"] is None or not known["sd"] > 0 or not column.notna().any():
        return
    low, high = known["low"], known["high"]
    if low is None:  # a federation knows no single case
        low, high = (known["mean"] + side * _WIDE * known["sd"] for side in (-1, 1))
    far = _SEVERAL * max(high - low, known["sd"])
    values = column.dropna()
    if ((values < low - far) | (values > high + far)).all():
        raise InputError(
            f"{name} was made in another way: found {values.min():.4g} to {values.max():.4g}, the "
            f"rule was made of {low:.4g} to {high:.4g}; look at its unit"
        )


def versions(given: Recipe) -> dict[str, str]:
    """Return those of the software that made a rule of a recipe, or judges it.

    Of libraries those that its steps and model use; of trees that of their SHAP values, too.
    """
    parts = (given.model, *given.steps)
    used = {*_ALWAYS, *(name for part in parts for name in _packages(part))}
    known = {}
    for name in (*_ALWAYS, *sorted(used - {*_ALWAYS})):
        with suppress(PackageNotFoundError):
            known[name] = version(name)
    return known


def _packages(part: object) -> tuple[str, ...]:
    """Return the packages that a step or a model uses besides."""
    trees = ("shap",) if isinstance(part, Forest | Boosted | Classifier) else ()
    if isinstance(part, Boosted):
        return (part.library, *trees)
    if isinstance(part, Forest | ElasticNet | Svm | Cox | Lasso):
        return (_SKLEARN, *trees)
    if takes_arrays(part) and hasattr(part, "training"):
        return ("torch",)
    if isinstance(part, Classifier | Foreign):
        part = next(iter(vars(part).values()))
    room = type(part).__module__.partition(".")[0]
    if room == __name__.partition(".")[0]:
        return trees
    return ({"sklearn": _SKLEARN}.get(room, room), *trees)
