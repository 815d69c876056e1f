"""A simulated basis: its form, known echo modulations, and what is refused."""

import numpy as np
import pytest

from biomarkers.errors import InputError
from biomarkers.mrs import BRAIN_METABOLITES, simulate_basis
from biomarkers.mrs.scan import ppm_axis, spectrum_of


def spectrum(basis, name):
    fid = np.concatenate([basis[name], np.zeros_like(basis[name])])
    fid[0] /= 2
    ppm = ppm_axis(fid.size, basis.dwell, basis.frequency_mhz, basis.ppm_reference)
    return ppm, spectrum_of(fid).real


def area(basis, name, low, high):
    ppm, values = spectrum(basis, name)
    inside = (ppm > low) & (ppm < high)
    return 2 * values[inside].sum() / ppm.size  # the first point is halved


def test_form_of_the_basis():
    basis = simulate_basis(field_t=2.9, dwell=5e-4, points=1000)
    assert basis.fid.shape == (len(basis.names), 1000)
    assert basis.names == BRAIN_METABOLITES
    assert basis.frequency_mhz == pytest.approx(2.9 * 42.577, rel=1e-5)
    assert (basis.te, basis.sequence, basis.dwell) == (0.03, "press", 5e-4)
    assert "TE 11 + 19 ms" in basis.source


def test_metabolites_by_any_spelling():
    how = {"sequence": "press", "te": (0.011, 0.019), "field_t": 2.9}
    basis = simulate_basis(metabolites=["mI", "PCh"], **how)
    assert basis.names == ("Ins", "PCho")
    assert np.array_equal(basis.fid, simulate_basis(metabolites=["Ins", "PCho"], **how).fid)


@pytest.mark.parametrize("reference", [4.65, 4.68, 3.0])
def test_lines_are_at_their_shifts(reference):
    """Frequencies rise with the chemical shift, from the reference's 0."""
    basis = simulate_basis(
        frequency_mhz=123.2, metabolites=["NAA", "Cr"], ppm_reference=reference, points=8192
    )
    for name, shift in (("NAA", 2.008), ("Cr", 3.027)):
        ppm, values = spectrum(basis, name)
        assert ppm[values.argmax()] == pytest.approx(shift, abs=0.002)


def test_width():
    """A Lorentzian of 3 Hz loses half its height 1.5 Hz off its centre."""
    basis = simulate_basis(frequency_mhz=100.0, metabolites="sIns", width_hz=3.0, points=16384)
    ppm, values = spectrum(basis, "sIns")
    above = ppm[values > values.max() / 2] * 100.0
    assert above[-1] - above[0] == pytest.approx(3.0, abs=0.3)


def test_lactate_is_inverted_at_144_ms_and_upright_at_288_ms():
    """J = 6.933 Hz: the doublet at 1.31 ppm follows the cosine of pi J TE."""
    for te, sign in (((0.04, 0.104), -1.0), ((0.092, 0.196), 1.0)):
        basis = simulate_basis(te=te, field_t=3.0, metabolites="Lac", points=8192)
        doublet = area(basis, "Lac", 1.1, 1.5)
        assert doublet == pytest.approx(sign * 3.0, rel=0.05)


@pytest.mark.parametrize("sequence", ["press", "steam", "pulse_acquire", "spin_echo", "slaser"])
def test_singlets_are_alike_in_every_sequence(sequence):
    echoes = {"press": (0.01, 0.02), "slaser": (0.007, 0.007, 0.01, 0.006)}
    basis = simulate_basis(
        sequence=sequence,
        te=echoes.get(sequence, 0.03),
        tm=0.01 if sequence == "steam" else None,
        field_t=7.0,
        metabolites=["Cr", "NAA"],
        dwell=1e-4,
        points=8192,
    )
    assert basis["Cr"][0] == pytest.approx(6.0, abs=1e-9)
    assert area(basis, "NAA", 1.8, 2.2) == pytest.approx(3.0, rel=0.02)


@pytest.mark.filterwarnings("ignore::biomarkers.errors.UnusualValueWarning")
def test_short_echoes_approach_the_decay_at_once():
    at_once = simulate_basis(sequence="pulse_acquire", te=0.0, field_t=9.4, dwell=1e-4)
    press = simulate_basis(te=(1e-7, 1e-7), field_t=9.4, dwell=1e-4)
    steam = simulate_basis(sequence="steam", te=1e-7, tm=0.0, field_t=9.4, dwell=1e-4)
    np.testing.assert_allclose(press.fid, at_once.fid, atol=1e-3)
    for name in ("Cr", "Gly", "sIns"):
        np.testing.assert_allclose(steam[name], at_once[name], atol=1e-3)


def test_a_train_of_refocusing_pulses_holds_coupling_back():
    """Many echoes within 1/J and 1/(difference of shifts): strong coupling looks like none."""
    one = simulate_basis(sequence="spin_echo", te=0.04, field_t=1.5, metabolites="Tau")
    four = simulate_basis(sequence="slaser", te=4 * (0.01,), field_t=1.5, metabolites="Tau")
    assert four["Tau"][0].real > one["Tau"][0].real


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"field_t": None}, "either field_t"),
        ({"field_t": 3.0, "frequency_mhz": 127.7}, "either field_t"),
        ({"field_t": 127.7}, "field_t is 127.7 T.*looks like .*MHz"),
        ({"frequency_mhz": 127.7e6}, "frequency_mhz"),
        ({"field_t": 0.0}, "field_t is 0"),
        ({"sequence": "laser"}, "sequence is 'laser'; expected one of press"),
        ({"te": 0.03}, r"1 echo times; press takes 2.*te1 \+ te2"),
        ({"te": (11, 19)}, "te is 11 s.*looks like ms"),
        ({"te": (-0.01, 0.02)}, "te is"),
        ({"te": (float("nan"), 0.02)}, "te is nan"),
        ({"tm": 0.01}, "tm is 0.01; STEAM"),
        ({"sequence": "steam", "te": 0.006}, "tm is None; STEAM"),
        ({"sequence": "steam", "te": 0.006, "tm": 32}, "tm is 32 s"),
        ({"metabolites": ["NAAX"]}, "NAAX"),
        ({"metabolites": ["NAA", "NAA"]}, "NAA more than once"),
        ({"dwell": 0.0}, "dwell is 0"),
        ({"dwell": 2e-3}, "dwell is 0.002 s: lines of Ala.*outside the bandwidth"),
        ({"points": 10.5}, "points is 10.5; expected a whole number"),
        ({"width_hz": -1.0}, "width_hz is -1"),
    ],
)
def test_refusals(changes, words):
    field = {} if {"field_t", "frequency_mhz"} & set(changes) else {"field_t": 3.0}
    with pytest.raises(InputError, match=words):
        simulate_basis(**{**field, **changes})


def test_resonances_of_2_hydroxyglutarate_at_97_ms():
    """PRESS 32 + 65 ms at 3 T: upright at 2.25 ppm (Choi et al., Nat Med 2012;18:624)."""
    basis = simulate_basis(te=(0.032, 0.065), field_t=3.0, metabolites="2HG", width_hz=4.0)
    ppm, values = spectrum(basis, "2HG")
    assert ppm[values.argmax()] == pytest.approx(2.25, abs=0.03)


def test_lines_are_broader_by_the_t2_that_is_given():
    plain, decaying = (
        simulate_basis(te=(0.01, 0.02), field_t=2.9, metabolites=["NAA", "Cr"], t2=t2)
        for t2 in (None, {"Cre": 0.15})
    )
    assert np.array_equal(plain["NAA"], decaying["NAA"])
    assert decaying["Cr"] == pytest.approx(plain["Cr"] * np.exp(-plain.time / 0.15))
    with pytest.raises(InputError, match="t2"):
        simulate_basis(te=(0.01, 0.02), field_t=2.9, metabolites=["Cr"], t2={"Cr": -1.0})
