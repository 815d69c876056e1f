"""A declared recipe as a person would write it in a methods section."""

from collections.abc import Callable, Iterable, Mapping
from copy import deepcopy
from typing import Any

Declared = Mapping[str, Any]

_TRIED = "balanced"
_MODELS = {
    "Logistic": "ridge logistic regression",
    "ElasticNet": "logistic regression under an elastic net",
    "Forest": "a random forest",
    "Cox": "Cox's proportional hazards under an elastic net",
}
_STEPS: dict[str, Callable[[Declared], str]] = {
    "Impute": lambda step: (
        "missing values were filled with the median of the training set"
        + (", and an indicator told where" if step.get("indicators") else "")
    ),
    "Combat": lambda _: (
        "sites were harmonised by ComBat (Johnson, Li & Rabinovic 2007) without the outcome as "
        "covariate"
    ),
    "Stable": lambda step: (
        f"features with an ICC(A,1) below {step['at_least']:g} over repeated measurements were "
        "dropped"
    ),
    "Uncorrelated": lambda step: (
        f"of features whose rank correlation exceeds {step['at_most']:g}, the one least like all "
        "others was kept"
    ),
    "Lasso": lambda step: (
        f"the features that enter the lasso's path first were kept, at most {step['at_most']}"
    ),
    "Univariate": lambda step: (
        f"the {step['at_most']} features of the largest rank correlation with the outcome were kept"
    ),
}
# What is always done, and before which step of the recipe.
_ALWAYS = {
    "stable": "features that do not vary in the training set were dropped",
    "select": "features were scaled to mean 0 and standard deviation 1 of the training set",
}


def steps_in_words(recipe: Declared) -> list[str]:
    """Return what is done before the model, a clause each, in order.

    Parameters
    ----------
    recipe
        From `Recipe.declared`, or of a saved rule.

    """
    clauses = []
    for name in ("impute", "harmonise", "stable", "uncorrelated", "select"):
        if name in _ALWAYS:
            clauses.append(_ALWAYS[name])
        step = recipe.get(name)
        if step:
            clauses.append(_STEPS.get(step["kind"], _other)(step))
    return clauses


def model_in_words(model: Declared) -> str:
    """Return the model, with the settings that it was given or tried.

    Parameters
    ----------
    model
        The entry `model` of `Recipe.declared`.

    """
    settings = {name: value for name, value in deepcopy(dict(model)).items() if name != "kind"}
    kind = str(model["kind"])
    if kind == "Svm":
        linear = settings.pop("kernel") == "linear"
        settings = {k: v for k, v in settings.items() if not (linear and k == "widths")}
        words = f"a support vector machine with {'a linear' if linear else 'an rbf'} kernel"
    elif kind == "Boosted":
        words = f"boosted trees of {settings.pop('library')}"
    else:
        words = _MODELS.get(kind, kind)
    weights = settings.pop(_TRIED, [])
    is_network = settings.get("training", {}).pop("kind", "") == "Training"
    told = [f"{name.replace('_', ' ')} {in_words(value)}" for name, value in settings.items()
            if value is not None and value != ""]  # fmt: skip
    if is_network:
        told.append("classes weighing the same")
    if list(weights) == [False, True]:
        told.append("with and without class weights")
    elif list(weights) == [True]:
        told.append("with class weights")
    return f"{words} ({'; '.join(told)})" if told else words


def has_choice(model: Declared) -> bool:
    """Return whether a model has several settings, of which inner folds choose one.

    Parameters
    ----------
    model
        The entry `model` of `Recipe.declared`.

    """
    no_setting = {"classes", *(("widths",) if model.get("kernel") == "linear" else ())}
    return any(
        isinstance(value, list) and len(value) > 1
        for name, value in model.items()
        if name not in no_setting
    )


def in_words(value: Any) -> str:
    """Return a setting, or several, as text."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:g}"
    if isinstance(value, Mapping):
        return ", ".join(
            f"{str(name).replace('_', ' ')} {in_words(each)}" for name, each in value.items()
        )
    if isinstance(value, Iterable) and not isinstance(value, str):
        return ", ".join(map(in_words, value))
    return str(value)


def _other(step: Declared) -> str:
    """Return a transformer of another library, by its name and what it was given."""
    given = in_words(step.get("parameters", {}))
    return f"{step['kind']} was applied" + (f" ({given})" if given else "")
