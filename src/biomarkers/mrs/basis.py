"""What metabolites look like: one signal of each, as acquired with one sequence at one field."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from biomarkers.errors import InputError
from biomarkers.mrs.scan import WATER_PPM, ComplexArray

# What spectra of macromolecules and lipids are called in a basis.
MACROMOLECULES = ("MM", "Mac", "MMBL", "MMexp")


@dataclass(frozen=True, eq=False)
class Basis:
    """Signals of metabolites of equal concentration, without decay of their own or with little.

    Parameters
    ----------
    names
        Of the metabolites, in this package's spelling (`Ins`, `PCho`, `sIns`, …).
    fid
        Their signals, (M, T), in the convention of `Scan.fid`.
    dwell
        From sample to sample, s.
    frequency_mhz
        Of the spectrometer, MHz.
    te
        Echo time, s; None where not known.
    sequence
        Name of the sequence, empty where not known.
    ppm_reference
        Chemical shift of frequency 0, ppm.
    source
        The file, or the simulation.

    """

    names: tuple[str, ...]
    fid: ComplexArray
    dwell: float
    frequency_mhz: float
    te: float | None = None
    sequence: str = ""
    ppm_reference: float = WATER_PPM
    source: str = "the basis given"

    def __post_init__(self) -> None:
        if self.fid.shape[:-1] != (len(self.names),):
            raise InputError(
                f"{self.source}: {len(self.names)} names for signals of shape {self.fid.shape}"
            )
        doubled = sorted({name for name in self.names if self.names.count(name) > 1})
        if doubled:
            raise InputError(f"{self.source}: {', '.join(doubled)} more than once in one basis")

    def __getitem__(self, name: str) -> ComplexArray:
        if name not in self.names:
            raise InputError(f"{self.source} has no {name!r}; it has {', '.join(self.names)}")
        return np.asarray(self.fid[self.names.index(name)])

    def without(self, names: Iterable[str]) -> "Basis":
        """Return the basis less some of its metabolites; `InputError` if one is not in it."""
        left_out = set(names)
        for name in left_out:
            self[name]
        keep = [index for index, name in enumerate(self.names) if name not in left_out]
        return Basis(
            tuple(self.names[index] for index in keep),
            self.fid[keep],
            self.dwell,
            self.frequency_mhz,
            self.te,
            self.sequence,
            self.ppm_reference,
            self.source,
        )

    def resampled(self, dwell: float, points: int, frequency_mhz: float) -> "Basis":
        """TEMPORARY: replaced by the reader's."""
        factor = round(dwell / self.dwell)
        fid = self.fid
        if factor > 1:
            n = fid.shape[1] // factor * factor
            spectrum = np.fft.fft(fid[:, :n])
            keep = n // factor
            spectrum = np.concatenate([spectrum[:, : keep // 2], spectrum[:, -keep // 2 :]], axis=1)
            fid = np.fft.ifft(spectrum) / factor
        fid = fid[:, :points]
        fid = np.pad(fid, ((0, 0), (0, points - fid.shape[1])))
        return Basis(self.names, fid, dwell, frequency_mhz, self.te, self.sequence, self.ppm_reference, self.source)

    @property
    def macromolecules(self) -> tuple[str, ...]:
        """Names in it that are macromolecules or lipids, measured or modelled."""
        return tuple(n for n in self.names if n.startswith(("MM", "Lip")) or n in MACROMOLECULES)

    @property
    def time(self) -> npt.NDArray[np.float64]:
        """Of the samples, (T,), s."""
        return np.asarray(np.arange(self.fid.shape[-1]) * self.dwell)
