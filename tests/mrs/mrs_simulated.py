"""Spectroscopy signals with known truth."""

import numpy as np

from biomarkers.mrs import Basis, Scan

MHZ, DWELL, POINTS = 123.2, 0.25e-3, 2048
TIME = np.arange(POINTS) * DWELL

# Lines, (ppm, protons), of simple stand-ins for metabolites, and their amplitudes.
LINES = {
    "NAA": [(2.008, 3.0), (2.49, 0.5), (2.67, 0.5)],
    "Cr": [(3.027, 3.0), (3.913, 2.0)],
    "PCho": [(3.208, 9.0), (3.64, 2.0)],
    "Ins": [(3.52, 2.0), (3.61, 2.0), (3.27, 1.0), (4.05, 1.0)],
    "Glu": [(2.04, 1.0), (2.12, 1.0), (2.34, 2.0), (3.74, 1.0)],
    "Lac": [(1.283, 1.5), (1.340, 1.5)],
}
AMPLITUDES = {"NAA": 10.0, "Cr": 8.0, "PCho": 1.5, "Ins": 6.0, "Glu": 9.0, "Lac": 1.0}


def line(ppm, decay=20.0, *, time=TIME, mhz=MHZ, reference=4.65):
    """Return a line at a chemical shift that decays at a rate, 1/s."""
    return np.exp((2j * np.pi * (ppm - reference) * mhz - decay) * time)


def basis(*, time=TIME, reference=4.65):
    """Return a basis of the lines above."""
    fid = [
        sum(protons * line(ppm, 2.0, time=time, reference=reference) for ppm, protons in lines)
        for lines in LINES.values()
    ]
    return Basis(tuple(LINES), np.array(fid), time[1], MHZ, ppm_reference=reference)


def metabolites(decay=15.0, *, time=TIME, reference=4.65):
    """Return a signal made of the basis."""
    made = basis(time=time, reference=reference)
    amplitudes = np.array([AMPLITUDES[name] for name in made.names])
    return amplitudes @ made.fid * np.exp(-decay * time)


def noise(shape, sd, seed=0):
    """Return complex noise; `sd` of its real, and of its imaginary part."""
    random = np.random.default_rng(seed)
    return sd * (random.normal(size=shape) + 1j * random.normal(size=shape))


def scan(fid, *axes, water=None, **kwargs):
    """Return a scan of one voxel."""
    fid = np.asarray(fid, dtype=complex)[None, None, None]
    return Scan(fid, kwargs.pop("dwell", DWELL), MHZ, axes=axes, water=water, **kwargs)
