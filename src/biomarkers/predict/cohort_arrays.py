"""Arrays joined to the cases of a cohort, by subject and lesion."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from biomarkers.errors import InputError
from biomarkers.plan import level
from biomarkers.predict.cases import subject_names
from biomarkers.stats.arrays import Bools, Floats
from biomarkers.stats.words import listed

Case = tuple[str, str]
ArraysByCase = Mapping[tuple[str, str], ArrayLike] | Mapping[str, ArrayLike]


def joined_array(
    cases: Sequence[Case], name: str, arrays: ArraysByCase
) -> tuple[Floats, Bools, list[str]]:
    """Return the array of each case, which cases have one, and notes of those that do not."""
    if not isinstance(arrays, Mapping) or not arrays:
        raise InputError(f"{name}: expected arrays by (subject, lesion), found {_kind(arrays)}")
    by_case = _by_case(cases, name, arrays)
    mine = {case: by_case[case] for case in cases if case in by_case}
    if not mine:
        raise InputError(
            f"{name}: no array is of a case of the cohort; found {_called(next(iter(by_case)))}, "
            f"expected such as {_called(cases[0])}"
        )
    shape = next(iter(mine.values())).shape
    for case, array in mine.items():
        if array.shape != shape:
            raise InputError(
                f"{name}, {_called(case)}: found an array of {array.shape}, others of {shape}"
            )
    joined = np.full((len(cases), *shape), np.nan)
    for place, case in enumerate(cases):
        if case in mine:
            joined[place] = mine[case]
    known = np.asarray(~np.isnan(joined).reshape(len(cases), -1).all(axis=1))
    lost = [_called(case) for case, is_known in zip(cases, known, strict=True) if not is_known]
    return joined, known, [f"Left out, no array {name}: {listed(lost)}."] if lost else []


def _by_case(cases: Sequence[Case], name: str, arrays: ArraysByCase) -> dict[Case, Floats]:
    """Return arrays by case, as the cohort spells them.

    A subject with one case needs no lesion; one without lesions is met by any one key of it.
    """
    lesions: dict[str, list[str]] = {}
    for subject, lesion in cases:
        lesions.setdefault(subject, []).append(lesion)
    made: dict[Case, Floats] = {}
    for key, array in arrays.items():
        subject, lesion = _parts(name, key)
        here = lesions.get(subject, [])
        is_one = len(here) == 1 and "" in (lesion, here[0])
        case = (subject, here[0] if is_one else lesion)
        if case in made:
            raise InputError(f"{name}: two arrays are of {_called(case)}; expected one")
        made[case] = _numbers(name, case, array)
    return made


def _parts(name: str, key: object) -> Case:
    parts = key if isinstance(key, tuple) else (key, "")
    if len(parts) != 2:
        raise InputError(f"{name}: found a key {key!r}; expected (subject, lesion)")
    subject, lesion = parts
    return str(subject_names(pd.Series([subject], dtype=object))[0]), level(lesion)


def _numbers(name: str, case: Case, array: ArrayLike) -> Floats:
    try:
        numbers = np.asarray(array, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise InputError(f"{name}, {_called(case)}: no array of numbers ({error})") from error
    if numbers.ndim == 0 or not numbers.size or np.isinf(numbers).any():
        raise InputError(
            f"{name}, {_called(case)}: expected an array of finite numbers, NaN where missing"
        )
    return numbers


def _called(case: Case) -> str:
    return f"{case[0]}, lesion {case[1]}" if case[1] else case[0]


def _kind(arrays: Any) -> str:
    return "none" if isinstance(arrays, Mapping) else type(arrays).__name__
