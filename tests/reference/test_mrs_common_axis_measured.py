"""Measured and published spectra on one axis: what phase, frequency and gain were does not show."""

from dataclasses import replace

import numpy as np
import pytest

from biomarkers import mrs


@pytest.fixture(scope="module")
def challenge(shared_data):
    """Return a few sets of the ISMRM challenge: brain, broad lines, low signal, tumour."""
    folder = shared_data("mrs/ismrm2016")
    return [
        mrs.load(
            folder / f"dataset{number}_metab.nii.gz", water=folder / f"dataset{number}_wref.nii.gz"
        )
        for number in (1, 10, 14, 21)
    ]


def moved(scan, degrees, ppm, gain):
    turn = np.deg2rad(degrees) + 2 * np.pi * ppm * scan.frequency_mhz * scan.time
    return replace(scan, fid=gain * scan.fid * np.exp(1j * turn), water=None)


def tallest(made, low, high):
    near = (made.ppm > low) & (made.ppm < high)
    return made.ppm[near][made.values[:, near].argmax(axis=1)]


def test_published_spectra_lie_where_naa_and_creatine_do(challenge):
    made = mrs.spectra(challenge)
    assert made.scale == "water" and made.reasons == ("",) * 4
    np.testing.assert_allclose(tallest(made, 1.8, 2.2), 2.008, atol=0.012)
    np.testing.assert_allclose(tallest(made, 2.9, 3.12), 3.027, atol=0.012)


@pytest.mark.parametrize(("degrees", "ppm"), [(150.0, 0.2), (-150.0, -0.2)])
def test_phase_shift_and_gain_do_not_show_without_water(challenge, degrees, ppm):
    plain = mrs.spectra([replace(scan, water=None) for scan in challenge])
    other = mrs.spectra([moved(scan, degrees, ppm, 10.0) for scan in challenge])
    assert plain.reasons == other.reasons == ("",) * 4
    top = plain.values.max(axis=1)
    assert (np.abs(plain.values - other.values).max(axis=1) < 0.01 * top).all()


def test_a_measured_scan_is_upright(shared_data):
    folder = shared_data("mrs/osprey")
    scan = mrs.load(folder / "sub-01_act.nii.gz", water=folder / "sub-01_ref.nii.gz")
    made = mrs.spectra([scan, replace(scan, water=None)], scale="total")
    assert made.reasons == ("", "")
    np.testing.assert_allclose(tallest(made, 1.8, 2.2), 2.008, atol=0.012)
    assert (made.values.min(axis=1) > -0.35 * made.values.max(axis=1)).all()
