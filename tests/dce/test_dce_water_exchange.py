"""Two pools of water: both limits, the matrix behind it, and the way back."""

import numpy as np
import pytest
from scipy.linalg import expm

from biomarkers.dce import concentration_to_signal, maps, two_pool_signal
from biomarkers.errors import InputError
from biomarkers.kinetics import Input
from biomarkers.kinetics.convolution import read, respond
from biomarkers.timing import Frames

SCAN = {"tr": 0.005, "flip_deg": 20.0, "r1": 4.0}
TIME = 2.5 * np.arange(100)
VOXELS = 40
RNG = np.random.default_rng(0)
TRUTH = {
    "Ktrans": RNG.uniform(0.05, 0.3, VOXELS),
    "ve": RNG.uniform(0.15, 0.5, VOXELS),
    "vp": RNG.uniform(0.01, 0.05, VOXELS),
}
LIFETIME, T10 = RNG.uniform(0.2, 1.5, VOXELS), RNG.uniform(1.0, 2.0, VOXELS)
ROOM = TRUTH["ve"] + TRUTH["vp"]


@pytest.fixture(scope="module")
def source():
    since = np.maximum(np.arange(0.0, 251.0, 0.5) - 30.0, 0.0)
    level = np.minimum(since / 6, 1) * (3.5 * np.exp(-since / 20) + 1.5 * np.exp(-since / 600))
    return Input(np.arange(0.0, 251.0, 0.5), plasma=level)


@pytest.fixture(scope="module")
def agent(source):
    frames = Frames.instants(TIME)
    plasma = read(source.time, source.plasma, frames)
    rates = TRUTH["Ktrans"] / TRUTH["ve"] / 60.0
    spread = np.array([respond(rate, source.time, source.plasma, frames).value for rate in rates])
    return TRUTH["Ktrans"][:, None] / 60.0 * spread + TRUTH["vp"][:, None] * plasma


def signal(agent, lifetime):
    return two_pool_signal(agent, extracellular=ROOM, lifetime=lifetime, t10=T10, **SCAN)


@pytest.mark.parametrize(("lifetime", "error"), [(0.0, 1e-12), (1e-7, 1e-6)])
def test_fast_exchange_is_one_pool(agent, lifetime, error):
    one = concentration_to_signal(agent, t10=T10, **SCAN)
    np.testing.assert_allclose(signal(agent, np.full(VOXELS, lifetime)), one, rtol=error)


def test_without_exchange_the_pools_add(agent):
    share = ROOM[:, None]
    outside = concentration_to_signal(agent / share, t10=T10, **SCAN)
    inside = concentration_to_signal(0 * agent, t10=T10, **SCAN)
    found = signal(agent, np.full(VOXELS, np.inf))
    np.testing.assert_allclose(found, share * outside + (1 - share) * inside, rtol=1e-12)


def test_the_steady_state_by_matrix_exponential(agent):
    found = signal(agent, LIFETIME)
    for v in range(0, VOXELS, 8):
        out, back = 1 / LIFETIME[v], (1 - ROOM[v]) / ROOM[v] / LIFETIME[v]
        rest = 1 / T10[v]
        outside = rest + SCAN["r1"] * agent[v, 40] / ROOM[v]
        matrix = np.array([[outside + back, -out], [-back, rest + out]])
        decay, angle = expm(-matrix * SCAN["tr"]), np.radians(SCAN["flip_deg"])
        full = np.array([ROOM[v], 1 - ROOM[v]])
        steady = np.linalg.solve(np.eye(2) - np.cos(angle) * decay, (np.eye(2) - decay) @ full)
        assert found[v, 40] == pytest.approx(np.sin(angle) * steady.sum(), rel=1e-10)


@pytest.mark.parametrize("lifetime", [np.inf, 0.5])
def test_truth_is_recovered_where_fast_exchange_misses_it(agent, source, lifetime):
    series = 800 * signal(agent, np.full(VOXELS, lifetime))
    given = {"t10": T10, "input": source, "baseline": (0, 11), **SCAN}
    result = maps(series, TIME, water_lifetime=lifetime, **given)
    for name, truth in TRUTH.items():
        np.testing.assert_allclose(result[name], truth, rtol=1e-5)
    np.testing.assert_allclose(result["kep"], TRUTH["Ktrans"] / TRUTH["ve"], rtol=1e-5)
    assert not result.flags.any()
    assert np.median(maps(series, TIME, **given)["Ktrans"] / TRUTH["Ktrans"]) < 0.9


def test_the_lifetime_can_be_fitted(agent, source):
    series = 800 * signal(agent, LIFETIME)
    given = {"t10": T10, "input": source, "baseline": (0, 11), **SCAN}
    result = maps(series, TIME, water_lifetime=(0.05, 5.0), **given)
    np.testing.assert_allclose(result["tau_i"], LIFETIME, rtol=1e-4)
    np.testing.assert_allclose(result["ve"], TRUTH["ve"], rtol=1e-4)
    assert result.names[-1] == "tau_i"


def test_errors_are_as_large_as_the_scatter(source, agent):
    one = np.repeat(signal(agent, np.full(VOXELS, 0.5))[:1], 300, axis=0)
    noisy = one * (1 + 0.02 * one[:, :1] / one * np.random.default_rng(4).normal(size=one.shape))
    result = maps(
        noisy, TIME, t10=T10[0], input=source, baseline=(0, 11), water_lifetime=0.5, **SCAN
    )
    for name in ("Ktrans", "ve", "vp"):
        pull = (result[name] - TRUTH[name][0]) / result.se[name]
        assert np.nanstd(pull) == pytest.approx(1.0, abs=0.25)


def test_tofts_without_plasma_too(source):
    frames = Frames.instants(TIME)
    spread = respond(0.3 / 60, source.time, source.plasma, frames).value
    series = two_pool_signal(
        [0.1 / 60 * spread], extracellular=[1 / 3], lifetime=[0.8], t10=[1.5], **SCAN
    )
    result = maps(series, TIME, t10=1.5, input=source, model="tofts", water_lifetime=0.8, **SCAN)
    assert result["Ktrans"][0] == pytest.approx(0.1, rel=1e-5)
    assert result["ve"][0] == pytest.approx(1 / 3, rel=1e-5)


@pytest.mark.parametrize(
    "change", [{"extracellular": 0.0}, {"extracellular": 1.2}, {"lifetime": -1.0}, {"tr": 0.0}]
)
def test_what_is_not_physical_is_refused(change):
    given = {"extracellular": 0.3, "lifetime": 0.5, "t10": 1.5, **SCAN, **change}
    with pytest.raises(InputError):
        two_pool_signal([0.0, 1.0], **given)
