"""Global optimum and coverage, in simulation at a contrast-to-noise ratio of 20."""

import numpy as np

from biomarkers.kinetics import MODELS, read, respond
from biomarkers.kinetics.forward import Forward
from biomarkers.timing import Frames

TIME = np.arange(0.0, 300.0, 3.0)
FRAMES = Frames.instants(TIME)
RANGES = {
    "tofts": {"Ktrans": (0.02, 0.4), "kep": (0.1, 2.0)},
    "extended_tofts": {"Ktrans": (0.02, 0.4), "kep": (0.1, 2.0), "vp": (0.01, 0.1)},
    "2cum": {"Fp": (5, 60), "PS": (0.5, 8), "vp": (0.02, 0.15)},
    "2cxm": {"Fp": (5, 60), "PS": (2, 15), "ve": (0.1, 0.5), "vp": (0.03, 0.15)},
}


# Down to hardly any exchange, where the two exponentials are hard to tell apart.
HARD = {"Fp": (5, 60), "PS": (0.5, 15), "ve": (0.05, 0.5), "vp": (0.01, 0.15)}


def simulate(aif, name, count, seed, *, ranges=RANGES):
    """Noisy curves of a model, and their truth."""
    rng = np.random.default_rng(seed)
    model = MODELS[name]
    forward = Forward(model, aif, FRAMES)
    truth = {key: rng.uniform(*ends, count) for key, ends in ranges[name].items()}
    clean = np.array(
        [
            forward.curve(
                {**model.inverse.coefficients({k: v[i] for k, v in truth.items()}), "delay": 0.0}
            )
            for i in range(count)
        ]
    )
    noise = clean.max(axis=1, keepdims=True) / 20
    return clean + noise * rng.standard_normal(clean.shape), truth


def best_of_grid(columns, curves):
    """Least sum of squares over all pairs of columns with amplitudes of 0 or more."""
    inner, products = columns @ columns.T, columns @ curves.T
    total = (curves**2).sum(axis=1)
    best = total - (np.maximum(products, 0.0) ** 2 / np.diag(inner)[:, None]).max(axis=0)
    for i in range(len(columns)):
        for j in range(i):
            determinant = inner[i, i] * inner[j, j] - inner[i, j] ** 2
            first = (inner[j, j] * products[i] - inner[i, j] * products[j]) / determinant
            second = (inner[i, i] * products[j] - inner[i, j] * products[i]) / determinant
            rss = total - first * products[i] - second * products[j]
            np.minimum(best, rss, out=best, where=(first >= 0) & (second >= 0))
    return best


def test_hardly_any_curve_misses_the_basin_of_two_exponentials(aif):
    """Required: 99.5 % within 1e-4 and none above 1 %. A search without second thoughts about a
    start that looks hopeless left one of these curves 3 % above."""
    curves, _ = simulate(aif, "2cxm", 1500, seed=0, ranges={"2cxm": HARD})
    rates = np.concatenate([[0.0], np.geomspace(1e-4, 2.0, 70)])
    columns = np.array([respond(rate, aif.time, aif.plasma, FRAMES).value for rate in rates])
    fit = MODELS["2cxm"].fit(curves, TIME, aif)
    excess = fit.rss / best_of_grid(columns, curves) - 1
    assert (excess <= 1e-4).mean() >= 0.995
    assert excess.max() < 0.01


def test_the_compiled_and_the_plain_forward_model_agree(aif):
    for name in RANGES:
        curves, _ = simulate(aif, name, 2, seed=1)
        fit = MODELS[name].fit(curves, TIME, aif)
        forward = Forward(MODELS[name], aif, FRAMES)
        for k in range(2):
            point = {key: value[k] for key, value in fit.coefficients.items()} | {"delay": 0.0}
            np.testing.assert_allclose(fit.predicted()[k], forward.curve(point), rtol=1e-10)


def test_forward_derivatives_match_differences(aif):
    model = MODELS["srtm2"].given(0.3)
    forward = Forward(model, aif, FRAMES)
    point = {"R1": 1.1, "k2a": 0.2, "delay": 0.7}
    _, rows = forward.jacobian(point)
    for row, key in zip(rows, forward.names, strict=True):
        up, down = (forward.curve({**point, key: point[key] + s * 1e-5}) for s in (1, -1))
        np.testing.assert_allclose(row, (up - down) / 2e-5, rtol=1e-5, atol=1e-6)
    level = read(aif.time, aif.plasma, FRAMES, delay=0.7)
    spread = respond(0.2 / 60, aif.time, aif.plasma, FRAMES, delay=0.7).value
    np.testing.assert_allclose(forward.curve(point), 1.1 * (level + 0.1 / 60 * spread))
