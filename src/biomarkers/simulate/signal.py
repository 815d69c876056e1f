"""What the scanner would have seen: the truth of a session turned into images.

Contrast agent relaxes water in proportion to its concentration (fast exchange). Its effect on T2*
is left out, as an analysis of a single echo has to: at 7 T that hides 10-20 % of the peak in real
tumours (Kim et al. 2019, doi:10.18383/j.tom.2019.00015). A volume is a snapshot at its onset.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from biomarkers.kinetics import read, respond
from biomarkers.relaxometry import spgr_signal
from biomarkers.simulate.phantom import Phantom, coordinates
from biomarkers.timing import Frames
from biomarkers.units import conversion_factor

FloatArray = npt.NDArray[np.float64]

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

# What the scanner stores for the signal of a full magnetisation.
SCALE = 30000.0
# Standard deviation of noise in each channel of one average, in units of SCALE: signal-to-noise
# near 30 in brain before contrast in one dynamic volume.
NOISE = 8.5e-4


@dataclass(frozen=True)
class GradientEcho:
    """Settings of a spoiled gradient echo; times in s, angle in degrees."""

    tr: float
    flip: float
    te: float
    averages: int


VFA = tuple(GradientEcho(tr=0.010, flip=flip, te=0.002, averages=8) for flip in (2, 5, 10, 18))
DCE = GradientEcho(tr=0.010, flip=20, te=0.002, averages=2)
AFI = tuple(GradientEcho(tr=tr, flip=60, te=0.002, averages=8) for tr in (0.013, 0.065))
T2W_TR, T2W_TE, T2W_AVERAGES = 3.0, 0.040, 2

# 24 × 6 phase-encoding steps of 10 ms, twice.
DCE_STEP_S = 2.88
DCE_TIMES = DCE_STEP_S * np.arange(80)
# The bolus arrives somewhere between these times.
ARRIVAL_S = (22.0, 28.0)
# Relative standard deviation of one voxel of an ADC map.
DWI_NOISE = 0.06


@dataclass(frozen=True, eq=False)
class Acquisition:
    """What differs from one scan of a rat to the next.

    Parameters
    ----------
    b1
        Actual over nominal flip angle, (x, y, z).
    receive
        Sensitivity of the coil, (x, y, z), 1 at best.
    arrival
        When the bolus arrives, s after the first dynamic volume.
    dose
        Concentration in blood over that of the published input.

    """

    b1: FloatArray
    receive: FloatArray
    arrival: float
    dose: float


def draw_acquisition(rng: np.random.Generator) -> Acquisition:
    """Draw the fields, the arrival of the bolus and the dose of a acquisition."""
    x, y, z = coordinates()
    level, tilt = rng.normal(1.0, 0.03), rng.normal(0.0, 0.004, 2)
    b1 = level * (1.06 - 0.0028 * (x**2 + y**2) - 0.003 * z**2) + tilt[0] * x + tilt[1] * y
    # A surface coil on top of the head sees the base of the brain less well.
    receive = np.exp(-0.04 * (y.max() - y))
    arrival, dose = rng.uniform(*ARRIVAL_S), np.exp(rng.normal(0.0, 0.08))
    return Acquisition(b1, receive, float(arrival), float(dose))


def rat_blood(time: npt.ArrayLike) -> FloatArray:
    """Return the published concentration in whole blood, mM, `time` seconds after arrival."""
    t = np.asarray(time, dtype=float)
    late = np.maximum(t - RISE_S, 0.0)
    peak = sum(size for size, _ in DECAYS)
    decay = sum(size * np.exp(-rate * late) for size, rate in DECAYS)
    return np.asarray(np.where(t < RISE_S, peak * np.clip(t / RISE_S, 0.0, 1.0), decay))


def arterial_input(acquisition: Acquisition) -> tuple[FloatArray, FloatArray]:
    """Return knots, s, and the concentration in blood, mM; straight lines between them will do.

    Both have the shape (knots,); before the first knot there is nothing.
    """
    since = np.unique(np.concatenate([[0.0], RISE_S + np.geomspace(0.25, 260.0, 120) - 0.25]))
    return acquisition.arrival + since, acquisition.dose * rat_blood(since)


def concentration(phantom: Phantom, acquisition: Acquisition) -> FloatArray:
    """Return the true concentration of contrast agent, mM, (x, y, z, time).

    Tissue follows the extended Tofts model (Tofts 1997, doi:10.1002/jmri.1880070113); voxels of
    the artery are blood.
    """
    frames = Frames.instants(DCE_TIMES)
    knots, blood = arterial_input(acquisition)
    plasma = blood / (1.0 - HEMATOCRIT)
    per_second = conversion_factor("1/min", "1/s")
    # Whole tissues share one rate; only inside the tumour does it change from voxel to voxel.
    rates, which = np.unique(phantom.maps["kep"] * per_second, return_inverse=True)
    responses = np.array([respond(rate, knots, plasma, frames).value for rate in rates])
    leaked = responses[which.reshape(phantom.labels.shape)]
    tissue = phantom.maps["Ktrans"][..., None] * per_second * leaked
    tissue += phantom.maps["vp"][..., None] * read(knots, plasma, frames)
    tissue[phantom.mask("artery")] = read(knots, blood, frames)
    return np.asarray(tissue)


def anatomical_image(
    phantom: Phantom, acquisition: Acquisition, rng: np.random.Generator
) -> FloatArray:
    """Return a T2-weighted spin-echo image, (x, y, z)."""
    maps = phantom.maps
    weight = np.exp(-T2W_TE / maps["T2"]) * -np.expm1(-T2W_TR / maps["T1"])
    return received(maps["m0"] * acquisition.receive * weight, T2W_AVERAGES, rng)


def vfa_images(
    phantom: Phantom, acquisition: Acquisition, rng: np.random.Generator
) -> tuple[FloatArray, ...]:
    """Return a spoiled gradient echo at every angle of `VFA`, each (x, y, z)."""
    return tuple(_gradient_echo(phantom, acquisition, echo, rng) for echo in VFA)


def afi_images(
    phantom: Phantom, acquisition: Acquisition, rng: np.random.Generator
) -> tuple[FloatArray, ...]:
    """Return the pair of actual flip-angle imaging, shorter repetition time first."""
    magnetisation = afi_magnetisation(phantom.maps["T1"], acquisition.b1)
    signal = phantom.maps["m0"] * acquisition.receive
    return tuple(
        received(signal * part, echo.averages, rng)
        for part, echo in zip(magnetisation, AFI, strict=True)
    )


def dce_series(phantom: Phantom, acquisition: Acquisition, rng: np.random.Generator) -> FloatArray:
    """Return the dynamic series, (x, y, z, time)."""
    rate = 1.0 / phantom.maps["T1"][..., None] + RELAXIVITY * concentration(phantom, acquisition)
    m0 = (phantom.maps["m0"] * acquisition.receive)[..., None]
    signal = spgr_signal(m0, 1.0 / rate, tr=DCE.tr, flip_deg=DCE.flip, b1=acquisition.b1[..., None])
    return received(signal, DCE.averages, rng)


def adc_map(phantom: Phantom, rng: np.random.Generator) -> FloatArray:
    """Return the ADC as a diffusion fit would give it, mm^2/s, (x, y, z); NaN in air."""
    truth = phantom.maps["ADC"]
    return np.asarray(truth * (1.0 + DWI_NOISE * rng.normal(size=truth.shape)))


def afi_magnetisation(t1: FloatArray, b1: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return the steady-state signals of `AFI` for a full magnetisation of 1.

    Parameters
    ----------
    t1
        Longitudinal relaxation time, s.
    b1
        Actual over nominal flip angle, same shape.

    References
    ----------
    Yarnykh VL. Magn Reson Med 2007;57:192-200. doi:10.1002/mrm.21120

    """
    first, second = (np.exp(-echo.tr / t1) for echo in AFI)
    angle = np.radians(AFI[0].flip) * b1
    cosine = np.cos(angle)
    share = np.sin(angle) / (1.0 - first * second * cosine**2)
    return (
        np.asarray(share * (1.0 - second + (1.0 - first) * second * cosine)),
        np.asarray(share * (1.0 - first + (1.0 - second) * first * cosine)),
    )


def _gradient_echo(
    phantom: Phantom, acquisition: Acquisition, echo: GradientEcho, rng: np.random.Generator
) -> FloatArray:
    m0 = phantom.maps["m0"] * acquisition.receive
    signal = spgr_signal(m0, phantom.maps["T1"], tr=echo.tr, flip_deg=echo.flip, b1=acquisition.b1)
    return received(signal, echo.averages, rng)


def received(signal: FloatArray, averages: int, rng: np.random.Generator) -> FloatArray:
    """Return the magnitude of a signal in complex noise, in whole numbers as scanners store."""
    spread = NOISE / np.sqrt(averages)
    real, imaginary = rng.normal(0.0, spread, (2, *signal.shape))
    return np.asarray(np.rint(SCALE * np.hypot(signal + real, imaginary)))
