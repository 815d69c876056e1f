"""The functional forms of published input functions.

Each takes the time since arrival, s, 0 or more, and returns the concentration, mM, at the dose
of its paper. Constants are in minutes where the papers have them so.
"""

import numpy as np
from scipy.special import gammaln, xlogy

from biomarkers.arrays import FloatArray

_MINUTE = 60.0


def parker(since: FloatArray) -> FloatArray:
    """Two Gaussians and an exponential cut on by a sigmoid.

    Table 1 of the paper gives the areas in mmol·min and the amplitude in mmol: mM·min and mM are
    meant.
    """
    t = since / _MINUTE
    area, centre, width = (0.809, 0.330), (0.17046, 0.365), (0.0563, 0.132)
    passes = sum(
        a / (s * np.sqrt(2.0 * np.pi)) * np.exp(-((t - m) ** 2) / (2.0 * s**2))
        for a, m, s in zip(area, centre, width, strict=True)
    )
    tail = 1.050 * np.exp(-0.1685 * t) / (1.0 + np.exp(-38.078 * (t - 0.483)))
    return np.asarray(passes + tail)


def georgiou(since: FloatArray) -> FloatArray:
    """Decay by three exponentials times a train of gamma variates, one per circulation.

    Table 3 of the paper rounds the constants to two or three digits, which moves the curve by
    0.9 % of its peak. These give back the curve in the paper's supplement to 3e-6 of its peak and
    agree with the table to its digits (but for alpha, 5.267, printed as 5.26).
    """
    t = since / _MINUTE
    amplitude = np.array([0.374322, 0.331184, 10.0612])  # mM
    decay = np.array([0.112701, 1.17465, 16.01996])  # 1/min
    alpha, beta, circulation = 5.26699, 0.0320788, 0.128556  # 1, min, min
    level = np.exp(-np.multiply.outer(t, decay)) @ amplitude
    # Late circulations follow so closely on each other that their sum is constant; it has come
    # within 1e-8 of that by 60 circulations, 7.7 min.
    settled = 60 * circulation
    return np.asarray(level * _circulations(np.minimum(t, settled), alpha, beta, circulation))


def _circulations(t: FloatArray, alpha: float, beta: float, circulation: float) -> FloatArray:
    """Sum of gamma densities (1/min) whose shape grows by alpha + 1 with every circulation."""
    total = np.zeros_like(t)
    for j in range(int(t.max(initial=0.0) / circulation) + 1):
        total += _gamma_density(t - j * circulation, (j + 1) * (alpha + 1.0), beta)
    return total


def _gamma_density(t: FloatArray, shape: float, scale: float) -> FloatArray:
    x = np.maximum(t, 0.0) / scale
    return np.asarray(np.exp(xlogy(shape - 1.0, x) - x - gammaln(shape)) / scale)


def weinmann(since: FloatArray) -> FloatArray:
    """Two exponentials in plasma; amplitudes are kg/L times the dose, 0.1 mmol/kg."""
    t = since / _MINUTE
    return np.asarray(0.1 * (3.99 * np.exp(-0.144 * t) + 4.78 * np.exp(-0.0111 * t)))


def fritz_hansen(since: FloatArray) -> FloatArray:
    """Two exponentials fitted to the paper's curve by Whitcher and Schmid."""
    t = since / _MINUTE
    return np.asarray(2.4 * np.exp(-3.0 * t) + 0.62 * np.exp(-0.016 * t))


def orton(since: FloatArray) -> FloatArray:
    """Add a raised cosine and its convolution with one exponential (the paper's third model).

    The paper calls the curve plasma and leaves the haematocrit out; it is fitted to Parker's, in
    blood.
    """
    t = since / _MINUTE
    bolus, rate, washout, decay = 2.84, 22.8, 1.36, 0.171  # mM, 1/min, 1/min, 1/min
    length = 2.0 * np.pi / rate
    inside = np.minimum(t, length)
    spread = (1.0 - np.exp(-decay * inside)) / decay - (
        decay * np.cos(rate * inside)
        + rate * np.sin(rate * inside)
        - decay * np.exp(-decay * inside)
    ) / (decay**2 + rate**2)
    tail = bolus * washout * spread * np.exp(-decay * (t - inside))
    return np.asarray(np.where(t <= length, bolus * (1.0 - np.cos(rate * inside)), 0.0) + tail)


def mcgrath_rat(since: FloatArray) -> FloatArray:
    """Rise straight over the injection, then fall by two exponentials (the paper's model B)."""
    injection, size, rate = 7.0, (3.40, 1.81), (0.045, 0.0015)  # s, mM, 1/s
    late = np.maximum(since - injection, 0.0)
    decay = sum(a * np.exp(-k * late) for a, k in zip(size, rate, strict=True))
    return np.asarray(decay * np.minimum(since / injection, 1.0))


def heilmann_mouse(since: FloatArray) -> FloatArray:
    """Two exponentials in plasma; amplitudes are kg/L times the dose, 0.6 mmol/kg.

    0.6 is what the program that quotes the constants proposes; at which dose they were measured is
    not said.
    """
    t = since / _MINUTE
    return np.asarray(0.6 * (9.2 * np.exp(-2.3 * t) + 4.2 * np.exp(-0.05 * t)))


def tristan_rat(since: FloatArray) -> FloatArray:
    """Plasma and extravascular space of a 250 g rat after an infusion over 30 s, in blood.

    Volumes in mL, flows in mL/s. The agent leaves by the kidneys and the liver.
    """
    dose, infusion, hct = 0.0075, 30.0, 0.418  # mmol, s, 1
    plasma_volume, outside = (1.0 - hct) * 15.8, 30.0
    exchange = 0.172
    loss = 1.38 / 60.0 + 0.4 * (1.0 - hct) * 2.27 / 60.0 * 8.47
    total, product = (
        (loss + exchange) / plasma_volume + exchange / outside,
        loss * exchange / (plasma_volume * outside),
    )
    root = np.sqrt(total**2 - 4.0 * product)
    fast, slow = 0.5 * (total + root), 0.5 * (total - root)
    share = (fast - exchange / outside) / root
    # Each exponential, convolved with the infusion; mmol/mL to mM.
    height = 1e3 * dose / infusion / plasma_volume * (1.0 - hct)
    ended = np.maximum(since - infusion, 0.0)
    return np.asarray(
        sum(
            height * a / k * (np.exp(-k * ended) - np.exp(-k * since))
            for a, k in ((share, fast), (1.0 - share, slow))
        )
    )
