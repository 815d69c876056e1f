"""What the scanner would have seen of a rat: the truth of a session turned into images.

Contrast agent relaxes water in proportion to its concentration (fast exchange). Its effect on T2*
is left out, as an analysis of a single echo has to: at 7 T that hides 10-20 % of the peak in real
tumours (Kim et al. 2019, doi:10.18383/j.tom.2019.00015). A volume is a snapshot at its onset.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from biomarkers.arrays import FloatArray
from biomarkers.simulate.diffusion import shells
from biomarkers.simulate.dynamics import bolus_input, sampled, uptake
from biomarkers.simulate.gradient_echo import GradientEcho, actual_flip_angle, steady_state
from biomarkers.simulate.motion import drifted
from biomarkers.simulate.noise import received
from biomarkers.simulate.studies.rat_head import (
    VOXEL_MM,
    Phantom,
    coordinates,
    smooth_field,
)

FIELD_T = 7.0
# r1 of gadoterate in human plasma at 7 T and 37 degrees C: 2.84 /s/mM (Szomolanyi et al.,
# Invest Radiol 2019;54:559).
RELAXIVITY = 2.84
HEMATOCRIT = 0.42

# Blood of tumour-bearing rats after a bolus: a linear rise over 7 s to 5.21 mM, then two
# exponentials (mM and 1/s), the bi-exponential model of McGrath et al. 2009
# (doi:10.1002/mrm.21959) with the constants of the OSIPI DCE-DSC-MRI code collection.
RISE_S = 7.0
DECAYS = ((3.40, 0.045), (1.81, 0.0015))

# Standard deviation of noise in each channel of one average, of the signal of a full
# magnetisation: signal-to-noise near 20 in brain before contrast in one dynamic volume.
NOISE = 1.3e-3

VFA = tuple(GradientEcho(tr=0.010, flip=flip, te=0.002, averages=8) for flip in (2, 5, 10, 18))
DCE = GradientEcho(tr=0.010, flip=20, te=0.002, averages=2)
AFI = (
    GradientEcho(tr=0.013, flip=60, te=0.002, averages=8),
    GradientEcho(tr=0.065, flip=60, te=0.002, averages=8),
)
T2W_TR, T2W_TE, T2W_AVERAGES = 3.0, 0.040, 2
DWI = shells((300.0, 600.0, 1000.0), directions=3, without=2)
DWI_TR, DWI_TE, DWI_AVERAGES = 3.0, 0.030, 1

# 24 × 6 phase-encoding steps of 10 ms, twice.
DCE_STEP_S = 2.88
DCE_TIMES = DCE_STEP_S * np.arange(80)
# The bolus arrives in the artery somewhere between these times, and in tissue a little later:
# mean and standard deviation from place to place, s; chosen.
ARRIVAL_S = (22.0, 28.0)
TISSUE_DELAY_S = (0.2, 0.1)
# A head held by the teeth and the ears still drifts a little in the minutes of a series: standard
# deviation along x, y and z of where it ends, mm; chosen.
DRIFT_MM = 0.02


@dataclass(frozen=True, eq=False)
class Acquisition:
    """What differs from one scan of a rat to the next.

    Parameters
    ----------
    b1
        Actual over nominal flip angle, fine (x, y, z).
    receive
        Sensitivity of the coil, fine (x, y, z), 1 at best.
    arrival
        When the bolus arrives in the artery, s after the first dynamic volume.
    delay
        How much later it arrives in each voxel, s, fine (x, y, z).
    dose
        Concentration in blood over that of the published input.
    drift
        How far the head has moved at the end of a series, mm along x, y and z.

    """

    b1: FloatArray
    receive: FloatArray
    arrival: float
    delay: FloatArray
    dose: float
    drift: FloatArray


def draw_acquisition(rng: np.random.Generator) -> Acquisition:
    """Draw the fields, the arrival of the bolus, the dose and how the head drifts."""
    x, y, z = coordinates()
    level, tilt = rng.normal(1.0, 0.03), rng.normal(0.0, 0.004, 2)
    b1 = level * (1.06 - 0.0028 * (x**2 + y**2) - 0.003 * z**2) + tilt[0] * x + tilt[1] * y
    # A surface coil on top of the head sees the base of the brain less well.
    receive = np.exp(-0.04 * (y.max() - y))
    arrival, dose = rng.uniform(*ARRIVAL_S), np.exp(rng.normal(0.0, 0.08))
    delay = np.maximum(TISSUE_DELAY_S[0] + TISSUE_DELAY_S[1] * smooth_field(rng), 0.0)
    drift = rng.normal(0.0, DRIFT_MM, 3)
    return Acquisition(b1, receive, float(arrival), delay, float(dose), drift)


def rat_blood(time: npt.ArrayLike) -> FloatArray:
    """Return the published concentration in whole blood, mM, `time` seconds after arrival."""
    return bolus_input(time, RISE_S, DECAYS)


def concentration(phantom: Phantom, acquisition: Acquisition) -> FloatArray:
    """Return the true concentration of contrast agent, mM, (samples, time).

    Tissue is one compartment beside its plasma (the extended Tofts model); voxels of the artery
    are blood.
    """

    def plasma(time: FloatArray) -> FloatArray:
        return acquisition.dose * rat_blood(time) / (1.0 - HEMATOCRIT)

    # Whole tissues share their rate; only inside the tumour does it change from place to place.
    rates, which = np.unique(phantom.at("kep") / 60.0, return_inverse=True)
    grid, leaked = uptake(plasma, DCE_TIMES[-1], inflow=1.0 / 60.0, outflow=rates)
    delay = phantom.samples.take(acquisition.delay)
    since = DCE_TIMES - acquisition.arrival - delay[:, None]
    tissue = phantom.at("Ktrans")[:, None] * sampled(grid, leaked[which], since)
    tissue += phantom.at("vp")[:, None] * plasma(since)
    artery = phantom.samples.take(phantom.tissue("artery"))
    tissue[artery] = acquisition.dose * rat_blood(DCE_TIMES - acquisition.arrival)
    return tissue


def full_signal(phantom: Phantom, acquisition: Acquisition) -> FloatArray:
    """Return what the full magnetisation of the samples would give, (samples,)."""
    return phantom.at("m0") * phantom.samples.take(acquisition.receive)


def anatomical_image(
    phantom: Phantom, acquisition: Acquisition, rng: np.random.Generator
) -> FloatArray:
    """Return a T2-weighted spin-echo image, (x, y, z)."""
    weight = np.exp(-T2W_TE / phantom.at("T2")) * -np.expm1(-T2W_TR / phantom.at("T1"))
    return scanned(phantom, full_signal(phantom, acquisition) * weight, T2W_AVERAGES, rng)


def vfa_images(
    phantom: Phantom, acquisition: Acquisition, rng: np.random.Generator
) -> tuple[FloatArray, ...]:
    """Return a spoiled gradient echo at every angle of `VFA`, each (x, y, z)."""
    full, rate = full_signal(phantom, acquisition), 1.0 / phantom.at("T1")
    b1 = phantom.samples.take(acquisition.b1)
    return tuple(
        scanned(phantom, full * steady_state(rate, echo, b1=b1), echo.averages, rng) for echo in VFA
    )


def afi_images(
    phantom: Phantom, acquisition: Acquisition, rng: np.random.Generator
) -> tuple[FloatArray, ...]:
    """Return the pair of actual flip-angle imaging, shorter repetition time first."""
    full, rate = full_signal(phantom, acquisition), 1.0 / phantom.at("T1")
    pair = actual_flip_angle(rate, AFI, b1=phantom.samples.take(acquisition.b1))
    return tuple(
        scanned(phantom, full * part, echo.averages, rng)
        for part, echo in zip(pair, AFI, strict=True)
    )


def dce_series(phantom: Phantom, acquisition: Acquisition, rng: np.random.Generator) -> FloatArray:
    """Return the dynamic series, (x, y, z, time), of a head that drifts."""
    rate = 1.0 / phantom.at("T1")[:, None] + RELAXIVITY * concentration(phantom, acquisition)
    b1 = phantom.samples.take(acquisition.b1)[:, None]
    signal = full_signal(phantom, acquisition)[:, None] * steady_state(rate, DCE, b1=b1)
    way = np.outer(np.linspace(0.0, 1.0, len(DCE_TIMES)), acquisition.drift)
    clean = drifted(phantom.samples.mean(signal), way, voxel_mm=VOXEL_MM)
    return received(clean, noise=NOISE / np.sqrt(DCE.averages), rng=rng)


def diffusion_series(
    phantom: Phantom, acquisition: Acquisition, rng: np.random.Generator
) -> FloatArray:
    """Return spin echoes weighted as `DWI` says, (x, y, z, volume), of a head that drifts."""
    weight = np.exp(-DWI_TE / phantom.at("T2")) * -np.expm1(-DWI_TR / phantom.at("T1"))
    still = (full_signal(phantom, acquisition) * weight)[:, None]
    signal = phantom.samples.mean(still * DWI.attenuation(phantom.at("ADC")))
    way = np.outer(np.linspace(0.0, 1.0, len(DWI.b)), acquisition.drift)
    clean = drifted(signal, way, voxel_mm=VOXEL_MM)
    return received(clean, noise=NOISE / np.sqrt(DWI_AVERAGES), rng=rng)


def scanned(
    phantom: Phantom, signal: FloatArray, averages: int, rng: np.random.Generator
) -> FloatArray:
    """Return the image, (x, y, z), of a signal (samples,): averaged over voxels, and noisy."""
    return received(phantom.samples.mean(signal), noise=NOISE / np.sqrt(averages), rng=rng)
