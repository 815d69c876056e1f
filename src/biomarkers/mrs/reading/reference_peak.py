"""The singlet at 0 ppm that simulated bases carry as a mark, and the bases without it."""

import numpy as np
from scipy.optimize import least_squares

from biomarkers.arrays import ComplexArray, FloatArray
from biomarkers.mrs.basis import Basis
from biomarkers.mrs.scan import ppm_axis

# It is sought this far from 0 ppm, over this range of the spectrum, ppm.
_NEAR, _RANGE = 0.06, 0.3
# What it may leave unexplained beside a polynomial, which is for the tails of other lines.
_UNEXPLAINED = 0.2
_DEGREE = 3
# Fewer points of the spectrum do not tell a singlet from the tails of other lines.
_FEWEST = 20


def without_reference(basis: Basis) -> Basis:
    """Return a basis whose signals have no singlet at 0 ppm."""
    return basis.with_fid(np.array([fid - _reference(fid, basis) for fid in basis.fid]))


def _reference(fid: ComplexArray, basis: Basis) -> ComplexArray:
    """Return the singlet at 0 ppm, (T,); nothing, if there is none.

    One exponential with Lorentzian and Gaussian decay, cut and sampled as the signal is, is fitted
    to the spectrum around 0 ppm beside a polynomial.
    """
    points = fid.size
    ppm = ppm_axis(points, basis.dwell, basis.frequency_mhz, basis.ppm_reference)
    inside = np.flatnonzero(np.abs(ppm) < _RANGE)
    spectrum = np.fft.fftshift(np.fft.fft(fid))[inside]
    tails = np.vander(ppm[inside] / _RANGE, _DEGREE + 1).astype(complex)

    def model(parameters: FloatArray) -> ComplexArray:
        hz = (parameters[0] - basis.ppm_reference) * basis.frequency_mhz
        rate = abs(parameters[1]) + abs(parameters[2]) * basis.time
        return np.asarray(np.exp((2j * np.pi * hz - rate) * basis.time))

    def design(parameters: FloatArray) -> ComplexArray:
        line = np.fft.fftshift(np.fft.fft(model(parameters)))[inside]
        return np.column_stack([line, tails])

    def residual(parameters: FloatArray) -> FloatArray:
        columns = design(parameters)
        rest = spectrum - columns @ np.linalg.lstsq(columns, spectrum, rcond=None)[0]
        return np.concatenate([rest.real, rest.imag])

    if inside.size < _FEWEST:
        return np.zeros_like(fid)
    start = ppm[inside][np.argmax(np.abs(spectrum))]
    if abs(start) > _NEAR:
        return np.zeros_like(fid)
    fitted = least_squares(residual, [start, 5.0, 5.0], x_scale=[0.001, 1.0, 1.0])
    rest = np.linalg.norm(fitted.fun)
    flat = spectrum - tails @ np.linalg.lstsq(tails, spectrum, rcond=None)[0]
    if abs(fitted.x[0]) > _NEAR or rest > _UNEXPLAINED * np.linalg.norm(flat):
        return np.zeros_like(fid)
    amplitude = np.linalg.lstsq(design(fitted.x), spectrum, rcond=None)[0][0]
    return np.asarray(amplitude * model(fitted.x))
