"""What a PET scanner would have seen of a patient an hour after an RGD peptide.

Activity is blurred to the resolution of the scanner, decays, and is as noisy as its counts make it.
"""

from dataclasses import dataclass

import numpy as np

from biomarkers.arrays import FloatArray
from biomarkers.pet import nuclide
from biomarkers.simulate.partial_volume import block_mean
from biomarkers.simulate.pet import Frames, resolved
from biomarkers.simulate.studies.patient_day import FACTORS, Placed, Scanner

PET = Scanner((44, 50, 15), (4.0, 4.0, 4.0))
TRACER, NUCLIDE = "[18F]AlF-NOTA-PRGD2", "F18"
# Full width at half maximum of a point in the images, mm; chosen, of clinical scanners.
FWHM_MM = 5.0
FRAMES, FRAME_S = 3, 300.0
# Injected activity, MBq, and when the scan begins, s after the injection: mean and standard
# deviation; chosen.
_DOSE_MBQ, _BEGIN_S = (200.0, 20.0), (3600.0, 180.0)
# Relative standard deviation of a voxel of SUV 1 in one frame at the mean dose: its square goes
# with the inverse of its counts. Noise is smooth over so much, mm. Chosen.
_NOISE, _NOISE_FWHM_MM = 0.12, 4.0


@dataclass(frozen=True)
class Injection:
    """What differs from one PET scan to the next.

    Parameters
    ----------
    dose_mbq
        Activity at the start of injection.
    begin_s
        Start of the scan, after the start of injection.

    """

    dose_mbq: float
    begin_s: int


def draw_injection(rng: np.random.Generator) -> Injection:
    """Draw the dose and the time of a scan."""
    dose, begin = rng.normal(*_DOSE_MBQ), rng.normal(*_BEGIN_S)
    return Injection(round(float(max(dose, 100.0)), 1), round(float(max(begin, 2700.0))))


def frames(
    placed: Placed, injection: Injection, rng: np.random.Generator, *, weight_g: float
) -> FloatArray:
    """Return the frames, Bq/mL, decay corrected to the start of the scan, (x, y, z, frame)."""
    seen = np.repeat(at_resolution(placed)[..., None], FRAMES, axis=-1)
    scan = Frames.following([(FRAMES, FRAME_S)])
    suv = scan.noisy(
        seen,
        spread=_NOISE * np.sqrt(FRAME_S * _DOSE_MBQ[0] / injection.dose_mbq),
        rng=rng,
        fwhm_mm=_NOISE_FWHM_MM,
        voxel_mm=PET.voxel_mm,
    )
    decayed = np.exp(-nuclide(NUCLIDE).decay_constant * injection.begin_s)
    return np.asarray(np.rint(suv * 1e6 * injection.dose_mbq / weight_g * decayed))


def at_resolution(placed: Placed) -> FloatArray:
    """Return SUV as a scanner without noise sees it, (x, y, z)."""
    fine = resolved(placed.map("SUVmean"), fwhm_mm=FWHM_MM, voxel_mm=PET.fine_mm)
    return block_mean(fine, FACTORS)
