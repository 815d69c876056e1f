"""What the server and every site agree on before the first message, as JSON holds it."""

import json
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from importlib import import_module
from typing import Any

import numpy as np

from biomarkers.errors import InputError
from biomarkers.federated.messages import digest
from biomarkers.federated.settings import Rounds
from biomarkers.predict.cohort import Cohort
from biomarkers.predict.models.kernel import Svm
from biomarkers.predict.models.logistic import Logistic
from biomarkers.predict.models.trees import Boosted, Forest
from biomarkers.predict.nested import reached
from biomarkers.predict.recipes import Recipe
from biomarkers.predict.steps.harmonisation import Combat
from biomarkers.predict.steps.imputation import Impute
from biomarkers.stats.arrays import Bools, Floats
from biomarkers.stats.words import listed

# Estimators of `deep`, by name: it needs an extra.
NETWORKS = ("SliceSequence", "SpectrumCNN")


@dataclass(frozen=True)
class Terms:
    """A recipe, and the cases it is for, in words.

    Parameters
    ----------
    model
        `kind` (`logistic`, `svm`) and what belongs to it.
    features
        Names, in their order.
    images
        Those of them that are image values: their site effects can be taken out.
    outcome, positive
        The column, and what it says of a positive.
    harmonise, indicators
        Whether site effects are taken out, and whether gaps are indicated.
    made
        How features and arrays were made, where that is known.
    arrays
        Names of arrays that a network looks at, and the shape of each.
    rounds
        How all train, and what protects updates; the engine aside.

    """

    model: Mapping[str, Any]
    features: tuple[str, ...]
    images: tuple[str, ...]
    outcome: str
    positive: str = ""
    harmonise: bool = False
    indicators: bool = True
    made: Mapping[str, str] = field(default_factory=dict)
    arrays: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    rounds: Rounds = field(default_factory=Rounds)

    @property
    def harmonised(self) -> Bools:
        """Of which features site effects are taken out."""
        touched = self.images if self.harmonise else ()
        return np.array([name in touched for name in self.features], dtype=bool)

    @property
    def points(self) -> int:
        """Of how many points of the array a scale is made: each of a spectrum, one of slices."""
        (shape,) = self.arrays.values()
        return math.prod(shape) if self.model["by_point"] else 1

    @property
    def words(self) -> Floats:
        """SHA-256 of the terms, as eight numbers that a message can hold."""
        text = json.dumps(asdict(self), sort_keys=True)
        return digest(text.encode())


def terms_of(given: Recipe, cohort: Cohort, settings: Rounds | None = None) -> Terms:
    """Return the terms of a recipe, a cohort, and rounds.

    Raises
    ------
    InputError
        If a step of the recipe, or its model, needs the rows of all sites in one place, or an
        array has other axes than a network needs.

    """
    of_recipe = recipe_terms(given)
    if cohort.time is not None:
        raise InputError(
            "outcome: found a time; a federation foretells a class, cut the time with horizon="
        )
    if cohort.labels is not None:
        raise InputError(
            f"outcome: found the classes {listed(cohort.classes)}; a federation foretells one of "
            "two"
        )
    cases = reached(given, cohort.cases)
    for array in cases.arrays.values():
        import_module("biomarkers.deep.model").check_array(given.model, array)
    names = (*cases.names, *cases.arrays)
    return Terms(
        **of_recipe,
        features=cases.names,
        images=tuple(np.array(cases.names)[cases.images].tolist()),
        outcome=str(cohort.outcome),
        positive=cohort.positive_is,
        made={name: cohort.made[name] for name in names if cohort.made.get(name)},
        arrays={name: tuple(array.shape[1:]) for name, array in cases.arrays.items()},
        rounds=(settings or Rounds()).agreed,
    )


def recipe_terms(given: Recipe) -> dict[str, Any]:
    """Return what terms say of a recipe alone; errors as `terms_of`."""
    _check_recipe(given)
    return {
        "model": _model_terms(given),
        "harmonise": given.harmonise is not None,
        "indicators": bool(getattr(given.impute, "indicators", False)),
    }


def _check_recipe(given: Recipe) -> None:
    steps = {"stable": given.stable, "uncorrelated": given.uncorrelated, "select": given.select}
    for name, step in steps.items():
        if step is not None:
            raise InputError(
                f"{name}: {type(step).__name__} needs the rows of all sites in one place, and rows "
                "do not leave a site; leave it out, or choose features beforehand"
            )
    if not isinstance(given.impute, Impute):
        raise InputError("impute: a transformer cannot be fitted by sums; take predict.Impute()")
    if given.harmonise is not None and not isinstance(given.harmonise, Combat):
        raise InputError("harmonise: a transformer cannot be fitted by sums; take 'combat'")


def _model_terms(given: Recipe) -> dict[str, Any]:
    """Return the model as declared, with one setting: the middle of those that it would try."""
    model = given.model
    if isinstance(model, Forest | Boosted):
        raise InputError(
            f"{type(model).__name__}: trees are not averaged; for them the engines have their own "
            "federated XGBoost"
        )
    if isinstance(model, Logistic | Svm) and False not in model.balanced:
        raise InputError("balanced: a federation weighs cases alike; expected balanced=(False,)")
    if isinstance(model, Logistic):
        return {"kind": "logistic", "penalty": _middle(model.penalties, falling=True)}
    if isinstance(model, Svm) and model.kernel == "linear":
        return {"kind": "svm", "cost": _middle(model.costs, falling=False)}
    if type(model).__name__ in NETWORKS:
        return _network_terms(model)
    raise InputError(
        f"model: found {type(model).__name__}; a federation trains 'logistic', 'svm' (linear), "
        "deep.SliceSequence and deep.SpectrumCNN"
    )


def _network_terms(model: Any) -> dict[str, Any]:
    """Return a network as JSON holds it; refuse several classes, and an encoder that is given."""
    if getattr(model, "encoder", None) is not None:
        raise InputError("encoder: a module cannot be told to sites; let the network learn its own")
    if len(getattr(model, "classes", None) or ()) > 2:
        raise InputError("classes: a federation foretells one of two classes, and no more")
    names = ("array", "clinical", "width", "head")
    return {
        "kind": "network",
        "class": type(model).__name__,
        "by_point": type(model).__name__ == "SpectrumCNN",
        "declared": {name: getattr(model, name) for name in names if hasattr(model, name)},
    }


def _middle(values: tuple[float, ...], *, falling: bool) -> float:
    """Return the middle value; of two, that which shrinks less."""
    ordered = sorted(values, reverse=falling)
    return ordered[len(ordered) // 2]
