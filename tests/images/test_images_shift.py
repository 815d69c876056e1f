"""How far an image has moved: seen where it has, and not where noise only looks like it."""

import numpy as np
import pytest
from scipy import ndimage

from biomarkers.errors import InputError
from biomarkers.images import estimate_shift


def head(shape=(28, 24, 6)):
    """A head with a brighter brain and a tumour, of different size from slice to slice."""
    x, y, z = np.meshgrid(*(np.arange(n) - 0.5 * (n - 1) for n in shape), indexing="ij")
    size = 1.0 - 0.04 * z
    image = 0.7 * ((x / 11) ** 2 + (y / 9) ** 2 < size)
    image += 0.3 * ((x / 8) ** 2 + (y / 6) ** 2 < size)
    return image + 0.4 * ((x - 3) ** 2 + y**2 + (2 * z) ** 2 < 9)


def noisy(image, seed, sd=0.02):
    return image + np.random.default_rng(seed).normal(0.0, sd, image.shape)


@pytest.mark.parametrize("shift", [(0.3, 0, 0), (0.7, -0.5, 0), (1.5, 1.0, 0), (0, 0, 0.6)])
def test_shifts_are_found_whatever_the_brightness(shift):
    still = head()
    moved = 1.3 * ndimage.shift(still, shift, order=1, mode="nearest")
    found = estimate_shift(noisy(still, 1), noisy(moved, 2))
    np.testing.assert_allclose(found, shift, atol=0.2)


@pytest.mark.parametrize("value", [np.nan, np.inf])
@pytest.mark.parametrize("of", [0, 1])
def test_what_is_missing_in_one_image_is_no_shift(value, of):
    for shift in ((0.0, 0.0, 0.0), (0.7, -0.5, 0.0)):
        pair = [noisy(head(), 1), noisy(ndimage.shift(head(), shift, order=1, mode="nearest"), 2)]
        pair[of][:6] = value
        pair[of][20, 10, 3] = value
        np.testing.assert_allclose(estimate_shift(*pair), shift, atol=0.2)


def test_what_has_not_moved_has_not():
    assert not estimate_shift(noisy(head(), 1), noisy(0.8 * head(), 2)).any()
    assert not estimate_shift(head(), head()).any()


def test_noise_without_structure_does_not_move():
    even = np.ones((28, 24, 6))
    assert not estimate_shift(noisy(even, 3, 0.1), noisy(even, 4, 0.1)).any()
    assert not estimate_shift(np.zeros((8, 8)), np.ones((8, 8))).any()


def test_short_axes_and_missing_values_are_left_out():
    still = head((28, 24, 2))
    moved = ndimage.shift(still, (1.0, 0, 0), order=1, mode="nearest")
    moved[0, 0, 0] = np.nan
    found = estimate_shift(still, moved)
    assert found[0] == pytest.approx(1.0, abs=0.1)
    assert found[2] == 0.0


def test_shapes_must_fit():
    with pytest.raises(InputError, match="cannot be compared"):
        estimate_shift(np.ones((4, 4)), np.ones((4, 5)))
