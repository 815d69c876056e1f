"""What was saved of a rule, read again: refused where it is not of the shape of a rule."""

from collections.abc import Collection, Iterable, Mapping
from numbers import Real
from pathlib import Path
from typing import Any

import numpy as np

from biomarkers.errors import FileError
from biomarkers.extras import load_extra
from biomarkers.files import read_json
from biomarkers.predict.storage import foreign_types, from_plain
from biomarkers.predict.weights import AnyTrained, parts_of
from biomarkers.stats.words import listed

FORMAT = 1
# Types that saved forests and boosted trees hold, beyond those that skops knows to be harmless.
# Whole names: a prefix such as `builtins.` would let a file name `exec`.
_TRUSTED = frozenset({
    "sklearn.tree._tree.Tree", "xgboost.core.Booster", "xgboost.sklearn.XGBClassifier",
    "lightgbm.basic.Booster", "lightgbm.sklearn.LGBMClassifier", "collections.OrderedDict",
})  # fmt: skip
# What a card must hold, and of what kind; other entries are told where they are there.
_NEEDED: dict[str, type] = {
    "recipe": dict, "features": dict, "is_survival": bool, "cases": int, "subjects": int,
}  # fmt: skip
_OPTIONAL: dict[str, type] = {
    "arrays": dict, "arrays_made": dict, "weights": dict, "room": str, "sha256": str,
    "classes": list, "subject_hashes": list, "selected": list, "sites": list, "versions": dict,
}  # fmt: skip
_TEXT, _NUMBER = (str,), (int, float, type(None))
_FEATURE = {
    "mean": _NUMBER, "sd": _NUMBER, "low": _NUMBER, "high": _NUMBER, "missing": _NUMBER,
    "made": _TEXT,
}  # fmt: skip


def read_card(path: Path) -> dict[str, Any]:
    """Return the card of a rule.

    Raises
    ------
    FileError
        If it is missing, no JSON, of another format, or an entry is absent or of another kind.

    """
    card = read_json(path, "the card of a rule")
    if not isinstance(card, dict):
        raise FileError(f"{path}: found a {type(card).__name__}, expected the card of a rule")
    if card.get("format") != FORMAT or isinstance(card["format"], bool):
        raise FileError(
            f"{path}: found format {card.get('format')!r}, expected {FORMAT}; take the version of "
            "biomarkers that saved the rule"
        )
    for name, kind in (_NEEDED | _OPTIONAL).items():
        if name in _NEEDED and name not in card:
            raise FileError(f"{path}: has no {name}; expected the card of a rule")
        if name in card and not isinstance(card[name], kind):
            raise FileError(
                f"{path}, {name}: found {type(card[name]).__name__}, expected {kind.__name__}"
            )
    model = card["recipe"].get("model")
    if not isinstance(model, dict) or not isinstance(model.get("kind"), str):
        raise FileError(f"{path}, recipe: expected a model with its kind")
    for name, known in card["features"].items():
        _check_feature(f"{path}, features, {name}", known)
    for name, shape in card.get("arrays", {}).items():
        if not isinstance(shape, list) or not all(type(each) is int for each in shape):
            raise FileError(f"{path}, arrays, {name}: expected a shape, found {shape!r}")
    return card


def _check_feature(place: str, known: Any) -> None:
    if not isinstance(known, dict):
        raise FileError(f"{place}: found {type(known).__name__}, expected what is known of it")
    for name, kinds in _FEATURE.items():
        if name not in known or not isinstance(known[name], kinds):
            raise FileError(f"{place}: {name} is absent or of another kind")


def read_trained(path: Path, trusted: tuple[str, ...]) -> AnyTrained:
    """Return the fitted recipe of a file of skops.

    Raises
    ------
    FileError
        If it is no such file, names types that are not trusted, or is of another shape.

    """
    skops = load_extra("skops.io", "a saved rule")
    try:
        strange = skops.get_untrusted_types(file=path)
        _check_trusted(path, strange, {*_TRUSTED, *trusted})
        content = skops.load(path, trusted=strange)
    except (ValueError, KeyError, OSError) as error:
        if isinstance(error, FileError):
            raise
        raise FileError(f"{path} is no model of skops ({error})") from error
    try:
        _check_trusted(path, foreign_types(content), trusted)
        trained = from_plain(content)
        for part in parts_of(trained):
            _check_part(part.slope, part.intercept, part.threshold)
            if len(part.directions) != len(part.names):
                raise ValueError("directions are not of its names")
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        if isinstance(error, FileError):
            raise
        raise FileError(
            f"{path} is of another shape than a saved rule ({type(error).__name__}: {error})"
        ) from error
    return trained


def _check_part(*numbers: object) -> None:
    if not all(isinstance(number, Real | np.floating) for number in numbers):
        raise TypeError("slope, intercept or threshold is no number")


def check_features(path: Path, card: Mapping[str, Any], trained: AnyTrained) -> None:
    """Refuse a card whose features are not those that its model needs."""
    for part in parts_of(trained):
        differing = set(part.needed) ^ set(card["features"])
        if differing:
            raise FileError(
                f"{path}, features: {listed(sorted(differing))} stand in only one of card and "
                "model; expected the same features"
            )


def _check_trusted(path: Path, named: Iterable[str], trusted: Collection[str]) -> None:
    refused = [each for each in named if each not in trusted]
    if refused:
        raise FileError(f"{path} names {listed(refused)}; name them in trusted= to load them")
