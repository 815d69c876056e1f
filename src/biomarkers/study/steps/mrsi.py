"""Spectroscopic imaging: maps of ratios of metabolites, measured in the regions of label maps."""

from dataclasses import dataclass, replace

import numpy as np

from biomarkers import mrs
from biomarkers.arrays import BoolArray
from biomarkers.errors import InputError
from biomarkers.images import ImageHeader, probe
from biomarkers.quantities import OVER_CONTRALATERAL, QUANTITIES
from biomarkers.study.cards import Card
from biomarkers.study.step import Files, Step
from biomarkers.study.steps.mrs_spectra import SpectrumSettings, read_scan
from biomarkers.study.work import Outcome, Plan, View, Work

_OVER = "/tCr"
# Ratios of two metabolites that are given, too.
OTHERS = ("tNAA/tCho", "Lac/tNAA")
RATIOS = tuple(
    name for name in QUANTITIES if name.endswith((_OVER, OVER_CONTRALATERAL)) or name in OTHERS
)


@dataclass(frozen=True)
class MrsiSettings(SpectrumSettings):
    """How the spectra of a grid are fitted.

    Parameters
    ----------
    ratios
        Of which two metabolites ratios are given besides those to tCr.
    contralateral
        Region of normal tissue whose tCr signals of all voxels are relative to, too, as
        `Ins/ctCr`; empty for none.
    total_error
        Whether errors hold what other baselines, lines and macromolecules would change.

    """

    ratios: tuple[str, ...] = OTHERS
    contralateral: str = ""
    total_error: bool = False

    def __post_init__(self) -> None:
        super().__post_init__()
        strange = sorted(set(self.ratios) - set(OTHERS))
        if strange:
            raise InputError(f"ratios: {', '.join(strange)} unknown; known are {', '.join(OTHERS)}")


def plan(view: View) -> Plan:
    """Check the scan, its basis, and that regions are drawn on its grid."""
    (source,) = view.images("mrsi")
    chosen: MrsiSettings = view.settings
    scan = read_scan(source, view.images("mrsref"))
    chosen.basis_of(scan, view.session.raw.root)
    header = probe(source.file.path, numbers="complex")
    grid = ImageHeader(header.shape[:3], header.affine, header.source)
    if not view.is_drawn_on(grid):
        return Plan(None, (f"{source.file.path.name} not measured: no label map on its grid",))
    across = chosen.contralateral
    drawn = view.regions_on(grid)
    notes: tuple[str, ...] = ()
    if across and across not in drawn:
        notes = (f"no region {across!r} to compare with, only {', '.join(drawn) or 'none'}",)
    return Plan(grid, notes)


def measure(work: Work) -> Outcome:
    """Fit every voxel of the regions; maps of ratios, and how good the spectra are."""
    (source,) = work.images("mrsi")
    chosen: MrsiSettings = work.settings
    acquired = read_scan(source, work.images("mrsref"))
    mask = work.tissue_mask(np.ones(acquired.fid.shape[:3], dtype=bool))
    clean = mrs.preprocess(_within(acquired, mask), broaden_hz=chosen.broaden_hz)
    basis = chosen.basis_of(acquired, work.session.raw.root)
    to = _denominators(chosen, basis)
    maps = mrs.fit_grid(clean, basis, mask=mask, to=to, total=chosen.total_error, **chosen.of_fit)
    labels = work.shares
    if labels is not None and chosen.contralateral in labels.regions:
        maps = mrs.over_contralateral(maps, labels, chosen.contralateral)
    wanted = [
        *(f"{name}{over}" for over in (_OVER, OVER_CONTRALATERAL) for name in chosen.metabolites),
        *chosen.ratios,
    ]
    there = [name for name in wanted if name in RATIOS and name in maps.values]
    if not there:
        raise InputError(f"{source.file.path}: the basis has none of {', '.join(wanted)}")
    kept = replace(maps, quantities=tuple(QUANTITIES[name] for name in there))
    return Outcome((kept,), (_card(work, kept, clean),))


def _denominators(chosen: MrsiSettings, basis: mrs.Basis) -> tuple[str, ...]:
    """Return what the ratios that are asked for, and that the basis gives, are relative to."""
    given = {*basis.names, *(name for name, of in mrs.COMBINED.items() if {*of} & {*basis.names})}
    pairs = [name.split("/") for name in chosen.ratios]
    return tuple(dict.fromkeys(["tCr", *(low for top, low in pairs if {top, low} <= given)]))


def _within(scan: mrs.Scan, mask: BoolArray) -> mrs.Scan:
    """Return a grid without the voxels that are not measured, which take as long to process."""
    if scan.axes or mask.shape != scan.fid.shape[:3]:
        return scan
    water = scan.water
    if water is not None and water.fid.ndim == scan.fid.ndim:
        water = replace(water, fid=np.where(mask[..., None], water.fid, 0.0))
    return replace(scan, fid=np.where(mask[..., None], scan.fid, 0.0), water=water)


def _card(work: Work, maps: mrs.GridFit, clean: mrs.Scan) -> Card:
    flagged = float(maps.flags[maps.inside].mean())
    numbers = {name: float(np.nanmedian(maps.quality[name])) for name in ("snr", "fwhm_hz")}
    caption = (
        f"{int(maps.inside.sum())} spectra, median SNR {numbers['snr']:.3g} and FWHM "
        f"{numbers['fwhm_hz']:.3g} Hz; {100.0 * flagged:.1f} % flagged. "
        f"Processing: {', '.join(step.name for step in clean.steps) or 'none'}."
    )
    return work.card("mrsi", MRSI.title, caption, values={"flagged": flagged, **numbers})


MRSI = Step(
    "mrsi",
    "Spectroscopic imaging",
    (Files("mrsi"), Files("mrsref", differing=("voi",), required=False)),
    RATIOS,
    measure,
    plan,
    drawn=("tNAA/tCr", "tCho/tCr", "Ins/tCr", "Glx/tCr"),
    settings=MrsiSettings,
    folder="mrs",
)
