"""How a federation is trained: rounds, how updates are put together, and what protects them."""

from dataclasses import dataclass, replace

from biomarkers.checks import is_number
from biomarkers.errors import InputError
from biomarkers.stats.inputs import check_choice

AGGREGATES = ("average", "prox", "median", "trimmed")
ENGINES = ("reference", "flower", "nvflare")


@dataclass(frozen=True)
class Rounds:
    """Rounds of a federation.

    Parameters
    ----------
    rounds
        How often every site is asked for an update.
    aggregate
        `average`: weighted by cases; `prox`: the same of updates that are held near the common
        weights (FedProx; it takes several local steps to matter); `median` of each coordinate;
        `trimmed`: the mean of each coordinate without its largest and smallest values. The last
        two weigh sites alike.
    local_steps
        Gradient steps over all cases of a site between two rounds.
    rate
        Length of a step. None: 1 over a bound of the curvature that every site tells of its own
        cases (a linear model), or 0.1 (a network).
    mu
        FedProx: ½ mu · squared distance from the common weights is added to the loss of a site.
    trim
        `trimmed`: the share of sites cut off at either end, at least one of three or more.
    engine
        What carries the messages: `reference` (this process), `flower` or `nvflare`.
    folds
        Of the cases of every site, for the judgement: each is held out once. 0: no judgement.
    clip, noise
        The largest norm of an update, to which larger ones are shortened, and the standard
        deviation of Gaussian noise that the site adds to it, in units of `clip`.
    delta
        The probability with which the ε of the noise may not hold.
    seed
        Of folds and first weights; in the reference of the noise too.
    encrypted
        Updates leave a site encrypted, and the server adds what it cannot read (the extra
        `encrypted`); of `average` and `prox` only.

    Raises
    ------
    InputError
        If a value is none that it can be.

    References
    ----------
    McMahan et al. 2017, arXiv:1602.05629 (averaging); Li et al. 2020, arXiv:1812.06127 (FedProx);
    Yin et al. 2018, arXiv:1803.01498 (median, trimmed mean).

    Examples
    --------
    >>> from biomarkers import federated
    >>> federated.Rounds(rounds=20, aggregate="trimmed").trim
    0.2

    """

    rounds: int = 20
    aggregate: str = "average"
    local_steps: int = 1
    rate: float | None = None
    mu: float = 0.1
    trim: float = 0.2
    engine: str = "reference"
    folds: int = 5
    clip: float | None = None
    noise: float | None = None
    delta: float = 1e-5
    seed: int = 1
    encrypted: bool = False

    def __post_init__(self) -> None:
        """Refuse what cannot be done."""
        check_choice("aggregate", self.aggregate, AGGREGATES)
        check_choice("engine", self.engine, ENGINES)
        for name, least in (("rounds", 1), ("local_steps", 1), ("folds", 0), ("seed", 0)):
            number = getattr(self, name)
            if not isinstance(number, int) or isinstance(number, bool) or number < least:
                raise InputError(f"{name}: found {number!r}, expected a whole number from {least}")
        if self.folds == 1:
            raise InputError("folds: found 1, expected 2 or more, or 0 for no judgement")
        for name in ("rate", "clip", "noise"):
            number = getattr(self, name)
            if number is not None and not (is_number(number) and number > 0):
                raise InputError(f"{name}: found {number!r}, expected a number above 0, or None")
        for name, low, high in (("mu", 0, float("inf")), ("trim", 0, 0.5), ("delta", 0, 1)):
            number = getattr(self, name)
            if not (is_number(number) and low < number < high):
                raise InputError(f"{name}: found {number!r}, expected between {low} and {high}")
        if self.noise is not None and self.clip is None:
            raise InputError("noise: needs clip, the largest norm of an update, to be measured by")
        if not isinstance(self.encrypted, bool):
            raise InputError(f"encrypted: found {self.encrypted!r}, expected True or False")
        if self.encrypted and self.aggregate not in ("average", "prox"):
            raise InputError(
                f"encrypted: updates that nobody sees can be added, not compared as "
                f"aggregate={self.aggregate!r} has to; expected 'average' or 'prox'"
            )

    @property
    def agreed(self) -> "Rounds":
        """What server and sites have to agree on: all but the engine, numbers as floats."""
        names = ("rate", "mu", "trim", "clip", "noise", "delta")
        values = {name: getattr(self, name) for name in names}
        numbers = {name: None if each is None else float(each) for name, each in values.items()}
        return replace(self, engine="reference", **numbers)  # type: ignore[arg-type]

    @property
    def alone(self) -> "Rounds":
        """How a site trains by itself, to compare: the same rounds; nothing of it leaves."""
        return replace(self, aggregate="average", clip=None, noise=None, encrypted=False)

    @property
    def pull(self) -> float:
        """How strongly updates are held near the common weights: `mu`, of FedProx only."""
        return self.mu if self.aggregate == "prox" else 0.0
