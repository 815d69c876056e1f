"""Real and published spectra: what files leave open is told, coils and averages are combined."""

from dataclasses import replace

import numpy as np
import pytest

from biomarkers import mrs

SETS = range(1, 29)
# Sets whose artefact (24) or lipids (28) hide where a shifted spectrum lies.
HIDDEN = {24, 28}
TOOLS = "mrs/nifti-mrs-tools"


@pytest.fixture(scope="module")
def challenge(shared_data):
    """Return sets of the ISMRM challenge and their basis."""
    folder = shared_data("mrs/ismrm2016")
    basis = mrs.load_basis(folder / "press3T_30ms.BASIS")
    scans = {
        number: mrs.load(
            folder / f"dataset{number}_metab.nii.gz", water=folder / f"dataset{number}_wref.nii.gz"
        )
        for number in SETS
    }
    return scans, basis


@pytest.fixture(scope="module")
def osprey(shared_data):
    folder = shared_data("mrs/osprey")
    scan = mrs.load(folder / "sub-01_act.nii.gz", water=folder / "sub-01_ref.nii.gz")
    return scan, mrs.load_basis(folder / "3T_PRESS_Philips_35ms_noMM.BASIS")


def conjugated(scan):
    return scan.with_fid(scan.fid.conj())


def shifted(scan, ppm):
    return scan.with_fid(scan.fid * np.exp(2j * np.pi * ppm * scan.frequency_mhz * scan.time))


def oriented(scan, basis):
    """Return a scan that is not mirrored; the files of the challenge are."""
    return conjugated(scan) if mrs.orientation(scan, basis).conjugated else scan


def test_mirrored_spectra_of_every_set_and_subject_are_told(challenge, osprey):
    scans, basis = challenge
    # files of the challenge do not keep to the standard's sign
    cases = [(scan, basis, True) for scan in scans.values()] + [(*osprey, False)]
    for scan, its_basis, mirrored in cases:
        for signals, expected in ((scan, mirrored), (conjugated(scan), not mirrored)):
            told = mrs.orientation(signals, its_basis)
            assert told.conjugated == expected
            left = sorted((told.unexplained, told.unexplained_conjugated))
            assert left[0] < 0.06
            assert left[1] > 6 * left[0]


@pytest.mark.parametrize("ppm", [-0.3, -0.17, 0.17, 0.3])
def test_shifted_spectra_are_told(challenge, osprey, ppm):
    scans, basis = challenge
    cases = [(scan, basis) for number, scan in scans.items() if number not in HIDDEN]
    errors = []
    for given, its_basis in [*cases, osprey]:
        scan = oriented(given, its_basis)
        as_is = mrs.frequency_offset(scan, its_basis)
        moved = mrs.frequency_offset(shifted(scan, ppm), its_basis)
        assert not moved.by_water
        errors.append(float(moved.ppm - as_is.ppm) - ppm)
    assert np.median(np.abs(errors)) < 0.001
    assert np.abs(errors).max() < 0.025  # sets 3 and 6: lines of 0.1 ppm


def test_halved_first_samples_are_told(challenge, osprey, shared_data):
    """ISMRM: metabolites and not water, macromolecules and not metabolites of the basis."""
    scans, basis = challenge
    halved = {number for number, scan in scans.items() if mrs.first_point(scan.fid[0, 0, 0]).halved}
    assert halved == set(SETS) - {23, 24}  # artefacts of these begin whole
    assert not any(mrs.first_point(scan.water.fid[0, 0, 0]).halved for scan in scans.values())
    assert [n for n in basis.names if mrs.first_point(basis[n]).halved] == ["Mac"]
    scan, its_basis = osprey
    assert mrs.first_point(scan.fid[0, 0, 0]).halved
    assert mrs.first_point(scan.water.fid[0, 0, 0]).halved
    assert all(mrs.first_point(signal).halved for signal in its_basis.fid)


def test_a_first_sample_hidden_by_an_artefact_is_mended_once_that_is_off(challenge):
    steps = [step.name for step in mrs.preprocess(challenge[0][23]).steps]
    assert steps == ["water removal", "first sample"]


def test_amplitude_of_water_is_that_at_time_0(challenge, osprey, shared_data):
    path = shared_data("mrs/ismrm2016/Cr_10mM_wref.nii.gz")
    water = mrs.load(path)
    amplitude = mrs.water_amplitude(replace(water, water=water))
    assert amplitude.value == pytest.approx(abs(water.fid[0, 0, 0, 0]), rel=1e-4)
    # Philips: the first sample is halved, the second 5 % too large, as its filter rings
    amplitude = mrs.water_amplitude(mrs.preprocess(osprey[0]))
    later = np.abs(osprey[0].water.fid[0, 0, 0, 3:12])
    line = np.polynomial.Polynomial.fit(np.arange(3, 12), later, 1)(0.0)
    assert amplitude.value == pytest.approx(line, rel=0.03)
    assert amplitude.se < 0.03 * amplitude.value


@pytest.mark.parametrize("water", ["wref_raw", "ecc", None])
def test_coils_and_averages_of_a_7_t_scan_become_one_spectrum(shared_data, water):
    folder = shared_data(TOOLS)
    path = None if water is None else folder / f"{water}.nii.gz"
    data = mrs.load(folder / "metab_raw.nii.gz", water=path)
    clean = mrs.preprocess(data)
    assert clean.fid.shape == (1, 1, 1, 4096)
    names = [step.name for step in clean.steps]
    eddy = ["eddy-current correction"] if water else []
    assert names == [
        "coil combination",
        "registration of averages",
        "averaging",
        *eddy,
        "water removal",
    ]
    assert clean.steps[0].values["gain"][0, 0, 0] > 1.3
    assert np.abs(clean.steps[1].values["shift_hz"]).max() < 3.0
    assert highest_naa(clean) > 1.2 * highest_naa(best_coil(data))


def best_coil(data):
    """Return the strongest coil, processed without combination or registration."""
    strength = np.abs(data.fid[0, 0, 0, :, :, :50]).sum(axis=(1, 2))
    one = data.with_fid(data.fid[:, :, :, strength.argmax()], axes=("DIM_DYN",), water=None)
    return mrs.preprocess(one, register=False)


def highest_naa(scan):
    """Return the height of NAA over noise, which lies beyond 12 ppm."""
    spectrum = scan.spectrum[0, 0, 0]
    naa = np.abs(spectrum[(scan.ppm > 1.8) & (scan.ppm < 2.2)])
    empty = spectrum[(scan.ppm > 12) & (scan.ppm < 15)]
    return (naa.max() - np.median(naa)) / np.std(np.diff(empty))


def test_water_of_the_osprey_subject_goes(osprey):
    clean = mrs.preprocess(osprey[0])
    before, after = (np.abs(scan.spectrum[0, 0, 0]) for scan in (osprey[0], clean))
    water = np.abs(clean.ppm - 4.65) < 0.4
    assert np.sum(after[water] ** 2) < 1e-3 * np.sum(before[water] ** 2)
