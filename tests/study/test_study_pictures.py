"""Maps on quality cards: colours, slices, outlines, what is flagged."""

import io

import numpy as np
import pytest
from PIL import Image as Raster

from biomarkers.estimates.colours import colours_of
from biomarkers.images import Image, LabelMap
from biomarkers.study.pictures import MapPanel, map_panels
from biomarkers.study.planes import planes_of

SHAPE = (12, 10, 6)
SQUARE = np.ones(2)


def regions(**boxes):
    """Return a label map with a box for each name."""
    data = np.zeros(SHAPE, dtype=int)
    for label, box in enumerate(boxes.values(), start=1):
        data[box] = label
    names = dict(enumerate(boxes, start=1))
    return LabelMap(Image(data, np.eye(4), "labels"), names)


TUMOUR = regions(tumor=np.s_[3:7, 4:8, 1:5])


def panel(values, *, biomarker="Ktrans", labels=TUMOUR, flagged=None):
    return MapPanel(biomarker, Image(values, np.eye(4), "map", "1/min"), labels, flagged)


def pixels(*panels):
    return np.asarray(Raster.open(io.BytesIO(map_panels(panels))).convert("RGB")).astype(int)


def count(picture, colour):
    """Count pixels of a colour, as near as a file of 256 colours can have it."""
    return int((np.abs(picture - np.array(colour)) <= 8).all(axis=2).sum())


def test_a_map_is_in_colour_and_large_enough_to_read():
    values = np.random.default_rng(1).uniform(0, 1, SHAPE)
    picture = pixels(panel(values))
    assert picture.shape[0] > 130
    assert picture.shape[1] > 400  # three slices and a bar
    coloured = np.ptp(picture, axis=2) > 40
    assert coloured.mean() > 0.3


def test_several_maps_go_side_by_side_then_below():
    maps = [panel(np.ones(SHAPE)) for _ in range(5)]
    one, five = pixels(maps[0]), pixels(*maps)
    assert five.shape[1] <= 1100
    assert five.shape[0] > 2 * one.shape[0]


def test_what_is_flagged_is_hatched_and_named_and_what_is_absent_is_not():
    values = np.ones(SHAPE)
    values[:, :5] = np.nan
    flagged = np.isnan(values)
    hatch = (150, 150, 150)
    absent, shown = pixels(panel(values)), pixels(panel(values, flagged=flagged))
    assert count(absent, hatch) < 100  # what print has of it
    assert count(shown, hatch) > 1000


def test_each_region_is_outlined_in_a_colour_of_its_own():
    both = regions(tumor=np.s_[2:5, 2:5, 2], muscle=np.s_[7:10, 2:5, 2])
    picture = pixels(panel(np.zeros(SHAPE), labels=both))
    lines = [count(picture, colour) for colour in ((255, 255, 255), (0, 230, 255))]
    assert min(lines) > 100


def test_slices_show_every_region():
    drawn = regions(tumor=np.s_[2:9, 2:9, 1:3], node=np.s_[0:2, 0:2, 5:6])
    shown = [plane.z for plane in planes_of(np.asarray(drawn.image.data), SQUARE, height=100)]
    assert 5 in shown
    assert {1, 2} & set(shown)
    assert shown == sorted(shown)
    assert len(shown) <= 3


def test_without_regions_the_middle_slice_is_shown():
    (plane,) = planes_of(np.zeros(SHAPE), SQUARE, height=100)
    assert plane.z == 3


@pytest.mark.parametrize("edges", [(1.0, 1.0), (2.0, 1.0)])
def test_slices_keep_the_shape_of_the_voxels(edges):
    (plane,) = planes_of(np.zeros(SHAPE), np.array(edges), height=100)
    assert plane.width / plane.height == pytest.approx(12 * edges[0] / (10 * edges[1]), rel=0.02)


def test_windows_begin_at_zero_or_lie_around_the_middle():
    sample = np.linspace(0.5, 2.0, 101)
    assert colours_of("T1", sample).low == 0.0
    assert colours_of("T1", sample).high == pytest.approx(1.97)
    around = colours_of("B1", np.linspace(0.9, 1.05, 101))
    assert around.low + around.high == pytest.approx(2.0)
    assert colours_of("T1", np.array([np.nan])).high > 0


def test_colour_maps_follow_the_quantity():
    sample = np.array([0.0, 1.0])
    names = [colours_of(each, sample).name for each in ("Ktrans", "T1", "B1", "T1w")]
    assert names == ["magma", "viridis", "RdBu_r", "gray"]


def test_a_value_gets_the_colour_of_its_place_in_the_window():
    from matplotlib import colormaps  # noqa: PLC0415

    colours = colours_of("T1", np.array([0.0, 1.0]))
    high = colours(np.array([colours.high, 9.0, -1.0]))
    ends = colormaps["viridis"]([1.0, 1.0, 0.0], bytes=True)[:, :3]
    assert (high == ends).all()


def test_a_map_without_any_value_and_the_same_maps_twice():
    empty = panel(np.full(SHAPE, np.nan))
    assert map_panels([empty]) == map_panels([empty])
