"""Lines of coupled protons: analytic spectra, sum rules, and a plain simulation step by step."""

from functools import reduce

import numpy as np
import pytest
from scipy.linalg import expm

from biomarkers.mrs.density_matrix import Delays, Spins, molecule_lines, signal
from biomarkers.mrs.spin_systems import Heteronucleus, Molecule, SpinGroup, molecules

AT_ONCE = Delays((0.0,))
PAIR = {(0, 1): 7.0}
THREE = SpinGroup((3.9, 2.8, 2.6), {(0, 1): 3.6, (0, 2): 9.1, (1, 2): -17.4})


def lines(group, delays=AT_ONCE, frequency=100.0, reference=3.0):
    return molecule_lines(Molecule("", "", (group,)), delays, frequency, reference)


def first_point(group, delays, **changes):
    return lines(group, delays, **changes)[1].sum()


@pytest.mark.parametrize("difference", [0.5, 8.0, 300.0])
def test_pair_is_the_ab_quartet(difference):
    """Centre ± (J ± C)/2 of intensity (1 ∓ J/C)/2, with C^2 = difference^2 + J^2."""
    coupling, half = 7.0, difference / 200.0
    frequencies, amplitudes = lines(SpinGroup((3.0 - half, 3.0 + half), PAIR))
    wide = np.hypot(difference, coupling)
    inner, outer = (wide - coupling) / 2, (wide + coupling) / 2
    order = np.argsort(frequencies)
    np.testing.assert_allclose(frequencies[order], [-outer, -inner, inner, outer], atol=1e-9)
    weak, strong = (1 - coupling / wide) / 2, (1 + coupling / wide) / 2
    np.testing.assert_allclose(amplitudes[order], [weak, strong, strong, weak], atol=1e-9)


@pytest.mark.parametrize("te", [0.0, 0.03, 0.0714, 0.144])
@pytest.mark.parametrize("share", [1.0, 0.3])
def test_weak_coupling_modulates_echoes_by_its_cosine(te, share):
    far_apart = SpinGroup((3.0, 9.0), PAIR)
    echoes = (te,) if share == 1.0 else (share * te, (1 - share) * te)
    signal_there = first_point(far_apart, Delays(echoes), frequency=1e4)
    assert signal_there == pytest.approx(2 * np.cos(np.pi * 7.0 * te), abs=2e-3)


@pytest.mark.parametrize("delays", [Delays((0.05,)), Delays((0.02, 0.03)), Delays((0.05,), 0.02)])
def test_uncoupled_spins_are_refocused(delays):
    assert first_point(SpinGroup((1.3,), {}, 3.0), delays) == pytest.approx(3.0, abs=1e-9)


def test_coupling_of_equal_spins_does_not_show():
    frequencies, amplitudes = lines(SpinGroup((2.0, 2.0), PAIR), Delays((0.02, 0.03)))
    np.testing.assert_allclose(frequencies, -100.0, atol=1e-9)
    assert amplitudes.sum() == pytest.approx(2.0, abs=1e-9)


@pytest.mark.parametrize("name", molecules())
@pytest.mark.parametrize("delays", [AT_ONCE, Delays((0.0, 0.0)), Delays((0.0,), 0.0)])
def test_moments_of_the_spectrum(name, delays):
    """Area: number of protons. First moment: the mean offset, whatever the couplings."""
    molecule = molecules()[name]
    frequencies, amplitudes = molecule_lines(molecule, delays, 123.2, 4.65)
    assert amplitudes.sum() == pytest.approx(molecule.protons, abs=1e-8)
    if delays.mixing is None:  # a stimulated echo also has antiphase terms
        mean = sum(g.weight * sum(np.array(g.shifts) - 4.65) for g in molecule.groups) * 123.2
        assert (amplitudes * frequencies).sum().real == pytest.approx(mean, abs=1e-6)


def test_heteronuclei_split_lines_but_not_echoes():
    phosphorus = Heteronucleus((-0.5, 0.5), {0: 8.0})
    group = SpinGroup((3.1,), {}, 2.0, (phosphorus,))
    for delays in (AT_ONCE, Delays((0.03,)), Delays((0.03,), 0.01)):
        frequencies, amplitudes = lines(group, delays)
        np.testing.assert_allclose(np.sort(frequencies), [6.0, 14.0], atol=1e-9)
        np.testing.assert_allclose(amplitudes, 1.0, atol=1e-9)


def test_pulses_and_precession_are_unitary():
    spins = Spins(np.array([30.0, -80.0, 11.0]), THREE.couplings)
    pulse = spins.pulse(0.7)
    np.testing.assert_allclose(pulse @ pulse.conj().T, np.eye(8), atol=1e-12)
    later = spins.precess(spins.excited(), 0.123)
    assert np.linalg.norm(later) == pytest.approx(np.linalg.norm(spins.excited()))


def test_signal_is_the_sum_of_exponentials():
    frequencies, amplitudes = np.array([12.0, -300.0]), np.array([1.0, 0.5j])
    time = np.arange(50) * 1e-3
    expected = amplitudes @ np.exp(2j * np.pi * frequencies[:, None] * time)
    np.testing.assert_allclose(signal(frequencies, amplitudes, 1e-3, 50), expected, atol=1e-12)


class Plain:
    """The same experiments with spin operators, matrix exponentials and real gradients."""

    def __init__(self, group, frequency, reference):
        count = len(group.shifts)
        paulis = np.array([[[0, 1], [1, 0]], [[0, -1j], [1j, 0]], [[1, 0], [0, -1]]]) / 2
        self.spin = [
            [reduce(np.kron, [p if k == i else np.eye(2) for k in range(count)]) for p in paulis]
            for i in range(count)
        ]
        self.fx, self.fy, self.fz = (sum(s[axis] for s in self.spin) for axis in range(3))
        offsets = (np.array(group.shifts) - reference) * frequency
        self.energy = sum(f * s[2] for f, s in zip(offsets, self.spin, strict=True)) + sum(
            j * sum(a @ b for a, b in zip(self.spin[i], self.spin[k], strict=True))
            for (i, k), j in group.couplings.items()
        )

    def turn(self, density, generator, angle):
        rotation = expm(-1j * angle * generator)
        return rotation @ density @ rotation.conj().T

    def wait(self, density, time):
        return self.turn(density, self.energy, 2 * np.pi * time)

    def signal(self, density, time):
        raising = self.fx + 1j * self.fy
        scale = np.trace(self.fx @ self.fx) / len(self.spin)
        return np.array([np.trace(self.wait(density, t) @ raising) for t in time]) / scale

    def press(self, first, second):
        density = self.turn(self.fz, self.fy, np.pi / 2)
        density = self.turn(self.wait(density, first / 2), self.fx, np.pi)
        density = self.wait(density, (first + second) / 2)
        return self.wait(self.turn(density, self.fx, np.pi), second / 2)

    def steam(self, echo, mixing, steps=8):
        """Mean over dephasing by equal crushers in the echo and by a spoiler in between."""
        phases = 2 * np.pi * np.arange(steps) / steps
        total = np.zeros_like(self.energy)
        for crusher in phases:
            for spoiler in phases:
                density = self.turn(self.fz, self.fy, np.pi / 2)
                density = self.turn(self.wait(density, echo / 2), self.fz, crusher)
                density = self.turn(density, self.fx, np.pi / 2)
                density = self.turn(self.wait(density, mixing), self.fz, spoiler)
                density = self.turn(density, self.fx, np.pi / 2)
                total = total + self.turn(self.wait(density, echo / 2), self.fz, crusher)
        return 2 * total / steps**2


def test_press_step_by_step():
    plain, time = Plain(THREE, 100.0, 3.0), np.arange(40) * 5e-4
    expected = plain.signal(plain.press(0.011, 0.019), time)
    ours = signal(*lines(THREE, Delays((0.011, 0.019))), 5e-4, 40)
    np.testing.assert_allclose(ours, expected, atol=1e-9)


def test_steam_step_by_step():
    """The stimulated echo alone, with the zero-quantum coherences of the mixing time."""
    plain, time = Plain(THREE, 100.0, 3.0), np.arange(40) * 5e-4
    expected = plain.signal(plain.steam(0.012, 0.021), time)
    ours = signal(*lines(THREE, Delays((0.012,), 0.021)), 5e-4, 40)
    np.testing.assert_allclose(ours, expected, atol=1e-9)
    otherwise = signal(*lines(THREE, Delays((0.012,), 0.025)), 5e-4, 40)
    assert np.abs(ours - otherwise).max() > 0.01
