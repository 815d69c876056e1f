"""Values of a map by region."""

import numpy as np
import pytest
from scipy import stats

from biomarkers import quantities
from biomarkers.errors import GeometryError
from biomarkers.images import Image, LabelMap, region_statistics

AFFINE = np.diag([1.0, 1.0, 2.0, 1.0])
STATISTICS = ["median", *quantities.STATISTICS]


@pytest.fixture
def labels():
    data = np.zeros((10, 11, 1), dtype=np.int32)
    data[:, :10] = 1
    data[0, 10] = 2
    return LabelMap(Image(data, AFFINE, "labels"), {1: "tumor", 2: "rim"})


@pytest.fixture
def values():
    data = np.full((10, 11, 1), -5.0)
    data[:, :10, 0] = np.arange(1, 101).reshape(10, 10)
    return Image(data, AFFINE, "ADC")


def cell(table, region, statistic):
    row = table[(table.region == region) & (table.statistic == statistic)]
    assert len(row) == 1
    return row.iloc[0]


def test_one_row_per_region_and_statistic(values, labels):
    table = region_statistics(values, labels)
    assert list(table.columns) == ["region", "statistic", "value", "n"]
    assert list(table[table.region == "tumor"].statistic) == STATISTICS
    assert list(table.region.unique()) == ["tumor", "rim"]


def test_values_of_one_to_a_hundred(values, labels):
    table = region_statistics(values, labels)
    expected = {
        "median": 50.5,
        "mean": 50.5,
        "sd": np.sqrt(10100 / 12),
        "p10": 10.9,
        "p25": 25.75,
        "p90": 90.1,
    }
    for statistic, value in expected.items():
        row = cell(table, "tumor", statistic)
        assert row.value == pytest.approx(value)
        assert row.n == 100


def test_flagged_and_infinite_voxels_do_not_count(values, labels):
    values.data[0, 0] = np.nan
    values.data[0, 1] = np.inf
    flags = np.zeros(values.shape, dtype=bool)
    flags[5:] = True
    row = cell(region_statistics(values, labels, flags=flags), "tumor", "median")
    assert row.n == 48
    assert row.value == np.median(np.arange(3, 51))


def test_a_region_without_usable_voxels_has_no_value(values, labels):
    values.data[0, 10] = np.nan
    table = region_statistics(values, labels)
    rim = table[table.region == "rim"]
    assert rim.value.isna().all()
    assert (rim.n == 0).all()
    assert list(rim.statistic) == STATISTICS


def test_one_voxel_has_no_spread(values, labels):
    table = region_statistics(values, labels)
    assert cell(table, "rim", "median").value == -5.0
    assert np.isnan(cell(table, "rim", "sd").value)


def test_another_grid_is_refused(values, labels):
    shifted = Image(values.data, AFFINE @ np.diag([1.1, 1.0, 1.0, 1.0]), "shifted")
    with pytest.raises(GeometryError, match="shifted"):
        region_statistics(shifted, labels)


def test_a_series_is_refused(values, labels):
    series = Image(np.zeros((*labels.shape, 5)), AFFINE, "dce")
    with pytest.raises(GeometryError, match="dce: shape"):
        region_statistics(series, labels)


def test_flags_of_another_shape_are_refused(values, labels):
    with pytest.raises(GeometryError, match="flags"):
        region_statistics(values, labels, flags=np.zeros((10, 11), dtype=bool))


def test_shape_and_hot_spot_of_a_region(labels):
    sample = np.random.default_rng(0).gamma(2.0, size=100)
    data = np.zeros((10, 11, 1))
    data[:, :10, 0] = sample.reshape(10, 10)
    table = region_statistics(Image(data, AFFINE, "Ktrans"), labels)
    expected = {
        "top10": np.sort(sample)[-10:].mean(),
        "p95": np.percentile(sample, 95),
        "skewness": stats.skew(sample, bias=False),
        "kurtosis": stats.kurtosis(sample, bias=False),
    }
    for statistic, value in expected.items():
        assert cell(table, "tumor", statistic).value == pytest.approx(value, rel=1e-12)
    # A single voxel is its own hot spot, and has no shape.
    assert cell(table, "rim", "top10").value == 0.0
    assert np.isnan(cell(table, "rim", "skewness").value)
    even = region_statistics(Image(np.full((10, 11, 1), 0.1), AFFINE, "ADC"), labels)
    assert np.isnan(cell(even, "tumor", "kurtosis").value)
