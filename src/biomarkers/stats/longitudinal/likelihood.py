"""The Gaussian likelihood of repeated measurements, its gradient and its information.

The mean is linear, E[y] = Xβ, and is profiled out; the covariance V(θ) is block-diagonal, one
block per subject. Subjects with the same layout share a block matrix, so that the work grows
with the number of layouts and not with that of subjects. All derivatives are analytic.

Statsmodels' `MixedLM` has no residual covariance, and no derivatives by it for Kenward–Roger.

References
----------
Lindstrom and Bates, J Am Stat Assoc 1988;83:1014 (derivatives of the restricted likelihood).
Kenward and Roger, Biometrics 1997;53:983 (P, Q and R, here in the same notation).

"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from scipy import linalg, sparse

from biomarkers.stats.arrays import Floats
from biomarkers.stats.longitudinal.covariance import Covariance, Layout, Moments

# With many visits nearly all derivatives of a covariance are 0, and not worth multiplying.
_MANY = 1000


@dataclass(frozen=True, eq=False)
class Block:
    """N subjects whose M measurements are laid out alike.

    Parameters
    ----------
    layout
        Where the measurements sit in the covariance structure.
    X
        Design of the mean, (N, M, P).
    y
        Outcome, (N, M).

    """

    layout: Layout
    X: Floats
    y: Floats


@dataclass(frozen=True, eq=False)
class Weighed:
    """A block with the covariance of one θ: V, V⁻¹, V⁻¹X, V⁻¹y and log |V|.

    `slack` is the least share of a measurement's variance that those before it leave: 0 where V
    is singular.
    """

    block: Block
    moments: Moments
    inverse: Floats
    x: Floats
    y: Floats
    log_determinant: float
    slack: float


@dataclass(frozen=True, eq=False)
class State:
    """The likelihood at one θ, with the mean that fits best there.

    Parameters
    ----------
    theta
        Covariance parameters, (K,).
    log_likelihood
        Restricted or full, natural logarithm, with all constants but log |X'X|.
    beta, unscaled
        Generalised least-squares estimate (P,), and (X'V⁻¹X)⁻¹, (P, P).
    restricted
        Whether the likelihood is restricted.
    blocks
        The data, with their covariance.

    """

    theta: Floats
    log_likelihood: float
    beta: Floats
    unscaled: Floats
    restricted: bool
    blocks: Sequence[Weighed]


@dataclass(frozen=True, eq=False)
class Slopes:
    """Derivatives of the log likelihood by θ.

    Parameters
    ----------
    gradient
        (K,).
    observed, expected
        Information matrices, (K, K).
    P
        −X'V⁻¹ V_k V⁻¹X for each parameter k, (K, P, P).

    """

    gradient: Floats
    observed: Floats
    expected: Floats
    P: Floats


def evaluate(
    covariance: Covariance, theta: Floats, blocks: Sequence[Block], *, restricted: bool
) -> State | None:
    """Return the likelihood at `theta`; None if it has none there (V not positive definite)."""
    layouts = [block.layout for block in blocks]
    known = []
    for block, moments in zip(blocks, covariance.moments(theta, layouts), strict=True):
        if (one := _weigh(block, moments)) is None:
            return None
        known.append(one)
    information = _total(_outer(one.block.X, one.x) for one in known)
    try:
        root = linalg.cho_factor(information, lower=True)
    except linalg.LinAlgError:
        return None
    beta = linalg.cho_solve(
        root, _total(_outer(one.x, one.block.y[..., None])[:, 0] for one in known)
    )
    squares = sum(float(np.vdot(one.y, one.block.y - one.block.X @ beta)) for one in known)
    count = sum(block.y.size for block in blocks)
    deviance = squares + sum(one.log_determinant for one in known)
    if restricted:
        count -= beta.size
        deviance += 2 * float(np.log(np.diagonal(root[0])).sum())
    return State(
        theta=theta,
        log_likelihood=-0.5 * (count * np.log(2 * np.pi) + deviance),
        beta=beta,
        unscaled=linalg.cho_solve(root, np.eye(beta.size)),
        restricted=restricted,
        blocks=known,
    )


def _weigh(block: Block, moments: Moments) -> Weighed | None:
    if not np.all(np.isfinite(moments.value)):
        return None
    try:
        root = np.linalg.cholesky(moments.value)
    except np.linalg.LinAlgError:
        return None
    # Not by scipy's solve_triangular: on many cores its threads cost more than the work.
    half = np.linalg.inv(root)
    inverse = half.T @ half
    return Weighed(
        block=block,
        moments=moments,
        inverse=np.asarray(inverse),
        x=inverse @ block.X,
        y=block.y @ inverse,
        log_determinant=2 * len(block.y) * float(np.log(np.diagonal(root)).sum()),
        slack=float(np.min(np.diagonal(root) ** 2 / np.diagonal(moments.value))),
    )


def _outer(left: Floats, right: Floats) -> Floats:
    """Return the sum over subjects and measurements of the products of two designs, (P, Q)."""
    return np.asarray(left.reshape(-1, left.shape[-1]).T @ right.reshape(-1, right.shape[-1]))


def _total(arrays: Iterable[Floats]) -> Floats:
    return np.asarray(np.sum(list(arrays), axis=0, dtype=float))


def differentiate(state: State) -> Slopes:
    """Return the first and second derivatives of the log likelihood at `state`."""
    size, count = state.beta.size, state.theta.size
    gradient = np.zeros(count)
    curvature = np.zeros((count, count))
    traces, mean_part = np.zeros((count, count)), np.zeros((count, count))
    crossed = np.zeros((count, size + 1, size + 1))
    for one in state.blocks:
        crossed += _crossed(one, state.beta)
        by_count, by_mean, by_residual = _inner_products(one, state)
        slope = by_count - by_mean - by_residual
        first, second = one.moments.first, one.moments.second
        gradient -= 0.5 * np.einsum("kab,ab->k", first, slope)
        if second is not None:
            curvature += np.einsum("hkab,ab->hk", second, slope)
        once = first @ one.inverse
        traces += _traces(once, first @ by_count)
        mean_part += _traces(once, first @ by_mean)
        curvature += 2 * _traces(once, first @ by_residual)
    curvature += 2 * mean_part - traces
    P, pulls = -crossed[:, :size, :size], crossed[:, :size, size]
    curvature -= 2 * pulls @ state.unscaled @ pulls.T
    expected = traces
    if state.restricted:
        scaled = P @ state.unscaled
        both = _traces(scaled, scaled)
        curvature -= both
        expected = traces - 2 * mean_part + both
    return Slopes(gradient, 0.25 * (curvature + curvature.T), 0.5 * expected, P)


def _crossed(one: Weighed, beta: Floats) -> Floats:
    """Return Z'V⁻¹ V_k V⁻¹Z summed over the subjects, Z being the design and the residual."""
    residual = one.y - one.x @ beta
    joint = np.concatenate([one.x, residual[..., None]], axis=2)
    subjects, visits, width = joint.shape
    flat = joint.reshape(subjects, visits * width)
    pairs = (flat.T @ flat).reshape(visits, width, visits, width).swapaxes(1, 2)
    weights, flat_pairs = one.moments.first.reshape(-1, visits**2), pairs.reshape(visits**2, -1)
    many = weights.size > _MANY
    summed = sparse.csr_array(weights) @ flat_pairs if many else weights @ flat_pairs
    return np.asarray(summed).reshape(-1, width, width)


def _inner_products(one: Weighed, state: State) -> tuple[Floats, Floats, Floats]:
    """Return n V⁻¹, and V⁻¹ S V⁻¹ for S summed over subjects of XΦX' (if restricted) and rr'."""
    residual = one.y - one.x @ state.beta
    by_mean = np.zeros_like(one.inverse)
    if state.restricted:
        spread = (one.x @ state.unscaled).swapaxes(0, 1).reshape(len(one.inverse), -1)
        by_mean = spread @ one.x.swapaxes(0, 1).reshape(len(one.inverse), -1).T
    return len(residual) * one.inverse, by_mean, residual.T @ residual


def _traces(left: Floats, right: Floats) -> Floats:
    """Return tr(A_h B_k) for stacks of square matrices, (H, K)."""
    flipped = np.swapaxes(right, 1, 2)
    return np.asarray(left.reshape(len(left), -1) @ flipped.reshape(len(right), -1).T)
