"""Spectroscopic imaging: maps of ratios of metabolites, measured in the regions of label maps."""

from dataclasses import dataclass, replace

import numpy as np

from biomarkers import mrs
from biomarkers.errors import InputError
from biomarkers.images import ImageHeader, probe
from biomarkers.quantities import QUANTITIES
from biomarkers.study.step import Files, Step
from biomarkers.study.steps.mrs_spectra import SpectrumSettings, read_scan
from biomarkers.study.work import Outcome, Plan, View, Work

_OVER = "/tCr"
RATIOS = tuple(name for name in QUANTITIES if name.endswith(_OVER))


@dataclass(frozen=True)
class MrsiSettings(SpectrumSettings):
    """How the spectra of a grid are fitted; ratios are those to tCr."""


def plan(view: View) -> Plan:
    """Check the scan, its basis, and that regions are drawn on its grid."""
    (source,) = view.images("mrsi")
    scan = read_scan(source, view.images("mrsref"))
    view.settings.basis_of(scan, view.session.raw.root)
    header = probe(source.file.path, numbers="complex")
    grid = ImageHeader(header.shape[:3], header.affine, header.source)
    if not view.is_drawn_on(grid):
        return Plan(None, (f"{source.file.path.name} not measured: no label map on its grid",))
    return Plan(grid)


def measure(work: Work) -> Outcome:
    """Fit every voxel of the regions; maps of the ratios to tCr, and how good the spectra are."""
    (source,) = work.images("mrsi")
    chosen: MrsiSettings = work.settings
    acquired = read_scan(source, work.images("mrsref"))
    clean = mrs.preprocess(acquired, broaden_hz=chosen.broaden_hz)
    basis = chosen.basis_of(acquired, work.session.raw.root)
    mask = work.tissue_mask(np.ones(clean.fid.shape[:3], dtype=bool))
    maps = mrs.fit_grid(clean, basis, mask=mask, **chosen.of_fit)
    wanted = [f"{name}{_OVER}" for name in chosen.metabolites if f"{name}{_OVER}" in RATIOS]
    there = [name for name in wanted if name in maps.values]
    if not there:
        raise InputError(f"{source.file.path}: the basis has none of {', '.join(wanted)}")
    kept = replace(maps, quantities=tuple(QUANTITIES[name] for name in there))
    flagged = float(kept.flags[kept.inside].mean())
    numbers = {name: float(np.nanmedian(maps.quality[name])) for name in ("snr", "fwhm_hz")}
    caption = (
        f"{int(kept.inside.sum())} spectra, median SNR {numbers['snr']:.3g} and FWHM "
        f"{numbers['fwhm_hz']:.3g} Hz; {100.0 * flagged:.1f} % flagged. "
        f"Processing: {', '.join(step.name for step in clean.steps) or 'none'}."
    )
    card = work.card("mrsi", MRSI.title, caption, values={"flagged": flagged, **numbers})
    return Outcome((kept,), (card,))


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
