"""What a spectroscopy scan holds: signals, when they were sampled, their frequency, their place."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any

import numpy as np

from biomarkers.arrays import ComplexArray, FloatArray
from biomarkers.checks import as_numbers
from biomarkers.errors import InputError

# Where water lies at body temperature, ppm; the reference of spectra unless a basis has another.
WATER_PPM = 4.65

SPACE = ("x", "y", "z")
COIL, AVERAGE, EDIT = "DIM_COIL", "DIM_DYN", "DIM_EDIT"


@dataclass(frozen=True)
class ProcessingStep:
    """One thing that was done to the signals.

    Parameters
    ----------
    name
        What was done, for instance `coil combination`.
    method
        How, with its source.
    values
        What came of it: shifts, weights, what was left out.

    Examples
    --------
    >>> from biomarkers.mrs import ProcessingStep
    >>> step = ProcessingStep("line broadening", "Lorentzian", {"broaden_hz": 3.0})
    >>> step.name, step.values["broaden_hz"]
    ('line broadening', 3.0)

    """

    name: str
    method: str
    values: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class Scan:
    """Free induction decays of a voxel or a grid of voxels.

    Parameters
    ----------
    fid
        Signals, (x, y, z, ..., T); one voxel is (1, 1, 1, ..., T). The last axis is time; their
        Fourier transform has frequencies that rise with the chemical shift
        (``ppm = ppm_reference + f / frequency_mhz``). The first sample is the whole signal at
        time 0; where a file halves it, `conventions.first_point` tells and `preprocess` mends it.
    dwell
        From sample to sample, s.
    frequency_mhz
        Of the spectrometer, MHz.
    te, tr
        Echo and repetition time, s; None where not known.
    axes
        Names of the axes between space and time, as NIfTI-MRS has them (`DIM_COIL`, `DIM_DYN`,
        `DIM_EDIT`, …).
    water
        The scan without water suppression, None without one.
    affine
        Voxel indices to mm, (4, 4); None where the voxel's place is not known.
    nucleus
        For instance `1H`.
    sequence
        Name of the sequence, empty where not known.
    ppm_reference
        Chemical shift of the spectrometer's frequency, ppm.
    header
        What else the file says, by its own names of things; nothing that names a person.
    steps
        What was done to the signals since they were read, in order.
    source
        The file, or what else the signals came from; named in messages.

    Examples
    --------
    >>> import numpy as np
    >>> from biomarkers.mrs import Scan
    >>> time, hz = np.arange(1024) * 5e-4, (2.01 - 4.65) * 127.7  # NAA at 3 T
    >>> fid = np.exp((2j * np.pi * hz - 10) * time)
    >>> scan = Scan(fid.reshape(1, 1, 1, -1), 5e-4, 127.7, te=0.03, tr=2.0)
    >>> print(f"{scan.ppm[abs(scan.spectrum[0, 0, 0]).argmax()]:.1f} ppm")
    2.0 ppm

    """

    fid: ComplexArray
    dwell: float
    frequency_mhz: float
    te: float | None = None
    tr: float | None = None
    axes: tuple[str, ...] = ()
    water: "Scan | None" = None
    affine: FloatArray | None = None
    nucleus: str = "1H"
    sequence: str = ""
    ppm_reference: float = WATER_PPM
    header: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))
    steps: tuple[ProcessingStep, ...] = ()
    source: str = "the signals given"

    def __post_init__(self) -> None:
        given = self.fid
        fid = given if isinstance(given, np.ndarray) else as_numbers("fid", given)
        if fid.ndim != len(SPACE) + len(self.axes) + 1:
            raise InputError(
                f"{self.source}: signals have {fid.ndim} axes, {fid.shape}; expected "
                f"({', '.join((*SPACE, *self.axes, 'time'))})"
            )

    @property
    def points(self) -> int:
        """Number of samples of a signal."""
        return int(self.fid.shape[-1])

    @property
    def time(self) -> FloatArray:
        """Of the samples, from the first, (T,), s."""
        return np.asarray(np.arange(self.points) * self.dwell)

    @property
    def ppm(self) -> FloatArray:
        """Chemical shifts of `spectrum`, rising, (T,), ppm."""
        return ppm_axis(self.points, self.dwell, self.frequency_mhz, self.ppm_reference)

    @property
    def spectrum(self) -> ComplexArray:
        """Fourier transform of the signals, (x, y, z, ..., T)."""
        return spectrum_of(self.fid)

    @property
    def is_grid(self) -> bool:
        """Whether there is more than one voxel."""
        return int(np.prod(self.fid.shape[:3])) > 1

    def voxel(self, x: int, y: int, z: int = 0) -> "Scan":
        """Return one voxel of a grid, with its water and its place.

        Raises
        ------
        InputError
            If it is not in the grid.

        Examples
        --------
        >>> import numpy as np
        >>> from biomarkers.mrs import Scan
        >>> fid = np.exp(-10 * np.arange(256) * 5e-4) * np.arange(1, 5).reshape(2, 2, 1, 1) + 0j
        >>> grid = Scan(fid, 5e-4, 127.7, affine=np.diag([10.0, 10.0, 10.0, 1.0]))
        >>> voxel = grid.voxel(1, 0)
        >>> voxel.fid.shape, voxel.fid[0, 0, 0, 0].real.item(), voxel.affine[:3, 3].tolist()
        ((1, 1, 1, 256), 3.0, [10.0, 0.0, 0.0])

        """
        shape, at = self.fid.shape[:3], (x, y, z)
        if not all(0 <= index < size for index, size in zip(at, shape, strict=True)):
            raise InputError(f"{self.source}: voxel {at} is not in the grid of {shape}")
        part = tuple(slice(index, index + 1) for index in at)
        affine = None if self.affine is None else self.affine.copy()
        if affine is not None:
            affine[:3, 3] += affine[:3, :3] @ np.array(at, dtype=float)
        water = self.water and self.water.voxel(x, y, z)
        return replace(self, fid=self.fid[part], affine=affine, water=water)

    def with_fid(self, fid: ComplexArray, *steps: ProcessingStep, **changes: Any) -> "Scan":
        """Return a scan of other signals, with what was done to them.

        Examples
        --------
        >>> import numpy as np
        >>> from biomarkers.mrs import ProcessingStep, Scan
        >>> scan = Scan(np.ones((1, 1, 1, 256), complex), 5e-4, 127.7)
        >>> step = ProcessingStep("scaling", "by the gain of the receiver", {"gain": 4.0})
        >>> scaled = scan.with_fid(scan.fid / 4.0, step)
        >>> abs(scaled.fid[0, 0, 0, 0]).item(), [each.name for each in scaled.steps]
        (0.25, ['scaling'])

        """
        return replace(self, fid=fid, steps=(*self.steps, *steps), **changes)


def ppm_axis(points: int, dwell: float, frequency_mhz: float, reference: float) -> FloatArray:
    """Return the chemical shifts of a spectrum, rising, (T,), ppm."""
    frequency = np.fft.fftshift(np.fft.fftfreq(points, dwell))
    return np.asarray(reference + frequency / frequency_mhz)


def spectrum_of(fid: ComplexArray) -> ComplexArray:
    """Return the spectrum, (..., T), of signals, (..., T), frequencies rising."""
    return np.asarray(np.fft.fftshift(np.fft.fft(fid, axis=-1), axes=-1))
