"""What callers give, checked."""

import numpy as np
import pytest

from biomarkers.checks import as_mask, as_numbers, positive_number, require_type
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
