"""One step of the alignment against the same sums written out."""

import numpy as np

from biomarkers.images import Image
from biomarkers.images.registration._kernels import normal_equations, residuals
from biomarkers.images.registration.gauss_newton import align_level
from biomarkers.images.registration.levels import frame_of, levels_of

RNG = np.random.default_rng(3)
N, K = 50, 6


def written_out(place, curve, slope, arm, motion):
    knot = np.minimum(place.astype(int), K - 2)
    part = place - knot
    hats = np.zeros((N, K))
    hats[np.arange(N), knot], hats[np.arange(N), knot + 1] = 1 - part, part
    if motion == 6:
        turns = np.cross(arm, slope)
    else:
        turns = (slope[:, :, None] * arm[:, None, :]).reshape(N, 9)
    moved = np.hstack([slope, turns]) * np.diff(curve)[knot][:, None]
    return np.hstack([moved[:, :motion], hats])


def test_normal_equations_are_the_products_of_the_design():
    seen, weight = RNG.random(N), RNG.random(N) * (RNG.random(N) > 0.2)
    place, curve = (K - 1) * RNG.random(N), RNG.random(K)
    slope, arm = RNG.normal(size=(N, 3)), RNG.normal(size=(N, 3))
    for motion in (0, 6, 12):
        normal, right = np.empty((motion + K, motion + K)), np.empty(motion + K)
        normal_equations(seen, weight, place, curve, slope, arm, normal, right)
        design = written_out(place, curve, slope, arm, motion)
        np.testing.assert_allclose(normal, design.T @ (weight[:, None] * design), atol=1e-12)
        np.testing.assert_allclose(right, design.T @ (weight * seen), atol=1e-12)
    expected = seen - design[:, motion:] @ curve
    np.testing.assert_allclose(residuals(seen, place, curve), expected, atol=1e-12)


def box(points, centre, size):
    """A box with soft edges."""
    away = sum(((at - c) / s) ** 2 for at, c, s in zip(points, centre, size, strict=True))
    return np.exp(-(away**2))


def test_errors_are_those_of_noise():
    """The spread of repeated alignments is about what the standard error says."""
    points = np.meshgrid(*(np.arange(n) - 0.5 * (n - 1) for n in (32, 32, 24)), indexing="ij")
    still = box(points, (0, 0, 0), (7, 9, 6)) + 0.8 * box(points, (3, -2, 2), (3, 4, 3))
    frame = frame_of(Image(still, np.eye(4), "still"))
    corners = frame.centre + frame.radius * np.vstack([np.eye(3), -np.eye(3)])
    away, errors = [], []
    for seed in range(10):
        noise = np.random.default_rng(seed).normal(0.0, 0.03, (2, *still.shape))
        levels = [levels_of(Image(still + each, np.eye(4), "boxes"), 1.0)[-1] for each in noise]
        alignment = align_level(*levels, frame, np.eye(4), "rigid")
        moved = corners @ alignment.matrix[:3, :3].T + alignment.matrix[:3, 3]
        away.append(((moved - corners) ** 2).sum(axis=1).mean())
        errors.append(alignment.error)
    assert 0.5 < np.sqrt(np.mean(away)) / np.mean(errors) < 2.0
