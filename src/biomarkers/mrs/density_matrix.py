"""Lines of coupled protons after ideal pulses, from the density matrix (exact, no relaxation).

Hamiltonian of a group, in Hz: H = Σ f_i Iz_i + Σ J_ij I_i·I_j, real and block-diagonal in total
Fz: diagonalised once, block by block. In its eigenbasis free precession is a phase,
ρ_ab(t) = ρ_ab exp(−2πi (E_a − E_b) t), and the signal Tr(ρ F+) a sum of exponentials.

Pulses are instantaneous and act on all protons alike. No gradients need to be computed for
refocusing pulses: excitation leaves coherences of order ±1 only, precession keeps the order, and
an ideal 180° turns +1 into −1 wholly, so that crushers have nothing to remove. An ideal 90° makes
every order, hence STEAM filters orders in its mixing time and in its echo.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from itertools import pairwise, product
from math import pi

import numpy as np
import numpy.typing as npt

from biomarkers.arrays import ComplexArray, FloatArray
from biomarkers.blas import one_blas_thread
from biomarkers.mrs.spin_systems import Molecule, SpinGroup

# Weaker lines than this, relative to the signal of one proton, are left out.
_WEAKEST = 1e-12


@dataclass(frozen=True)
class Delays:
    """When the pulses of a sequence are given.

    Parameters
    ----------
    echoes
        Echo time of each refocusing pulse, s: the pulse lies in the middle of its own.
    mixing
        Between second and third 90° of a stimulated echo, s; None for a train of 180°.

    """

    echoes: tuple[float, ...]
    mixing: float | None = None


class Spins:
    """Coupled protons in the eigenbasis of their Hamiltonian.

    Parameters
    ----------
    offsets
        Of the protons from the spectrometer's frequency, Hz.
    couplings
        Between pairs of protons, by their indices, Hz.

    """

    def __init__(self, offsets: FloatArray, couplings: Mapping[tuple[int, int], float]) -> None:
        states = np.arange(2 ** len(offsets))
        up = states[:, None] >> np.arange(len(offsets)) & 1  # 1: m = +1/2
        self.fz = up.sum(1) - len(offsets) / 2
        self.energy, self.vectors = _eigen(_hamiltonian(offsets, couplings, up), self.fz)
        self.raising = self._rotated(_raising(states, len(offsets)))

    def _rotated(self, operator: FloatArray | ComplexArray) -> ComplexArray:
        """Return an operator of the product basis in the eigenbasis."""
        return np.asarray(self.vectors.T @ operator @ self.vectors, dtype=np.complex128)

    @property
    def order(self) -> FloatArray:
        """Coherence order of each element of a density matrix, (N, N)."""
        return np.asarray(self.fz[:, None] - self.fz)

    def precess(self, density: ComplexArray, time: float) -> ComplexArray:
        """Return the density matrix after free precession."""
        phase = np.exp(-2j * pi * self.energy * time)
        return np.asarray(phase[:, None] * density * phase.conj())

    def pulse(self, angle: float) -> ComplexArray:
        """Return the rotation of all protons about x by an angle, rad."""
        cosine, sine = np.cos(angle / 2), np.sin(angle / 2)
        one = np.array([[cosine, -1j * sine], [-1j * sine, cosine]])
        return self._rotated(reduce(np.kron, [one] * int(2 * self.fz.max())))

    def excited(self) -> ComplexArray:
        """Return the density matrix Fx, (F+ + F−)/2, scaled to a signal of 1 per proton."""
        return (self.raising + self.raising.T) * (2.0 / len(self.energy))

    def lines(self, density: ComplexArray) -> tuple[FloatArray, ComplexArray]:
        """Return frequencies, Hz, and amplitudes of the signal Tr(ρ F+)."""
        amplitude = density * self.raising.T  # ρ_ab (F+)_ba turns as exp(−2πi (E_a − E_b) t)
        seen = np.abs(amplitude) > _WEAKEST
        frequency = self.energy - self.energy[:, None]
        return np.asarray(frequency[seen]), np.asarray(amplitude[seen])


@one_blas_thread()
def molecule_lines(
    molecule: Molecule, delays: Delays, frequency_mhz: float, reference: float
) -> tuple[FloatArray, ComplexArray]:
    """Return the lines of a molecule after a sequence.

    Parameters
    ----------
    molecule
        Its groups of coupled spins, which do not see each other.
    delays
        Of the sequence.
    frequency_mhz, reference
        Of the spectrometer, MHz, and the chemical shift that it stands for, ppm.

    Returns
    -------
    frequencies
        Of the lines, (K,), Hz.
    amplitudes
        (K,); their sum at echo times of 0 is the number of protons.

    """
    lines = [_group_lines(group, delays, frequency_mhz, reference) for group in molecule.groups]
    frequencies, amplitudes = zip(*lines, strict=True)
    return np.concatenate(frequencies), np.concatenate(amplitudes)


def signal(
    frequencies: FloatArray, amplitudes: ComplexArray, dwell: float, points: int
) -> ComplexArray:
    """Return Σ_k a_k exp(2πi f_k t) at t = 0, dwell, …, (points,).

    With t = (rows of `stride` samples) + (sample in the row) it is one matrix product, which
    needs exponentials for √points times only.
    """
    stride = int(np.ceil(np.sqrt(points)))
    turn = 2j * pi * dwell * frequencies
    rows = np.exp(np.arange(0, points, stride)[:, None] * turn) * amplitudes
    return np.asarray((rows @ np.exp(turn[:, None] * np.arange(stride))).ravel()[:points])


def _group_lines(
    group: SpinGroup, delays: Delays, frequency_mhz: float, reference: float
) -> tuple[FloatArray, ComplexArray]:
    """Return the lines of a group: of its protons, averaged over states of its heteronuclei.

    Those are not pulsed: each stays in its state m, which moves its protons by J·m, an offset
    like a chemical shift. The mean over their states, all equally likely, is exact.
    """
    offsets = (np.asarray(group.shifts) - reference) * frequency_mhz
    lines: list[tuple[FloatArray, ComplexArray]] = []
    for states in product(*(nucleus.states for nucleus in group.heteronuclei)):
        moved = offsets.copy()
        for nucleus, state in zip(group.heteronuclei, states, strict=True):
            for proton, coupling in nucleus.couplings.items():
                moved[proton] += coupling * state
        spins = Spins(moved, group.couplings)
        lines.append(spins.lines(_after(spins, delays)))
    frequencies, amplitudes = zip(*lines, strict=True)
    share = group.weight / len(lines)
    return np.concatenate(frequencies), np.asarray(share * np.concatenate(amplitudes))


def _after(spins: Spins, delays: Delays) -> ComplexArray:
    """Return the density matrix when the acquisition begins."""
    if delays.mixing is not None:
        return _stimulated_echo(spins, delays.echoes[0], delays.mixing)
    return _refocused(spins, delays.echoes)


def _refocused(spins: Spins, echoes: Sequence[float]) -> ComplexArray:
    """Return the density matrix after 90° and a 180° in the middle of each echo time.

    A 180° about x flips every spin, which reverses the order of the product states.
    """
    flip = spins.vectors.T @ spins.vectors[::-1]
    density = spins.precess(spins.excited(), echoes[0] / 2)
    for before, after in pairwise((*echoes, 0.0)):
        density = spins.precess(flip @ density @ flip.T, (before + after) / 2)
    return np.asarray(density)


def _stimulated_echo(spins: Spins, echo: float, mixing: float) -> ComplexArray:
    """Return the density matrix after three 90°, coherences of order +1, 0 and −1 selected.

    Crushers of equal area before the second and after the third pulse and a spoiler between
    them leave this pathway alone, half of the signal of an uncoupled spin; scaled by 2.
    """
    pulse = spins.pulse(pi / 2)
    density = spins.excited() * (np.round(spins.order) == 1)
    density = spins.precess(density, echo / 2)
    density = pulse @ density @ pulse.conj().T * (np.round(spins.order) == 0)
    density = pulse @ spins.precess(density, mixing) @ pulse.conj().T
    return spins.precess(2.0 * density * (np.round(spins.order) == -1), echo / 2)


def _hamiltonian(
    offsets: FloatArray, couplings: Mapping[tuple[int, int], float], up: npt.NDArray[np.int64]
) -> FloatArray:
    """Return H in the product basis, (N, N), Hz.

    I_i·I_j = Iz_i Iz_j + (I+_i I−_j + I−_i I+_j)/2: the latter swaps two opposite spins.
    """
    states, m = np.arange(len(up)), up - 0.5
    hamiltonian = np.diag(m @ offsets)
    for (i, j), coupling in couplings.items():
        hamiltonian[states, states] += coupling * m[:, i] * m[:, j]
        opposite = states[up[:, i] != up[:, j]]
        hamiltonian[opposite, opposite ^ (1 << i | 1 << j)] += coupling / 2
    return np.asarray(hamiltonian)


def _eigen(hamiltonian: FloatArray, fz: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return energies, (N,), and eigenvectors, (N, N), each of one value of Fz."""
    energy, vectors = np.empty(len(fz)), np.zeros(hamiltonian.shape)
    for value in np.unique(fz):
        block = np.flatnonzero(fz == value)
        energy[block], vectors[np.ix_(block, block)] = np.linalg.eigh(
            hamiltonian[np.ix_(block, block)]
        )
    return energy, vectors


def _raising(states: npt.NDArray[np.int64], count: int) -> FloatArray:
    """Return F+ = Σ I+_i in the product basis, (N, N)."""
    raising = np.zeros((len(states), len(states)))
    for spin in range(count):
        down = states[states >> spin & 1 == 0]
        raising[down | 1 << spin, down] = 1.0
    return raising
