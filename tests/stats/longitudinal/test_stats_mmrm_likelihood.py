"""The likelihood against its definition, and its derivatives against differences."""

import numpy as np
import pytest
from scipy import optimize, stats

from biomarkers.stats.longitudinal.fit import NoMaximumError, maximise
from biomarkers.stats.longitudinal.likelihood import Block, differentiate, evaluate
from biomarkers.stats.longitudinal.random_effects import RandomEffects
from biomarkers.stats.longitudinal.structures import STRUCTURES

VISITS = ["1", "2", "3", "4"]
ROUGH = np.array(
    [[4.0, 1.5, 1.0, 0.5], [1.5, 3.0, 1.2, 0.9], [1.0, 1.2, 5.0, 2.0], [0.5, 0.9, 2.0, 6.0]]
)


def make_blocks(seed=3):
    """Subjects in three patterns of attendance, with a covariate and a constant."""
    rng = np.random.default_rng(seed)
    blocks = []
    for subjects, visits in ((7, (0, 1, 2, 3)), (4, (0, 1, 3)), (3, (2,))):
        X = np.stack(
            [np.ones((subjects, len(visits))), rng.normal(size=(subjects, len(visits)))], 2
        )
        noise = rng.multivariate_normal(np.zeros(4), ROUGH, size=subjects)[:, list(visits)]
        blocks.append(Block(np.array(visits), X, X @ [1.0, 0.5] + noise))
    return blocks


def brute_force(V_of, blocks, *, restricted):
    """Return the log likelihood with every subject written out in one big normal density."""
    X = np.concatenate([block.X.reshape(-1, 2) for block in blocks])
    y = np.concatenate([block.y.ravel() for block in blocks])
    V = np.zeros((y.size, y.size))
    at = 0
    for block in blocks:
        own = V_of(block.layout)
        for _ in range(len(block.y)):
            V[at : at + len(own), at : at + len(own)] = own
            at += len(own)
    W = np.linalg.inv(V)
    beta = np.linalg.solve(X.T @ W @ X, X.T @ W @ y)
    full = stats.multivariate_normal(X @ beta, V).logpdf(y)
    if not restricted:
        return full
    return full - 0.5 * np.linalg.slogdet(X.T @ W @ X)[1] + 0.5 * beta.size * np.log(2 * np.pi)


@pytest.mark.parametrize("restricted", [True, False])
@pytest.mark.parametrize("name", STRUCTURES)
def test_likelihood_is_the_normal_density(name, restricted):
    model = STRUCTURES[name].build(VISITS)
    theta = model.start(ROUGH)
    blocks = make_blocks()
    state = evaluate(model, theta, blocks, restricted=restricted)
    matrix = model.matrix(theta)
    expected = brute_force(lambda at: matrix[np.ix_(at, at)], blocks, restricted=restricted)
    assert state.log_likelihood == pytest.approx(expected, abs=1e-9)


@pytest.mark.parametrize("restricted", [True, False])
@pytest.mark.parametrize("name", STRUCTURES)
def test_derivatives_agree_with_differences(name, restricted):
    model = STRUCTURES[name].build(VISITS)
    check_derivatives(model, model.start(ROUGH), make_blocks(), restricted)


@pytest.mark.parametrize("name", ["un", "ar1h"])
def test_derivatives_over_many_visits_agree_with_differences(name):
    size = 12
    rng = np.random.default_rng(4)
    lags = np.abs(np.subtract.outer(range(size), range(size)))
    X = np.stack([np.ones((30, size)), rng.normal(size=(30, size))], 2)
    y = rng.normal(size=(30, size))
    model = STRUCTURES[name].build([str(visit) for visit in range(size)])
    theta = model.start(2.0 * 0.5**lags)
    check_derivatives(model, theta, [Block(np.arange(size), X, y)], restricted=True)


@pytest.mark.parametrize("power", [True, False])
def test_derivatives_of_random_effects_agree_with_differences(power):
    model = RandomEffects(["intercept", "day"], power=power)
    columns = [np.ones(4), np.arange(4.0), *([np.array([-0.3, 0.1, 0.2, 0.5])] if power else [])]
    blocks = [Block(np.column_stack(columns), one.X, one.y) for one in make_blocks()[:1]]
    free = np.array([1.2, 0.3, 0.6, 1.1, *([0.7] if power else [])])
    check_derivatives(model, model.natural(free), blocks, restricted=True)
    check_parametrisation(model, free)


@pytest.mark.parametrize("name", STRUCTURES)
def test_optimisers_variables_stand_for_the_parameters(name):
    model = STRUCTURES[name].build(VISITS)
    theta = model.start(ROUGH)
    np.testing.assert_allclose(model.natural(model.free(theta)), theta)
    check_parametrisation(model, model.free(theta))


def check_parametrisation(model, free):
    numeric = optimize.approx_fprime(free, model.natural)
    np.testing.assert_allclose(model.jacobian(free), numeric, atol=1e-5)
    weights = np.arange(1.0, free.size + 1)
    second = optimize.approx_fprime(free, lambda at: weights @ model.jacobian(at))
    np.testing.assert_allclose(model.curvature(free, weights), second, atol=1e-5)


def check_derivatives(model, theta, blocks, restricted):
    slopes = differentiate(evaluate(model, theta, blocks, restricted=restricted))
    gradient, information = [], []
    for k in range(theta.size):
        step = np.zeros(theta.size)
        step[k] = 1e-5 * max(1, abs(theta[k]))
        up = evaluate(model, theta + step, blocks, restricted=restricted)
        down = evaluate(model, theta - step, blocks, restricted=restricted)
        gradient.append((up.log_likelihood - down.log_likelihood) / (2 * step[k]))
        change = differentiate(up).gradient - differentiate(down).gradient
        information.append(-change / (2 * step[k]))
    np.testing.assert_allclose(slopes.gradient, gradient, rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(slopes.observed, information, rtol=1e-5, atol=1e-6)


def test_observed_information_averages_to_the_expected():
    model = STRUCTURES["csh"].build(VISITS)
    X = np.stack([np.ones((12, 4)), np.tile(np.arange(4.0), (12, 1))], 2)
    theta = model.start(ROUGH)
    rng = np.random.default_rng(5)
    root = np.linalg.cholesky(model.matrix(theta))
    observed = []
    for _ in range(300):
        y = X @ [1.0, 0.5] + rng.normal(size=(12, 4)) @ root.T
        state = evaluate(model, theta, [Block(np.arange(4), X, y)], restricted=True)
        slopes = differentiate(state)
        observed.append(slopes.observed)
    error = np.std(observed, axis=0) / np.sqrt(len(observed))
    assert np.all(np.abs(np.mean(observed, axis=0) - slopes.expected) < 4.5 * error + 1e-12)


def test_maximum_is_that_of_a_general_optimiser():
    model, blocks = STRUCTURES["ar1h"].build(VISITS), make_blocks()
    state, _ = maximise(model, model.free(model.start(ROUGH)), blocks, restricted=True)

    def minus(free):
        theta = np.array([*np.exp(free[:4]), np.tanh(free[4])])
        return -evaluate(model, theta, blocks, restricted=True).log_likelihood

    general = optimize.minimize(minus, np.array([1, 1, 1.5, 1.5, 0.2]), options={"gtol": 1e-7})
    assert state.log_likelihood == pytest.approx(-general.fun, abs=1e-8)
    np.testing.assert_allclose(state.theta[:4], np.exp(general.x[:4]), rtol=1e-4)


def test_a_covariance_that_is_not_positive_definite_has_no_likelihood():
    model = STRUCTURES["cs"].build(VISITS)
    assert evaluate(model, np.array([-2.0, 1.0]), make_blocks(), restricted=True) is None
    assert evaluate(model, np.array([np.nan, 1.0]), make_blocks(), restricted=True) is None
    with pytest.raises(NoMaximumError, match="starting covariance"):
        maximise(model, model.free(np.array([-2.0, 1.0])), make_blocks(), restricted=True)
    variances = STRUCTURES["ar1"].build(VISITS)
    assert evaluate(variances, np.array([-1.0, 0.3]), make_blocks(), restricted=True) is None


def test_first_parameters_are_those_of_the_rough_covariance():
    scale = np.sqrt(np.diagonal(ROUGH))
    correlation = ROUGH / np.outer(scale, scale)
    apart = np.triu_indices(len(ROUGH), 1)
    bands = [np.diagonal(correlation, lag).mean() for lag in range(1, len(ROUGH))]
    for name, correlations in (
        ("toeph", bands),
        ("anteh", np.diagonal(correlation, 1)),
        ("ar1h", bands[:1]),
        ("csh", [correlation[apart].mean()]),
    ):
        expected = [*np.diagonal(ROUGH), *correlations]
        np.testing.assert_allclose(STRUCTURES[name].build(VISITS).start(ROUGH), expected)
    common, variance = ROUGH[apart].mean(), np.diagonal(ROUGH).mean()
    start = STRUCTURES["cs"].build(VISITS).start(ROUGH)
    np.testing.assert_allclose(start, [common, variance - common])
    start = STRUCTURES["ar1"].build(VISITS).start(ROUGH)
    np.testing.assert_allclose(start, [variance, bands[0]])
    unstructured = STRUCTURES["un"].build(VISITS)
    np.testing.assert_allclose(unstructured.matrix(unstructured.start(ROUGH)), ROUGH)
