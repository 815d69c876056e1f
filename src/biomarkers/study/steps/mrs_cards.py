"""Quality cards of a fitted spectrum: what was processed, and the fit."""

import io
from typing import TYPE_CHECKING

import pandas as pd

from biomarkers import mrs
from biomarkers.study.cards import Card
from biomarkers.study.steps.mrs_rows import spectrum_doubts
from biomarkers.study.work import Work

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_DPI = 80
_HEADLINE = 4  # values in a caption


def fit_card(work: Work, voxel: str, fit: mrs.Fit, rows: pd.DataFrame, lacking: str) -> Card:
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
    said = (
        f"FWHM {fit.fwhm_hz:.3g} Hz ({fit.fwhm_ppm:.2g} ppm), SNR {fit.snr:.3g} of "
        f"{fit.judged.peak}, shifted by {fit.ppm_shift:.3f} ppm, baseline of "
        f"{fit.baseline_per_ppm:.2g} dimensions per ppm.",
        f"{', '.join(first)}." if first else "",
        f"{'; '.join(dict.fromkeys([*doubts, remarks]))}." if doubts or remarks else "",
        f"{lacking[:1].upper()}{lacking[1:]}." if lacking else "",
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
        f"mrs-{voxel}", title, " ".join(filter(None, said)), status, _png(fit.plot()), values
    )


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


def _png(figure: "Figure") -> bytes:
    stream = io.BytesIO()
    figure.savefig(stream, format="png", dpi=_DPI)
    return stream.getvalue()
