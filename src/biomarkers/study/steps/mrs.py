"""Spectroscopy of single voxels: ratios of metabolites, and concentrations where water is there."""

from dataclasses import dataclass

import pandas as pd

from biomarkers import mrs
from biomarkers.errors import GeometryError, InputError
from biomarkers.images import probe
from biomarkers.study.acquisition import Source
from biomarkers.study.step import Files, Step
from biomarkers.study.steps.mrs_cards import fit_card, place_card, processing_card
from biomarkers.study.steps.mrs_rows import Value, concentrations, over_another, ratios, rows
from biomarkers.study.steps.mrs_spectra import SpectrumSettings, read_scan, voxel_name
from biomarkers.study.steps.mrs_tissue import fractions_of
from biomarkers.study.work import Outcome, Plan, View, Work


@dataclass(frozen=True)
class MrsSettings(SpectrumSettings):
    """What may be chosen of single voxels, besides how spectra are fitted.

    Parameters
    ----------
    denominator
        What metabolites are relative to.
    total_error
        Whether errors of ratios hold what other baselines, lines and macromolecules would change.
    contralateral
        Voxel (`voi-`) that ratios of the others are relative to, too; empty for none.
    tissue
        Fractions of grey matter, white matter and fluid in every voxel; from `*_probseg` or
        `*_dseg` maps, if not said.
    water_times, metabolite_times
        T1 and T2 of water and of metabolites, s, in all tissue; published ones of the human brain,
        if not said.

    """

    denominator: str = "tCr"
    total_error: bool = True
    contralateral: str = ""
    tissue: tuple[float, float, float] | None = None
    water_times: tuple[float, float] | None = None
    metabolite_times: tuple[float, float] | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        object.__setattr__(self, "denominator", mrs.canonical_name(self.denominator))
        if (self.water_times is None) != (self.metabolite_times is None):
            raise InputError("give both water_times and metabolite_times, or neither")

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
        scan = read_scan(source, view.images("mrsref"))
        if scan.is_grid:
            raise InputError(
                f"{scan.source} has {scan.fid.shape[:3]} voxels; expected one in *_svs"
            )
        chosen.basis_of(scan, view.session.raw.root)
    names = [voxel_name(source) for source in sources]
    notes: tuple[str, ...] = ()
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
        amounts, reason = _concentrations(work, voxel)
        lacking = (_absent(chosen, voxel.fit), reason)
        values += amounts
        if other is not None and other is not voxel:
            values += over_another(voxel.fit, other.fit, chosen.denominator)
        kept = [each for name in chosen.metabolites for each in values if each.metabolite == name]
        tables.append(rows(voxel.name, voxel.fit, kept, work.session.species))
        cards += [
            fit_card(work, voxel.name, voxel.fit, tables[-1], lacking),
            processing_card(work, voxel.name, voxel.fit.setup.scan, voxel.acquired),
            *place_card(work, voxel.name, voxel.acquired),
        ]
    return Outcome((), tuple(cards), pd.concat(tables, ignore_index=True))


def _absent(chosen: MrsSettings, fit: mrs.Fit) -> str:
    """Return in words which metabolites that are to be reported the basis lacks."""
    absent = set(chosen.metabolites) - {each.name for each in fit.quantities}
    return f"not in the basis: {', '.join(sorted(absent))}" if absent else ""


def _fitted(work: Work, source: Source) -> Voxel:
    chosen: MrsSettings = work.settings
    acquired = read_scan(source, work.images("mrsref"))
    clean = mrs.preprocess(acquired, broaden_hz=chosen.broaden_hz)
    basis = chosen.basis_of(acquired, work.session.raw.root)
    return Voxel(voxel_name(source), acquired, mrs.fit(clean, basis, **chosen.of_fit))


def _concentrations(work: Work, voxel: Voxel) -> tuple[list[Value], str]:
    """Return the concentrations, or why there are none."""
    if voxel.acquired.water is None:
        return [], "no concentrations: no *_mrsref of this voxel"
    try:
        tissue = fractions_of(work, voxel.acquired)
        relaxation, species = work.settings.relaxation, work.session.species
        return concentrations(voxel.fit, tissue, relaxation, species), ""
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
