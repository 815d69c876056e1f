"""Simulated spectra of known composition."""

import numpy as np

from biomarkers import mrs

LEVELS = {
    "NAA": 10.0, "NAAG": 1.2, "Cr": 4.5, "PCr": 3.5, "GPC": 1.1, "PCho": 0.5, "Ins": 6.0,
    "Glu": 9.0, "Gln": 2.5,
}  # fmt: skip
DWELL, POINTS = 5e-4, 1024


def make_basis(names=tuple(LEVELS)):
    return mrs.simulate_basis(field_t=2.9, dwell=DWELL, points=POINTS, metabolites=names)


def signal(basis, *, levels=None, decay=12.0, gauss=0.0, shift_ppm=0.0, phase=0.0):
    """Return a signal, (T,), and the amplitudes in it."""
    amplitudes = np.array([(levels or LEVELS).get(name, 0.0) for name in basis.names])
    turn = 2j * np.pi * shift_ppm * basis.frequency_mhz
    envelope = np.exp((turn - decay) * basis.time - gauss * basis.time**2 + 1j * phase)
    return amplitudes @ basis.fid * envelope


def make_scan(fid, basis, *, snr=None, rng=None):
    """Return a scan of one voxel, (T,), or a grid, (x, y, z, T), with noise."""
    fid = np.asarray(fid)
    fid = fid[None, None, None] if fid.ndim == 1 else fid
    if snr is not None:
        height = np.abs(np.fft.fft(fid, axis=-1)).max()
        sd = height / snr / np.sqrt(fid.shape[-1])
        fid = fid + sd * (rng.standard_normal(fid.shape) + 1j * rng.standard_normal(fid.shape))
    return mrs.Scan(fid, basis.dwell, basis.frequency_mhz, te=0.03, tr=2.0, source="simulated")


def ratio_of(name, levels=None):
    """Return the true ratio of a metabolite, single or combined, to total creatine."""
    levels = levels or LEVELS
    parts = mrs.COMBINED.get(name, (name,))
    return sum(levels.get(part, 0.0) for part in parts) / (levels["Cr"] + levels["PCr"])
