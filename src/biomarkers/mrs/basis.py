"""What metabolites look like: one signal of each, as acquired with one sequence at one field."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from biomarkers.arrays import ComplexArray
from biomarkers.checks import require_type
from biomarkers.errors import InputError
from biomarkers.mrs.names import canonical_name, canonical_names
from biomarkers.mrs.resampling import resample
from biomarkers.mrs.scan import WATER_PPM

# What spectra of macromolecules and lipids are called in a basis.
MACROMOLECULES = ("MM", "Mac", "MMBL", "MMexp")
# Frequencies of one nominal field, relative: couplings are wrong by no more.
SAME_FIELD = 0.01
# The narrowest line in vivo, Hz, and what may be left of it where a basis ends.
NARROWEST_HZ, CUT_OFF = 3.0, 0.02


@dataclass(frozen=True, eq=False)
class Basis:
    """Signals of metabolites of equal concentration, without decay of their own or with little.

    Parameters
    ----------
    names
        Of the metabolites; kept in this package's spelling (`Ins`, `PCho`, `sIns`, …).
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

    Examples
    --------
    >>> import numpy as np
    >>> from biomarkers.mrs import Basis
    >>> time, hz = np.arange(512) * 5e-4, (np.array([2.01, 3.03]) - 4.65) * 127.7
    >>> basis = Basis(("NAA", "Cr"), np.exp(2j * np.pi * np.outer(hz, time)), 5e-4, 127.7)
    >>> basis["Cr"].shape, basis.time[:3].tolist()
    ((512,), [0.0, 0.0005, 0.001])

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
        require_type("fid", self.fid, np.ndarray, "an array of complex samples (names, time)")
        if self.fid.shape[:-1] != (len(self.names),):
            raise InputError(
                f"{self.source}: {len(self.names)} names for signals of shape {self.fid.shape}"
            )
        object.__setattr__(self, "names", canonical_names(self.names, self.source))

    def __getitem__(self, name: str) -> ComplexArray:
        name = canonical_name(name)
        if name not in self.names:
            raise InputError(f"{self.source} has no {name!r}; it has {', '.join(self.names)}")
        return np.asarray(self.fid[self.names.index(name)])

    def without(self, names: Iterable[str]) -> "Basis":
        """Return the basis less some of its metabolites; `InputError` if one is not in it.

        Examples
        --------
        >>> from biomarkers.mrs import simulate_basis
        >>> basis = simulate_basis(field_t=3.0, metabolites=("NAA", "Cr", "PCr"), points=256)
        >>> basis.without(["PCr"]).names
        ('NAA', 'Cr')

        """
        left_out = {canonical_name(name) for name in names}
        for name in left_out:
            self[name]
        keep = [index for index, name in enumerate(self.names) if name not in left_out]
        return self.with_fid(self.fid[keep], names=tuple(self.names[index] for index in keep))

    def with_fid(self, fid: ComplexArray, **changes: Any) -> "Basis":
        """Return a basis of other signals.

        Examples
        --------
        >>> import numpy as np
        >>> from biomarkers.mrs import simulate_basis
        >>> basis = simulate_basis(field_t=3.0, metabolites="Cr", points=256)
        >>> decay = np.exp(-np.pi * 5.0 * basis.time)
        >>> broader = basis.with_fid(basis.fid * decay, source="5 Hz broader")
        >>> broader.names, broader.source
        (('Cr',), '5 Hz broader')

        """
        return replace(self, fid=fid, **changes)

    def resampled(self, dwell: float, points: int, frequency_mhz: float) -> "Basis":
        """Return the basis as a scan samples it.

        Chemical shifts stay what they are: time is stretched by the ratio of the frequencies. A
        basis that is longer is cut, one that is shorter continued by zeros. Signals are
        interpolated where the samples differ; what lies outside the new bandwidth is filtered out.
        A first sample that is halved stays halved.

        Parameters
        ----------
        dwell
            From sample to sample, s.
        points
            Number of samples.
        frequency_mhz
            Of the spectrometer, MHz.

        Raises
        ------
        InputError
            If the frequency differs by more than 1 % (couplings do not scale with it), or the
            basis ends before its lines have decayed, and zeros would break them off.

        Examples
        --------
        >>> from biomarkers.mrs import simulate_basis
        >>> basis = simulate_basis(field_t=3.0, metabolites="Cr", dwell=2.5e-4, points=2048)
        >>> scanned = basis.resampled(5e-4, 512, basis.frequency_mhz)
        >>> scanned.fid.shape, scanned.dwell
        ((1, 512), 0.0005)
        >>> bool(abs(scanned["Cr"] - basis["Cr"][:1024:2]).max() < 0.1)  # 6 at time 0
        True

        """
        ratio = frequency_mhz / self.frequency_mhz
        if not abs(ratio - 1.0) <= SAME_FIELD:
            raise InputError(
                f"{self.source} is a basis for {self.frequency_mhz:.6g} MHz; the data are of "
                f"{frequency_mhz:.6g} MHz. Couplings do not scale with the field: use a basis of "
                "this field, for instance of mrs.simulate_basis"
            )
        fid = resample(self.fid, dwell * ratio / self.dwell, points)
        lasts, wanted = self.fid.shape[-1] * self.dwell, points * dwell
        if lasts < wanted * (1.0 - 1e-3):
            self._require_decayed(lasts, wanted)
        return self.with_fid(fid, dwell=dwell, frequency_mhz=frequency_mhz)

    def _require_decayed(self, lasts: float, wanted: float) -> None:
        """Raise `InputError` if the signals, of lines as wide as in vivo, are cut off."""
        size = np.abs(self.fid)
        last = size[:, -max(1, size.shape[-1] // 20) :].max(axis=-1) / size.max(axis=-1)
        worst = int(np.argmax(last))
        left = float(last[worst] * np.exp(-np.pi * NARROWEST_HZ * lasts))
        if left > CUT_OFF:
            raise InputError(
                f"{self.source} lasts {lasts:.3g} s, the data {wanted:.3g} s; {self.names[worst]} "
                f"still has {left:.0%} of its size there. Use a longer basis, or cut the data"
            )

    @property
    def macromolecules(self) -> tuple[str, ...]:
        """Names in it that are macromolecules or lipids, measured or modelled."""
        return tuple(n for n in self.names if n.startswith(("MM", "Lip")) or n in MACROMOLECULES)

    @property
    def time(self) -> npt.NDArray[np.float64]:
        """Of the samples, (T,), s."""
        return np.asarray(np.arange(self.fid.shape[-1]) * self.dwell)
