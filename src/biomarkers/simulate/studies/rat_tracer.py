"""[18F]FLT in a rat: what tissue takes up, and what a small-animal scanner sees of it.

Tracer is trapped where cells multiply (thymidine kinase 1), so the rate of trapping of the tumour
follows from the uptake it is said to have; delivery and return stay as they are. Rates and the
course in plasma are chosen, of the usual order. Metabolites are left out: all of the plasma is FLT.
"""

from dataclasses import dataclass
from functools import cache

import numpy as np
import numpy.typing as npt

from biomarkers.arrays import FloatArray
from biomarkers.images import Image
from biomarkers.simulate.dynamics import averaged, bolus_input, uptake
from biomarkers.simulate.partial_volume import block_mean, centred_grid
from biomarkers.simulate.pet import Frames, resolved
from biomarkers.simulate.studies.rat_head import FACTORS, FINE_SHAPE, VOXEL_MM, Phantom, drawn

# Voxels of 1.2 x 1.2 x 1 mm, and a resolution of 1.4 mm: those of small-animal scanners.
FACTORS_OF_MRI = (2, 2, 1)
FACTORS_OF_FINE = (4, 4, 2)
FWHM_MM = 1.4
SHAPE, PET_MM = (14, 12, 6), (1.2, 1.2, 1.0)

STATIC = Frames.following([(1, 1200.0)], start=2400.0)
DYNAMIC = Frames.following([(6, 10.0), (4, 30.0), (7, 60.0), (10, 300.0)])
TRACER = "FLT"
DOSE_MBQ = (20.0, 2.0)  # mean and standard deviation
# Of a voxel of 1 kBq/mL over 1 s: 6 % in one of SUV 1 over the static scan.
NOISE = 16.0
SAMPLE_TIMES = (0.0, 5.0, 10.0, 15.0, 20.0, 30.0, 45.0, 60.0, 90.0, 120.0, 180.0, 300.0, 600.0,
                1200.0, 1800.0, 2400.0, 3000.0, 3600.0)  # fmt: skip
SAMPLE_ERROR = 0.02

# Concentration over dose and weight, g/mL: a rise to the peak, then exponentials (g/mL, 1/s).
_RISE_S = 10.0
_DECAYS = ((6.5, 1 / 45.0), (1.8, 1 / 900.0), (0.5, 1 / 9000.0))
# K1, k2 and k3, 1/min; in the tumour k3 follows from its uptake.
_RATES = {"brain": (0.006, 0.03, 0.01), "muscle": (0.06, 0.10, 0.005)}
_TUMOUR = (0.12, 0.18)
_TRAPPING = np.geomspace(1e-3, 3.0, 80)


@dataclass(frozen=True, eq=False)
class Uptake:
    """Tracer in a head, over dose and weight: what a scan shows, and what is true of the tumour.

    Parameters
    ----------
    suv
        Mean SUV over the static scan, fine (x, y, z).
    curves
        SUV in the frames of a scan, on the grid of the MRI (x, y, z, frames).
    ki
        Net influx rate, mL/min/mL, fine (x, y, z).

    """

    suv: FloatArray
    curves: FloatArray
    ki: FloatArray


def plasma(time: npt.ArrayLike) -> FloatArray:
    """Return the concentration in plasma and blood over dose and weight, g/mL; time in s."""
    return bolus_input(time, _RISE_S, _DECAYS)


@cache
def grid() -> Image:
    """Return an empty image on the grid of the scanner."""
    return centred_grid(SHAPE, PET_MM)


def labels(phantom: Phantom) -> npt.NDArray[np.int16]:
    """Return the regions as they are drawn on the grid of the scanner."""
    return drawn(phantom.tissues, FACTORS_OF_FINE)


def take_up(phantom: Phantom, frames: Frames) -> Uptake:
    """Return what the tissues of a head take up; `maps["SUVmean"]` is that of the tumour."""
    trapping, static, rows = _tumour_curves(frames)
    fine_curves = np.zeros((*FINE_SHAPE, len(frames.start)))
    suv, ki = np.zeros(FINE_SHAPE), np.zeros(FINE_SHAPE)
    for name, mask in phantom.kinds().items():
        if name == "tumour":
            wanted = phantom.maps["SUVmean"][mask]
            k3 = np.exp(np.interp(wanted, static, np.log(trapping)))
            place = np.interp(np.log(k3), np.log(trapping), np.arange(len(trapping)))
            low = np.minimum(place.astype(int), len(trapping) - 2)
            share = (place - low)[:, None]
            fine_curves[mask] = (1.0 - share) * rows[low] + share * rows[low + 1]
            suv[mask] = np.clip(wanted, static[0], static[-1])
            ki[mask] = _TUMOUR[0] * k3 / (_TUMOUR[1] + k3)
        else:
            fine_curves[mask], suv[mask], ki[mask] = _even_curve(name, frames)
    coarse = block_mean(fine_curves, FACTORS)
    return Uptake(suv, coarse, ki)


def scanned(
    uptake_: Uptake, frames: Frames, kbq_per_suv: float, rng: np.random.Generator
) -> FloatArray:
    """Return the image of a scanner, Bq/mL corrected for decay, (x, y, z, frames)."""
    activity = kbq_per_suv * at_resolution(uptake_.curves)
    return 1000.0 * frames.noisy(activity, spread=NOISE, rng=rng)


def at_resolution(values: FloatArray) -> FloatArray:
    """Return values on the grid of the MRI (x, y, z, ...) as a scanner without noise sees them."""
    return block_mean(resolved(values, fwhm_mm=FWHM_MM, voxel_mm=VOXEL_MM), FACTORS_OF_MRI)


@cache
def _tumour_curves(frames: Frames) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return rates of trapping, 1/min, and their static SUV and curves in frames."""
    rates = (*_TUMOUR, _TRAPPING)
    return _TRAPPING, _seen(rates, STATIC)[:, 0], _seen(rates, frames)


@cache
def _even_curve(name: str, frames: Frames) -> tuple[FloatArray, float, float]:
    """Return the curve in frames of a tissue that is the same all over, its static SUV and Ki."""
    if name == "artery":
        step = np.arange(3601.0)
        blood = plasma(step)[None]
        static = averaged(step, blood, STATIC.start, STATIC.end)[0, 0]
        return averaged(step, blood, frames.start, frames.end)[0], float(static), 0.0
    k1, k2, k3 = _RATES[name]
    static = _seen(_RATES[name], STATIC)[0, 0]
    return _seen(_RATES[name], frames)[0], float(static), k1 * k3 / (k2 + k3)


def _seen(rates: tuple[float, float, float | FloatArray], frames: Frames) -> FloatArray:
    k1, k2, k3 = (np.asarray(rate) / 60.0 for rate in rates)
    step, curves = uptake(plasma, 3600.0, inflow=k1, outflow=k2, trapping=k3, step=2.0)
    return averaged(step, curves, frames.start, frames.end)
