"""Signals of several coils as one, at the best signal-to-noise ratio."""

import numpy as np
from scipy.fft import fft

from biomarkers.arrays import ComplexArray
from biomarkers.mrs.scan import COIL, SPACE, ProcessingStep, Scan

_METHOD = (
    "whitened singular value decomposition (Rodgers & Robson 2010, doi:10.1002/mrm.22230), "
    "sensitivities from the {source}, noise from the spectrum beyond 5 ppm"
)
# Where a spectrum holds noise alone: so far from its middle, ppm, or this share of its half-width.
_EMPTY_PPM, _EMPTY_SHARE = 5.0, 0.6


def combine_coils(scan: Scan) -> Scan:
    """Combine the coils of a scan, and with the same weights those of its water.

    The signals of the coils are ``s_c f(t) + noise``; with the noise's covariance ``N`` the
    weights ``s^H N^-1 / (s^H N^-1 s)`` have the highest signal-to-noise ratio. What is returned
    is ``|s| f(t)``, the root of the sum of squares of the coils, in the phase of the strongest.

    Parameters
    ----------
    scan
        With an axis `DIM_COIL`, or without one: then it is returned as it is.

    Returns
    -------
    Scan
        Without that axis. The step's values: `weights` (x, y, z, C), `source` of the
        sensitivities (`water` or `data`), `gain` in signal-to-noise over the best single coil.

    References
    ----------
    Rodgers CT, Robson MD. Magn Reson Med 2010;63:881. doi:10.1002/mrm.22230

    """
    if COIL not in scan.axes:
        return scan
    signals = _coils_first(scan)
    if signals.shape[3] == 1:
        return _combined(scan, np.ones(signals.shape[:4], dtype=complex))
    water = scan.water
    usable = water is not None and COIL in water.axes
    reference = _coils_first(water) if water is not None and usable else signals
    usable = usable and reference.shape[:4] == signals.shape[:4]
    noise = _noise_covariance(signals, scan)
    sensitivity = _sensitivity(reference if usable else signals, noise)
    weights, gain = _weights(sensitivity, noise)
    source = "water" if usable else "data"
    step = ProcessingStep(
        "coil combination",
        _METHOD.format(source=source),
        {"weights": weights, "source": source, "gain": gain},
    )
    return _combined(scan, weights, step)


def _coils_first(scan: Scan) -> ComplexArray:
    """Return signals as (x, y, z, C, everything else, T)."""
    moved = np.moveaxis(scan.fid, len(SPACE) + scan.axes.index(COIL), len(SPACE))
    signals = moved.reshape(*moved.shape[:4], -1, moved.shape[-1])
    return np.asarray(np.nan_to_num(signals))  # voxels without a value weigh nothing


def _combined(scan: Scan, weights: ComplexArray, *steps: ProcessingStep) -> Scan:
    """Return a scan, and its water, with the coils weighted and summed."""
    water = scan.water
    if water is not None and COIL in water.axes:
        count = water.fid.shape[len(SPACE) + water.axes.index(COIL)]
        own = weights if weights.shape == (*water.fid.shape[:3], count) else None
        water = combine_coils(water) if own is None else _combined(water, own, *steps)
    signals = np.moveaxis(scan.fid, len(SPACE) + scan.axes.index(COIL), len(SPACE))
    flat = signals.reshape(*signals.shape[:4], -1)
    fid = (weights[..., None, :] @ flat).reshape(*signals.shape[:3], *signals.shape[4:])
    axes = tuple(axis for axis in scan.axes if axis != COIL)
    return scan.with_fid(fid, *steps, axes=axes, water=water)


def _noise_covariance(signals: ComplexArray, scan: Scan) -> ComplexArray:
    """Return the covariance of the coils' noise, (C, C), of signals (x, y, z, C, n, T).

    From the spectrum far from any line: signal among the samples of noise would cost more of the
    signal-to-noise ratio than fewer samples do. The window, 0 at both ends, keeps lines narrow.
    """
    window = np.sin(np.pi * (np.arange(scan.points) + 0.5) / scan.points)
    frequency = np.abs(np.fft.fftfreq(scan.points, scan.dwell))
    empty = frequency > min(_EMPTY_PPM * scan.frequency_mhz, _EMPTY_SHARE * frequency.max())
    spectra = fft(np.moveaxis(signals, 3, 0) * window, axis=-1)[..., empty]
    samples = spectra.reshape(len(spectra), -1)
    covariance = samples @ samples.conj().T / samples.shape[1]
    if np.linalg.matrix_rank(covariance, hermitian=True) == len(covariance):
        return np.asarray(covariance)
    # a simulation without noise, or fewer samples than coils
    return np.eye(len(covariance), dtype=complex)


def _sensitivity(signals: ComplexArray, noise: ComplexArray) -> ComplexArray:
    """Return the coils' sensitivities, (x, y, z, C), of length 1, in the strongest's phase."""
    early = signals[..., : max(signals.shape[-1] // 4, 1)]
    samples = early.reshape(*signals.shape[:4], -1)
    root = np.linalg.cholesky(noise)
    white = np.linalg.solve(root, samples)
    main = np.linalg.eigh(white @ np.swapaxes(white.conj(), -1, -2))[1][..., -1]
    sensitivity = (root @ main[..., None])[..., 0]
    strongest = np.abs(sensitivity).argmax(axis=-1)[..., None]
    phase = np.take_along_axis(sensitivity, strongest, axis=-1)
    sensitivity = sensitivity * np.exp(-1j * np.angle(phase))
    return np.asarray(sensitivity / np.linalg.norm(sensitivity, axis=-1, keepdims=True))


def _weights(
    sensitivity: ComplexArray, noise: ComplexArray
) -> tuple[ComplexArray, np.ndarray[tuple[int, ...], np.dtype[np.float64]]]:
    """Return weights, (x, y, z, C), and their gain over the best single coil, (x, y, z)."""
    whitened = np.linalg.solve(noise, sensitivity[..., None])[..., 0].conj()
    power = np.sum(whitened * sensitivity, axis=-1).real
    best = np.max(np.abs(sensitivity) ** 2 / np.diag(noise).real, axis=-1)
    return np.asarray(whitened / power[..., None]), np.sqrt(power / best)
