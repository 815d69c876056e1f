"""The reference: what the server asks, in which order, and what it makes of the replies.

Written as generators that yield a message and are sent the replies, so that the loop reads from
above to below whatever carries the messages.
"""

from collections.abc import Generator, Mapping
from dataclasses import dataclass, field, replace
from itertools import chain
from typing import Generic, TypeVar

import numpy as np
from scipy import special

from biomarkers.errors import FederationError, InputError
from biomarkers.federated import networks
from biomarkers.federated.aggregation import aggregate, alike, fault
from biomarkers.federated.encryption import added, check_same_key
from biomarkers.federated.figures import FIGURES, JUDGED
from biomarkers.federated.ledger import Ledger
from biomarkers.federated.messages import Message, Site, in_process
from biomarkers.federated.preparation import Preparation, prepared
from biomarkers.federated.sets import Sets
from biomarkers.federated.settings import Rounds
from biomarkers.federated.sums import NAMES, Sums, read_sums
from biomarkers.federated.terms import Terms
from biomarkers.stats.arrays import Floats

Replies = Mapping[str, Message]
T = TypeVar("T")
ARRAY = "array/"  # before the names of sums of an array
_LINK_STEPS, _STILL = 8, 1e-6
# How often a site is asked, at most; for updates as often as there are rounds.
ASKED = {
    "ask/sums": 2, "ask/curvature": 1, "ask/link": _LINK_STEPS, "ask/figures": 1, "ask/open": 1,
}  # fmt: skip
_OF_TRAINING = np.array([0.0, 1.0])  # log odds are scores
_NEARLY_NONE = 1e-3  # of a penalty on the slope of log odds, where scores separate the classes


@dataclass(frozen=True, eq=False)
class Fitted:
    """What a federation has learnt, for every training set.

    Parameters
    ----------
    sets, seed
        The training sets, and what folds are drawn with.
    steps
        Those before the model.
    penalty
        Of each set.
    prior
        What scores of each set begin from: log odds, of a network; else 0.
    weights
        Sets × weights; where updates are encrypted, those before the first round.
    link
        Intercept and slope of log odds on scores.
    sums
        Of each site.
    by_fold
        Of each site, which features it tells by fold: 1, or 0.
    positives, subjects
        By site, where they were told.
    silent
        The sites that told sums but no positives: a class has fewer than five subjects there.
    moved
        How weights have moved since, as ciphertexts; none where updates are not encrypted.
    behind
        How many sites have moved them, where updates are encrypted; 0 before.

    """

    sets: Sets
    seed: int
    steps: Preparation
    penalty: Floats
    prior: Floats
    weights: Floats
    link: Floats
    sums: Mapping[str, Sums]
    by_fold: Mapping[str, Floats]
    positives: Mapping[str, float]
    subjects: Mapping[str, float]
    silent: frozenset[str]
    moved: Message = field(default_factory=dict)
    behind: int = 0

    def message(self) -> Message:
        """Return what a site needs to know of it."""
        return {
            **self.sets.message(),
            **self.steps.message(),
            "seed": np.array(float(self.seed)),
            "penalty": self.penalty,
            "prior": self.prior,
            "weights": self.weights,
            "link": self.link,
            **({"behind": np.array(float(self.behind))} if self.behind else {}),
            **self.moved,
        }

    @property
    def cases(self) -> dict[str, Floats]:
        """The cases of each site in each training set, as its sums say."""
        return {site: self.sets.training_folds(site) @ each.cases
                for site, each in self.sums.items()}  # fmt: skip

    @property
    def of_two(self) -> bool:
        """Whether a model without a site is that of one other site."""
        return self.sets.of_two_sites or self.behind == 2

    @property
    def undivided(self) -> frozenset[str]:
        """Of two sites those with one fold: their held-out scores are of updates of the other."""
        one = (site for site, each in self.sums.items() if np.count_nonzero(each.cases) == 1)
        return frozenset(one) if self.of_two else frozenset()

    def prevalence(self) -> float:
        """Return the share of positives over the sites that told it; ½ if none did."""
        cases = sum(float(self.sums[site].cases.sum()) for site in self.positives)
        return sum(self.positives.values()) / cases if cases else 0.5


def conduct(script: Generator[Message, Replies, T], sites: Mapping[str, Site]) -> T:
    """Ask every site in this process until the script ends; return what it returns."""
    server = Scripted(script)
    in_process(server, sites)
    return server.returned()


def training(
    terms: Terms, ledger: Ledger, *, fewest: int = 2
) -> Generator[Message, Replies, Fitted]:
    """Fit steps and model: first from sums, then in rounds of updates.

    Raises
    ------
    FederationError
        If encrypted updates are of fewer than `fewest` sites.

    """
    settings = terms.rounds
    judged = settings.folds > 0 and len(ledger.sites) > 1
    sets = Sets(settings.folds, ledger.sites if judged else ())
    fitted = yield from _start(terms, sets, ledger)
    rate = yield from _rate(terms, fitted, ledger)
    take = _added if settings.encrypted else _moved
    for number in range(1, settings.rounds + 1):
        asked = {"ask/update": np.array(float(number)), **fitted.message(), "rate": rate}
        if settings.encrypted:
            asked["all_cases"] = np.asarray(sum(fitted.cases.values()))
        replies = yield asked
        fitted = take(fitted, number, replies, settings, ledger)
    if settings.encrypted:
        fitted = replace(fitted, behind=_several(ledger, fewest))
    if settings.folds:
        fitted = yield from _linked(fitted, settings, ledger)
    return fitted


def _moved(
    fitted: Fitted, number: int, replies: Replies, settings: Rounds, ledger: Ledger
) -> Fitted:
    """Move the weights by the updates of the sites."""
    shape = fitted.weights.shape
    good = ledger.updates(number, replies, {"update": shape, "cases": shape[:1]}, fitted.cases)
    update = _together(good, "update", fitted.sets, settings)
    fitted = replace(fitted, weights=fitted.weights + update)
    ledger.moved(number, update, fitted.weights)
    return fitted


def _added(
    fitted: Fitted, number: int, replies: Replies, settings: Rounds, ledger: Ledger
) -> Fitted:
    """Add updates that the sites have weighted and encrypted; of one that is out, none moves."""
    size, shapes = fitted.weights.size, {"cases": fitted.weights.shape[:1]}
    good = ledger.updates(number, replies, shapes, fitted.cases, size)
    before = [fitted.moved] if fitted.moved else []
    return replace(fitted, moved=added([*before, *good.values()], size))


def _several(ledger: Ledger, fewest: int) -> int:
    """Return of how many sites updates are; weights of one are neither judged nor opened."""
    behind = {row["site"] for row in ledger.rows if row["used"]}
    if len(behind) < fewest:
        raise FederationError(
            f"encrypted: every update is of {', '.join(behind)}, and would be seen in the weights; "
            f"expected updates of {fewest} sites or more"
        )
    return len(behind)


def opened(fitted: Fitted, ledger: Ledger) -> Generator[Message, Replies, Fitted]:
    """Ask for the weights of all cases in the clear, and of no other set.

    Those without a site, of two, would be the updates of the other one.

    Raises
    ------
    FederationError
        If sites say different weights.

    """
    replies = yield {"ask/open": np.array(0.0), **fitted.message()}
    good = ledger.usable(
        "the opening of the weights", replies, {"weights": fitted.weights[0].shape}
    )
    most, *others = alike(good, "weights")
    if others and 2 * len(most) <= len(good):
        groups = "; ".join(map(", ".join, (most, *others)))
        raise FederationError(f"the sites open the weights differently: {groups}")
    for site in chain(*others):
        ledger.leave_out(site, "it opened other weights than most", "the opening of the weights")
    weights = fitted.weights.copy()
    weights[0] = good[most[0]]["weights"]
    return replace(fitted, weights=weights, moved={})


def judging(fitted: Fitted, ledger: Ledger) -> Generator[Message, Replies, dict[str, Floats]]:
    """Ask what the models are worth at each site."""
    shape = {"figures": (len(JUDGED), len(FIGURES))}
    replies = yield {"ask/figures": np.array(0.0), **fitted.message()}
    return {
        site: reply["figures"]
        for site, reply in replies.items()
        if site in ledger.sites and not fault(reply, shape, finite=False)
    }


def _start(terms: Terms, sets: Sets, ledger: Ledger) -> Generator[Message, Replies, Fitted]:
    """Ask for sums about 0, then about the mean, and fit the steps."""
    width, seed = len(terms.features), terms.rounds.seed
    base = {**sets.message(), "seed": np.array(float(seed)), "terms": terms.words}
    shape = (max(sets.folds, 1), width)
    shapes: dict[str, tuple[int, ...]] = {"cases": shape[:1]} | dict.fromkeys(NAMES[1:], shape)
    shapes["by_fold"] = (width,)
    if terms.rounds.encrypted:
        shapes["key"] = (8,)
    if terms.arrays:
        points = (shape[0], terms.points)
        shapes |= {f"{ARRAY}cases": shape[:1]}
        shapes |= {f"{ARRAY}{name}": points for name in NAMES[1:]}
    centre, good = np.zeros(width), {}
    arrays: dict[str, Sums] = {}
    for name in ("sums", "sums about the mean"):
        replies = yield {"ask/sums": np.array(0.0), "centre": centre, **base}
        good = ledger.usable(name, replies, shapes)
        if terms.rounds.encrypted:
            check_same_key(good)
        sums = {site: read_sums(reply) for site, reply in good.items()}
        if terms.arrays:
            arrays = {site: read_sums(reply, ARRAY) for site, reply in good.items()}
        if name == "sums":
            count = sum(each.count.sum(axis=0) for each in sums.values())
            centre = sum(each.total.sum(axis=0) for each in sums.values()) / np.maximum(count, 1)
    steps = prepared(
        sums, arrays, sets, centre, harmonised=terms.harmonised, indicators=terms.indicators
    )
    fitted = Fitted(
        sets, seed, steps, np.zeros(len(sets)), np.zeros(len(sets)),
        np.zeros((len(sets), 0)), _OF_TRAINING, sums,
        by_fold={site: reply["by_fold"] for site, reply in good.items()},
        positives=_counts(good, "positives", ledger),
        subjects=_counts(good, "subjects", ledger),
        silent=frozenset(site for site, reply in good.items() if "positives" not in reply),
    )  # fmt: skip
    return _begun(terms, fitted)


def _counts(replies: Replies, name: str, ledger: Ledger) -> dict[str, float]:
    """Return a count of each site that told it; name those that told one that cannot be."""
    counts = {}
    for site, reply in replies.items():
        if not fault(reply, {name: ()}) and 0 < reply[name] <= reply["cases"].sum():
            counts[site] = float(reply[name])
        elif name in reply:
            ledger.leave_out(site, f"its {name} cannot be", f"the count of {name}")
    return counts


def _begun(terms: Terms, fitted: Fitted) -> Fitted:
    """Return the weights before the first round, and the penalty of each set.

    A network starts from weights drawn by the seed; its scores are about the log odds of all. A
    cost C of libsvm is one of sums, over columns/√columns.
    """
    everyone, columns = np.ones(len(fitted.sets)), fitted.steps.mean.shape[1]
    odds = special.logit(fitted.prevalence())
    if terms.model["kind"] == "network":
        weights = networks.first_weights(terms, columns, fitted.seed)
        return replace(fitted, prior=odds * everyone, weights=everyone[:, None] * weights)
    weights = np.zeros((len(fitted.sets), 1 + columns))
    if terms.model["kind"] == "logistic":
        weights[:, 0] = odds
        return replace(fitted, penalty=terms.model["penalty"] * everyone, weights=weights)
    cases = sum(fitted.sets.training_folds(site) @ each.cases for site, each in fitted.sums.items())
    penalty = columns / (terms.model["cost"] * np.maximum(cases, 1))
    return replace(fitted, penalty=np.asarray(penalty), weights=weights)


def _rate(terms: Terms, fitted: Fitted, ledger: Ledger) -> Generator[Message, Replies, Floats]:
    """Return the length of a step of each set, from the curvature at the sites if none is given."""
    settings = terms.rounds
    if settings.rate is not None or terms.model["kind"] == "network":
        return np.full(len(fitted.sets), settings.rate or networks.RATE)
    replies = yield {"ask/curvature": np.array(0.0), **fitted.message()}
    shape = (len(fitted.sets),)
    shapes = {"curvature": shape, "cases": shape}
    good = ledger.usable("curvature", replies, shapes, cases=fitted.cases)
    for reply in good.values():
        reply["curvature"] = reply["curvature"][:, None]
    return 1 / (_together(good, "curvature", fitted.sets, settings)[:, 0] + fitted.penalty)


def _together(replies: Replies, name: str, sets: Sets, settings: Rounds) -> Floats:
    """Return what sites said as one; a set that is without a site never hears it."""
    cases = np.array([reply["cases"] for reply in replies.values()])
    for row, site in zip(cases, replies, strict=True):
        place = sets.without(site)
        if place is not None:
            row[place] = 0.0
    values = np.array([reply[name] for reply in replies.values()])
    return aggregate(values, cases, settings.aggregate, settings.trim)


def _linked(
    fitted: Fitted, settings: Rounds, ledger: Ledger
) -> Generator[Message, Replies, Fitted]:
    """Fit log odds to held-out scores by Newton's method on sums (Platt 1999).

    From the prevalence, where the curvature is that of the scores whatever their size. Never
    downwards: scores that are worse than none make the prevalence. Means of sites are put together
    as updates are, so that what outlasts one bad site there does so here.
    """
    nothing = np.array([special.logit(fitted.prevalence()), 0.0])
    fitted, ridge = replace(fitted, link=nothing), np.diag([0.0, _NEARLY_NONE])
    whole = {site: each.cases.sum(keepdims=True) for site, each in fitted.sums.items()}
    silent = fitted.silent | fitted.undivided if settings.encrypted else fitted.silent
    for _ in range(_LINK_STEPS):
        replies = yield {"ask/link": np.array(0.0), **fitted.message()}
        shapes = {"slope": (2,), "curvature": (2, 2), "cases": (1,)}
        good = ledger.usable("link", replies, shapes, cases=whole, silent=silent)
        if not good:
            return replace(fitted, link=_OF_TRAINING)
        slope = _mean(good, "slope", settings) + ridge @ fitted.link
        curvature = _mean(good, "curvature", settings) + ridge
        step = np.linalg.lstsq(curvature, slope)[0]
        fitted = replace(fitted, link=fitted.link - step)
        if np.abs(slope).max() < _STILL:
            break
    return fitted if fitted.link[1] > 0 else replace(fitted, link=nothing)


def _mean(replies: Replies, name: str, settings: Rounds) -> Floats:
    """Return a sum over the cases of sites as the mean of a case of all."""
    cases = np.array([reply["cases"] for reply in replies.values()])
    means = np.array([reply[name] / reply["cases"][0] for reply in replies.values()])
    flat = means.reshape(len(means), 1, -1)
    made = aggregate(flat, cases, settings.aggregate, settings.trim)
    return made.reshape(means.shape[1:])


class Scripted(Generic[T]):
    """A `Server` that follows a script."""

    def __init__(self, script: Generator[Message, Replies, T]) -> None:
        self._script = script
        self._message: Message | None = next(script)
        self._result: list[T] = []

    def returned(self) -> T:
        """Return what the script returned.

        Raises
        ------
        InputError
            If there is something left to ask.

        """
        if not self._result:
            raise InputError("the federation is not done: the server has something left to ask")
        return self._result[0]

    def ask(self) -> Message | None:
        """Return the next message for every site; None when there is nothing left to ask."""
        return self._message

    def take(self, replies: Replies) -> None:
        """Take the replies by the name of their site; a site that did not answer is left out."""
        if self._message is None:
            raise FederationError("a server that has nothing left to ask was given replies")
        try:
            self._message = self._script.send(replies)
        except StopIteration as end:
            self._message = None
            self._result.append(end.value)
