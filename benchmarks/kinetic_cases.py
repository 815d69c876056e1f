"""What the kinetics benchmarks simulate: inputs, timings, ranges of truth, noise.

Noise is normal, of one standard deviation throughout a curve: its peak over the contrast-to-noise
ratio.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from biomarkers.kinetics import MODELS, Input, Model, respond
from biomarkers.timing import Frames

CNR = 20.0

# Dynamic MRI: 100 instants, 3 s apart; a gamma-variate first pass, then a plateau.
INSTANTS = Frames.instants(np.linspace(0.0, 297.0, 100))
SECONDS = np.arange(0.0, 301.0)


def bolus(time):
    """Plasma concentration, mM; time in s."""
    t = np.maximum(time - 12.0, 0.0)
    return 6.0 * t / 6.0 * np.exp(1.0 - t / 6.0) + 1.1 * (1.0 - np.exp(-t / 8.0))


MR = Input(SECONDS, plasma=bolus(SECONDS))

# PET with a tracer that stays in plasma, as FDG and FLT do.
WIDTHS = np.repeat([10.0, 20.0, 60.0, 120.0, 300.0, 600.0], [6, 3, 5, 5, 8, 2])
FRAMES = Frames(np.concatenate([[0.0], np.cumsum(WIDTHS)[:-1]]), WIDTHS)
BLOOD_TIME = np.concatenate([np.arange(0.0, 180.0, 2.0), np.arange(180.0, 5500.0, 30.0)])
PLASMA = 8.0 * bolus(np.minimum(BLOOD_TIME, 300.0)) * np.exp(-BLOOD_TIME / 4000.0)
SLOW = Input(BLOOD_TIME, plasma=PLASMA, blood=0.7 * PLASMA)

# PET with a tracer that is metabolised: the frames of 20 [11C]PBR28 scans, and the median over
# them of parent in plasma and of activity in blood, relative to the peak, as three exponentials.
# Measured on the public data of kinfitr (pbr28), like the 2tcm ranges below: the 5th and 95th
# percentiles over 120 regions.
PBR28_WIDTHS = np.repeat([10.0, 20.0, 30.0, 60.0, 180.0, 360.0], [8, 5, 4, 4, 4, 12])
PBR28_FRAMES = Frames(np.concatenate([[0.0], np.cumsum(PBR28_WIDTHS)[:-1]]), PBR28_WIDTHS)
MINUTES = np.concatenate([np.arange(0.0, 5.0, 0.05), np.arange(5.0, 94.0, 0.5)])
RISE = 0.35  # min from arrival to peak
AFTER = np.maximum(MINUTES - RISE, 0.0)


def decaying(*terms):
    """Rise straight to the sum of the terms (amplitude, rate), then fall with them."""
    fall = sum(amplitude * np.exp(-rate * AFTER) for amplitude, rate in terms)
    return 130.0 * np.minimum(MINUTES / RISE, 1.0) * fall


PARENT = decaying((0.838, 3.13), (0.161, 0.286), (0.020, 0.0196))
PBR28 = Input(
    60.0 * MINUTES, plasma=PARENT, blood=decaying((0.695, 3.52), (0.144, 0.470), (0.051, -0.0012))
)

# A reference region: one tissue compartment, K1 0.1, k2 0.15 per minute.
REFERENCE_RATE = 0.15
REGION = Input(
    60.0 * MINUTES,
    plasma=0.1 / 60 * respond(0.15 / 60, PBR28.time, PARENT, Frames.instants(PBR28.time)).value,
)


@dataclass(frozen=True, eq=False)
class Case:
    """A model and what to simulate it with.

    Ranges are uniform, by name; `named` turns what was drawn into the model's free parameters.
    `rates` counts the exponentials whose rate is sought.
    """

    name: str
    model: Model
    input: Input
    frames: Frames
    ranges: dict
    rates: int = 1
    named: Callable = dict

    def draw(self, count, seed):
        """True values of the free parameters, (V,) by name."""
        random = np.random.default_rng(seed)
        return self.named({key: random.uniform(*ends, count) for key, ends in self.ranges.items()})

    def points(self, truth):
        """Amplitudes and rates by name, of every curve."""
        inverse = dict if self.model.inverse is None else self.model.inverse.coefficients
        rows = zip(*truth.values(), strict=True)
        return [inverse(dict(zip(truth, row, strict=True))) for row in rows]

    def clean(self, truth, delay=0.0):
        """Curves (V, T) without noise; `delay` (V,), s."""
        return self.model.predict(truth, self.frames, self.input, delay=delay)

    def noisy(self, clean, seed, cnr=CNR):
        """Add noise to the curves."""
        noise = clean.max(axis=1, keepdims=True) / cnr
        return clean + noise * np.random.default_rng([seed, 1]).standard_normal(clean.shape)

    def meaning(self, truth):
        """Every parameter the model reports, by name, from the free ones."""
        points = self.points(truth)
        return self.model.physiology({key: np.array([x[key] for x in points]) for key in points[0]})


def by_volume(drawn):
    """Ktrans and ve were drawn, so that no volume is above 1; the model is free in kep."""
    truth = dict(drawn)
    truth["kep"] = truth["Ktrans"] / truth.pop("ve")
    return truth


def by_binding(drawn):
    """BPND and k4 were drawn, not k3: published tracers differ in binding and release."""
    truth = dict(drawn)
    truth["k3"] = truth.pop("BPND") * truth["k4"]
    return truth


def by_reference(drawn):
    """BPND was drawn; with the reference region's rate known, the model is free in k2a."""
    truth = dict(drawn)
    truth["k2a"] = truth["R1"] * REFERENCE_RATE / (1.0 + truth.pop("BPND"))
    return truth


TISSUE = {"K1": (0.1, 0.27), "k2": (0.06, 0.21), "vB": (0.02, 0.08)}
TRAPPED = {"K1": (0.05, 0.2), "k2": (0.08, 0.25), "k3": (0.02, 0.12), "vB": (0.02, 0.08)}
SLOW_RELEASE = {
    "K1": (0.05, 0.4),
    "k2": (0.05, 0.3),
    "k3": (0.02, 0.15),
    "k4": (0.01, 0.06),
    "vB": (0.02, 0.08),
}
BOUND = {**TISSUE, "BPND": (0.8, 3.4), "k4": (0.011, 0.06)}
FLOW = {"Fp": (5, 60), "PS": (1, 20), "vp": (0.02, 0.15)}
EXCHANGE = {**FLOW, "ve": (0.1, 0.5)}
DELIVERY = {"Ktrans": (0.02, 0.5), "ve": (0.1, 0.7)}
RATIO = {"R1": (0.8, 1.2), "BPND": (0.2, 3.0)}
KNOWN_RATE = MODELS["srtm2"].given(REFERENCE_RATE)
_CASES = (
    Case("tofts", MODELS["tofts"], MR, INSTANTS, DELIVERY, named=by_volume),
    Case(
        "extended_tofts",
        MODELS["extended_tofts"],
        MR,
        INSTANTS,
        {**DELIVERY, "vp": (0.01, 0.1)},
        named=by_volume,
    ),
    Case("patlak", MODELS["patlak"], MR, INSTANTS, {"Ktrans": (0.005, 0.1), "vp": (0.01, 0.1)}, 0),
    Case("2cum", MODELS["2cum"], MR, INSTANTS, FLOW),
    Case("2cxm", MODELS["2cxm"], MR, INSTANTS, EXCHANGE, 2),
    Case("1tcm", MODELS["1tcm"], PBR28, PBR28_FRAMES, TISSUE),
    Case("2tcm", MODELS["2tcm"], PBR28, PBR28_FRAMES, BOUND, 2, by_binding),
    # what no scan can tell: hardly a third of the slow exponential falls within the 77 min
    Case("2tcm_slow", MODELS["2tcm"], SLOW, FRAMES, SLOW_RELEASE, 2),
    Case("2tcm_irreversible", MODELS["2tcm_irreversible"], SLOW, FRAMES, TRAPPED),
    Case("srtm", MODELS["srtm"], REGION, PBR28_FRAMES, {**RATIO, "k2": (0.1, 0.2)}),
    Case("srtm2", KNOWN_RATE, REGION, PBR28_FRAMES, RATIO, named=by_reference),
)
CASES = {case.name: case for case in _CASES}
