"""Where searches begin: shift and phase from the tallest signals, several widths of lines."""

from typing import NamedTuple

import numpy as np

from biomarkers.arrays import ComplexArray, FloatArray
from biomarkers.mrs.fitting.design import PER_GROUP, Design, gaussian_decay

# Signals that stand out of spectra of brain and tumour; each gets a complex amplitude.
_TALL = (("NAA", "NAAG"), ("Cr", "PCr"), ("GPC", "PCho"), ("Ins",), ("Glu",), ("Lac",), ("Tau",))
# Steps of shifts, Hz, and the width that templates have: a search from half a step off succeeds.
_STEP_HZ = 4.0
_TEMPLATE_HZ = 6.0
_BASELINE_PER_PPM = 3.0
# Full widths at half maximum that searches start from, Hz: half of it Lorentzian.
WIDTHS_HZ = (4.0, 9.0)


class Guess(NamedTuple):
    """Where a search begins."""

    shift: float  # rad/s
    phase: float  # rad
    unexplained: float  # share of the data's power


def first_guess(design: Design, data: ComplexArray, *, reach_ppm: float) -> Guess:
    """Return shift and phase by which the tallest signals explain the data best.

    Each may have any phase, so that a wrong phase of the spectrum hides no shift; what they have
    in common is the phase.

    Parameters
    ----------
    design
        Of the fit.
    data
        Of the window, (N,).
    reach_ppm
        Largest shift that is tried, ppm.

    """
    points = design.time.size
    bin_hz = 1.0 / (points * (design.time[1] - design.time[0]))
    finer, stride = int(np.ceil(bin_hz / _STEP_HZ)), max(int(_STEP_HZ / bin_hz), 1)
    padded = np.fft.fft(_templates(design), finer * points, axis=-1)
    most = stride * int(reach_ppm * design.frequency_mhz * finer / bin_hz / stride)
    baseline = design.baseline
    flexible = baseline.stiffness_for(_BASELINE_PER_PPM * baseline.width_ppm)
    smooth = baseline.shapes * np.sqrt(baseline.shares(flexible))
    on_data, power = data @ smooth, float(np.real(data.conj() @ data))
    power -= float(np.real(on_data.conj() @ on_data))
    best = Guess(0.0, 0.0, np.inf)
    for shift in range(-most, most + 1, stride):
        rows = padded[:, (finer * design.window.index - shift) % padded.shape[1]]
        on_rows = rows @ smooth
        gram = rows.conj() @ rows.T - on_rows.conj() @ on_rows.T
        onto = rows.conj() @ data - on_rows.conj() @ on_data
        gram[np.diag_indices(len(gram))] *= 1.0 + 1e-6
        amplitudes = np.linalg.solve(gram, onto)
        left = 1.0 - float(np.real(onto.conj() @ amplitudes)) / max(power, np.finfo(float).tiny)
        if left < best.unexplained:
            height = amplitudes * np.sqrt(np.real(np.diag(gram)))
            phase = float(np.angle(np.sum(height * np.abs(height))))
            best = Guess(2.0 * np.pi * bin_hz * shift / finer, phase, left)
    return best


def _templates(design: Design) -> ComplexArray:
    decay = np.exp(-np.pi * _TEMPLATE_HZ * design.time)
    there = [next((name for name in names if name in design.names), None) for names in _TALL]
    tall = [design.names.index(name) for name in there if name is not None]
    return np.asarray(design.signals[tall or slice(None)] * decay)


def start(design: Design, guess: Guess, width_hz: float) -> FloatArray:
    """Return the parameters of a start, (P,)."""
    parameters = design.mean.copy()
    parameters[0] = guess.phase
    for group in range(len(design.groups)):
        at = 2 + PER_GROUP * group
        # Macromolecules come with their width.
        share, shift = (0.2, 0.0) if group else (1.0, guess.shift)
        lorentz, gauss = np.pi * 0.5 * width_hz, gaussian_decay(0.5 * width_hz)
        parameters[at : at + PER_GROUP] = shift, share * lorentz, share * gauss
    return parameters
