"""What the scanner makes of a slice: a grid of spectra by phase encoding.

A map of tissue, finer than the grid, is seen through the point spread of the few steps of phase
encoding. Every voxel has its own frequency, phase, line width and eddy current; the frequency
drifts from step to step; some water is left; noise is complex.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from biomarkers.arrays import ComplexArray, FloatArray
from biomarkers.simulate.spectra import Acquisition, gaussian

# Share of the water that suppression leaves, and how far from 0 Hz (its own line).
_RESIDUAL = (0.0006, 0.0024)
_WATER_DECAY = 14.0  # of the reference, 1/s


@dataclass(frozen=True, eq=False)
class Fields:
    """What differs from voxel to voxel besides tissue, each (x, y).

    Parameters
    ----------
    offset_hz
        Of the frequency from that of the scanner.
    lorentz_hz, gauss_hz
        Full widths at half maximum by which lines are broadened, beyond their T2.
    phase
        At the echo, rad.
    eddy, eddy_time
        Phase, rad, that eddy currents add at first, and the time it decays with, s.
    receive
        Sensitivity of the coils, about 1.
    drift_hz
        Of the frequency over the whole scan, one number.

    """

    offset_hz: FloatArray
    lorentz_hz: FloatArray
    gauss_hz: FloatArray
    phase: FloatArray
    eddy: FloatArray
    eddy_time: FloatArray
    receive: FloatArray
    drift_hz: float

    def weights(self, time: FloatArray) -> ComplexArray:
        """Return what every signal of a voxel is multiplied by, (x, y, T)."""
        offset, phase, eddy, lasting, receive = (
            each[..., None]
            for each in (self.offset_hz, self.phase, self.eddy, self.eddy_time, self.receive)
        )
        angle = 2.0 * np.pi * offset * time + phase + eddy * np.exp(-time / lasting)
        return np.asarray(receive * np.exp(1j * angle))

    def decay(self, time: FloatArray) -> FloatArray:
        """Return the decay of lines beyond their T2, (x, y, T)."""
        lorentz = np.exp(-np.pi * self.lorentz_hz[..., None] * time)
        return np.asarray(lorentz * gaussian(self.gauss_hz[..., None], time))


def draw_fields(shape: tuple[int, int], tumour: FloatArray, rng: np.random.Generator) -> Fields:
    """Draw the fields of a scan; lines are broader where there is tumour (its fraction, (x, y))."""
    x, y = np.meshgrid(*(np.linspace(-1.0, 1.0, n) for n in shape), indexing="ij")
    tilt, bowl = rng.normal(0.0, 4.0, 2), rng.normal(0.0, 3.0)
    offset = rng.normal(0.0, 2.0) + tilt[0] * x + tilt[1] * y + bowl * (x**2 + y**2)
    phase = rng.uniform(-np.pi, np.pi) + rng.normal(0.0, 0.2, 2) @ np.array([x.ravel(), y.ravel()])
    return Fields(
        offset_hz=offset + rng.normal(0.0, 0.7, shape),
        lorentz_hz=rng.uniform(0.8, 2.2, shape),
        gauss_hz=rng.uniform(3.0, 5.0, shape) + 1.5 * tumour,
        phase=phase.reshape(shape) + rng.normal(0.0, 0.1, shape),
        eddy=rng.normal(0.25, 0.05) + 0.1 * x,
        eddy_time=np.full(shape, rng.uniform(0.03, 0.06)),
        receive=1.0 + 0.10 * (x**2 + y**2) + rng.normal(0.0, 0.01) * x,
        drift_hz=float(rng.normal(0.0, 2.0)),
    )


def point_spread(fine: FloatArray, steps: tuple[int, int], *, weighting: float = 0.0) -> FloatArray:
    """Return a fine map, (X, Y), as so many steps of phase encoding see it, (x, y).

    Its Fourier transform is cut to the steps that are acquired; voxels lie with their centres on
    those of equal blocks of the fine map. A uniform map stays what it is. With `weighting` outer
    steps are acquired less often: 1 - weighting + weighting cos(pi k / n), Hamming's at 0.46.

    Examples
    --------
    >>> import numpy as np
    >>> from biomarkers.simulate.spectral_grid import point_spread
    >>> round(float(point_spread(np.ones((40, 40)), (8, 8)).max()), 6)
    1.0

    """
    seen = np.asarray(fine, dtype=complex)
    for axis, count in enumerate(steps):
        size = seen.shape[axis]
        order = np.fft.fftfreq(count, 1.0 / count)
        kept = np.take(np.fft.fft(seen, axis=axis), order.astype(int) % size, axis=axis)
        centre = np.exp(2j * np.pi * order * (size / count - 1.0) / (2.0 * size))
        centre *= 1.0 - weighting + weighting * np.cos(2.0 * np.pi * order / count)
        shape = [1, 1]
        shape[axis] = count
        seen = np.fft.ifft(kept * centre.reshape(shape), axis=axis) * (count / size)
    return np.asarray(seen.real)


def spectra(
    amounts: Mapping[str, FloatArray],
    signals: Mapping[str, ComplexArray],
    fields: Fields,
    acquisition: Acquisition,
    rng: np.random.Generator,
    *,
    water: FloatArray,
    noise: float,
) -> ComplexArray:
    """Return the water-suppressed signals of a grid, (x, y, 1, T).

    Parameters
    ----------
    amounts
        Of everything that has a signal, as the grid sees it, each (x, y).
    signals
        Of an amount of 1, each (T,).
    fields, acquisition
        Of the scan.
    rng
        Of the noise and of what is left of the water.
    water
        Amplitude of the water, (x, y).
    noise
        Standard deviation of the real, and of the imaginary part of a sample.

    """
    time = acquisition.time
    names = tuple(amounts)
    mixed = np.stack([amounts[name] for name in names], axis=-1) @ np.array(
        [signals[name] for name in names]
    )
    left = _residual_water(water, time, rng)
    fid = drifted((mixed * fields.decay(time) + left) * fields.weights(time), time, fields.drift_hz)
    parts = rng.normal(0.0, noise, (2, *fid.shape))
    return np.asarray((fid + parts[0] + 1j * parts[1])[:, :, None])


def water_reference(
    water: FloatArray,
    fields: Fields,
    acquisition: Acquisition,
    rng: np.random.Generator,
    noise: float,
) -> ComplexArray:
    """Return the signals without suppression, (x, y, 1, T)."""
    time = acquisition.time
    fid = water[..., None] * np.exp(-_WATER_DECAY * time) * gaussian(4.0, time)
    parts = rng.normal(0.0, noise, (2, *fid.shape))
    return np.asarray((fid * fields.weights(time) + parts[0] + 1j * parts[1])[:, :, None])


def drifted(fid: ComplexArray, time: FloatArray, drift_hz: float) -> ComplexArray:
    """Return signals, (x, y, T), of which every step of phase encoding has its own frequency.

    Steps follow each other row by row, from half the drift below to half the drift above.
    """
    order = np.arange(fid.shape[0] * fid.shape[1]).reshape(fid.shape[:2])
    offset = drift_hz * (order / max(order.size - 1, 1) - 0.5)
    encoded = np.fft.fftshift(np.fft.fft2(fid, axes=(0, 1)), axes=(0, 1))
    encoded = encoded * np.exp(2j * np.pi * offset[..., None] * time)
    return np.asarray(np.fft.ifft2(np.fft.ifftshift(encoded, axes=(0, 1)), axes=(0, 1)))


def _residual_water(water: FloatArray, time: FloatArray, rng: np.random.Generator) -> ComplexArray:
    """Return what suppression leaves of the water, (x, y, T): two lines a little off 0 Hz."""
    left = np.zeros((*water.shape, time.size), dtype=complex)
    for shift, width in ((3.0, 6.0), (-9.0, 10.0)):
        share = rng.uniform(*_RESIDUAL, water.shape) * np.exp(
            1j * rng.normal(0.0, 0.6, water.shape)
        )
        line = np.exp((2j * np.pi * (shift + rng.normal(0.0, 1.0)) - np.pi * width) * time)
        left += (share * water)[..., None] * line
    return left
