"""Regions on coarser and rotated grids: fractions of voxels, and values weighted by them."""

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from biomarkers.errors import GeometryError, InputError
from biomarkers.estimates import Estimates, FitFlag, reasons_of
from biomarkers.images import (
    Fractions,
    Image,
    LabelMap,
    as_label_map,
    effective_voxels,
    label_fractions,
    noise_of_median,
    place_labels,
    region_statistics,
)
from biomarkers.quantities import QUANTITIES

EDGES = np.array([0.25, 0.25, 1.0])
MIDDLE = 8.0


def drawn(centre=(8.0, 8.0, 8.0), radius=2.5):
    """A ball beside another, on 64 × 64 × 16 voxels of 0.25 × 0.25 × 1 mm."""
    mm = np.moveaxis(np.indices((64, 64, 16)), 0, -1) * EDGES
    data = np.zeros((64, 64, 16), dtype=np.int32)
    data[np.linalg.norm(mm - centre, axis=-1) < radius] = 1
    data[np.linalg.norm(mm - centre + [2.0 * radius, 0, 0], axis=-1) < radius] = 2
    return LabelMap(Image(data, np.diag([*EDGES, 1.0]), "drawn"), {1: "tumor", 2: "other"})


def cube(edge, turn=(0.0, 0.0, 0.0), width=16.0):
    """A grid of cubes about the same middle, turned about it, degrees."""
    count = round(width / edge)
    affine = np.eye(4)
    affine[:3, :3] = Rotation.from_euler("xyz", turn, degrees=True).as_matrix() * edge
    affine[:3, 3] = MIDDLE - affine[:3, :3] @ np.full(3, (count - 1) / 2)
    return Image(np.zeros((count, count, count)), affine, "scan")


@pytest.mark.parametrize("edge", [0.5, 1.1, 2.0])
@pytest.mark.parametrize("turn", [(0, 0, 0), (4, -7, 11), (35, 20, -15)])
def test_fractions_add_up_to_the_volume_that_was_drawn(edge, turn) -> None:
    labels = drawn()
    fractions = label_fractions(labels, cube(edge, turn))
    for region, volume in labels.volumes().items():
        assert fractions.volumes()[region] == pytest.approx(volume, rel=0.02)
    both = fractions.weights("tumor") + fractions.weights("other")
    assert both.max() <= 1.0 + 1e-12
    assert (fractions.weights("tumor") == 1.0).any() == (edge < 2.0)


@pytest.mark.parametrize("turn", [(0, 0, 0), (4, -7, 11), (90, 0, 0)])
def test_a_grid_no_coarser_keeps_labels_and_volumes(turn) -> None:
    """Nearest neighbours of a turned grid would do so for large regions only."""
    labels = drawn(radius=1.2)
    placed = place_labels(labels, cube(0.25, turn))
    assert isinstance(placed, LabelMap)
    for region, volume in labels.volumes().items():
        assert placed.volumes()[region] == pytest.approx(volume, rel=0.02)
    assert placed.regions == labels.regions
    assert place_labels(labels, labels) is labels


def test_places_are_those_of_the_transform() -> None:
    class Shifted:
        def map_points(self, points):
            return points + np.array([1.0, 0.0, 0.0])

    grid, labels = cube(1.0), drawn()
    still, moved = label_fractions(labels, grid), label_fractions(labels, grid, through=Shifted())
    np.testing.assert_allclose(moved.weights("tumor")[:-1], still.weights("tumor")[1:], atol=0.01)


def test_whole_voxels_are_measured_as_a_label_map_is() -> None:
    labels = drawn()
    rng = np.random.default_rng(1)
    values = Image(rng.gamma(2.0, 1.0, labels.shape), labels.affine, "map")
    whole = Fractions(
        {name: labels.weights(name) for name in labels.regions}, labels.affine, "whole"
    )
    expected, found = (region_statistics(values, each) for each in (labels, whole))
    assert list(found["statistic"]) == list(expected["statistic"])
    np.testing.assert_array_equal(found["value"], expected["value"])
    inside = values.data[labels.mask("tumor")]
    row = found[found["region"] == "tumor"].set_index("statistic")["value"]
    assert row["median"] == pytest.approx(np.median(inside), rel=1e-12)
    assert row["p10"] == pytest.approx(np.percentile(inside, 10), rel=1e-12)
    assert row["sd"] == pytest.approx(inside.std(ddof=1), rel=1e-12)


def test_a_voxel_counts_by_its_fraction() -> None:
    """As if each were there as often as its weight says."""
    rng = np.random.default_rng(2)
    data, times = rng.normal(5.0, 2.0, (6, 5, 4)), rng.integers(0, 5, (6, 5, 4))
    fractions = Fractions({"tumor": times / 4.0}, np.eye(4), "drawn")
    row = region_statistics(Image(data, np.eye(4), "map"), fractions).set_index("statistic")
    repeated = np.repeat(data.ravel(), times.ravel())
    assert row.loc["mean", "value"] == pytest.approx(repeated.mean(), rel=1e-12)
    for name, percent in (("median", 50), ("p10", 10), ("p95", 95)):
        low, high = np.percentile(repeated, [percent - 1.5, percent + 1.5])
        assert low <= row.loc[name, "value"] <= high
    assert row.loc["sd", "value"] == pytest.approx(repeated.std(ddof=1), rel=0.02)
    w = times.ravel() / 4.0
    assert row.loc["mean", "n"] == pytest.approx(w.sum() ** 2 / (w**2).sum())


def test_the_error_of_a_weighted_median_is_as_safe_as_that_of_whole_voxels() -> None:
    """Told is a little more than the spread of repeated draws; weights change both alike."""
    rng = np.random.default_rng(3)
    weights, truth = rng.uniform(0.1, 1.0, 60), np.full(60, 4.0)
    fractions = Fractions({"tumor": weights.reshape(3, 4, 5)}, np.eye(4), "drawn")

    def median(values):
        image = Image(values.reshape(3, 4, 5), np.eye(4), "map")
        return region_statistics(image, fractions).set_index("statistic").loc["median", "value"]

    draws = truth + rng.standard_normal((400, 60))
    spread, plain = (
        np.std(each) for each in ([median(d) for d in draws], np.median(draws, axis=1))
    )
    told, of_plain = (
        np.median([noise_of_median(each, np.ones(60), w) for each in draws])
        for w in (weights, None)
    )
    assert told / spread == pytest.approx(of_plain / plain, rel=0.06)
    assert 1.0 < told / spread < 1.3


def rows_of(fractions, values):
    flags = reasons_of(values.shape, {FitFlag.NO_SIGNAL: ~np.isfinite(values)})
    estimates = Estimates("given", (QUANTITIES["T1"],), {"T1": values}, {}, flags)
    return estimates.by_region(fractions).set_index(["region", "biomarker"])


def test_few_effective_voxels_are_flagged_with_the_reason() -> None:
    scan = cube(2.0)
    rows = rows_of(label_fractions(drawn(radius=1.6), scan), np.full(scan.shape, 1.5))
    row = rows.loc[("tumor", "T1_mean")]
    assert row["n"] < 10
    assert row["qc"] == "warn"
    assert f"{row['n']:.1f} effective voxels, fewer than 10" in row["reason"]
    rows = rows_of(label_fractions(drawn(), cube(1.0)), np.full((16, 16, 16), 1.5))
    assert rows.loc[("tumor", "T1"), "n"] > 10
    assert rows.loc[("tumor", "T1"), "qc"] == "ok"


def test_a_region_beyond_the_border_says_how_much_is_lost() -> None:
    scan = cube(1.0, width=10.0)
    fractions = label_fractions(drawn(centre=(12.8, 8.0, 8.0)), scan)
    rows = rows_of(fractions, np.full(scan.shape, 1.5))
    share = 1.0 - fractions.volumes()["tumor"] / fractions.drawn["tumor"]
    assert 0.4 < share < 0.6
    assert rows.loc[("tumor", "T1"), "reason"].startswith(
        f"{share:.0%} of its volume lies outside the grid"
    )
    away = rows_of(
        label_fractions(drawn(centre=(14.0, 14.0, 14.0), radius=1.0), scan),
        np.full(scan.shape, 1.5),
    )
    row = away.loc[("tumor", "T1")]
    assert np.isnan(row["value"])
    assert (row["n"], row["qc"]) == (0, "fail")
    assert row["reason"].startswith("no part of it lies on the grid")


def test_effective_voxels() -> None:
    assert effective_voxels(np.ones(7)) == 7.0
    assert effective_voxels([1.0, 0.5, 0.5]) == pytest.approx(4.0 / 1.5)
    assert effective_voxels(np.zeros(3)) == 0.0


def test_each_voxel_of_the_labels_is_of_one_region() -> None:
    fractions = label_fractions(drawn(radius=0.6), cube(2.0))
    labels = as_label_map(fractions, cube(2.0))
    assert labels.regions == fractions.regions
    assert np.array_equal(labels.mask("tumor"), fractions.mask("tumor"))
    assert fractions.mask("tumor").sum() == 1
    with pytest.raises(GeometryError):
        as_label_map(fractions, cube(1.0))


def test_what_is_no_fraction_is_refused() -> None:
    with pytest.raises(InputError, match="not from 0 to 1"):
        Fractions({"tumor": np.full((2, 2, 2), 1.2)}, np.eye(4), "drawn")
    with pytest.raises(InputError, match="no region 'rim'"):
        Fractions({"tumor": np.ones((2, 2, 2))}, np.eye(4), "drawn").weights("rim")
