"""Spectroscopy of single voxels: ratios of metabolites, and concentrations where water is there."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal

import pandas as pd

from biomarkers import mrs
from biomarkers.errors import GeometryError, InputError
from biomarkers.files import require_file
from biomarkers.images import probe
from biomarkers.ranges import known_species
from biomarkers.study.acquisition import Source
from biomarkers.study.cohort import Session
from biomarkers.study.step import Files, Step
from biomarkers.study.steps.mrs_cards import fit_card, processing_card
from biomarkers.study.steps.mrs_rows import Value, concentrations, over_another, ratios, rows
from biomarkers.study.steps.mrs_tissue import fractions_of
from biomarkers.study.work import Outcome, Plan, View, Work

SIMULATE = "simulate"
# The region of a file whose name has no `voi-`.
VOXEL = "voxel"
METABOLITES = ("tNAA", "tCho", "tCr", "Ins", "Glx", "Glu", "Gln", "GSH", "Lac")
Pair = tuple[float, float]


@dataclass(frozen=True)
class MrsSettings(mrs.Quality):
    """What may be chosen of spectroscopy, besides from where on results are flagged (`Quality`).

    Parameters
    ----------
    basis
        `simulate`, or a file of a basis, below the study.
    sequence, echoes, mixing_time
        Of a simulated basis, as `sequence`, `te` and `tm` of `mrs.simulate_basis`, s; of a
        sequence with one echo time it is that of the header, if not said.
    simulated
        Metabolites of a simulated basis.
    ppm
        Window of the fit, ppm.
    baseline, order
        `spline`, `polynomial` of that order, or `none`.
    deviations
        Whether single metabolites may deviate from the shift and width of all.
    broaden_hz
        Line broadening before the fit, Hz.
    denominator
        What metabolites are relative to.
    metabolites
        Which are reported.
    total_error
        Whether errors hold what other baselines, lines and macromolecules would change.
    contralateral
        Voxel (`voi-`) that ratios of the others are relative to, too; empty for none.
    tissue
        Fractions of grey matter, white matter and fluid in every voxel; from `*_probseg` or
        `*_dseg` maps, if not said.
    water_times, metabolite_times
        T1 and T2 of water and of metabolites, s, in all tissue; published ones of the human brain,
        if not said.

    """

    basis: str = SIMULATE
    sequence: str = "press"
    echoes: tuple[float, ...] = ()
    mixing_time: float | None = None
    simulated: tuple[str, ...] = mrs.BRAIN_METABOLITES
    ppm: Pair = (0.2, 4.2)
    baseline: Literal["spline", "polynomial", "none"] = "spline"
    order: int = 2
    deviations: bool = True
    broaden_hz: float = 0.0
    denominator: str = "tCr"
    metabolites: tuple[str, ...] = METABOLITES
    total_error: bool = True
    contralateral: str = ""
    tissue: tuple[float, float, float] | None = None
    water_times: Pair | None = None
    metabolite_times: Pair | None = None

    def __post_init__(self) -> None:
        if not self.ppm[0] < self.ppm[1]:
            raise InputError(f"ppm is {list(self.ppm)}; expected it to rise")
        if (self.water_times is None) != (self.metabolite_times is None):
            raise InputError("give both water_times and metabolite_times, or neither")

    @property
    def fitted_baseline(self) -> Any:
        """Baseline as `mrs.fit` takes it."""
        named = {"none": None, "polynomial": ("polynomial", self.order)}
        return named.get(self.baseline, self.baseline)

    @property
    def relaxation(self) -> mrs.Relaxation | None:
        """Relaxation times given; None for published ones."""
        if self.water_times is None:
            return None
        water = dict.fromkeys(("gm", "wm", "csf"), self.water_times)
        return mrs.Relaxation(water, others=self.metabolite_times, source="settings")


@dataclass(frozen=True, eq=False)
class Voxel:
    """A voxel that is fitted: its name, the scan as acquired, the fit."""

    name: str
    acquired: mrs.Scan
    fit: mrs.Fit


def plan(view: View) -> Plan:
    """Check every scan, its basis, and which voxels there are."""
    chosen: MrsSettings = view.settings
    sources = view.images("svs")
    for source in sources:
        scan = _scan(source, view.images("mrsref"))
        if scan.is_grid:
            raise InputError(f"{scan.source} has {scan.fid.shape[:3]} voxels; svs files have one")
        _basis(scan, chosen, view.session)
    names = [_name(source) for source in sources]
    notes = ()
    if chosen.contralateral and chosen.contralateral not in names:
        notes = (f"no voxel voi-{chosen.contralateral} to compare with, only {', '.join(names)}",)
    return Plan(probe(sources[0].file.path, numbers="complex"), notes)


def measure(work: Work) -> Outcome:
    """Fit every voxel; rows of ratios, of concentrations, and of ratios over another voxel."""
    chosen: MrsSettings = work.settings
    voxels = [_fitted(work, source) for source in work.images("svs")]
    other = next((each for each in voxels if each.name == chosen.contralateral), None)
    tables, cards = [], []
    for voxel in voxels:
        values = ratios(voxel.fit, chosen.denominator, total=chosen.total_error)
        amounts, lacking = _concentrations(work, voxel)
        values += amounts
        if other is not None and other is not voxel:
            values += over_another(voxel.fit, other.fit, chosen.denominator)
        kept = [each for name in chosen.metabolites for each in values if each.metabolite == name]
        tables.append(rows(voxel.name, voxel.fit, kept, work.session.species))
        cards += [
            fit_card(work, voxel.name, voxel.fit, tables[-1], lacking),
            processing_card(work, voxel.name, voxel.fit.setup.scan, voxel.acquired),
        ]
    return Outcome((), tuple(cards), pd.concat(tables, ignore_index=True))


def _name(source: Source) -> str:
    return source.file.entities.get("voi", VOXEL)


def _scan(source: Source, references: Sequence[Source]) -> mrs.Scan:
    """Read a scan with its water; what its header lacks is taken from its sidecar."""
    water = [each for each in references if _name(each) == _name(source)]
    path = source.file.path
    scan = mrs.load(path, water=water[0].file.path if water else None)
    keys = {"te": "EchoTime", "tr": "RepetitionTime"}
    lacking = {
        name: source.sidecar.number(key)
        for name, key in keys.items()
        if getattr(scan, name) is None and key in source.sidecar.values
    }
    return mrs.load(path, water=scan.water, **lacking) if lacking else scan


def _basis(scan: mrs.Scan, chosen: MrsSettings, session: Session) -> mrs.Basis:
    if chosen.basis != SIMULATE:
        path = require_file(session.raw.root / chosen.basis, "a basis, [measure.mrs] basis")
        return _loaded(path)
    echoes = chosen.echoes or (() if scan.te is None else (scan.te,))
    return _simulated(
        chosen.sequence, echoes, chosen.mixing_time, scan.frequency_mhz, chosen.simulated,
        scan.dwell, scan.points,
    )  # fmt: skip


@cache
def _loaded(path: Path) -> mrs.Basis:
    return mrs.load_basis(path)


@cache
def _simulated(  # noqa: PLR0913, PLR0917  (what a basis is made of, all of it hashable)
    sequence: str,
    echoes: tuple[float, ...],
    mixing_time: float | None,
    frequency_mhz: float,
    names: tuple[str, ...],
    dwell: float,
    points: int,
) -> mrs.Basis:
    return mrs.simulate_basis(
        sequence=sequence,
        te=echoes,
        tm=mixing_time,
        frequency_mhz=frequency_mhz,
        metabolites=names,
        dwell=dwell,
        points=points,
    )


def _fitted(work: Work, source: Source) -> Voxel:
    chosen: MrsSettings = work.settings
    acquired = _scan(source, work.images("mrsref"))
    clean = mrs.preprocess(acquired, broaden_hz=chosen.broaden_hz)
    fit = mrs.fit(
        clean,
        _basis(acquired, chosen, work.session),
        ppm=chosen.ppm,
        baseline=chosen.fitted_baseline,
        deviations=chosen.deviations,
        quality=chosen,
    )
    return Voxel(_name(source), acquired, fit)


def _concentrations(work: Work, voxel: Voxel) -> tuple[list[Value], str]:
    """Return the concentrations, or why there are none."""
    relaxation, species = work.settings.relaxation, known_species(work.session.species)
    if voxel.acquired.water is None:
        return [], "no concentrations: no *_mrsref of this voxel"
    if relaxation is None and species not in {"human", ""}:
        return [], (
            f"no concentrations: relaxation times of the {species} are not known here; give "
            "water_times and metabolite_times"
        )
    try:
        tissue = fractions_of(work, voxel.acquired)
        return concentrations(voxel.fit, tissue, relaxation), ""
    except (InputError, GeometryError) as error:
        return [], f"no concentrations: {error}"


MRS = Step(
    "mrs",
    "Spectroscopy",
    (
        Files("svs", differing=("voi",)),
        Files("mrsref", differing=("voi",), required=False),
    ),
    (),
    measure,
    plan,
    settings=MrsSettings,
    folder="mrs",
    labelled=False,
)
