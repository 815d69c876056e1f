"""A judgement as a file, `evaluation.json`: all that its report needs besides the rule."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

import pandas as pd

from biomarkers.errors import FileError, InputError
from biomarkers.files import read_json, write_json
from biomarkers.predict.classes.evaluation import ClassEvaluation
from biomarkers.predict.cohort_facts import CohortFacts
from biomarkers.predict.evaluation import Evaluation
from biomarkers.predict.recipes import MODELS, Recipe
from biomarkers.predict.settings import Validation
from biomarkers.predict.steps.recorded import Recorded

Judgement = Evaluation | ClassEvaluation
EVALUATION = "evaluation.json"

_STEPS = ("impute", "harmonise", "stable", "uncorrelated", "select")
_INFINITE = ("inf", "-inf")  # as `write_json` has them
_AGAIN = (
    "run the same `biomarkers predict` again: what this version keeps in `pieces` is not done anew"
)


@dataclass(frozen=True, eq=False)
class KeptEvaluation:
    """A judgement read from its file, what is told of its cohort, and the files behind it."""

    seen: Judgement
    cohort: CohortFacts
    inputs: tuple[dict[str, str], ...]


def write_evaluation(
    seen: Judgement,
    path: Path,
    *,
    cohort: CohortFacts,
    inputs: Sequence[Mapping[str, str]],
    versions: Mapping[str, str],
) -> Path:
    """Write a judgement: its figures, tables, notes and recipe, and what is told of the cohort."""
    empty = {name: list(table) for name, table in seen.tables().items() if table.empty}
    told = {"inputs": inputs, "versions": versions, "cohort": cohort.to_dict(), "empty": empty}
    return write_json(path, seen.to_dict() | told)


def read_evaluation(path: Path) -> KeptEvaluation:
    """Read a judgement that `write_evaluation` wrote.

    Raises
    ------
    FileError
        If the file is missing, holds something else or less than that, or its finding is not what
        its tables say.

    """
    content = read_json(path, "a judgement, as `biomarkers predict` writes it")
    try:
        seen = _seen(content)
        cohort = _cohort(content["cohort"])
        inputs = tuple(dict(each) for each in content["inputs"])
        agrees = seen.headline == content["headline"]
    except (LookupError, TypeError, ValueError, AttributeError, InputError) as error:
        what = f"{type(error).__name__}: {error}"
        raise FileError(
            f"{path} is no judgement as this version writes it ({what}); {_AGAIN}"
        ) from error
    if not agrees:
        raise FileError(f"{path}: the headline is not what the tables say; {_AGAIN}")
    return KeptEvaluation(seen, cohort, inputs)


def _seen(content: Mapping[str, Any]) -> Judgement:
    kind = ClassEvaluation if "confusion" in content else Evaluation
    made: dict[str, Any] = {}
    for each in fields(kind):
        value = content[each.name]
        if each.type is pd.DataFrame:
            made[each.name] = _table(value, content["empty"].get(each.name))
        else:
            made[each.name] = _figure(value, each.type)
    made["recipe"] = _recipe(content["recipe"])
    made["settings"] = Validation(**content["settings"])
    return kind(**made)


def _figure(value: Any, kind: Any) -> Any:
    """Return a number, a text, or several texts; a number that is missing is NaN."""
    if isinstance(value, list):
        return tuple(value)
    return float(value if value is not None else "nan") if kind is float else value


def _table(rows: Sequence[Mapping[str, Any]], columns: Sequence[str] | None) -> pd.DataFrame:
    """Return a table of rows, or one without any; columns of numbers with gaps hold NaN there."""
    if columns is not None:
        return pd.DataFrame(columns=list(columns))
    table = pd.DataFrame(list(rows))
    for name in table:
        if table[name].dtype.kind == "O" and all(map(_is_number, table[name])):
            table[name] = table[name].astype(float)
    return table


def _is_number(value: Any) -> bool:
    """Return whether a cell is a number, missing or infinite."""
    return value is None or value in _INFINITE or (
        isinstance(value, int | float) and not isinstance(value, bool)
    )  # fmt: skip


def _cohort(content: Mapping[str, Any]) -> CohortFacts:
    outcome = content["outcome"]
    return CohortFacts(**{
        **content,
        "outcome": outcome if isinstance(outcome, str) else tuple(outcome),
        "classes": tuple(content["classes"]),
        "blocks": {name: tuple(each) for name, each in content["blocks"].items()},
        "facts": tuple(content["facts"]),
        "case_mix": _table(content["case_mix"], None),
    })  # fmt: skip


def _recipe(declared: Mapping[str, Any]) -> Recipe:
    """Return a recipe that declares the same: of a model by name, and steps that tell only."""
    steps = {name: Recorded(declared[name]) for name in _STEPS if declared[name] is not None}
    blank = Recipe(next(iter(MODELS.values())), blocks=tuple(declared["blocks"]), **steps)
    for model in MODELS.values():
        made = replace(blank, model=model)
        if made.declared() == declared:
            return made
    kind = declared["model"]["kind"]
    raise InputError(f"the model {kind} was declared otherwise than {', '.join(MODELS)} are")
