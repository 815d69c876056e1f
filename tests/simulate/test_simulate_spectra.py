"""Signals of the spectra: lines as the basis has them, grids as phase encoding sees them."""

import numpy as np
import pytest

from biomarkers import mrs
from biomarkers.simulate.partial_volume import block_mean
from biomarkers.simulate.spectra import LIPIDS, Acquisition, broad_signal, metabolite_signal, t2
from biomarkers.simulate.spectral_grid import draw_fields, drifted, point_spread

ACQUISITION = Acquisition((0.014, 0.016), 123.2, 8e-4, 256)


@pytest.mark.parametrize("name", ["NAA", "Lac", "Ins", "Glu", "GPC", "PCho", "NAAG"])
def test_signals_are_those_of_the_basis_though_made_otherwise(name):
    basis = mrs.simulate_basis(
        te=ACQUISITION.echoes, frequency_mhz=123.2, metabolites=name, dwell=8e-4, points=256,
        width_hz=0.0,
    )  # fmt: skip
    signal = metabolite_signal(name, ACQUISITION) * np.exp(ACQUISITION.time / t2(name))
    assert signal == pytest.approx(basis[name], abs=1e-9 * np.abs(basis[name]).max())


def test_lactate_is_upside_down_at_an_echo_of_one_over_its_coupling():
    inverting = Acquisition((0.072, 0.072), 123.2, 8e-4, 2)
    assert metabolite_signal("Lac", inverting)[0].real == pytest.approx(-4.0, abs=0.1)
    assert metabolite_signal("Lac", ACQUISITION)[0].real > 2.5


def test_a_broad_line_lies_where_it_is_said_to():
    at = Acquisition((0.014, 0.016), 123.2, 8e-4, 2048)
    spectrum = np.fft.fft(broad_signal(LIPIDS[1:2], at)).real
    ppm = 4.65 + np.fft.fftfreq(2048, 8e-4) / 123.2
    assert ppm[spectrum.argmax()] == pytest.approx(LIPIDS[1].ppm, abs=0.005)
    wide = np.ptp(ppm[spectrum > spectrum.max() / 2])
    assert wide == pytest.approx(LIPIDS[1].width, abs=0.01)


def test_phase_encoding_keeps_the_whole_and_mixes_neighbours():
    fine = np.zeros((32, 32))
    fine[12:16, 12:16] = 1.0
    for weighting in (0.0, 0.25, 0.46):
        seen = point_spread(fine, (8, 8), weighting=weighting)
        assert seen.sum() == pytest.approx(block_mean(fine, (4, 4)).sum())
        assert np.unravel_index(seen.argmax(), seen.shape) == (3, 3)
    sharp, smooth = (point_spread(fine, (8, 8), weighting=w) for w in (0.0, 0.46))
    assert sharp[3, 3] > smooth[3, 3]
    assert smooth[4, 3] > sharp[4, 3]


def test_a_drift_broadens_lines_and_keeps_the_first_sample():
    time = np.arange(256) * 8e-4
    fid = np.ones((8, 8, 1)) * np.exp(-5.0 * time)
    assert drifted(fid, time, 0.0) == pytest.approx(fid)
    moved = drifted(fid + 0.0j, time, 6.0)
    assert moved[..., 0] == pytest.approx(fid[..., 0])
    assert not np.allclose(moved, fid, atol=1e-3)


def test_fields_are_those_of_their_random_numbers():
    tumour = np.zeros((4, 4))
    one, other = (draw_fields((4, 4), tumour, np.random.default_rng(3)) for _ in range(2))
    assert np.array_equal(one.offset_hz, other.offset_hz)
    assert one.weights(ACQUISITION.time).shape == (4, 4, 256)
    wider = draw_fields((4, 4), tumour + 1.0, np.random.default_rng(3))
    assert (wider.gauss_hz > one.gauss_hz).all()
