"""What files leave open is told from the signals."""

from dataclasses import replace

import numpy as np
import pytest
from mrs_simulated import (
    DWELL,
    MHZ,
    POINTS,
    TIME,
    basis,
    line,
    metabolites,
    noise,
    scan,
)

from biomarkers import mrs
from biomarkers.errors import InputError
from biomarkers.mrs.conventions import whole_first_point


def shifted(fid, ppm):
    return fid * np.exp(2j * np.pi * ppm * MHZ * TIME)


def halved(fid):
    out = np.array(fid, dtype=complex)
    out[..., 0] *= 0.5
    return out


def broad(ppm=1.3, size=150.0):
    """Return macromolecules or lipids that no basis here holds."""
    return size * line(ppm, 120.0) + 0.6 * size * line(ppm - 0.4, 150.0)


@pytest.mark.parametrize("ppm", [-0.3, -0.17, 0.0, 0.17, 0.3])
@pytest.mark.parametrize("sd", [0.0, 8.0])
def test_mirrored_signals_are_told(ppm, sd):
    fid = shifted(metabolites() + broad(), ppm) * np.exp(1.1j) + noise(POINTS, sd)
    as_is, mirrored = (mrs.orientation(scan(each), basis()) for each in (fid, fid.conj()))
    assert (as_is.conjugated, mirrored.conjugated) == (False, True)
    assert as_is.unexplained == pytest.approx(mirrored.unexplained_conjugated, rel=0.01, abs=1e-4)
    assert (5 if sd else 20) * as_is.unexplained < as_is.unexplained_conjugated


def test_mirrored_signals_are_told_beside_water():
    fid = metabolites() + 2000 * np.exp(2j) * line(4.72, 25.0) + noise(POINTS, 3.0)
    assert not mrs.orientation(scan(fid), basis()).conjugated
    assert mrs.orientation(scan(fid.conj()), basis()).conjugated


def test_mirrored_signals_are_told_around_another_frequency():
    """At 2.65 ppm a spectrum and its mirror image lie upon each other."""
    fid = metabolites(reference=2.65) + noise(POINTS, 5.0)
    for signal, conjugated in ((fid, False), (fid.conj(), True)):
        given = scan(signal, ppm_reference=2.65)
        assert mrs.orientation(given, basis()).conjugated == conjugated


@pytest.mark.parametrize("ppm", [-0.3, -0.17, 0.02, 0.17, 0.3])
@pytest.mark.parametrize("decay", [10.0, 35.0])
def test_offset_is_told(ppm, decay):
    fid = shifted(metabolites(decay) + broad(), ppm) * np.exp(-2j)
    errors = []
    for seed in range(10):
        offset = mrs.frequency_offset(scan(fid + noise(POINTS, 10.0, seed)), basis())
        errors.append(float(offset.ppm) - ppm)
        assert not offset.by_water
    assert np.abs(errors).max() < (0.01 if decay < 20 else 0.02)
    assert np.std(errors) < 2.5 * offset.se + 1e-3


def test_offset_does_not_hang_on_one_metabolite():
    """Without NAA, or with NAA alone off its place, it is that of the others."""
    less_naa = metabolites() - 10.0 * basis()["NAA"] * np.exp(-15.0 * TIME)
    fid = shifted(less_naa, 0.12) + noise(POINTS, 5.0)
    assert mrs.frequency_offset(scan(fid), basis()).ppm == pytest.approx(0.12, abs=0.004)
    fid += 5 * line(1.85, 20.0)
    assert mrs.frequency_offset(scan(fid), basis()).ppm == pytest.approx(0.12, abs=0.004)


def test_reference_of_the_basis_counts():
    moved = basis(reference=4.65)
    moved = replace(moved, ppm_reference=4.68)  # all lines 0.03 ppm higher than they should be
    offset = mrs.frequency_offset(scan(metabolites()), moved)
    assert offset.ppm == pytest.approx(-0.03, abs=0.002)


@pytest.mark.parametrize("dwell", [DWELL / 2, 0.4e-3])
def test_basis_of_another_dwell_time_does(dwell):
    time = np.arange(4096) * dwell
    offset = mrs.frequency_offset(scan(shifted(metabolites(), 0.1)), basis(time=time))
    assert offset.ppm == pytest.approx(0.1, abs=0.002)


def test_water_tells_the_offset_where_the_basis_does_not():
    water = scan(1000 * line(4.65 + 0.11))
    offset = mrs.frequency_offset(
        scan(noise(POINTS, 50.0) + metabolites() / 50, water=water), basis()
    )
    assert offset.by_water
    assert offset.ppm == pytest.approx(0.11, abs=1e-3)


def test_noise_has_no_offset():
    for seed in range(20):
        offset = mrs.frequency_offset(scan(noise(POINTS, 1.0, seed)), basis())
        assert np.isnan([offset.ppm, offset.se]).all()


def test_a_grid_has_an_offset_for_each_voxel():
    fid = np.stack([shifted(metabolites(), ppm) for ppm in (0.1, -0.2, 0.0)])
    fid[2] = 0.0
    grid = scan(metabolites()).with_fid(fid[:, None, None])
    offset = mrs.frequency_offset(grid, basis())
    assert offset.ppm.shape == (3, 1, 1)
    np.testing.assert_allclose(offset.ppm[:2, 0, 0], [0.1, -0.2], atol=0.002)
    assert np.isnan(offset.ppm[2, 0, 0])
    assert not mrs.orientation(grid, basis()).conjugated


@pytest.mark.parametrize("sd", [0.0, 2.0, 8.0])
def test_a_halved_first_sample_is_told(sd):
    whole = metabolites() + broad() + noise(POINTS, sd)
    for fid, expected in ((whole, 1.0), (halved(whole), 0.5)):
        point = mrs.first_point(fid)
        assert point.halved == (expected == 0.5)
        assert point.ratio.real == pytest.approx(expected, abs=4 * point.se + 0.005)


def test_a_halved_first_sample_is_mended_in_signals_and_not_in_their_water():
    water = scan(1000 * line(4.65) + noise(POINTS, 0.5))
    mended = whole_first_point(scan(halved(metabolites()), water=water))
    np.testing.assert_allclose(mended.fid[0, 0, 0], metabolites())
    np.testing.assert_array_equal(mended.water.fid, water.fid)
    assert [step.name for step in mended.steps] == ["first sample"]
    assert whole_first_point(mended).steps == mended.steps


def test_noise_has_no_halved_first_sample():
    assert not any(mrs.first_point(noise(POINTS, 1.0, seed)).halved for seed in range(20))
    assert not mrs.first_point(np.zeros(POINTS, dtype=complex)).halved


@pytest.mark.parametrize("shape", ["lorentzian", "voigt", "two"])
def test_amplitude_of_water_is_that_of_its_decay(shape):
    signal = {
        "lorentzian": 1000 * line(4.65, 25.0),
        "voigt": 1000 * line(4.65, 10.0) * np.exp(-((TIME / 0.06) ** 2)),
        "two": 700 * line(4.65, 15.0) + 300 * line(4.68, 60.0),
    }[shape]
    values = []
    for seed in range(12):
        water = scan(halved(signal * np.exp(0.7j) + noise(POINTS, 2.0, seed)))
        amplitude = mrs.water_amplitude(scan(metabolites(), water=water))
        values.append(float(amplitude.value))
        assert 0 < amplitude.se < 5
    assert np.mean(values) == pytest.approx(1000.0, rel=2e-3)
    assert np.std(values) < 3 * amplitude.se


def test_amplitude_of_water_does_not_hang_on_a_ringing_filter():
    signal = 1000 * line(4.65, 25.0)
    ringing = signal * (1 - 0.3 * np.exp(-1.2 * np.arange(POINTS)) * np.cos(2 * np.arange(POINTS)))
    amplitude = mrs.water_amplitude(scan(metabolites(), water=scan(ringing + noise(POINTS, 0.5))))
    assert amplitude.value == pytest.approx(1000.0, rel=0.01)


def test_what_cannot_be_told_is_an_error():
    with pytest.raises(InputError, match="no water reference"):
        mrs.water_amplitude(scan(metabolites()))
    with pytest.raises(InputError, match=r"DIM_DYN.*mrs\.preprocess"):
        mrs.frequency_offset(scan(metabolites()[None], "DIM_DYN"), basis())
    with pytest.raises(InputError, match="no signal"):
        mrs.orientation(scan(np.zeros(POINTS)), basis())
