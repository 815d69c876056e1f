"""Charts of the quality cards."""

import io

import numpy as np
import pytest
from PIL import Image

from biomarkers.study.charts import Chart, Mark, draw_charts

TIME = np.linspace(0.0, 200.0, 50)


def pixels(*charts):
    return np.asarray(Image.open(io.BytesIO(draw_charts(charts))).convert("RGB")).astype(int)


def blue(picture):
    """Where a chart drew in its blue."""
    return np.argwhere((picture[:, :, 2] > 150) & (picture[:, :, 0] < 90))


@pytest.mark.parametrize("kind", ["line", "dots"])
def test_what_rises_is_drawn_rising(kind):
    rows, columns = blue(pixels(Chart("", "s", "mM", [Mark(kind, TIME, TIME, "#0072b2")]))).T
    assert np.corrcoef(columns, rows)[0, 1] < -0.99  # rows count from the top
    assert np.ptp(rows) > 100
    assert np.ptp(columns) > 150


def test_bars_are_as_high_as_they_count():
    edges, counts = np.array([0.0, 1.0, 2.0]), np.array([10.0, 20.0])
    places = blue(pixels(Chart("", "s", "voxels", [Mark("bars", edges, counts, "#0072b2")])))
    middle = (places[:, 1].min() + places[:, 1].max()) / 2
    low, high = (
        np.ptp(places[side, 0]) for side in (places[:, 1] < middle - 5, places[:, 1] > middle + 5)
    )
    assert high == pytest.approx(2 * low, rel=0.05)


def test_gaps_and_nothing_at_all_can_be_drawn():
    gaps = np.where(TIME > 100, np.nan, TIME)
    drawn = pixels(
        Chart("gaps", "s", "mM", [Mark("line", TIME, gaps, "#0072b2", "label")]),
        Chart("nothing", "s", "mM"),
        Chart("the same", "s", "mM", [Mark("line", TIME, np.full(50, 3.0), "#0072b2")]),
    )
    assert drawn.shape[1] == 3 * pixels(Chart("", "", "")).shape[1]


def test_the_same_charts_give_the_same_bytes():
    chart = Chart("t", "s", "mM", [Mark("level", TIME, np.array([3.0]), "#d55e00")], from_zero=True)
    assert draw_charts([chart]) == draw_charts([chart])
