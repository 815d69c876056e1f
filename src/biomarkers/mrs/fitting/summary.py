"""How good a fit is, and what is to be said of it."""

from typing import NamedTuple

import numpy as np

from biomarkers.arrays import FloatArray
from biomarkers.mrs.fitting.inference import line_width, peak_height, residual, whiteness
from biomarkers.mrs.fitting.outcome import Quality, SpectrumFlag
from biomarkers.mrs.fitting.pipeline import Solution
from biomarkers.mrs.fitting.ratios import names_of, weights

# Shifts above it are told of, ppm.
_NOTABLE_SHIFT = 0.05


class Summary(NamedTuple):
    """What is told of a fit beside its amplitudes; see `Fit`."""

    amplitudes: FloatArray  # (M,)
    joint: FloatArray  # (M, M)
    snr: float
    fwhm_hz: float
    ppm_shift: float
    whiteness: float
    holds: dict[SpectrumFlag, bool]


def summarised(solution: Solution, judged: Quality, noise: float) -> Summary:
    """Return amplitudes with their covariance, quality and flags of a fit.

    Parameters
    ----------
    solution
        The fit.
    judged
        From where on something is flagged.
    noise
        Standard deviation of real or imaginary part of a sample of the spectrum.

    """
    design, state, placed = solution.problem.design, solution.state, solution.placed
    height = solution.scale * peak_height(design, state, judged.peak)
    fwhm = line_width(design, state)
    shift = placed.shift_ppm + float(state.parameters[2]) / (2.0 * np.pi * design.frequency_mhz)
    white = whiteness(residual(solution.problem, state))
    holds = {
        SpectrumFlag.NOT_CONVERGED: not state.converged,
        SpectrumFlag.LOW_SNR: not height >= judged.snr * noise,
        SpectrumFlag.BROAD_LINES: not fwhm <= judged.fwhm_ppm * design.frequency_mhz,
        SpectrumFlag.CONJUGATED: placed.conjugated,
        SpectrumFlag.SHIFTED: abs(shift) > _NOTABLE_SHIFT,
        SpectrumFlag.RESIDUAL_NOT_NOISE: white < judged.white,
        SpectrumFlag.AT_BOUND: state.at_bound(design),
    }
    return Summary(
        solution.unit * state.amplitudes,
        solution.unit**2 * solution.errors.covariance,
        height / noise if noise > 0.0 else np.inf,
        fwhm,
        shift,
        white,
        holds,
    )


def sums(signals: tuple[str, ...]) -> tuple[tuple[str, ...], FloatArray]:
    """Return names, single and combined, (K), and which signals each sums, (K, M)."""
    names = names_of(signals)
    return names, np.array([weights(name, signals) for name in names])
