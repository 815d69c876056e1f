"""A region is not `ok` where voxels that cannot be told from zero may hide a lower median."""

import numpy as np

from biomarkers.estimates import Estimates, FitFlag, reasons_of
from biomarkers.quantities import QUANTITIES

COUNT = 100


def rows_of(lost, *, spread):
    """Return the row of Ktrans where the lowest voxels have no value."""
    truth = 0.01 * np.exp(spread * np.linspace(-2.0, 2.0, COUNT)).reshape(-1, 1, 1)
    hidden = np.arange(COUNT).reshape(-1, 1, 1) < lost
    maps = Estimates(
        "maps",
        (QUANTITIES["Ktrans"],),
        {"Ktrans": np.where(hidden, np.nan, truth)},
        {"Ktrans": np.where(hidden, np.nan, 0.002)},
        reasons_of(truth.shape, {FitFlag.NOT_IDENTIFIABLE: hidden}),
    )
    return maps.by_region({"brain": np.ones(truth.shape, dtype=bool)}).iloc[0], np.median(truth)


def test_a_median_that_hidden_voxels_may_move_beyond_its_error_warns():
    row, truth = rows_of(18, spread=1.0)
    assert row["value"] > truth + 2.0 * row["se"]
    assert row["qc"] == "warn"
    assert row["reason"].startswith("18% of the voxels: not identifiable; with them the median")


def test_a_median_that_they_cannot_move_is_ok():
    row, truth = rows_of(5, spread=0.1)
    assert abs(row["value"] - truth) < 2.0 * row["se"]
    assert row["qc"] == "ok"
    assert row["reason"] == ""
