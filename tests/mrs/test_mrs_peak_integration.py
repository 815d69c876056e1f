"""Integration of peaks: areas per proton, their noise, and that every row says what it is."""

from dataclasses import replace

import numpy as np
import pytest
from mrs_spectra import make_basis, make_scan, signal

from biomarkers import mrs
from biomarkers.errors import InputError

SINGLETS = {"NAA": 9.0, "Cr": 6.0, "GPC": 1.5}
TRUE = {"tNAA": 1.5, "tCr": 1.0, "tCho": 0.25}


@pytest.fixture(scope="module")
def lines():
    """Return singlets alone, as a basis: there is nothing else under a peak."""
    time = np.arange(1024) * 5e-4
    places = {"NAA": (2.008, 3), "Cr": (3.027, 3), "GPC": (3.21, 9)}
    fid = [n * np.exp(2j * np.pi * (p - 4.65) * 123.2 * time) for p, n in places.values()]
    return mrs.Basis(tuple(places), np.array(fid), 5e-4, 123.2)


def ratios(scan, **kwargs):
    return mrs.integrate_peaks(scan, **kwargs).set_index("metabolite").ratio


@pytest.mark.parametrize("shift", [-0.3, 0.0, 0.17])
@pytest.mark.parametrize("mirrored", [False, True])
def test_areas_per_proton_whatever_the_phase_offset_and_orientation(lines, shift, mirrored):
    fid = signal(lines, levels=SINGLETS, shift_ppm=shift, phase=1.2)
    scan = make_scan(fid.conj() if mirrored else fid, lines)
    assert ratios(scan).to_dict() == pytest.approx(TRUE, rel=0.03)


def test_every_row_is_a_fallback_and_says_more_where_it_is_weak(lines):
    fid = signal(lines, levels=SINGLETS | {"GPC": 0.05})
    scan = make_scan(fid, lines, snr=20, rng=np.random.default_rng(0))
    table = mrs.integrate_peaks(scan).set_index("metabolite")
    assert table.flag.str.startswith("fallback: peak integration").all()
    assert table.flag["tNAA"] == "fallback: peak integration"
    assert table.flag["tCho"] != "fallback: peak integration"


def test_the_error_is_the_spread_over_noise(lines):
    random = np.random.default_rng(3)
    fid = signal(lines, levels=SINGLETS)
    tables = [mrs.integrate_peaks(make_scan(fid, lines, snr=25, rng=random)) for _ in range(60)]
    values = np.array([each.ratio for each in tables])
    said = np.mean([each.se for each in tables], axis=0)
    assert values.std(axis=0)[[0, 2]] == pytest.approx(said[[0, 2]], rel=0.3)
    inside = [(each.low <= list(TRUE.values())) & (each.high >= list(TRUE.values()))
              for each in tables]  # fmt: skip
    assert np.mean(inside, axis=0)[[0, 2]].min() > 0.8


def test_a_brain_is_near_the_truth_though_neighbours_count():
    basis = make_basis()
    scan = make_scan(signal(basis), basis)
    to_naa = ratios(scan, to="tNAA")
    assert to_naa["tNAA"] == 1.0
    assert to_naa["tCr"] == pytest.approx(8.0 / 11.2, rel=0.2)


def test_what_has_no_such_peaks_is_refused(lines):
    scan = make_scan(signal(lines, levels=SINGLETS), lines)
    with pytest.raises(InputError, match="expected one of tNAA, tCr, tCho"):
        mrs.integrate_peaks(scan, to="Glx")
    with pytest.raises(InputError, match="of 31P"):
        mrs.integrate_peaks(replace(scan, nucleus="31P"))
    with pytest.raises(InputError, match=r"mrs\.preprocess"):
        mrs.integrate_peaks(replace(scan, fid=scan.fid[..., None, :], axes=("DIM_COIL",)))
    with pytest.raises(InputError, match="level"):
        mrs.integrate_peaks(scan, level=1.0)
    with pytest.raises(InputError, match="no signal"):
        mrs.integrate_peaks(replace(scan, fid=0.0 * scan.fid))
    noise = make_scan(0.0 * scan.fid, lines)
    random = np.random.default_rng(1).standard_normal((2, scan.points))
    with pytest.raises(InputError, match="stand out of noise"):
        mrs.integrate_peaks(replace(noise, fid=(random[0] + 1j * random[1])[None, None, None]))
