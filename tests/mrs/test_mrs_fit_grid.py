"""Fits of grids: maps of ratios with errors, whatever the mask's axes and the threads."""

import json
from dataclasses import replace

import numba
import numpy as np
import pytest
from mrs_spectra import LEVELS, make_basis, make_scan, signal

from biomarkers import mrs
from biomarkers.errors import InputError
from biomarkers.images import Image, LabelMap, read_image

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


def test_ratios_to_several_metabolites_are_those_of_single_fits(scan, basis):
    maps = mrs.fit_grid(scan, basis, to=("tCr", "tCho"), baseline=("polynomial", 2))
    ratio, error = maps["tNAA/tCho"], maps.se["tNAA/tCho"]
    assert ratio == pytest.approx(maps["tNAA"] / maps["tCho"])
    fit = mrs.fit(scan.voxel(2, 1), basis, baseline=("polynomial", 2))
    alone = fit.ratios("tCho", total=False).set_index("metabolite").loc["tNAA"]
    assert ratio[2, 1, 0] == pytest.approx(alone["ratio"], rel=0.01)
    assert error[2, 1, 0] == pytest.approx(alone["se"], rel=0.05)
    with pytest.raises(InputError, match="to is"):
        mrs.fit_grid(scan, basis, to=("tCr", "Unobtainium"))


def test_the_error_of_the_model_is_shared_and_that_of_noise_is_not(scan, basis):
    noise, total = (mrs.fit_grid(scan, basis, total=each) for each in (False, True))
    assert total["tCho/tCr"] == pytest.approx(noise["tCho/tCr"])
    assert total.crlb["tCho/tCr"] == pytest.approx(noise.crlb["tCho/tCr"])
    shared = total.shared["tCho/tCr"].se
    assert (shared > 0.0).all()
    assert total.se["tCho/tCr"] == pytest.approx(np.hypot(noise.se["tCho/tCr"], shared))
    labels = LabelMap(Image(np.ones(SHAPE, dtype=int), np.eye(4), "labels"), {1: "tumor"})
    rows = [each.by_region(labels).set_index("biomarker")["se"] for each in (noise, total)]
    assert rows[1]["tCho/tCr"] > np.median(shared)
    assert rows[0]["tCho/tCr"] < np.median(noise.se["tCho/tCr"])


def test_signals_over_contralateral_creatine(scan, basis):
    drawn = np.ones(SHAPE, dtype=int)
    drawn[2:] = 2
    labels = LabelMap(Image(drawn, np.eye(4), "labels"), {1: "tumor", 2: "contralateral"})
    maps = mrs.fit_grid(scan, basis)
    over = mrs.over_contralateral(maps, labels, "contralateral")
    bottom = np.median(maps["tCr"][2:])
    assert over["Ins/ctCr"] == pytest.approx(maps["Ins"] / bottom)
    # The denominator's error is in every voxel, and a region does not average it away.
    relative = over.se["Ins/ctCr"] / over["Ins/ctCr"]
    assert (relative > maps.se["Ins"] / maps["Ins"]).all()
    doubt = over.shared["Ins/ctCr"].se / over["Ins/ctCr"]
    assert doubt == pytest.approx(np.full(SHAPE, doubt[0, 0, 0]))
    assert doubt[0, 0, 0] == pytest.approx(
        1.2533 * np.median(maps.se["tCr"][2:]) / bottom / np.sqrt(6), rel=0.4
    )
    assert "Ins/ctCr" in {each.name for each in over.quantities}
    none = replace(maps, values=maps.values | {"tCr": np.where(drawn == 2, 0.0, 1.0)})
    with pytest.raises(InputError, match="no voxel of 'contralateral' has tCr"):
        mrs.over_contralateral(none, labels, "contralateral")
