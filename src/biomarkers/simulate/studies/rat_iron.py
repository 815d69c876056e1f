"""What the scanner would have seen before and after an iron oxide that stays in the blood.

Vessels are cylinders of one radius in each tissue (`iron`). Every rat has the blood and the dose it
is said to have.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from biomarkers.arrays import FloatArray
from biomarkers.simulate import iron
from biomarkers.simulate.gradient_echo import GradientEcho, steady_state
from biomarkers.simulate.studies.rat_head import Phantom
from biomarkers.simulate.studies.rat_scanner import (
    Acquisition,
    full_signal,
    scanned,
)

AGENT = "P904"
DOSE_MG_FE_KG = 11.17  # 200 umol/kg
# Radius of vessels, um: chosen, those of tumours the larger (as in C6 and RG2 glioma of rats,
# Lemasson et al. 2013, doi:10.1002/mrm.24218).
VESSEL_RADIUS_UM = {"brain": 5.0, "tumor": 10.0}
# R2* - R2 before the agent, 1/s: uneven field and deoxygenated blood; chosen.
_R2_PRIME = 10.0
# Receiver gain differs from scan to scan by so much (standard deviation of its logarithm).
_GAIN_SPREAD = 0.05
TIMES = ("pre", "post")


@dataclass(frozen=True)
class EchoTrain:
    """Settings of a multi-echo scan; times in s, angle in degrees."""

    suffix: str
    sequence: str
    tr: float
    flip: float
    te: tuple[float, ...]
    averages: int


MEGRE = EchoTrain(
    "MEGRE", "spoiled gradient echo", 0.8, 40, (0.003, 0.006, 0.009, 0.012), averages=1
)
MESE = EchoTrain("MESE", "spin echo", 2.0, 90, (0.010, 0.025, 0.040), averages=1)


def vessel_radius(phantom: Phantom) -> FloatArray:
    """Return the radius of the vessels in each fine voxel, um, (x, y, z)."""
    sizes = VESSEL_RADIUS_UM
    return np.where(phantom.tissue("tumor"), sizes["tumor"], sizes["brain"])


def echo_images(
    phantom: Phantom, acquisition: Acquisition, train: EchoTrain, rng: np.random.Generator
) -> Iterator[tuple[str, int, FloatArray]]:
    """Yield `pre` or `post`, the number of the echo from 1 on, and the image (x, y, z)."""
    for when in TIMES:
        gain = np.exp(rng.normal(0.0, _GAIN_SPREAD))
        start = gain * _excited(phantom, acquisition, train)
        for number, te in enumerate(train.te, start=1):
            lost = te * (1.0 / phantom.at("T2") + (0.0 if train is MESE else _R2_PRIME))
            if when == "post":
                lost = lost + phantom.at("CBV") * _lost_to_iron(phantom, train, te)
            yield when, number, scanned(phantom, start * np.exp(-lost), train.averages, rng)


def _excited(phantom: Phantom, acquisition: Acquisition, train: EchoTrain) -> FloatArray:
    """Return the signal at an echo time of 0; iron is taken to leave T1 of tissue as it is."""
    full, rate = full_signal(phantom, acquisition), 1.0 / phantom.at("T1")
    if train is MESE:
        return np.asarray(full * -np.expm1(-train.tr * rate))
    echo = GradientEcho(tr=train.tr, flip=train.flip, te=train.te[0])
    return full * steady_state(rate, echo, b1=phantom.samples.take(acquisition.b1))


def _lost_to_iron(phantom: Phantom, train: EchoTrain, te: float) -> FloatArray | float:
    """Return the logarithm of the signal that blood full of iron costs, per fraction of blood."""
    angular = iron.frequency(DOSE_MG_FE_KG)
    if train is MEGRE:
        return iron.dephased(angular * te)
    radius = phantom.samples.take(vessel_radius(phantom))
    return te * iron.spin_echo_rate(radius, phantom.at("ADC"), angular)
