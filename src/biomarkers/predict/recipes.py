"""A recipe: what is to be done with training cases, declared and not yet done to any."""

import hashlib
import json
from dataclasses import dataclass, fields, is_dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from biomarkers.errors import InputError
from biomarkers.predict.models.cox import Cox
from biomarkers.predict.models.kernel import Svm
from biomarkers.predict.models.logistic import ElasticNet, Logistic
from biomarkers.predict.models.model import Model
from biomarkers.predict.models.trees import Boosted, Classifier, Forest
from biomarkers.predict.steps.filters import Lasso, Scale, Uncorrelated, Univariate, Varying
from biomarkers.predict.steps.foreign import Foreign
from biomarkers.predict.steps.harmonisation import Combat
from biomarkers.predict.steps.imputation import Impute
from biomarkers.predict.steps.recorded import Recorded
from biomarkers.predict.steps.stability import Stable
from biomarkers.predict.steps.step import Step
from biomarkers.stats.inputs import check_choice

MODELS: dict[str, Model] = {
    "logistic": Logistic(),
    "elastic_net": ElasticNet(),
    "svm": Svm(),
    "svm_rbf": Svm("rbf"),
    "forest": Forest(),
    "xgboost": Boosted("xgboost"),
    "lightgbm": Boosted("lightgbm"),
    "cox": Cox(),
}
_MODEL_KINDS = (Logistic, ElasticNet, Svm, Forest, Boosted, Cox, Classifier)


@dataclass(frozen=True, eq=False)
class Recipe:
    """Steps in their order, and a model; made by `recipe`.

    Parameters
    ----------
    model
        What is fitted at last.
    impute, harmonise, stable, uncorrelated, select
        What is done before, each in the training set; None is left out. After them, features
        that do not vary are dropped, and the others scaled.
    blocks
        Which blocks of the cohort are used; all features where none is named.

    Examples
    --------
    >>> from biomarkers import predict
    >>> small = predict.recipe("logistic", select=predict.Univariate(at_most=3))
    >>> small == predict.recipe("logistic", select=predict.Univariate(at_most=3))
    True
    >>> small.declared()["select"]
    {'kind': 'Univariate', 'at_most': 3}

    """

    model: Model
    impute: Step
    harmonise: Step | None = None
    stable: Step | None = None
    uncorrelated: Step | None = None
    select: Step | None = None
    blocks: tuple[str, ...] = ()

    @property
    def steps(self) -> tuple[Step, ...]:
        """All that is fitted before the model, in order.

        Examples
        --------
        >>> from biomarkers import predict
        >>> [type(step).__name__ for step in predict.recipe("logistic").steps]
        ['Impute', 'Varying', 'Scale']

        """
        chosen = (self.impute, self.harmonise, Varying(), self.stable, self.uncorrelated, Scale())
        return tuple(step for step in (*chosen, self.select) if step is not None)

    def declared(self) -> dict[str, Any]:
        """Return the recipe as JSON can hold it.

        Examples
        --------
        >>> from biomarkers import predict
        >>> predict.recipe("logistic", uncorrelated=0.9).declared()["uncorrelated"]
        {'kind': 'Uncorrelated', 'at_most': 0.9}

        """
        return {each.name: _declared(getattr(self, each.name)) for each in fields(self)}

    @property
    def digest(self) -> str:
        """SHA-256 of what is declared."""
        return hashlib.sha256(json.dumps(self.declared(), sort_keys=True).encode()).hexdigest()

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Recipe) and self.digest == other.digest

    def __hash__(self) -> int:
        return int(self.digest[:15], 16)

    def only(self, *blocks: str) -> "Recipe":
        """Return the recipe for the features of some blocks.

        Examples
        --------
        >>> from biomarkers import predict
        >>> predict.recipe("logistic").only("clinical").blocks
        ('clinical',)

        """
        return replace(self, blocks=blocks)


def recipe(
    model: str | Model | Any,
    *,
    impute: Impute | Any = Impute(),  # noqa: B008 (frozen)
    harmonise: str | Combat | Any | None = None,
    stable: Stable | Any | None = None,
    uncorrelated: float | Uncorrelated | Any | None = None,
    select: Lasso | Univariate | Any | None = None,
    blocks: tuple[str, ...] | list[str] = (),
) -> Recipe:
    """Declare what is to be done with training cases.

    Parameters
    ----------
    model
        `logistic` (ridge), `elastic_net`, `svm`, `svm_rbf`, `forest`, `xgboost`, `lightgbm` (where
        installed), `cox` (with time and event); one of their classes with other settings; or a
        classifier of scikit-learn's form.
    impute
        How missing values are filled.
    harmonise
        `combat`, or None.
    stable
        Repeated measurements by which unstable features are dropped.
    uncorrelated
        The largest rank correlation between two features that stay, or the step.
    select
        `Lasso` or `Univariate`.
    blocks
        Which blocks of the cohort are used; all features where none is named.

    Notes
    -----
    Any step may be a transformer of scikit-learn's form.

    Raises
    ------
    InputError
        If the model is unknown, or a step has neither `fit` nor `transform`.

    Examples
    --------
    >>> from biomarkers import predict
    >>> predict.recipe("svm", select=predict.Lasso(at_most=8), harmonise="combat").harmonise
    Combat()

    """
    if isinstance(harmonise, str):
        check_choice("harmonise", harmonise, ("combat",))
        harmonise = Combat()
    if isinstance(uncorrelated, int | float):
        uncorrelated = Uncorrelated(uncorrelated)
    given = {"impute": impute, "harmonise": harmonise, "stable": stable,
             "uncorrelated": uncorrelated, "select": select}  # fmt: skip
    steps = {name: _step(name, step) for name, step in given.items() if step is not None}
    return Recipe(_model(model), blocks=tuple(blocks), **{"impute": Impute(), **steps})


def _model(given: Any) -> Model:
    if isinstance(given, str):
        check_choice("model", given, MODELS)
        return MODELS[given]
    if isinstance(given, _MODEL_KINDS) or hasattr(given, "settings"):
        return given  # type: ignore[no-any-return]
    if hasattr(given, "fit") and (
        hasattr(given, "predict_proba") or hasattr(given, "decision_function")
    ):
        return Classifier(given)
    raise InputError(
        f"model: found {given!r}; expected one of {', '.join(MODELS)}, or a classifier with fit "
        "and predict_proba or decision_function"
    )


def _step(name: str, given: Any) -> Step:
    if isinstance(given, Impute | Combat | Stable | Uncorrelated | Lasso | Univariate):
        return given
    if hasattr(given, "fit") and hasattr(given, "transform"):
        return Foreign(given)
    raise InputError(f"{name}: found {given!r}; expected a step, or what has fit and transform")


def _declared(value: Any) -> Any:
    """Return a declaration as plain values; what is not ours by its own words."""
    if is_dataclass(value):
        return _declared_part(value)
    if isinstance(value, list | tuple):
        return [_declared(each) for each in value]
    if isinstance(value, dict):
        return {str(name): _declared(value[name]) for name in sorted(value, key=str)}
    if isinstance(value, pd.DataFrame | pd.Series | np.ndarray):
        return _digest(value)
    return value if value is None or isinstance(value, bool | int | float | str) else repr(value)


def _declared_part(part: Any) -> dict[str, Any]:
    if isinstance(part, Recorded):
        return dict(part.content)
    if isinstance(part, Stable):
        return {"kind": "Stable", "at_least": part.at_least, "rows": part.digest}
    if isinstance(part, Foreign | Classifier):
        inside = next(iter(vars(part).values()))
        parameters = inside.get_params() if hasattr(inside, "get_params") else vars(inside)
        return {"kind": type(inside).__name__, "parameters": _declared(dict(parameters))}
    # What does not count in a comparison changes no result.
    content = {
        each.name: _declared(getattr(part, each.name)) for each in fields(part) if each.compare
    }
    return {"kind": type(part).__name__, **content}


def _digest(value: "pd.DataFrame | pd.Series[Any] | np.ndarray[Any, Any]") -> str:
    """Return the SHA-256 of an array or table: `repr` leaves out the middle of a long one."""
    array = np.asarray(value)
    labels = [axis.tolist() for axis in getattr(value, "axes", ())]
    text = hashlib.sha256(repr((array.dtype, array.shape, labels)).encode())
    text.update(repr(array.tolist()).encode() if array.dtype.hasobject else array.tobytes())
    return text.hexdigest()
