"""Quality cards of a fitted spectrum: the fit, what was processed, and where the voxel lies."""

import io
from collections.abc import Iterable
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from biomarkers import mrs
from biomarkers.errors import GeometryError
from biomarkers.images import LabelMap, read_image
from biomarkers.study.cards import Card
from biomarkers.study.pictures import MapPanel, map_panels
from biomarkers.study.steps.mrs_rows import spectrum_doubts
from biomarkers.study.work import Work

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_DPI = 80
_HEADLINE = 4  # values in a caption


def fit_card(
    work: Work, voxel: str, fit: mrs.Fit, rows: pd.DataFrame, lacking: Iterable[str]
) -> Card:
    """Return the card of a fit: spectrum, fit, baseline, residual, and the first values."""
    doubts = spectrum_doubts(fit)
    remarks = fit.reasons.named(int(fit.reasons.bits))
    first = [
        f"{name} {value:.3g} ± {se:.2g} {unit}".rstrip()
        for name, value, se, unit in zip(
            *(rows.head(_HEADLINE)[each] for each in ("biomarker", "value", "se", "unit")),
            strict=True,
        )
    ]
    sentences = (
        f"FWHM {fit.fwhm_hz:.3g} Hz ({fit.fwhm_ppm:.2g} ppm), SNR {fit.snr:.3g} of "
        f"{fit.judged.peak or 'the tallest peak'}, shifted by {fit.ppm_shift:.3f} ppm, baseline of "
        f"{fit.baseline_per_ppm:.2g} dimensions per ppm.",
        f"{', '.join(first)}." if first else "",
        _sentence("; ".join(filter(None, dict.fromkeys([*doubts, remarks])))),
        *map(_sentence, lacking),
    )
    values = {
        "snr": fit.snr,
        "fwhm_hz": fit.fwhm_hz,
        "fwhm_ppm": fit.fwhm_ppm,
        "ppm_shift": fit.ppm_shift,
        "baseline_per_ppm": fit.baseline_per_ppm,
        "whiteness": fit.whiteness,
    }
    status = "warn" if doubts else "ok"
    title = f"Spectrum of {voxel}"
    return work.card(
        f"mrs-{voxel}", title, " ".join(filter(None, sentences)), status, _png(fit.plot()), values
    )


def _sentence(words: str) -> str:
    return f"{words[:1].upper()}{words[1:]}." if words else ""


def processing_card(work: Work, voxel: str, clean: mrs.Scan, acquired: mrs.Scan) -> Card:
    """Return the card of what was done to the signals before the fit."""
    steps = "; ".join(f"{step.name}: {step.method}" for step in clean.steps)
    caption = f"{steps or 'Nothing had to be done'}."
    return work.card(
        f"mrs-{voxel}-processing",
        f"Processing of {voxel}",
        caption,
        picture=_png(mrs.processing_figure(clean, acquired)),
    )


def place_card(work: Work, voxel: str, scan: mrs.Scan) -> tuple[Card, ...]:
    """Return the card of a voxel on the anatomy, the first T1w of the session; none without one."""
    anatomy = work.session.images("T1w")
    if not anatomy or scan.affine is None:
        return ()
    kind, title, path = f"mrs-{voxel}-place", f"Place of {voxel}", anatomy[0].path
    image = read_image(path)
    try:
        inside = mrs.voxel_mask(scan, image)
    except GeometryError as error:
        return (work.card(kind, title, f"{error}.", "warn"),)
    drawn = LabelMap(image.with_data(np.asarray(inside.data) > 0.5, source=voxel), {1: voxel})
    volume = float(abs(np.linalg.det(scan.affine[:3, :3]))) / 1e3
    caption = f"{volume:.3g} mL, on {path.name}."
    return (work.card(kind, title, caption, picture=map_panels([MapPanel("T1w", image, drawn)])),)


def _png(figure: "Figure") -> bytes:
    stream = io.BytesIO()
    figure.savefig(stream, format="png", dpi=_DPI)
    return stream.getvalue()
