"""Stated errors are as large as they should be, however few samples there are before contrast."""

import numpy as np
import pytest

from benchmarks import dce_coverage as bench
from biomarkers import dce


@pytest.mark.parametrize("samples", [1, 2, 3, 8])
def test_nineteen_of_twenty_voxels_lie_within_their_errors(samples):
    row = bench.of_ktrans(samples, count=8000)
    assert 0.93 < row["normal"] < 0.97
    assert 0.93 < row["interval"] < 0.97
    assert row["mean_of_100"] > 0.85  # of 80 means


def test_t1_of_four_angles_has_students_interval_and_pooled_noise_the_normal_one():
    own, pooled = bench.of_t1(count=8000)
    assert 0.93 < own["interval"] < 0.97
    assert 0.93 < pooled["normal"] < 0.97
    assert 0.93 < pooled["interval"] < 0.97


def test_one_voxel_alone_knows_its_noise_as_well():
    """Its errors are those it has among others."""
    signal, time, source = bench.series(1, 5)
    given = {"t10": bench.T10, "input": source, "baseline": (0, 1), **bench.SCAN}
    together = dce.maps(signal, time, **given)
    alone = dce.maps(signal[2], time, **given)
    assert alone.se["Ktrans"] == pytest.approx(together.se["Ktrans"][2], rel=1e-9)
    low, high = alone.interval("Ktrans", 0.5)
    assert low < alone["Ktrans"] < high


def test_the_error_of_a_region_holds_that_of_its_baseline():
    inside = []
    for seed in range(100):
        signal, time, source = bench.series(3, 25, seed)
        scan = dce.Scan(signal, time, t10=bench.T10, baseline=(0, 3), **bench.SCAN)
        fit = scan.fit(np.ones(25, dtype=bool), source)
        low, high = fit.ends["Ktrans"]
        inside.append(low <= bench.TRUTH["Ktrans"] <= high)
    assert 0.88 <= np.mean(inside) <= 1.0


def test_areas_tell_how_sure_their_errors_are():
    signal, time, _ = bench.series(3, 4000)
    shapes = dce.semiquantitative(signal, time, t10=bench.T10, baseline=(0, 3), **bench.SCAN)
    assert shapes.freedom == 2
    low, high = shapes.interval("IAUC60")
    truth = shapes["IAUC60"].mean()
    assert 0.92 < np.mean((low < truth) & (truth < high)) < 0.98
    lone = dce.semiquantitative(signal[:9], time, t10=bench.T10, baseline=(0, 1), **bench.SCAN)
    assert np.isnan(lone.se["IAUC60"]).all()
