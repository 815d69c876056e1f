"""Mirrored signals turned back, shifted spectra moved to where the basis is."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from biomarkers.mrs.fitting.design import Design
from biomarkers.mrs.fitting.starts import Guess, first_guess

ComplexArray = npt.NDArray[np.complex128]

REACH_PPM = 0.35


class Aligned(NamedTuple):
    """A signal as the basis has it."""

    signal: ComplexArray  # (T,)
    guess: Guess  # where the search begins, of that signal
    shift_ppm: float  # by how much it was moved
    conjugated: bool


def aligned(design: Design, signal: ComplexArray, *, conjugated: bool | None = None) -> Aligned:
    """Return a signal, (T,), turned back if it was mirrored, and moved to where the basis is.

    Both ways are tried, each at all shifts up to 0.35 ppm, by the tallest signals together; what
    explains the spectrum better holds.

    Parameters
    ----------
    design
        Of the fit.
    signal
        (T,).
    conjugated
        Whether it is mirrored, where that is known.

    """
    tried = []
    for mirrored in (False, True) if conjugated is None else (conjugated,):
        each = signal.conj() if mirrored else signal
        guess = first_guess(design, design.window.spectra(each), reach_ppm=REACH_PPM)
        tried.append(Aligned(each, guess, 0.0, mirrored))
    best = min(tried, key=lambda each: each.guess.unexplained)
    shift = best.guess.shift
    return moved(design, best._replace(guess=best.guess._replace(shift=0.0)), shift)


def moved(design: Design, placed: Aligned, shift: float) -> Aligned:
    """Return a signal moved down by a shift, rad/s."""
    shift_ppm = placed.shift_ppm + shift / (2.0 * np.pi * design.frequency_mhz)
    signal = placed.signal * np.exp(-1j * shift * design.time)
    return placed._replace(signal=signal, shift_ppm=shift_ppm)
