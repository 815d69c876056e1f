"""Signals of metabolites, macromolecules and lipids in the time domain.

Not the code that makes a basis (`mrs.simulate_basis`): that diagonalises the Hamiltonian of the
protons and sums lines; here protons and the nuclei coupled to them are carried through the sequence
by matrix exponentials, in the product basis, and the signal is sampled step by step. Both start
from the published shifts and couplings of `mrs.molecules`.
"""

from collections.abc import Sequence
from functools import cache, reduce
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.linalg import expm

from biomarkers import mrs
from biomarkers.arrays import ComplexArray, FloatArray
from biomarkers.mrs.scan import WATER_PPM
from biomarkers.mrs.spin_systems import SpinGroup

# T2 at 3 T, s: of white matter (Wyss et al. 2018, in `mrs.relaxation_times`); of lactate that in
# glioma (Madan et al. 2014, doi:10.1002/mrm.25352); where none is published, chosen.
T2_LACTATE, _T2_UNKNOWN = 0.24, 0.16


class Line(NamedTuple):
    """A Gaussian line: chemical shift (ppm), full width at half maximum (ppm), amplitude."""

    ppm: float
    width: float
    amplitude: float


# Of human brain, as set for LCModel at Columbia and Yale (INSPECTOR, SP2_Proc_LcmWritePars;
# Juchem). The fit has other positions, widths and amplitudes (`mrs.fitting.bands`).
MACROMOLECULES = (
    Line(0.88, 0.10, 1.16), Line(0.94, 0.10, 1.24), Line(1.22, 0.10, 0.58), Line(1.41, 0.10, 1.19),
    Line(1.70, 0.15, 1.02), Line(2.05, 0.25, 1.82), Line(2.29, 0.15, 1.02), Line(2.74, 0.10, 0.19),
    Line(3.00, 0.10, 0.55), Line(3.22, 0.10, 0.65), Line(3.80, 0.35, 2.96), Line(4.29, 0.35, 0.77),
)  # fmt: skip
# Mobile lipids of necrosis: CH3, CH2, and protons beside and between double bonds; chosen.
LIPIDS = (
    Line(0.90, 0.15, 0.30), Line(1.30, 0.14, 1.00), Line(2.02, 0.18, 0.12), Line(2.80, 0.20, 0.06)
)  # fmt: skip


class Acquisition(NamedTuple):
    """How spectra are sampled: PRESS echo times (s), frequency (MHz), dwell time (s), points."""

    echoes: tuple[float, float]
    frequency_mhz: float
    dwell: float
    points: int

    @property
    def time(self) -> FloatArray:
        """Of the samples from the echo on, (T,), s."""
        return np.asarray(np.arange(self.points) * self.dwell, dtype=float)


@cache
def metabolite_signal(name: str, acquisition: Acquisition) -> ComplexArray:
    """Return the signal of a metabolite after ideal pulses, (T,), 1 per uncoupled proton.

    It decays by the T2 of the metabolite from the echo on; frequencies rise with the chemical
    shift from 0 Hz at 4.65 ppm.

    Parameters
    ----------
    name
        One of `mrs.molecules()`.
    acquisition
        How it is sampled.

    Examples
    --------
    >>> from biomarkers.simulate.spectra import Acquisition, metabolite_signal
    >>> signal = metabolite_signal("Cr", Acquisition((0.014, 0.016), 123.2, 5e-4, 256))
    >>> round(float(abs(signal[0])), 6)
    6.0

    """
    groups = mrs.molecules()[name].groups
    signal = sum(group.weight * _group_signal(group, acquisition) for group in groups)
    decayed = signal * np.exp(-acquisition.time / t2(name))
    decayed.flags.writeable = False
    return np.asarray(decayed)


def t2(name: str) -> float:
    """Return the T2 that the signal of a metabolite decays with, s."""
    if name == "Lac":
        return T2_LACTATE
    times = mrs.relaxation_times(3.0).of(name, "wm")
    return _T2_UNKNOWN if times is None else times.t2


def broad_signal(lines: Sequence[Line], acquisition: Acquisition) -> ComplexArray:
    """Return the signal of Gaussian lines, (T,)."""
    time = acquisition.time
    signal = np.zeros(time.size, dtype=complex)
    for line in lines:
        offset = (line.ppm - WATER_PPM) * acquisition.frequency_mhz
        width = line.width * acquisition.frequency_mhz
        signal += line.amplitude * np.exp(2j * np.pi * offset * time) * gaussian(width, time)
    return signal


def gaussian(width_hz: npt.ArrayLike, time: FloatArray) -> FloatArray:
    """Return the decay of a Gaussian line of that full width at half maximum, Hz."""
    return np.asarray(np.exp(-((np.pi * np.asarray(width_hz) * time) ** 2) / (4.0 * np.log(2.0))))


def _group_signal(group: SpinGroup, acquisition: Acquisition) -> ComplexArray:
    """Return the signal of coupled protons, (T,): excitation, two echoes, sampling."""
    sizes = [2] * len(group.shifts) + [len(each.states) for each in group.heteronuclei]
    hamiltonian = _hamiltonian(group, sizes, acquisition.frequency_mhz)
    protons = range(len(group.shifts))
    raising = np.sum([_embedded(_RAISING, i, sizes) for i in protons], axis=0)
    flip = reduce(np.matmul, (_embedded(_FLIP, i, sizes) for i in protons))
    density = (raising + raising.T) / 2.0 * (4.0 / len(hamiltonian))  # Fx, 1 per proton
    first, second = acquisition.echoes
    for before, after in ((first / 2, 0.0), ((first + second) / 2, second / 2)):
        density = flip @ _moved(density, hamiltonian, before) @ flip.conj().T
        density = _moved(density, hamiltonian, after)
    return _sampled(density, np.asarray(raising), hamiltonian, acquisition)


# Operators of one spin 1/2, up first: I+, and the turn by 180° about x, exp(−iπ Ix) = −2i Ix.
_RAISING = np.array([[0.0, 1.0], [0.0, 0.0]])
_FLIP = np.array([[0.0, -1.0j], [-1.0j, 0.0]])
_Z = np.diag([0.5, -0.5])


def _embedded(operator: npt.NDArray[np.generic], at: int, sizes: Sequence[int]) -> ComplexArray:
    """Return an operator of one spin in the space of all."""
    parts = [operator if k == at else np.eye(size) for k, size in enumerate(sizes)]
    return np.asarray(reduce(np.kron, parts), dtype=complex)


def _hamiltonian(group: SpinGroup, sizes: Sequence[int], frequency_mhz: float) -> ComplexArray:
    """Return Σ f Iz + Σ J I·I + Σ J Iz Sz, Hz; S are nuclei of other kinds."""
    count = len(group.shifts)
    z = [_embedded(_Z, i, sizes) for i in range(count)]
    up = [_embedded(_RAISING, i, sizes) for i in range(count)]
    offsets = (np.array(group.shifts) - WATER_PPM) * frequency_mhz
    total = sum(offset * each for offset, each in zip(offsets, z, strict=True))
    for (i, j), coupling in group.couplings.items():
        exchange = (up[i] @ up[j].T + up[i].T @ up[j]) / 2.0
        total = total + coupling * (z[i] @ z[j] + exchange)
    for k, nucleus in enumerate(group.heteronuclei, start=count):
        other = _embedded(np.diag(nucleus.states), k, sizes)
        for i, coupling in nucleus.couplings.items():
            total = total + coupling * z[i] @ other
    return np.asarray(total)


def _moved(density: ComplexArray, hamiltonian: ComplexArray, time: float) -> ComplexArray:
    """Return a density matrix after free precession."""
    step = expm(-2j * np.pi * time * hamiltonian)
    return np.asarray(step @ density @ step.conj().T)


def _sampled(
    density: ComplexArray, raising: ComplexArray, hamiltonian: ComplexArray, acq: Acquisition
) -> ComplexArray:
    """Return Tr(ρ(t) F+) at every sample, (T,).

    With t = (rows of √T samples) + (samples in a row) the density matrix is carried from row to
    row and the detector from sample to sample: √T steps of each instead of T.
    """
    stride = int(np.ceil(np.sqrt(acq.points)))
    step = expm(-2j * np.pi * acq.dwell * hamiltonian)
    leap = np.linalg.matrix_power(step, stride)
    rows, detectors = [density], [raising]
    for _ in range(stride - 1):
        rows.append(leap @ rows[-1] @ leap.conj().T)
        detectors.append(step.conj().T @ detectors[-1] @ step)
    left = np.array(rows).reshape(stride, -1)
    right = np.array(detectors).transpose(0, 2, 1).reshape(stride, -1)
    return np.asarray((left @ right.T).ravel()[: acq.points])
