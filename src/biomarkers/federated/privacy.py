"""What protects an update: it is shortened and noise is added; and what that is worth."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from scipy import optimize, special

from biomarkers.errors import InputError
from biomarkers.stats.arrays import Floats

_APART = 2.0  # how far two clipped updates can lie from each other, in units of the clip


@dataclass(frozen=True, eq=False)
class Guard:
    """How a site protects its updates before they leave.

    Parameters
    ----------
    clip
        The largest norm of an update; None leaves them as they are.
    noise
        Standard deviation of the Gaussian noise, in units of `clip`; None adds none.
    seed
        Of the noise: None takes it from the operating system, so that nobody can take it away.

    """

    clip: float | None = None
    noise: float | None = None
    seed: Sequence[int] | None = None
    _random: np.random.Generator = field(init=False, repr=False)

    def __post_init__(self) -> None:
        """Make the generator of the noise."""
        object.__setattr__(self, "_random", np.random.default_rng(self.seed))

    def protect(self, update: Floats) -> Floats:
        """Return the update of each set (sets × weights), shortened, with noise."""
        if self.clip is None:
            return update
        norm = np.linalg.norm(update, axis=1, keepdims=True)
        update = update * np.minimum(1.0, self.clip / np.maximum(norm, 1e-300))
        if self.noise is None:
            return update
        return update + self.clip * self.noise * self._random.standard_normal(update.shape)


def epsilon(*, noise: float, releases: int, delta: float) -> float:
    """Return the ε of noisy updates of a site, for whoever sees every one of them.

    Between any two data sets of the site the chance of what is seen differs by no more than a
    factor exp(ε), but with probability `delta`. Two clipped updates lie up to twice the clip
    apart, so that the noise counts by half. Sums, curvature, log odds and figures of sites are
    not in it.

    Parameters
    ----------
    noise
        Standard deviation of the noise, in units of the largest norm of an update.
    releases
        How many updates leave the site: rounds times training sets.
    delta
        Between 0 and 1.

    Raises
    ------
    InputError
        If a value is none that it can be.

    References
    ----------
    Balle & Wang 2018, arXiv:1805.06530: δ = Φ(1/(2s) − ε s) − exp(ε) Φ(−1/(2s) − ε s) of one
    Gaussian of standard deviation s, in units of the distance; k releases are one of s/√k (exact:
    dp-accounting, whose accountants also know sampling, gives the same).

    Examples
    --------
    >>> from biomarkers import federated
    >>> round(federated.epsilon(noise=20.0, releases=20, delta=1e-5), 2)
    1.76

    """
    if not (noise > 0 and releases >= 1 and 0 < delta < 1):
        raise InputError(
            f"epsilon: found noise {noise}, {releases} releases and delta {delta}; expected a "
            "noise above 0, one release or more, and a delta between 0 and 1"
        )
    spread = noise / _APART / np.sqrt(releases)

    def excess(size: float) -> float:
        near, far = 1 / (2 * spread) - size * spread, -1 / (2 * spread) - size * spread
        # exp(ε) Φ(far) as one exponential, lest ε overflow.
        return float(special.ndtr(near) - np.exp(size + special.log_ndtr(far)) - delta)

    if excess(0.0) <= 0:
        return 0.0
    most = 1.0
    while excess(most) > 0:
        most *= 2
    return float(optimize.brentq(excess, 0.0, most, xtol=1e-10))
