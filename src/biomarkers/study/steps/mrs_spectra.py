"""What single voxels and grids of spectra share: settings, scans with their water, bases."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, Literal

from biomarkers import mrs
from biomarkers.errors import InputError
from biomarkers.files import require_file
from biomarkers.study.acquisition import Source
from biomarkers.units import conversion_factor

SIMULATE = "simulate"
METABOLITES = ("tNAA", "tCho", "tCr", "Ins", "Glx", "Glu", "Gln", "GSH", "Lac")
# The region of a file whose name has no `voi-`.
VOXEL = "voxel"


@dataclass(frozen=True)
class SpectrumSettings(mrs.Quality):
    """How spectra are fitted; from where on results are flagged is that of `mrs.Quality`.

    Parameters
    ----------
    basis
        `simulate`, or a file of a basis, below the study.
    sequence, echoes, mixing_time
        Of a simulated basis, as `sequence`, `te` and `tm` of `mrs.simulate_basis`, s; of a
        sequence with one echo time it is that of the header, if not said.
    simulated
        Metabolites of a simulated basis.
    t2
        Tissue (`wm`, `gm`) by whose published T2, of the human brain, a simulated basis decays;
        empty for a basis that does not.
    t2_of
        T2 of single metabolites, s, that go before those: of lactate in a tumour, for example.
    ppm
        Window of the fit, ppm.
    baseline, order
        `spline`, `polynomial` of that order, or `none`.
    deviations
        Whether single metabolites may deviate from the shift and width of all.
    broaden_hz
        Line broadening before the fit, Hz.
    metabolites
        Which are reported.

    """

    basis: str = SIMULATE
    sequence: str = "press"
    echoes: tuple[float, ...] = ()
    mixing_time: float | None = None
    simulated: tuple[str, ...] = mrs.BRAIN_METABOLITES
    t2: Literal["", "gm", "wm"] = ""
    t2_of: Mapping[str, float] = field(default_factory=dict)
    ppm: tuple[float, float] = (0.2, 4.2)
    baseline: Literal["spline", "polynomial", "none"] = "spline"
    order: int = 2
    deviations: bool = True
    broaden_hz: float = 0.0
    metabolites: tuple[str, ...] = METABOLITES

    def __post_init__(self) -> None:
        if not self.ppm[0] < self.ppm[1]:
            raise InputError(f"ppm is {list(self.ppm)}; expected it to rise")
        named = tuple(mrs.canonical_name(name) for name in self.metabolites)
        object.__setattr__(self, "metabolites", named)
        own = {mrs.canonical_name(name): value for name, value in self.t2_of.items()}
        strange = sorted(own.keys() - set(map(mrs.canonical_name, self.simulated)))
        if strange:
            raise InputError(f"t2_of names {', '.join(strange)}, not among those simulated")
        object.__setattr__(self, "t2_of", own)

    @property
    def of_fit(self) -> dict[str, Any]:
        """Arguments of `mrs.fit` and `mrs.fit_grid`."""
        named = {"none": None, "polynomial": ("polynomial", self.order)}
        return {
            "ppm": self.ppm,
            "baseline": named.get(self.baseline, self.baseline),
            "deviations": self.deviations,
            "quality": self,
        }

    def basis_of(self, scan: mrs.Scan, root: Path) -> mrs.Basis:
        """Return the basis of a scan, from a file below `root` or simulated as it was sampled."""
        if self.basis != SIMULATE:
            return _loaded(require_file(root / self.basis, "a basis, [measure.mrs] basis"))
        echoes = self.echoes or (() if scan.te is None else (scan.te,))
        how = (self.sequence, echoes, self.mixing_time, self.simulated)
        times = tuple(self._times(scan.frequency_mhz).items())
        return _simulated(*how, times, scan.frequency_mhz, scan.dwell, scan.points)

    def _times(self, frequency_mhz: float) -> dict[str, float]:
        """Return the T2 that a simulated basis decays by, s, by metabolite."""
        if not self.t2:
            return dict(self.t2_of)
        published = mrs.relaxation_times(frequency_mhz / conversion_factor("T", "MHz"))
        known = ((name, published.of(name, self.t2)) for name in self.simulated)
        return {name: times.t2 for name, times in known if times is not None} | {**self.t2_of}


@cache
def _loaded(path: Path) -> mrs.Basis:
    return mrs.load_basis(path)


@cache
def _simulated(
    sequence: str,
    echoes: tuple[float, ...],
    mixing_time: float | None,
    metabolites: tuple[str, ...],
    t2: tuple[tuple[str, float], ...],
    frequency_mhz: float,
    dwell: float,
    points: int,
) -> mrs.Basis:
    return mrs.simulate_basis(
        sequence=sequence,
        te=echoes,
        tm=mixing_time,
        frequency_mhz=frequency_mhz,
        metabolites=metabolites,
        dwell=dwell,
        points=points,
        t2=dict(t2),
    )


def voxel_name(source: Source) -> str:
    """Return what a voxel is called: the `voi-` of its file."""
    return source.file.entities.get("voi", VOXEL)


def read_scan(source: Source, references: Sequence[Source]) -> mrs.Scan:
    """Read a scan with its water; what its header lacks is taken from its sidecar.

    Parameters
    ----------
    source
        The scan.
    references
        Scans without water suppression; that of the same `voi-` is its water.

    """
    path = source.file.path
    water = [each.file.path for each in references if voxel_name(each) == voxel_name(source)]
    scan = mrs.load(path, water=water[0] if water else None)
    te, tr = (
        source.sidecar.number(key) if stated is None and key in source.sidecar.values else None
        for stated, key in ((scan.te, "EchoTime"), (scan.tr, "RepetitionTime"))
    )
    return scan if te is None and tr is None else mrs.load(path, water=scan.water, te=te, tr=tr)
