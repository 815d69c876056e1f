"""Tissue of known blood flow, its bolus exact: what the studies of DSC and its tests share.

The artery is the gamma variate that the field simulates with, t^3·exp(-t/1.5 s), optionally with
what comes round again; straight lines 0.05 s apart. Tissue is its exact convolution with CBF·R.
"""

from dataclasses import dataclass

import numpy as np

from biomarkers.kinetics import Input, read, respond
from biomarkers.timing import Frames

TE, TR, ARRIVAL = 0.03, 1.5, 15.0
TIME = TR * np.arange(60)
PEAK = 660.0  # of the artery, 1/s: tissue of 4 % at 60 mL/min/100mL loses some 40 % of its signal
RESIDUES = ("exponential", "box", "dispersed")
DISPERSION = 2.0  # s


def artery(*, again=False, arrival=ARRIVAL):
    """Change of R2* in the artery, 1/s, finely sampled; `again` adds recirculation."""
    fine = np.arange(0.0, 200.0, 0.05)
    since = np.maximum(fine - arrival, 0.0)
    level = since**3 * np.exp(-since / 1.5)
    level *= PEAK / level.max()
    if again:
        first = Input(fine, blood=level).dispersed(8.0).shifted(12.0)
        level = level + 0.35 * np.interp(fine, first.time, first.blood, left=0.0)
        level = level + 0.03 * PEAK * (1.0 - np.exp(-np.maximum(since - 10.0, 0.0) / 10.0))
    return Input(fine, blood=level)


@dataclass(frozen=True)
class Tissue:
    """One kind of tissue: CBF mL/min/100mL, CBV a fraction, delay s."""

    cbf: float
    cbv: float
    residue: str = "exponential"
    delay: float = 0.0

    @property
    def mtt(self):
        """Mean transit time, s."""
        return 6000.0 * self.cbv / self.cbf

    def curve(self, source, time=TIME):
        """Exact change of R2*, 1/s."""
        frames, flow = Frames.instants(time), self.cbf / 6000.0
        if self.residue == "dispersed":
            source = source.dispersed(DISPERSION)
        if self.residue == "box":
            whole = respond(0.0, source.time, source.blood, frames, delay=self.delay).value
            late = respond(0.0, source.time, source.blood, frames, delay=self.delay + self.mtt)
            return flow * (whole - late.value)
        rate = 1.0 / self.mtt
        return flow * respond(rate, source.time, source.blood, frames, delay=self.delay).value


def sampled(source, time=TIME):
    """The artery as a scanner sees it: at the samples of the series."""
    return Input(time, blood=read(source.time, source.blood, Frames.instants(time)))


def signal(change, *, te=TE, level=1000.0):
    """Noise-free signal of changes of R2*."""
    return level * np.exp(-te * np.asarray(change))


def noisy(clean, snr, rng):
    """Magnitude in complex noise; `snr` is that of one sample before contrast."""
    sd = np.asarray(clean)[..., :1] / snr
    real, imaginary = rng.standard_normal((2, *np.shape(clean)))
    return np.hypot(clean + sd * real, sd * imaginary)


@dataclass(frozen=True)
class Leak:
    """Contrast that leaves the vessels, and the sequence that sees it.

    Ktrans and kep in 1/min; r2s, 1/s per mM, is what leaked contrast does to R2*; the artery's
    concentration in plasma is its change of R2* over `per_mm`.
    """

    ktrans: float
    kep: float
    flip_deg: float
    r2s: float
    t10: float = 1.4
    r1: float = 4.0
    per_mm: float = 132.0

    def signal(self, change, source, *, te=TE, tr=TR, time=TIME, level=1000.0):
        """Noise-free signal of tissue with leakage (spoiled gradient echo)."""
        frames = Frames.instants(time)
        leaked = respond(self.kep / 60.0, source.time, source.blood / self.per_mm, frames).value
        tissue = self.ktrans / 60.0 * leaked
        e1 = np.exp(-tr * (1.0 / self.t10 + self.r1 * tissue))
        flip = np.deg2rad(self.flip_deg)
        steady = (1.0 - e1) / (1.0 - np.cos(flip) * e1)
        return level * steady / steady[0] * np.exp(-te * (change + self.r2s * tissue))
