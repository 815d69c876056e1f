"""Arrays joined to the cases of a cohort, by subject and lesion."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from biomarkers.errors import InputError
from biomarkers.predict.cases import lesion_names, subject_names
from biomarkers.stats.arrays import Bools, Floats
from biomarkers.stats.words import listed

Case = tuple[str, str]
ArraysByCase = Mapping[tuple[str, str], ArrayLike] | Mapping[str, ArrayLike]


def joined_array(
    cases: Sequence[Case], rows: Sequence[Case], name: str, arrays: ArraysByCase
) -> tuple[Floats, Bools, list[str]]:
    """Return the array of each case, which cases have one, and notes of what was left out.

    Parameters
    ----------
    cases
        As the cohort names them.
    rows
        The same as its rows name them, which differs where these have a column `individual`.
    name, arrays
        What is joined.

    """
    if not isinstance(arrays, Mapping) or not arrays:
        raise InputError(f"{name}: expected arrays by (subject, lesion), found {_kind(arrays)}")
    mine, strangers = _by_place(cases, rows, name, arrays)
    if not mine:
        raise InputError(
            f"{name}: no array is of a case of the cohort; found {_called(strangers[0])}, "
            f"expected such as {_called(rows[0])}"
        )
    shape = next(iter(mine.values())).shape
    joined = np.full((len(cases), *shape), np.nan)
    for place, array in mine.items():
        if array.shape != shape:
            raise InputError(
                f"{name}, {_called(cases[place])}: found an array of {array.shape}, others of "
                f"{shape}"
            )
        joined[place] = array
    known = np.asarray(~np.isnan(joined).reshape(len(cases), -1).all(axis=1))
    lost = [_called(case) for case, is_known in zip(cases, known, strict=True) if not is_known]
    notes = [f"Left out, no array {name}: {listed(lost)}."] if lost else []
    if strangers:
        gone = listed([*map(_called, strangers)])
        notes.append(f"Arrays {name} of no case of the cohort: {gone}.")
    return joined, known, notes


def _by_place(
    cases: Sequence[Case], rows: Sequence[Case], name: str, arrays: ArraysByCase
) -> tuple[dict[int, Floats], list[Case]]:
    """Return arrays by the place of their case, and the keys that are of none."""
    fits = _fits(cases, rows)
    made: dict[int, Floats] = {}
    strangers = []
    for key, array in arrays.items():
        case = _parts(name, key)
        numbers = _numbers(name, case, array)
        # Where the only case of a subject has no lesion, whatever lesion the key has is that case.
        places = sorted(fits.get(case, ()) or (fits.get((case[0], None), ())))
        if len(places) > 1:
            either = " or ".join(_called(cases[place]) for place in places)
            raise InputError(f"{name}: the key {key!r} is that of {either}; name one as it is here")
        for place in places:
            if place in made:
                raise InputError(f"{name}: two arrays are of {_called(cases[place])}; expected one")
            made[place] = numbers
        strangers += [] if places else [case]
    return made, strangers


def _fits(cases: Sequence[Case], rows: Sequence[Case]) -> dict[tuple[str, str | None], set[int]]:
    """Return the places of the cases that a key fits: by the rows' own names, or the cohort's.

    A subject of the rows with one case needs no lesion. A lone name is never an individual: one
    that numbers animals and tumours alike would have a tumour for an animal.
    """
    fits: dict[tuple[str, str | None], set[int]] = defaultdict(set)
    sizes = Counter(subject for subject, _ in rows)
    own = rows != cases
    for place, (case, (subject, lesion)) in enumerate(zip(cases, rows, strict=True)):
        fits[case].add(place)
        fits[subject, lesion].add(place)
        if sizes[subject] == 1:
            fits[subject, ""].add(place)
            if not lesion and not own:
                fits[subject, None].add(place)
    return fits


def _parts(name: str, key: object) -> Case:
    parts = key if isinstance(key, tuple) else (key, "")
    if len(parts) != 2:
        raise InputError(f"{name}: found a key {key!r}; expected (subject, lesion)")
    subject, lesion = (pd.Series([part], dtype=object) for part in parts)
    return str(subject_names(subject)[0]), str(lesion_names(lesion)[0])


def _numbers(name: str, case: Case, array: ArrayLike) -> Floats:
    try:
        if np.iscomplexobj(array):
            raise TypeError("complex; give its magnitude, or real and imaginary part on an axis")
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
