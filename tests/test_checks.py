"""What callers give, checked."""

import numpy as np
import pytest

from biomarkers.checks import (
    as_mask,
    as_numbers,
    as_voxels,
    is_number,
    parse_number,
    positive_number,
    require_level,
    require_type,
)
from biomarkers.errors import InputError


@pytest.mark.parametrize("given", [3, [1, 2.5], np.arange(3), [True, False], (np.float32(2),)])
def test_numbers_are_numbers(given):
    found = as_numbers("x", given)
    assert found.dtype == float
    np.testing.assert_array_equal(found, np.asarray(given, dtype=float))


@pytest.mark.parametrize("given", ["3", ["a"], [[1], [1, 2]], 1j, {"a": 1}, [None, "x"], object()])
def test_what_is_no_number_is_refused(given):
    with pytest.raises(InputError, match=r"^te is .*; expected real numbers"):
        as_numbers("te", given)


def test_a_number_or_a_map_is_that_of_every_voxel():
    np.testing.assert_array_equal(as_voxels("t10", 2, (2, 3)), np.full((2, 3), 2.0))
    np.testing.assert_array_equal(as_voxels("t10", [1, 2, 3], (2, 3))[1], [1.0, 2.0, 3.0])
    with pytest.raises(InputError, match=r"^t10 of shape \(2,\) does not fit voxels \(2, 3\)$"):
        as_voxels("t10", [1, 2], (2, 3))


@pytest.mark.parametrize("given", [0, -1.0, np.nan, np.inf, None, [1.0]])
def test_a_positive_number_is_one(given):
    assert positive_number("dose", 2, "mg") == 2.0
    with pytest.raises(InputError, match=r"dose is .*; expected one positive number \(mg\)"):
        positive_number("dose", given, "mg")


def test_masks():
    np.testing.assert_array_equal(as_mask("m", [0, 2, 1], (3,)), [False, True, True])
    assert as_mask("m", np.ones(2, bool), (2,)).dtype == bool
    with pytest.raises(InputError, match=r"m of shape \(2,\) does not fit voxels \(3,\)"):
        as_mask("m", [1, 0], (3,))
    with pytest.raises(InputError, match="without a value"):
        as_mask("m", [1, np.nan], (2,))


def test_types():
    require_type("input", 1, int, "a number")
    with pytest.raises(InputError, match="input is an array of float64; expected an Input"):
        require_type("input", np.ones(2), str, "an Input")


@pytest.mark.parametrize(
    ("text", "number"),
    [("1", 1), ("-1.5e-3", -0.0015), (".5", 0.5), ("5.", 5), ("+2E2", 200), (" 7 ", 7)],
)
def test_numbers_in_text(text, number):
    assert parse_number(text) == number


@pytest.mark.parametrize(
    "text",
    ["", "1_0", "\uff11\uff12", "\u0663", "\u00b2", "0x10", "0,5", "1,000", "1 0", "True", "nan",
     "1e", "--1", "1.2.3", "1e1.5", "\u22121"],
)  # fmt: skip
def test_text_that_is_no_number(text):
    assert np.isnan(parse_number(text))


@pytest.mark.parametrize("text", ["inf", "-Infinity", "1e999"])
def test_text_beyond_all_numbers(text):
    assert np.isinf(parse_number(text))


@pytest.mark.parametrize(
    ("value", "is_one"),
    [(1, True), (1.5, True), (True, False), ("1", False), (float("nan"), False), (10**400, False)],
)
def test_values_of_json_that_are_numbers(value, is_one):
    assert is_number(value) is is_one


@pytest.mark.parametrize("level", [0.0, 1.0, 95.0, -0.5, float("nan")])
def test_a_level_lies_between_0_and_1(level):
    with pytest.raises(InputError, match=r"^level is .*; expected a number between 0 and 1"):
        require_level(level)
    require_level(0.95)
