"""Ktrans of a tumour in a head that moves: motion biases it, correction takes most of that away."""

import numpy as np
import pytest
from benchmarks.rat_head import Scanner
from benchmarks.registration import KTRANS, SERIES, ktrans_of_a_moving_tumour


def test_bias_of_ktrans_from_motion_is_reduced_at_least_fivefold():
    coarse = Scanner(shape=(64, 64, 16), voxel=(0.5, 0.5, 1.0))
    _, (degrees, voxels), turns = SERIES[0]
    motion = (degrees, np.multiply(voxels, (0.5, 0.5, 1.0)))
    maps = ktrans_of_a_moving_tumour(motion, turns, scanner=coarse)
    still, moving, corrected = (float(np.nanmean(each)) for each in maps)
    assert still == pytest.approx(KTRANS["tumor"][0], rel=0.02)
    assert abs(moving - still) > 0.05 * still
    assert abs(corrected - still) < abs(moving - still) / 5.0
