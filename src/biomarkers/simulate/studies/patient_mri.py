"""What a scanner of 3 T would have seen of a patient: the truth of a day turned into images.

Contrast agent relaxes water in proportion to its concentration (fast exchange); its effect on T2*
is left out, and so is what fresh blood does to the signal of an artery. A volume is a snapshot at
its onset. The patient moves a little in the series.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from biomarkers.arrays import FloatArray
from biomarkers.dce import population_input
from biomarkers.simulate.dynamics import sampled, uptake
from biomarkers.simulate.gradient_echo import GradientEcho, actual_flip_angle, steady_state
from biomarkers.simulate.noise import received
from biomarkers.simulate.partial_volume import block_mean
from biomarkers.simulate.studies.patient_day import FACTORS, Placed, Scanner

MRI = Scanner((40, 48, 10), (4.0, 4.0, 5.0))
FIELD_T = 3.0
# r1 of gadoterate in human plasma at 3 T and 37 degrees C: 3.00 /s/mM (Szomolanyi et al.,
# Invest Radiol 2019;54:559).
RELAXIVITY = 3.00
HEMATOCRIT = 0.42

# Standard deviation of noise in each channel of one average, of the signal of a full
# magnetisation: signal-to-noise near 25 in white matter in one dynamic volume.
NOISE = 1.2e-3

VFA = tuple(GradientEcho(tr=0.008, flip=flip, te=0.0015, averages=4) for flip in (2, 5, 10, 18))
DCE = GradientEcho(tr=0.004, flip=15, te=0.0015)
AFI = (
    GradientEcho(tr=0.015, flip=60, te=0.002, averages=4),
    GradientEcho(tr=0.075, flip=60, te=0.002, averages=4),
)

# 48 × 10 phase-encoding steps of 4 ms.
DCE_STEP_S = 2.0
DCE_TIMES: FloatArray = np.arange(0.0, 150 * DCE_STEP_S, DCE_STEP_S)
_TOGETHER = 10  # volumes whose signals are computed at once
# The bolus arrives in the artery somewhere between these times, and in tissue later: mean and
# standard deviation from place to place, s; chosen.
ARRIVAL_S = (20.0, 28.0)
TISSUE_DELAY_S = (1.5, 0.4)
# Standard deviation of the logarithm of the concentration in blood between scans; chosen.
_DOSE_SPREAD = 0.10
# A head in its cushions wanders: from volume to volume by so much (standard deviation along each
# axis, mm), and back by this share of the way. That is 0.2 mm in the long run; chosen.
_STEP_MM, _BACK = 0.05, 0.03


@dataclass(frozen=True, eq=False)
class Acquisition:
    """What differs from one scan of a patient to the next.

    Parameters
    ----------
    b1
        Actual over nominal flip angle, fine (x, y, z).
    receive
        Sensitivity of the coils, fine (x, y, z), 1 at best.
    arrival
        When the bolus arrives in the artery, s after the first dynamic volume.
    dose
        Concentration in blood over that of the published input.
    way
        Where the head is in each dynamic volume, (time, 3), mm along x, y and z.

    """

    b1: FloatArray
    receive: FloatArray
    arrival: float
    dose: float
    way: FloatArray


def draw_acquisition(rng: np.random.Generator) -> Acquisition:
    """Draw the fields, the arrival of the bolus, the dose and how the head wanders."""
    x, y, z = np.moveaxis(MRI.points() / 100.0, -1, 0)
    level, tilt = rng.normal(1.0, 0.03), rng.normal(0.0, 0.03, 2)
    # At 3 T the field is strongest in the middle of the head.
    b1 = level * (1.12 - 0.30 * x**2 - 0.24 * y**2 - 0.15 * z**2) + tilt[0] * x + tilt[1] * y
    receive = 1.0 - 0.25 * np.exp(-2.0 * (x**2 + y**2))
    arrival, dose = rng.uniform(*ARRIVAL_S), np.exp(rng.normal(0.0, _DOSE_SPREAD))
    way = np.zeros((len(DCE_TIMES), 3))
    for volume in range(1, len(way)):
        way[volume] = (1.0 - _BACK) * way[volume - 1] + rng.normal(0.0, _STEP_MM, 3)
    return Acquisition(b1, receive, float(arrival), float(dose), way)


def blood(acquisition: Acquisition, since: FloatArray) -> FloatArray:
    """Return the concentration in whole blood, mM, `since` (s) the arrival of the bolus.

    That of adults (Parker et al. 2006, doi:10.1002/mrm.21066), with a dose of its own.
    """
    times, where = np.unique(since, return_inverse=True)
    level = np.asarray(population_input("parker", times).blood)
    return np.asarray(acquisition.dose * level[where].reshape(np.shape(since)))


def vfa_images(
    placed: Placed, acquisition: Acquisition, rng: np.random.Generator
) -> tuple[FloatArray, ...]:
    """Return a spoiled gradient echo at every angle of `VFA`, each (x, y, z)."""
    full, rate = placed.map("m0") * acquisition.receive, 1.0 / placed.map("T1")
    return tuple(
        _scanned(full * steady_state(rate, echo, b1=acquisition.b1), echo, rng) for echo in VFA
    )


def afi_images(
    placed: Placed, acquisition: Acquisition, rng: np.random.Generator
) -> tuple[FloatArray, ...]:
    """Return the pair of actual flip-angle imaging, shorter repetition time first."""
    full, rate = placed.map("m0") * acquisition.receive, 1.0 / placed.map("T1")
    pair = actual_flip_angle(rate, AFI, b1=acquisition.b1)
    return tuple(_scanned(full * part, echo, rng) for part, echo in zip(pair, AFI, strict=True))


def dce_series(placed: Placed, acquisition: Acquisition, rng: np.random.Generator) -> FloatArray:
    """Return the dynamic series, (x, y, z, time), of a head that wanders."""
    volumes = [
        block_mean(_shifted(fine, place), FACTORS)
        for fine, place in zip(_fine_volumes(placed, acquisition), acquisition.way, strict=True)
    ]
    return received(np.stack(volumes, axis=-1), noise=NOISE, rng=rng)


def _fine_volumes(placed: Placed, acquisition: Acquisition) -> Iterator[FloatArray]:
    """Yield the signal of every dynamic volume, fine (x, y, z), of a head at rest."""
    inside = placed.map("m0") > 0.0
    full = (placed.map("m0") * acquisition.receive)[inside, None]
    rate, b1 = 1.0 / placed.map("T1")[inside, None], acquisition.b1[inside, None]
    curves, which = concentrations(placed, acquisition)
    which = which[inside]
    for first in range(0, len(DCE_TIMES), _TOGETHER):
        agent = curves[:, first : first + _TOGETHER][which]
        for signal in (full * steady_state(rate + RELAXIVITY * agent, DCE, b1=b1)).T:
            fine = np.zeros(inside.shape)
            fine[inside] = signal
            yield fine


def concentrations(
    placed: Placed, acquisition: Acquisition
) -> tuple[FloatArray, npt.NDArray[np.intp]]:
    """Return curves of contrast agent, mM, (curve, time), and which is that of a fine voxel.

    Tissue is one compartment beside its plasma (the extended Tofts model): with a curve for every
    place of the tumour, and one for each of the other tissues. The artery is blood.
    """

    def plasma(since: FloatArray) -> FloatArray:
        return blood(acquisition, since) / (1.0 - HEMATOCRIT)

    # Alike are the voxels of one tissue, none of the tumour.
    kind = placed.tissue.astype(np.intp)
    tumour = placed.within("tumour")
    kind[tumour] = kind.max() + 1 + np.arange(tumour.sum())
    _, first, which = np.unique(kind, return_index=True, return_inverse=True)
    ktrans, ve, vp = (placed.map(name).flat[first] for name in ("Ktrans", "ve", "vp"))
    inflow = ktrans / 60.0
    outflow = np.divide(inflow, ve, out=np.zeros_like(ve), where=ve > 0.0)
    late = placed.anatomy.field("arrival", placed.places.reshape(-1, 3)[first])
    delay = np.maximum(TISSUE_DELAY_S[0] + TISSUE_DELAY_S[1] * late, 0.0)
    since = np.asarray(DCE_TIMES - acquisition.arrival - delay[:, None], dtype=float)
    grid, leaked = uptake(plasma, DCE_TIMES[-1], inflow=inflow, outflow=outflow)
    curves = sampled(grid, leaked, since) + vp[:, None] * plasma(since)
    artery = placed.within("blood").flat[first]
    curves[artery] = blood(acquisition, DCE_TIMES - acquisition.arrival)
    return curves, which.reshape(kind.shape)


def _shifted(fine: FloatArray, shift_mm: FloatArray) -> FloatArray:
    """Return a fine image shifted by less than a fine voxel, linearly interpolated."""
    for axis, part in enumerate(shift_mm / MRI.fine_mm):
        toward = np.roll(fine, int(np.sign(part)), axis=axis)
        fine = (1.0 - abs(part)) * fine + abs(part) * toward
    return fine


def _scanned(signal: FloatArray, echo: GradientEcho, rng: np.random.Generator) -> FloatArray:
    noise = NOISE / np.sqrt(echo.averages)
    return received(block_mean(signal, FACTORS), noise=noise, rng=rng)
