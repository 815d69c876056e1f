"""A scan: one voxel of a grid."""

from dataclasses import replace

import numpy as np
import pytest
from mrs_spectra import make_basis, make_scan, signal

from biomarkers import mrs
from biomarkers.errors import InputError


@pytest.fixture
def grid():
    random = np.random.default_rng(4)
    fid = random.standard_normal((3, 2, 2, 64)) + 0j
    affine = np.array([[10.0, 0, 0, -5], [0, 0, 8, 1], [0, 9, 0, 2], [0, 0, 0, 1]])
    water = mrs.Scan(2.0 * fid, 5e-4, 123.2)
    return mrs.Scan(fid, 5e-4, 123.2, affine=affine, water=water)


def test_a_voxel_of_a_grid_keeps_its_signal_water_and_place(grid):
    one = grid.voxel(2, 1, 1)
    assert not one.is_grid
    assert np.array_equal(one.fid[0, 0, 0], grid.fid[2, 1, 1])
    assert np.array_equal(one.water.fid, 2.0 * one.fid)
    assert np.allclose(one.affine @ [0, 0, 0, 1], grid.affine @ [2, 1, 1, 1])
    assert grid.affine[0, 3] == -5.0


def test_a_voxel_has_what_the_grid_has_and_no_more(grid):
    bare = replace(grid, affine=None, water=None)
    assert bare.voxel(0, 0).affine is None
    assert bare.voxel(0, 0).water is None
    with pytest.raises(InputError, match=r"voxel \(3, 0, 0\) is not in the grid of \(3, 2, 2\)"):
        grid.voxel(3, 0)
    with pytest.raises(InputError, match="not in the grid"):
        grid.voxel(-1, 0)


def test_a_voxel_is_fitted_as_the_spectrum_alone():
    basis = make_basis()
    alone = make_scan(signal(basis), basis)
    pair = replace(alone, fid=np.concatenate([0.5 * alone.fid, alone.fid]))
    with pytest.raises(InputError, match=r"scan\.voxel"):
        mrs.fit(pair, basis)
    how = {"baseline": ("polynomial", 2), "deviations": False, "bands": ()}
    assert np.array_equal(
        mrs.fit(pair.voxel(1, 0), basis, **how).amplitudes, mrs.fit(alone, basis, **how).amplitudes
    )
