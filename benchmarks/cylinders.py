"""Spins among magnetised vessels, followed one by one, to hold the relations of `cbv` against.

Vessels are endless cylinders in random directions, each spin among its own. The field of a
cylinder is that of any textbook: in the plane across it

    ω = ½ γ Δχ B0 sin²θ (R/r)² cos 2φ

with θ between vessel and field, r the distance from the axis and φ the angle from the field's
projection. Nothing of `biomarkers.cbv` is used here.
"""

from typing import NamedTuple

import numpy as np

from biomarkers.compiling import compiled

# How far vessels are looked for, in radii. What lies beyond would still dephase by about
# ζ (δω t / reach)² / 4.
REACH_AT_REST, REACH = 60.0, 40.0


class Vessels(NamedTuple):
    """Vessels of one radius: that (um), fraction of the tissue, and ½ γ Δχ B0 (rad/s)."""

    radius: float
    fraction: float
    frequency: float


def static_signal(vessels, times, *, spins, seed):
    """Signal (times,) outside vessels of spins at rest, 1 at time 0.

    Lines through a sphere of radius L hit a disc across them evenly; ζ (L/R)² of them on average
    fill the fraction ζ of the sphere.
    """
    rng = np.random.default_rng(seed)
    counts = rng.poisson(vessels.fraction * REACH_AT_REST**2, spins)
    owner = np.repeat(np.arange(spins), counts)
    distance = REACH_AT_REST * np.sqrt(rng.random(owner.size))
    sine2 = 1.0 - rng.uniform(-1.0, 1.0, owner.size) ** 2
    shift = sine2 * np.cos(rng.uniform(0.0, 4.0 * np.pi, owner.size)) / distance**2
    inside = np.bincount(owner, distance < 1.0, spins) > 0
    frequency = vessels.frequency * np.bincount(owner, shift, spins)[~inside]
    return np.array([np.cos(frequency * t).mean() for t in times])


def diffusing_phases(vessels, times, *, diffusion, spins, steps, seed):
    """Phase (spins, times + 1) of spins that diffuse outside vessels, at 0 and at each time.

    `diffusion` in um²/s; `times` must be even multiples of one step, that is of times[-1]/steps.
    """
    step = times[-1] / steps
    marks = np.concatenate([[0], np.rint(np.asarray(times) / step)]).astype(np.int64)
    out = np.empty((spins, marks.size))
    _walk(vessels, np.sqrt(2.0 * diffusion * step), step, marks, np.random.default_rng(seed), out)
    return out


@compiled
def _walk(vessels, stride, step, marks, rng, out):
    radius = vessels.radius
    expected = vessels.fraction * REACH**2
    for s in range(out.shape[0]):
        x = np.zeros(3)
        while True:
            count = rng.poisson(expected)
            axis, base, across = np.empty((count, 3)), np.empty((count, 3)), np.empty((count, 3))
            for j in range(count):
                _place(rng, radius * REACH, axis[j], base[j], across[j])
            start, free = _frequency(vessels, x, axis, base, across)
            if free:
                break
        phase, last, mark = 0.0, start, 0
        for k in range(marks[-1] + 1):
            if k == marks[mark]:
                out[s, mark] = phase
                mark += 1
                if mark == marks.size:
                    break
            trial = x + stride * rng.standard_normal(3)
            now, free = _frequency(vessels, trial, axis, base, across)
            if free:  # walls are not crossed: a step into a vessel is not taken
                x = trial
            else:
                now = last
            phase += 0.5 * (last + now) * step
            last = now


@compiled
def _place(rng, disc, axis, base, across):
    """Draw a line through a sphere: direction, nearest point to the middle, field's projection."""
    axis[:] = rng.standard_normal(3)
    axis /= np.sqrt(np.sum(axis * axis))
    base[:] = rng.standard_normal(3)
    base -= axis * np.sum(axis * base)
    base *= disc * np.sqrt(rng.random()) / np.sqrt(np.sum(base * base))
    across[:] = -axis * axis[2]
    across[2] += 1.0


@compiled
def _frequency(vessels, x, axis, base, across):
    """Return the frequency at `x`, rad/s, and whether that is outside every vessel."""
    square, total = vessels.radius**2, 0.0
    for j in range(axis.shape[0]):
        along, off2, on, sine2 = 0.0, 0.0, 0.0, 0.0
        for i in range(3):
            along += (x[i] - base[j, i]) * axis[j, i]
        for i in range(3):
            d = x[i] - base[j, i] - along * axis[j, i]
            off2 += d * d
            on += d * across[j, i]
            sine2 += across[j, i] * across[j, i]
        if off2 < square:
            return 0.0, False
        total += square / off2 * (2.0 * on * on / off2 - sine2)
    return vessels.frequency * total, True
