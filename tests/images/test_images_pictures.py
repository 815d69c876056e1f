"""Two images in alternate squares."""

import io

import numpy as np
import pytest
from PIL import Image as Raster

from biomarkers.errors import GeometryError
from biomarkers.images import Image, checkerboard
from biomarkers.images.pictures import changes_between


def shades(png):
    return np.asarray(Raster.open(io.BytesIO(png)))


def test_squares_alternate_between_the_images():
    x = np.arange(16.0)[:, None, None] * np.ones((16, 16, 3))
    rising, falling = Image(x, np.eye(4), "rising"), Image(15.0 - x, np.eye(4), "falling")
    drawn = shades(checkerboard(rising, falling, slices=1, squares=2))
    left, right = drawn[:, :25].mean(axis=1), drawn[:, -25:].mean(axis=1)
    top, bottom = slice(0, 100), slice(100, 200)
    for side in (left, right):  # falling, rising, rising, falling from the lower left
        assert side[top].mean() < 60 < 200 < side[bottom].mean()


def test_a_missing_voxel_is_black():
    x = np.random.default_rng(0).random((8, 8, 1)) + 5.0
    x[:4] = np.nan
    drawn = shades(checkerboard(*[Image(x, np.eye(4), "half")] * 2, slices=1))
    assert (drawn[:, :100] == 0).all()


def test_grids_must_agree():
    one, two = (Image(np.ones((8, 8, size)), np.eye(4), "x") for size in (3, 4))
    with pytest.raises(GeometryError, match="share a grid"):
        checkerboard(one, two)


def test_changes_are_drawn_on_one_scale():
    rng = np.random.default_rng(0)
    wild = Image(rng.normal(0, 1, (16, 16, 3, 5)), np.eye(4), "wild")
    calm = Image(0.1 * wild.data, np.eye(4), "calm")
    drawn = shades(changes_between([wild, calm]))
    assert drawn[:, :200].mean() > 5 * drawn[:, -200:].mean() > 0
