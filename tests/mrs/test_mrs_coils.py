"""Coils are combined at the signal-to-noise ratio that theory allows."""

import numpy as np
import pytest
from mrs_simulated import POINTS, line, metabolites, noise, scan

from biomarkers.mrs.coils import combine_coils

COILS, AVERAGES = 32, 8


def sensitivities(seed=1):
    random = np.random.default_rng(seed)
    size = random.gamma(1.5, size=COILS)
    return size * np.exp(2j * np.pi * random.uniform(size=COILS))


def mixing(seed=2):
    """Return how coils share noise: a root of its covariance."""
    random = np.random.default_rng(seed)
    return np.diag(random.uniform(0.5, 2.0, COILS)) @ (
        np.eye(COILS) + 0.1 * random.normal(size=(COILS, COILS))
    )


def gain(weights, sensitivity, root):
    """Return the signal-to-noise ratio of a combination over the best there is."""
    covariance = root @ root.T
    best = np.sqrt((sensitivity.conj() @ np.linalg.solve(covariance, sensitivity)).real)
    noise_sd = np.sqrt((weights @ covariance @ weights.conj()).real)
    return abs(weights @ sensitivity) / noise_sd / best


def acquired(signal, sd, averages=AVERAGES):
    """Return signals of the coils, (C, N, T), averages with phases of their own."""
    turns = np.exp(1j * np.linspace(-1, 1, averages))
    received = sensitivities()[:, None, None] * (turns[:, None] * signal)
    return received + np.einsum("ab,bnt->ant", mixing(), noise((COILS, averages, POINTS), sd))


@pytest.mark.parametrize("source", ["water", "data"])
@pytest.mark.parametrize("averages", [1, AVERAGES])
def test_gain_is_within_2_percent_of_the_optimum(source, averages):
    water = scan(acquired(5000 * line(4.65), 2.0, 1), "DIM_COIL", "DIM_DYN")
    data = scan(
        acquired(metabolites(), 2.0, averages),
        "DIM_COIL",
        "DIM_DYN",
        water=water if source == "water" else None,
    )
    combined = combine_coils(data)
    (step,) = combined.steps
    assert step.values["source"] == source
    assert gain(step.values["weights"][0, 0, 0], sensitivities(), mixing()) > 0.98
    assert combined.axes == ("DIM_DYN",)
    assert combined.fid.shape == (1, 1, 1, averages, POINTS)


def test_signal_is_the_root_of_the_sum_of_squares_in_the_phase_of_the_strongest():
    data = scan(sensitivities()[:, None] * metabolites(), "DIM_COIL")
    combined = combine_coils(data).fid[0, 0, 0]
    strongest = sensitivities()[np.abs(sensitivities()).argmax()]
    expected = np.linalg.norm(sensitivities()) * strongest / abs(strongest) * metabolites()
    np.testing.assert_allclose(combined, expected, rtol=1e-9)


def test_water_gets_the_same_weights():
    water = scan(acquired(5000 * line(4.65), 2.0, 2), "DIM_COIL", "DIM_DYN")
    combined = combine_coils(scan(acquired(metabolites(), 2.0), "DIM_COIL", "DIM_DYN", water=water))
    weights = combined.steps[0].values["weights"][0, 0, 0]
    np.testing.assert_allclose(
        combined.water.fid[0, 0, 0], np.einsum("c,cnt->nt", weights, water.fid[0, 0, 0])
    )


def test_a_water_of_other_coils_is_combined_on_its_own():
    water = scan(sensitivities()[:4, None] * line(4.65), "DIM_COIL")
    combined = combine_coils(scan(acquired(metabolites(), 2.0), "DIM_COIL", "DIM_DYN", water=water))
    assert combined.steps[0].values["source"] == "data"
    assert combined.water.fid.shape == (1, 1, 1, POINTS)


def test_order_of_axes_does_not_matter():
    signals = acquired(metabolites(), 1.0)
    one = combine_coils(scan(signals, "DIM_COIL", "DIM_DYN"))
    other = combine_coils(scan(signals.swapaxes(0, 1), "DIM_DYN", "DIM_COIL"))
    np.testing.assert_allclose(one.fid, other.fid)


def test_one_coil_is_nothing_to_do():
    assert combine_coils(scan(metabolites())).steps == ()
    single = combine_coils(scan(metabolites()[None], "DIM_COIL"))
    assert (single.steps, single.axes) == ((), ())
    np.testing.assert_allclose(single.fid[0, 0, 0], metabolites())
