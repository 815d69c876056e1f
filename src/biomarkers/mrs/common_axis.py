"""Spectra of many files on one axis: phased, referenced, scaled, as networks take them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import numpy as np
import numpy.typing as npt

from biomarkers.arrays import ComplexArray, FloatArray
from biomarkers.blas import one_blas_thread
from biomarkers.checks import as_numbers
from biomarkers.errors import InputError
from biomarkers.mrs.basis import Basis
from biomarkers.mrs.conventions import (
    frequency_offset,
    orientation,
    water_amplitude,
    whole_first_point,
)
from biomarkers.mrs.fitting.setup import check_scan
from biomarkers.mrs.matching import common_phase
from biomarkers.mrs.preprocessing import preprocess
from biomarkers.mrs.reading.loading import load
from biomarkers.mrs.scan import Scan
from biomarkers.mrs.simulation import simulate_basis
from biomarkers.mrs.water_removal import remove_water

if TYPE_CHECKING:
    from scipy.signal import CZT

Scale = Literal["water", "total"]

# An offset that is told no better counts as not told, ppm.
_LARGEST_SE = 0.01
# In noise the basis explains a spectrum and its mirror image alike: what it leaves of the better
# reading has to be less than this share of what it leaves of the other.
_LIKE = 0.7
_ROUNDS = 2  # the phase is told again once it is nearly right, so that what it was does not show
# Echo time of the basis where a scan does not say its own, s.
_USUAL_TE = 0.03
_PER_THOUSAND = 1000.0
_FEWEST_POINTS = 2
# A field this near to a usual one, by its share, goes by that name: 2.89 T is called 3 T.
_SAME_FIELD = 0.05
_USUAL_T = (1.5, 3.0, 4.7, 7.0, 9.4, 11.7, 14.1)
_MHZ_PER_T = 42.577  # of protons
_NOT_TOLD = "neither metabolites nor water tell where the spectrum lies"
_NO_SIGNAL = "every sample is 0, or one is missing (NaN)"
_NO_SCALE = "there is nothing to scale it by"


@dataclass(frozen=True, eq=False)
class Spectra:
    """Spectra on one axis; an array wherever one is expected.

    Parameters
    ----------
    values
        Real parts, (spectra, points); a row of NaN where `reasons` has words.
    ppm
        Chemical shifts, rising as those of `Scan.ppm`, (points,); they are drawn falling.
    scale
        `water`: thousandths of the water's signal per ppm. `total`: the mean modulus of a row is 1.
    reasons
        Why a spectrum is missing, empty where it is not, one for each.
    sources
        The files.
    protocol
        Fields and echo times: "field 3 T; echo time 30 ms".
    notes
        What of them differs, and in how many spectra: these differ then where the tissue does not.

    Examples
    --------
    >>> import numpy as np
    >>> from biomarkers.mrs import Spectra
    >>> made = Spectra(np.ones((2, 3)), np.array([1.0, 2.0, 3.0]), "total", ("", ""), ("a", "b"))
    >>> np.asarray(made).shape, len(made)
    ((2, 3), 2)

    """

    values: FloatArray
    ppm: FloatArray
    scale: Scale
    reasons: tuple[str, ...]
    sources: tuple[str, ...]
    protocol: str = ""
    notes: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.values)

    def __array__(
        self, dtype: npt.DTypeLike | None = None, copy: bool | None = None
    ) -> npt.NDArray[np.generic]:
        """Return the values."""
        return np.array(self.values, dtype=dtype, copy=copy)


@one_blas_thread()
def spectra(
    files: "Path | str | Scan | Iterable[Path | str | Scan]",
    *,
    ppm: tuple[float, float] = (0.2, 4.2),
    points: int = 512,
    scale: Scale | None = None,
) -> Spectra:
    """Return the spectra of single voxels, phased and referenced, on one axis and scale.

    Each is loaded and preprocessed (`mrs.preprocess`), turned back where it is mirrored, moved to
    where simulated metabolites of its field and echo time explain it best (`frequency_offset`), and
    turned to the phase at which amplitudes that are not negative do. Where metabolites do not tell
    its place to 0.01 ppm, its water does; where there is none, the spectrum is missing. On the axis
    it is as broad as if sampled by Gaussians one point wide, so that narrow lines are not missed.

    Parameters
    ----------
    files
        What `mrs.load` reads, or scans; with their water as ``mrs.load(file, water=...)``.
    ppm
        First and last chemical shift, the lower one first.
    points
        Of the axis, both ends included.
    scale
        `water` or `total` (see `Spectra`). Not given, it is `water` where every scan has one.

    Returns
    -------
    Spectra
        An array of files × points, with its axis, why spectra are missing, and notes.

    Raises
    ------
    FileError, ImageError
        If a file cannot be read.
    InputError
        If a scan is a grid, edited, or not of protons, its spectrum does not hold the window, it
        has no water that `scale` needs, or an argument is impossible.

    Examples
    --------
    >>> import numpy as np
    >>> from biomarkers import mrs
    >>> basis = mrs.simulate_basis(field_t=3.0, metabolites=("NAA", "Cr", "PCho"), points=1024)
    >>> fid = [3.0, 2.0, 0.5] @ basis.fid * np.exp(-15.0 * basis.time)
    >>> off = np.exp(2.0j + 2j * np.pi * 0.1 * basis.frequency_mhz * basis.time)  # 115°, 0.1 ppm
    >>> scan = mrs.Scan((fid * off)[None, None, None], basis.dwell, basis.frequency_mhz, te=0.03)
    >>> made = mrs.spectra([scan])
    >>> made.values.shape, round(float(made.ppm[made.values[0].argmax()]), 2), made.reasons
    ((1, 512), 2.01, ('',))

    """
    several = [files] if isinstance(files, Path | str | Scan) else files
    scans = [_scan(each) for each in several]
    axis = _axis(ppm, points)
    for scan in scans:
        _check(scan, axis)
    chosen = _scale(scale, scans)
    rows = [_row(scan, axis, chosen) for scan in scans]
    values = np.array([row for row, _ in rows]).reshape(len(scans), axis.size)
    reasons = tuple(reason for _, reason in rows)
    sources = tuple(scan.source for scan in scans)
    protocol, notes = _protocol(scans)
    return Spectra(values, axis, chosen, reasons, sources, protocol, notes)


def _protocol(scans: Sequence[Scan]) -> tuple[str, tuple[str, ...]]:
    """Return fields and echo times in words, and notes where there are several of either."""
    times = [np.nan if scan.te is None else round(1000.0 * scan.te) for scan in scans]
    words, notes = [], []
    for name, values, unit in (
        ("field", [_nominal(scan) for scan in scans], "T"),
        ("echo time", times, "ms"),
    ):
        each, counts = np.unique(np.asarray(values, dtype=float), return_counts=True)
        texts = ["unknown" if np.isnan(value) else f"{value:.4g} {unit}" for value in each]
        words.append(f"{name} {', '.join(texts)}")
        if len(texts) > 1:
            counted = [f"{text} ({count})" for text, count in zip(texts, counts, strict=True)]
            notes.append(f"spectra differ in {name}: {', '.join(counted)}")
    return "; ".join(words) if scans else "", tuple(notes)


def _nominal(scan: Scan) -> float:
    """Return the field by the name it goes by, T."""
    tesla = scan.frequency_mhz / _MHZ_PER_T
    usual = min(_USUAL_T, key=lambda each: abs(each - tesla))
    return usual if abs(usual - tesla) < _SAME_FIELD * tesla else round(tesla, 1)


def _scan(given: Path | str | Scan) -> Scan:
    """Return a scan, preprocessed but for the water that is left: that is taken off where it is."""
    return preprocess(given if isinstance(given, Scan) else load(given), remove_water=False)


def _axis(ppm: tuple[float, float], points: int) -> FloatArray:
    ends = as_numbers("ppm", ppm)
    if ends.shape != (2,) or not (np.isfinite(ends).all() and ends[0] < ends[1]):
        raise InputError(f"ppm is {ppm!r}; expected two chemical shifts, the lower one first")
    if isinstance(points, bool) or not isinstance(points, int) or points < _FEWEST_POINTS:
        raise InputError(f"points is {points!r}; expected a whole number from {_FEWEST_POINTS}")
    return np.linspace(ends[0], ends[1], points)


def _check(scan: Scan, axis: FloatArray) -> None:
    check_scan(scan, grid=False)
    if scan.nucleus != "1H":
        raise InputError(f"{scan.source} is of {scan.nucleus}; expected 1H, as the basis is of it")
    if not scan.ppm[0] <= axis[0] <= axis[-1] <= scan.ppm[-1]:
        raise InputError(
            f"{scan.source} has a spectrum from {scan.ppm[0]:.2f} to {scan.ppm[-1]:.2f} ppm; "
            f"expected one that holds {axis[0]:g} to {axis[-1]:g} ppm"
        )


def _scale(asked: Scale | None, scans: Sequence[Scan]) -> Scale:
    if asked not in (None, "water", "total"):
        raise InputError(f"scale is {asked!r}; expected 'water' or 'total'")
    lacking = [scan.source for scan in scans if scan.water is None]
    if asked == "water" and lacking:
        raise InputError(
            f"scale is 'water', but {', '.join(lacking)} has no water reference; give it as "
            "mrs.load(file, water=...), or choose 'total'"
        )
    return asked or ("total" if lacking else "water")


def _row(scan: Scan, axis: FloatArray, scale: Scale) -> tuple[FloatArray, str]:
    """Return a spectrum on the axis, and why it is missing; empty if it is not."""
    missing = np.full(axis.size, np.nan)
    signal, reason = _placed(scan)
    if signal is None:
        return missing, reason
    values = real_parts(signal, scan, axis)
    size = float(np.abs(values).mean())
    if scale == "water":
        size = float(water_amplitude(scan).value) / _PER_THOUSAND
    if not (np.isfinite(size) and size > 0.0):
        return missing, _NO_SCALE
    return values / size, ""


def _placed(scan: Scan) -> tuple[ComplexArray | None, str]:
    """Return the signal, (T,), of phase 0 and where its reference says; or why there is none."""
    if not (np.isfinite(scan.fid).all() and scan.fid.any()):
        return None, _NO_SIGNAL
    basis = _basis(scan)
    scan = replace(scan, frequency_mhz=basis.frequency_mhz)
    placed = _by_metabolites(replace(scan, water=None), basis)
    if placed is None and scan.water is None:
        return None, _NOT_TOLD
    if placed is None:  # the water's phase was taken off with its eddy currents
        by_water = _moved(scan, float(frequency_offset(scan, basis).ppm))
        return _without_water(by_water).fid.reshape(-1), ""
    clean = _without_water(placed)
    near = _moved(clean, float(frequency_offset(clean, basis).ppm))
    signal = near.fid.reshape(-1)
    for _ in range(_ROUNDS):
        signal = signal * np.exp(-1j * common_phase(signal, near, basis))
    return signal, ""


def _by_metabolites(scan: Scan, basis: Basis) -> Scan | None:
    """Return a scan turned and moved to where the basis is; None where that is not told."""
    seen = orientation(scan, basis)
    left = sorted((seen.unexplained, seen.unexplained_conjugated))
    if not left[0] < _LIKE * left[1]:
        return None
    turned = scan.with_fid(scan.fid.conj()) if seen.conjugated else scan
    offset = frequency_offset(turned, basis)
    return _moved(turned, float(offset.ppm)) if offset.se <= _LARGEST_SE else None


def _moved(scan: Scan, ppm: float) -> Scan:
    return scan.with_fid(scan.fid * np.exp(-2j * np.pi * ppm * scan.frequency_mhz * scan.time))


def _without_water(scan: Scan) -> Scan:
    """Return a scan without what is left of its water, as `preprocess` does it."""
    return whole_first_point(remove_water(scan))


def _basis(scan: Scan) -> Basis:
    """Return metabolites as a scan samples them, at its frequency to four digits.

    That moves no line by more than 0.001 ppm, and one basis serves all scans of a protocol.
    """
    te = _USUAL_TE if scan.te is None else round(scan.te, 3)
    return _simulated(te, float(f"{scan.frequency_mhz:.4g}"), scan.dwell, scan.points)


@lru_cache(maxsize=8)
def _simulated(te: float, frequency_mhz: float, dwell: float, points: int) -> Basis:
    return simulate_basis(
        sequence="spin_echo", te=te, frequency_mhz=frequency_mhz, dwell=dwell, points=points
    )


def real_parts(signals: ComplexArray, like: Scan | Basis, axis: FloatArray) -> FloatArray:
    """Return the real parts of spectra, (..., points), at the points of a ppm axis.

    ``S(f) = 2 dwell sum_n s_n exp(-2 pi i f n dwell)`` with half of s_0, so that the baseline is 0
    and the area of a line, in ppm, its signal at time 0; after a Gaussian one point wide.

    Parameters
    ----------
    signals
        (..., T), sampled as those of `like`.
    like
        A scan or a basis.
    axis
        Evenly spaced chemical shifts, (points,), ppm.

    """
    hz = (axis - like.ppm_reference) * like.frequency_mhz
    step = hz[1] - hz[0]
    weights = np.exp(-((np.pi * step * like.time) ** 2) / (4.0 * np.log(2.0)))
    weights[0] /= 2.0
    turn = 2j * np.pi * like.dwell
    made = _transform(like.time.size, axis.size, turn * step, turn * hz[0])
    spectrum = made(signals * weights)
    return np.asarray(2.0 * spectrum.real * like.dwell * like.frequency_mhz)


@lru_cache(maxsize=8)
def _transform(samples: int, points: int, step: complex, first: complex) -> "CZT":
    """Return the chirp z-transform to evenly spaced frequencies; kept, as scans share it."""
    from scipy.signal import CZT  # noqa: PLC0415  (slow to import)

    return CZT(samples, points, np.exp(-step), np.exp(first))
