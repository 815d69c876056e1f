"""Where searches begin: shift and phase from the tallest signals, several widths of lines."""

import numpy as np
import numpy.typing as npt

from biomarkers.mrs.fitting.design import PER_GROUP, Design, gaussian_decay

FloatArray = npt.NDArray[np.float64]
ComplexArray = npt.NDArray[np.complex128]

# Signals that stand out of a spectrum of brain or tumour at 1H; each gets a complex amplitude.
_TALL = (("NAA", "NAAG"), ("Cr", "PCr"), ("GPC", "PCho"), ("Ins",), ("Glu",), ("Lac",), ("Tau",))
_STEP_PPM = 0.01
# Full widths at half maximum that searches start from, Hz: half of it Lorentzian.
WIDTHS_HZ = (4.0, 9.0)


def first_guess(design: Design, data: ComplexArray, *, reach_ppm: float) -> tuple[float, float]:
    """Return shift (rad/s) and phase (rad) by which the tallest signals explain the data best.

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
    templates = _templates(design)
    steps = int(round(reach_ppm / _STEP_PPM))
    turn = 2.0 * np.pi * design.frequency_mhz
    shifts = turn * _STEP_PPM * np.arange(-steps, steps + 1)
    best = (-np.inf, 0.0, 0.0)
    smooth = design.baseline.shapes * np.sqrt(
        design.baseline.shares(design.baseline.stiffness_for(4.0 * design.baseline.width_ppm))
    )
    for shift in shifts:
        rows = design.window.spectra(templates * np.exp(1j * shift * design.time))
        on_rows, on_data = rows @ smooth, data @ smooth
        gram = rows.conj() @ rows.T - on_rows.conj() @ on_rows.T
        onto = rows.conj() @ data - on_rows.conj() @ on_data
        gram[np.diag_indices(len(gram))] *= 1.0 + 1e-6
        amplitudes = np.linalg.solve(gram, onto)
        gained = float(np.real(onto.conj() @ amplitudes))
        if gained > best[0]:
            weight = amplitudes * np.sqrt(np.real(np.diag(gram)))
            phase = 0.5 * float(np.angle(np.sum(weight * np.abs(weight) * weight / np.abs(weight))))
            phase = float(np.angle(np.sum(weight * np.abs(weight))))
            best = (gained, float(shift), phase)
    return best[1], best[2]


def _templates(design: Design) -> ComplexArray:
    decay = np.exp(-np.pi * 5.0 * design.time)
    rows = []
    for names in _TALL:
        there = [design.names.index(name) for name in names if name in design.names]
        if there:
            rows.append(design.signals[there[0]] * decay)
    if not rows:
        rows = [signal * decay for signal in design.signals]
    return np.array(rows)


def start(design: Design, shift: float, phase: float, width_hz: float) -> FloatArray:
    """Return the parameters of a start, (P,)."""
    parameters = design.mean.copy()
    parameters[0] = phase
    for group in range(len(design.groups)):
        at = 2 + PER_GROUP * group
        share = 1.0 if group == 0 else 0.2
        parameters[at : at + PER_GROUP] = (
            shift if group == 0 else 0.0,
            share * np.pi * 0.5 * width_hz,
            share * gaussian_decay(0.5 * width_hz),
        )
    return parameters
