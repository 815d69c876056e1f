"""A fitted recipe as plain dictionaries of arrays and numbers, and back."""

from dataclasses import fields
from typing import Any

from biomarkers.errors import FileError
from biomarkers.predict.classes.training import TrainedClasses
from biomarkers.predict.models.kernel import SupportVectors
from biomarkers.predict.models.model import Linear
from biomarkers.predict.models.trees import Estimator
from biomarkers.predict.nested import Trained
from biomarkers.predict.steps.filters import Scaled
from biomarkers.predict.steps.foreign import ForeignFitted
from biomarkers.predict.steps.harmonisation import Harmonised
from biomarkers.predict.steps.imputation import Imputed
from biomarkers.predict.steps.step import Kept

_KINDS: dict[str, type] = {
    kind.__name__: kind
    for kind in (
        Imputed,
        Harmonised,
        Kept,
        Scaled,
        ForeignFitted,
        Linear,
        SupportVectors,
        Estimator,
    )
}


def know(kind: type) -> None:
    """Let saved rules hold a fitted model of a higher room, which calls this where it is loaded."""
    _KINDS[kind.__name__] = kind


def as_plain(trained: Trained | TrainedClasses) -> dict[str, Any]:
    """Return a fitted recipe as skops can hold it without naming a type of this package."""
    if isinstance(trained, TrainedClasses):
        return {"classes": list(trained.classes), "parts": [*map(_plain_part, trained.parts)]}
    return _plain_part(trained)


def _plain_part(trained: Trained) -> dict[str, Any]:
    plain = {each.name: getattr(trained, each.name) for each in fields(trained)}
    return {
        **plain,
        "steps": [_plain(step) for step in trained.steps],
        "model": _plain(trained.model),
        "names": list(trained.names),
        "needed": list(trained.needed),
    }


def from_plain(content: dict[str, Any]) -> Trained | TrainedClasses:
    """Return the fitted recipe of a dictionary.

    Raises
    ------
    FileError
        If a step or model is unknown.

    """
    if "parts" in content:
        parts = tuple(_made_part(part) for part in content["parts"])
        return TrainedClasses(tuple(content["classes"]), parts)
    return _made_part(content)


def _made_part(content: dict[str, Any]) -> Trained:
    return Trained(
        **{
            **content,
            "steps": tuple(_made(step) for step in content["steps"]),
            "model": _made(content["model"]),
            "names": tuple(content["names"]),
            "needed": tuple(content["needed"]),
        }
    )


def foreign_types(content: dict[str, Any]) -> list[str]:
    """Return the whole names of the types of transformers that are none of this package."""
    parts = content.get("parts", [content])
    steps = [step for part in parts for step in part["steps"]]
    kinds = [type(step["transformer"]) for step in steps if "transformer" in step]
    return [f"{kind.__module__}.{kind.__qualname__}" for kind in kinds]


def _plain(part: Any) -> dict[str, Any]:
    content = {each.name: getattr(part, each.name) for each in fields(part) if each.compare}
    return {"kind": type(part).__name__, **content}


def _made(content: dict[str, Any]) -> Any:
    kind = _KINDS.get(content["kind"])
    if kind is None:
        raise FileError(f"a saved rule holds {content['kind']!r}; known: {', '.join(_KINDS)}")
    return kind(**{name: value for name, value in content.items() if name != "kind"})
