"""Fits of grids: maps of ratios with errors, whatever the mask's axes and the threads."""

import json

import numba
import numpy as np
import pytest
from mrs_spectra import LEVELS, make_basis, make_scan, signal

from biomarkers import mrs
from biomarkers.errors import InputError
from biomarkers.images import Image, read_image

SHAPE = (4, 3, 1)


@pytest.fixture(scope="module")
def basis():
    return make_basis()


@pytest.fixture(scope="module")
def truth():
    return 0.2 + 0.05 * np.arange(12.0).reshape(SHAPE)


@pytest.fixture(scope="module")
def scan(basis, truth):
    fid = np.zeros((*SHAPE, basis.fid.shape[-1]), dtype=complex)
    for place in np.ndindex(SHAPE):
        levels = LEVELS | {"GPC": 8.0 * truth[place] - LEVELS["PCho"]}
        shift, phase = 0.01 * (place[0] - 1.5), 0.2 * place[1]
        fid[place] = signal(basis, levels=levels, shift_ppm=shift, phase=phase)
    return make_scan(fid, basis, snr=40, rng=np.random.default_rng(5))


def test_maps_hold_ratios_errors_and_quality(scan, basis, truth):
    maps = mrs.fit_grid(scan, basis)
    ratio = np.asarray(maps["tCho/tCr"])
    assert ratio.shape == SHAPE
    off = (ratio - truth) / maps.se["tCho/tCr"]
    assert np.abs(off).max() < 4.0
    assert maps.crlb["tCho"] == pytest.approx(100.0 * maps.se["tCho"] / maps["tCho"])
    assert set(maps.quality) == {"snr", "fwhm_hz", "ppm_shift", "whiteness"}
    expected = np.broadcast_to((0.01 * (np.arange(4) - 1.5))[:, None, None], SHAPE)
    assert maps.quality["ppm_shift"] == pytest.approx(expected, abs=0.003)
    assert not maps.flags.any()


def test_a_voxel_with_another_baseline_has_a_stiffness_of_its_own(basis, truth):
    time, fid = basis.time, np.zeros((*SHAPE, basis.fid.shape[-1]), dtype=complex)
    # a hump of 60 Hz at 3.6 ppm
    hump = 6.0 * np.exp(-((60.0 * time) ** 2) + 2j * np.pi * (3.6 - 4.65) * 123.2 * time)
    for place in np.ndindex(SHAPE):
        levels = LEVELS | {"GPC": 8.0 * truth[place] - LEVELS["PCho"]}
        fid[place] = signal(basis, levels=levels) + hump * (place[0] == 2)
    scan = make_scan(fid, basis, snr=600, rng=np.random.default_rng(5))
    ratio = np.asarray(mrs.fit_grid(scan, basis)["tCho/tCr"])
    assert ratio == pytest.approx(truth, rel=0.03)


def test_maps_are_drawn_and_saved(scan, basis, tmp_path):
    maps = mrs.fit_grid(scan, basis, baseline=("polynomial", 2), deviations=False)
    titles = {axes.get_title() for axes in maps.plot().axes} - {""}
    assert titles == {"tNAA/tCr", "tCho/tCr", "Ins/tCr", "Glx/tCr"}
    like = Image(np.zeros(SHAPE), np.diag([10.0, 10.0, 10.0, 1.0]), "simulated")
    maps.save(tmp_path, like=like, prefix="sub-01_")
    saved = read_image(tmp_path / "sub-01_tChotCr.nii.gz")
    assert np.asarray(saved.data) == pytest.approx(maps["tCho/tCr"], rel=1e-6)
    sidecar = json.loads((tmp_path / "sub-01_tChotCr.json").read_text())
    assert sidecar["Settings"]["Baseline"] == ["polynomial", 2]
    assert (tmp_path / "sub-01_fwhm_hz.json").exists()


def test_a_voxel_is_fitted_as_by_itself(scan, basis):
    maps = mrs.fit_grid(scan, basis, baseline=("polynomial", 2), deviations=False)
    place = (2, 1, 0)
    alone = mrs.Scan(scan.fid[2:3, 1:2], scan.dwell, scan.frequency_mhz)
    fit = mrs.fit(alone, basis, baseline=("polynomial", 2), deviations=False)
    table = fit.ratios(total=False).set_index("metabolite")
    for name in ("tNAA", "tCho", "Ins"):
        # The window begins where the neighbour's shift says, a fraction of a sample off.
        off = maps[f"{name}/tCr"][place] - table.ratio[name]
        assert abs(off) < 0.25 * table.se[name]
        assert maps.se[f"{name}/tCr"][place] == pytest.approx(table.se[name], rel=0.05)


def test_mask_may_lack_axes_of_one_voxel(scan, basis):
    mask = np.zeros(SHAPE[:2], dtype=bool)
    mask[1:3, :2] = True
    flat, full = (mrs.fit_grid(scan, basis, mask=each) for each in (mask, mask[..., None]))
    assert np.array_equal(np.isfinite(flat["tNAA/tCr"])[..., 0], mask)
    assert np.array_equal(flat["tNAA/tCr"], full["tNAA/tCr"], equal_nan=True)
    assert np.isnan(flat.crlb["tNAA"][~flat.mask]).all()
    assert np.isnan(flat.quality["snr"][~flat.mask]).all()


def test_threads_do_not_change_what_comes_out(scan, basis, monkeypatch):
    maps = []
    for threads in (1, 2):
        monkeypatch.setattr(numba.config, "NUMBA_NUM_THREADS", threads)
        maps.append(mrs.fit_grid(scan, basis, deviations=False, to="mI")["tCho/Ins"])
    assert np.array_equal(*maps)


def test_mirrored_grids_and_empty_voxels(scan, basis):
    fid = scan.fid.conj()
    fid[0, 0, 0] = 0.0
    fid[3, 2, 0] = np.nan
    mirrored = mrs.Scan(fid, scan.dwell, scan.frequency_mhz)
    maps = mrs.fit_grid(mirrored, basis, deviations=False)
    assert maps.reasons.has(mrs.SpectrumFlag.CONJUGATED)[maps.mask].all()
    assert np.isnan(maps["tCr"][[0, 3], [0, 2], 0]).all()
    assert np.isfinite(maps["tCr"]).sum() == 10


def test_what_does_not_fit_is_refused(scan, basis):
    with pytest.raises(InputError, match="mask"):
        mrs.fit_grid(scan, basis, mask=np.ones((3, 4), dtype=bool))
    with pytest.raises(InputError, match="no voxel"):
        mrs.fit_grid(scan, basis, mask=np.zeros(SHAPE, dtype=bool))
    with pytest.raises(InputError, match="'water'"):
        mrs.fit_grid(scan, basis, to="water")
