"""Whatever an array holds: a typed error, or values that are finite or flagged; never a crash.

BIOMARKERS_EXAMPLES=200 tries more of each function.
"""

import dataclasses
import os
import warnings

import numpy as np
import pandas as pd
import pytest
from array_calls import CALLS
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from public import not_called, public
from record_calls import RECORD_CALLS

from biomarkers.checks import as_mask
from biomarkers.errors import BiomarkersError
from biomarkers.estimates import Estimates

ALL_CALLS = {**CALLS, **RECORD_CALLS}
REFUSED = object()
OF_BODIES = ("dce.maps", "dce.semiquantitative")
# What one of the models has and the other lacks, which may be the better one.
# Without an effect of the pulses on recovery, T1 is known and neither B1 nor M0.
LACKED = {
    "kinetics.select": {"kep", "ve", "vp"},
    "relaxometry.t1_look_locker": {"B1", "M0"},
}
EXAMPLES = int(os.environ.get("BIOMARKERS_EXAMPLES", "10"))


def _with(value, share):
    def spoil(array):
        spoiled = np.array(array, dtype=complex if array.dtype.kind == "c" else float)
        spoiled.reshape(-1)[: max(1, int(share * spoiled.size))] = value
        return spoiled

    return spoil


SPOILS = {
    "one NaN": _with(np.nan, 0.0), "a third NaN": _with(np.nan, 0.33), "NaN": _with(np.nan, 1.0),
    "one infinite": _with(np.inf, 0.0), "infinite": _with(np.inf, 1.0),
    "one -infinite": _with(-np.inf, 0.0), "zero": _with(0.0, 1.0), "constant": _with(3.0, 1.0),
    "negative": lambda a: -1 * np.abs(np.asarray(a)), "one negative": _with(-1.0, 0.0),
    "tiny": lambda a: np.asarray(a) * 1e-300, "huge": lambda a: np.asarray(a) * 1e300,
    "one huge": _with(1e300, 0.0), "subnormal": _with(5e-324, 1.0),
    "empty": lambda a: np.asarray(a)[..., :0], "nothing": lambda a: np.zeros(0),
    "a number": lambda a: np.asarray(a).ravel()[0], "an axis more": lambda a: np.asarray(a)[None],
    "an axis less": lambda a: np.asarray(a)[0], "turned": lambda a: np.asarray(a).T,
    "one sample": lambda a: np.asarray(a)[..., :1], "one short": lambda a: np.asarray(a)[..., :-1],
    "reversed": lambda a: np.asarray(a)[..., ::-1], "None inside": lambda a: _objects(a, None),
    "text inside": lambda a: _objects(a, "x"), "text": lambda a: "x", "None": lambda a: None,
    "truth": lambda a: np.asarray(a) > 0, "complex": lambda a: np.asarray(a) + 1j,
    "10^400": lambda a: _objects(a, 10**400), "ragged": lambda a: [[1.0, 2.0], [3.0]],
    "half precision": lambda a: np.asarray(a) if np.iscomplexobj(a) else np.float16(a),
    "dates": lambda a: np.full(np.shape(a), np.datetime64("2024-01-01")),
}  # fmt: skip


def _objects(array, value):
    objects = np.array(array, dtype=object)
    objects.reshape(-1)[0] = value
    return objects


def outcome(call, arrays):
    """Return what a call gives, `REFUSED` where that is an error of ours."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return call(arrays)
        except BiomarkersError as error:
            assert str(error)
            return REFUSED


def numbers(value):
    """Yield every array of numbers in what a function gives."""
    if isinstance(value, pd.DataFrame):
        yield from (value[name].to_numpy(float) for name in value.select_dtypes("number"))
    elif isinstance(value, dict):
        yield from (each for item in value.values() for each in numbers(item))
    elif isinstance(value, tuple | list):
        yield from (each for item in value for each in numbers(item))
    elif dataclasses.is_dataclass(value):
        for field in dataclasses.fields(value):
            if field.name != "seconds":
                yield from numbers(getattr(value, field.name))
    elif isinstance(value, float | int | np.ndarray | np.number):
        array = np.asarray(value)
        if array.dtype.kind in "iufcb":
            yield array


@pytest.mark.parametrize("name", ALL_CALLS)
@settings(
    max_examples=EXAMPLES, deadline=None, derandomize=True, database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)  # fmt: skip
@given(data=st.data())
def test_a_spoiled_array_is_refused_or_flagged(name, data) -> None:
    call = ALL_CALLS[name]
    argument = data.draw(st.sampled_from(sorted(call.arrays)))
    spoil = data.draw(st.sampled_from(sorted(SPOILS)))
    given_arrays = {**call.arrays, argument: SPOILS[spoil](call.arrays[argument])}
    kept = {
        key: np.array(value, copy=True) for key, value in given_arrays.items() if spoil != "ragged"
    }
    result = outcome(call, given_arrays)
    for key, before in kept.items():
        same = np.array_equal(
            before, np.asarray(given_arrays[key]), equal_nan=before.dtype.kind in "fc"
        )
        assert same, f"{key} was changed"
    if isinstance(result, Estimates):
        first = given_arrays[next(iter(call.arrays))]
        # Voxels that hold nothing at all are outside the body, not failures.
        outside = ~np.isfinite(first).any(axis=-1) if name in OF_BODIES else False
        mask = given_arrays.get("mask")
        if mask is not None and np.shape(mask) == result.reasons.bits.shape:
            outside = ~as_mask("mask", mask, result.reasons.bits.shape)
        for quantity in set(result.names) - LACKED.get(name, set()):
            values = np.asarray(result.values[quantity])  # noqa: PD011
            flagged = np.broadcast_to(result.reasons.bits != 0, values.shape) | outside
            assert np.isfinite(values[~flagged]).all(), f"{quantity} is not finite, nor flagged"


def layouts(array):
    """Return an array as others may hold it, the same values."""
    doubled = np.repeat(np.asarray(array), 2, axis=-1)[..., ::2]
    fixed = np.array(array)
    fixed.flags.writeable = False
    return {"strided": doubled, "Fortran": np.asfortranarray(array), "read-only": fixed}


@pytest.mark.parametrize("name", ALL_CALLS)
def test_the_layout_of_an_array_changes_nothing(name) -> None:
    call = ALL_CALLS[name]
    wanted = outcome(call, {key: np.array(value) for key, value in call.arrays.items()})
    assert wanted is not REFUSED, "sound arrays are refused"
    for layout in ("strided", "Fortran", "read-only"):
        got = outcome(call, {key: layouts(value)[layout] for key, value in call.arrays.items()})
        for one, other in zip(numbers(wanted), numbers(got), strict=True):
            np.testing.assert_allclose(other, one, rtol=1e-9, atol=1e-12, err_msg=layout)


@pytest.mark.parametrize("name", ALL_CALLS)
def test_whole_numbers_are_read_as_such(name) -> None:
    call = ALL_CALLS[name]
    for key, array in call.arrays.items():
        whole = np.round(100 * array) if array.dtype.kind == "f" else array
        if array.dtype.kind == "c":
            continue
        as_float, as_int = ({**call.arrays, key: whole.astype(kind)} for kind in (float, np.int64))
        one, other = outcome(call, as_float), outcome(call, as_int)
        assert (one is REFUSED) == (other is REFUSED), key
        for left, right in zip(numbers(one), numbers(other), strict=True):
            np.testing.assert_allclose(right, left, rtol=1e-9, atol=1e-12, err_msg=key)


def test_every_public_callable_is_called_or_it_is_said_why_not() -> None:
    names = set(public())
    passed_over, in_vain = not_called(names - set(ALL_CALLS))
    assert names - set(ALL_CALLS) - passed_over == set(), "neither called nor named"
    assert set(ALL_CALLS) - names == set(), "not public"
    assert not in_vain
