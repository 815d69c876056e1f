"""What a fit is given, checked, and the design and the settings that follow from it."""

from dataclasses import asdict, dataclass, replace
from typing import Any, Literal

import numpy as np

from biomarkers.checks import as_numbers, require_type
from biomarkers.errors import InputError
from biomarkers.mrs.basis import Basis
from biomarkers.mrs.fitting.bands import NAMES, SOURCE, Band, bands_for
from biomarkers.mrs.fitting.baseline import baseline_of
from biomarkers.mrs.fitting.design import Design, Priors, Window, make_design
from biomarkers.mrs.scan import EDIT, Scan

BaselineChoice = Literal["spline"] | tuple[str, int] | None

_FEWEST_SAMPLES = 32


@dataclass(frozen=True)
class Choices:
    """What a fit is asked for; see `fit`."""

    ppm: tuple[float, float]
    baseline: BaselineChoice
    deviations: bool
    bands: tuple[str, ...] | None
    priors: Priors


@dataclass(frozen=True, eq=False)
class Setup:
    """A design and how it came about.

    Parameters
    ----------
    scan, basis, choices
        What was given.
    design
        Of the fit.
    settings
        For sidecars and methods text.

    """

    scan: Scan
    basis: Basis
    choices: Choices
    design: Design
    settings: dict[str, Any]

    @classmethod
    def of(cls, scan: Scan, basis: Basis, choices: Choices) -> "Setup":
        """Return the design of a fit; `InputError` where a choice is none."""
        require_type("basis", basis, Basis, "a Basis; mrs.load_basis reads one")
        require_type("scan", scan, Scan, "a Scan; mrs.load reads one")
        require_type("deviations", choices.deviations, bool, "True or False")
        limits = _limits(choices.ppm)
        window = Window.of(scan, limits)
        if window.ppm.size < _FEWEST_SAMPLES:
            raise InputError(
                f"ppm {limits} holds {window.ppm.size} samples of {scan.source}, whose spectrum "
                f"runs from {scan.ppm[0]:.1f} to {scan.ppm[-1]:.1f} ppm; expected at least "
                f"{_FEWEST_SAMPLES}"
            )
        if len(basis.macromolecules) == len(basis.names):
            raise InputError(f"{basis.source} has no metabolite; it has {', '.join(basis.names)}")
        fitting = fitting_basis(basis, scan)
        bands = _bands(choices, fitting, scan.frequency_mhz)
        design = make_design(
            scan,
            fitting,
            bands,
            ppm=limits,
            baseline=baseline_of(choices.baseline, window.ppm),
            deviations=choices.deviations,
            priors=choices.priors,
        )
        return cls(scan, basis, choices, design, _settings(basis, choices, bands))


def _limits(given: tuple[float, float]) -> tuple[float, float]:
    limits = as_numbers("ppm", given)
    if limits.shape != (2,) or not limits[0] < limits[1]:
        raise InputError(f"ppm is {given!r}; expected two chemical shifts, the lower one first")
    return float(limits[0]), float(limits[1])


def _bands(choices: Choices, basis: Basis, frequency_mhz: float) -> tuple[Band, ...]:
    if choices.bands is None:
        return bands_for(
            frequency_mhz,
            macromolecules=not basis.macromolecules,
            lipids=choices.deviations,
            present=basis.names,
        )
    strange = sorted(set(choices.bands) - set(NAMES))
    if strange:
        raise InputError(f"bands: {', '.join(strange)} unknown; known are {', '.join(NAMES)}")
    every = bands_for(frequency_mhz, macromolecules=True, lipids=True, present=basis.names)
    return tuple(band for band in every if band.name in choices.bands)


def _settings(basis: Basis, choices: Choices, bands: tuple[Band, ...]) -> dict[str, Any]:
    settings = {
        "Basis": basis.source,
        "BasisNames": list(basis.names),
        "WindowPpm": list(choices.ppm),
        "Baseline": choices.baseline,
        "Deviations": choices.deviations,
        "Bands": [band.name for band in bands],
        "BandsSource": SOURCE if bands else "",
    }
    return settings | {f"Prior_{name}": value for name, value in asdict(choices.priors).items()}


def fitting_basis(basis: Basis, scan: Scan) -> Basis:
    """Return a basis with the samples and the reference of a scan."""
    resampled = basis.resampled(scan.dwell, scan.points, scan.frequency_mhz)
    turn = 2j * np.pi * (resampled.ppm_reference - scan.ppm_reference) * scan.frequency_mhz
    return replace(resampled, fid=resampled.fid * np.exp(turn * scan.time))


def check_scan(scan: Scan, *, grid: bool) -> None:
    """Raise `InputError` unless a scan is ready to be fitted, as one voxel or as a grid."""
    require_type("scan", scan, Scan, "a Scan; mrs.load reads one")
    if EDIT in scan.axes:
        raise InputError(
            f"{scan.source} is edited ({EDIT}), conditions that are fitted one by one: "
            "mrs.load(…, edit=0) takes the first"
        )
    if scan.axes:
        raise InputError(
            f"{scan.source} has {', '.join(scan.axes)} of {scan.fid.shape[3:-1]}: not combined "
            "yet; mrs.preprocess(scan) combines them"
        )
    if scan.is_grid and not grid:
        raise InputError(
            f"{scan.source} has {scan.fid.shape[:3]} voxels; mrs.fit_grid fits a grid, "
            "scan.voxel(x, y, z) is one of them"
        )
