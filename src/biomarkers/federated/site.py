"""The client function: a site answers with sums, updates and figures of its own cases."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
from scipy import special

from biomarkers.errors import FederationError
from biomarkers.federated import networks
from biomarkers.federated.encryption import LARGEST, Key, is_encrypted
from biomarkers.federated.figures import figures, subjects_by_class
from biomarkers.federated.learners import Learner, LinearLearner, descend
from biomarkers.federated.ledger import Ledger
from biomarkers.federated.messages import Message
from biomarkers.federated.preparation import Preparation, read_preparation
from biomarkers.federated.privacy import Guard
from biomarkers.federated.script import ARRAY, ASKED, conduct, training
from biomarkers.federated.sets import Sets, folds_of, read_sets
from biomarkers.federated.sums import FEWEST, Sums, few_gaps_filled, leaving, sums_of
from biomarkers.federated.terms import Terms
from biomarkers.predict.cases import Cases
from biomarkers.stats.arrays import Bools, Floats, Whole


class CohortSite:
    """The cases of a site; what it says hangs on them and on the message alone.

    Gaps of fewer than five subjects are filled here (`sums.few_gaps_filled`), lest anything tell
    of them.

    Parameters
    ----------
    name
        What the server calls it.
    cases
        With the features of the terms, in their order.
    terms
        What was agreed on.
    seed
        Of the noise on updates; None takes it from the operating system.
    key
        That all sites share and the server does not have, where updates are encrypted.

    Raises
    ------
    FederationError
        If there are fewer than five subjects, or fewer than folds, or a key is lacking.

    """

    def __init__(
        self,
        name: str,
        cases: Cases,
        terms: Terms,
        *,
        seed: Sequence[int] | None = None,
        key: Key | None = None,
    ) -> None:
        named, self._subject = np.unique(cases.subject, return_inverse=True)
        if len(named) < FEWEST:
            raise FederationError(
                f"site {name}: found {len(named)} subjects, expected {FEWEST} or more"
            )
        if terms.rounds.folds > len(named):
            raise FederationError(
                f"site {name}: folds: found {terms.rounds.folds}, expected no more than its "
                f"{len(named)} subjects"
            )
        if terms.rounds.encrypted and key is None:
            raise FederationError(
                f"site {name}: encrypted: found no key; biomarkers federated key --out FILE makes "
                'one for all sites, and encryption = "FILE" under [site] names it'
            )
        filled = few_gaps_filled(cases.features, self._subject)
        self.name, self.cases, self.terms = name, replace(cases, features=filled), terms
        self.key = key if terms.rounds.encrypted else None
        self.guard = Guard(terms.rounds.clip, terms.rounds.noise, seed)
        self._tells_classes = min(subjects_by_class(cases)) >= FEWEST
        self._learner: tuple[bytes, Learner] | None = None
        self._asked: Counter[str] = Counter()
        self._left_out: tuple[str, ...] | None = None
        self._agreed = False
        self._fold = folds_of(cases, terms.rounds.folds, terms.rounds.seed, name)
        self._may_leave = leaving(filled, self._fold, self._subject)

    def reply(self, message: Message) -> Message:
        """Return what this site says to a message.

        Raises
        ------
        FederationError
            If the message asks for nothing that is known, or lacks something, or the server has
            other terms, or asks for other folds, or more often, than was agreed on.

        """
        for asked, answer in _ANSWERS.items():
            if asked in message:
                self._spend(asked)
                try:
                    return answer(self, self._read(message))
                except KeyError as error:
                    raise FederationError(
                        f"site {self.name}: a message {asked} holds no {error}"
                    ) from error
        raise FederationError(f"site {self.name}: a message asks for nothing that is known")

    def _read(self, message: Message) -> Message:
        """Return a message with the common weights, which a server that adds does not know."""
        if self.key is None or not any(map(is_encrypted, message)):
            return message
        start = message["weights"]
        try:
            moved = self.key.decrypt(message, start.size)
        except FederationError as error:
            raise FederationError(f"site {self.name}: the server's message: {error}") from error
        return message | {"weights": start + moved.reshape(start.shape)}

    def _spend(self, asked: str) -> None:
        """Count the questions: more than were agreed on would tell more than was agreed on."""
        allowed = ASKED.get(asked, self.terms.rounds.rounds)
        self._asked[asked] += 1
        if self._asked[asked] > allowed:
            raise FederationError(
                f"site {self.name}: the server sends {asked} more than the {allowed} times that "
                "were agreed on; start the site anew for another federation"
            )

    def _sums(self, message: Message) -> Message:
        """Tell sums by fold, and of the outcome where either class has five subjects."""
        self._agreed = np.array_equal(message["terms"], self.terms.words)
        sets, fold = self._sets(message)
        reply = self._sums_of(sets, fold, message["centre"]).message()
        reply["by_fold"] = self._may_leave[0].astype(float)
        if self.key:
            reply["key"] = self.key.words
        if self.terms.arrays:
            sums = networks.array_sums(
                self.cases, self.terms, fold, max(sets.folds, 1), self._subject
            )
            reply |= sums.message(ARRAY)
        if self._tells_classes:
            reply["positives"] = np.array(float(self.cases.positive.sum()))
        return reply | {"subjects": np.array(self._subject.max() + 1.0)}

    def _curvature(self, message: Message) -> Message:
        rows = self._rows(message)
        learner = self.learner(message)
        assert isinstance(learner, LinearLearner)
        bound = learner.curvature(rows)
        return {"curvature": bound, "cases": rows.sum(axis=1).astype(float)}

    def _update(self, message: Message) -> Message:
        rows = self._rows(message)
        update, loss = descend(
            self.learner(message),
            message["weights"],
            rows,
            rate=message["rate"],
            steps=self.terms.rounds.local_steps,
            pull=self.terms.rounds.pull,
        )
        there = np.asarray(rows.any(axis=1))
        update = np.where(there[:, None], self.guard.protect(update), 0.0)
        cases = rows.sum(axis=1).astype(float)
        if self.key:
            return self._encrypted(update, cases, message["all_cases"]) | {"cases": cases}
        reply = {"update": update, "cases": cases}
        return reply if self.guard.noise else reply | {"loss": loss}  # which has no noise

    def _encrypted(self, update: Floats, cases: Floats, every: Floats) -> Message:
        """Return an update weighted by the share of its cases, so that the server has but to add.

        What cannot be added is not sent: the server would not see it.
        """
        assert self.key is not None
        most = LARGEST / self.terms.rounds.rounds  # a weighted mean of all rounds comes out right
        if not (np.abs(update) <= most).all():  # NaN is not
            raise FederationError(
                f"site {self.name}: its update holds {np.abs(update).max():g}; expected numbers "
                f"up to {most:g}, as sums of encrypted ones have a limit. Take a smaller rate"
            )
        if not (cases <= every).all():
            raise FederationError(
                f"site {self.name}: the server states fewer cases of all sites than are here"
            )
        return self.key.encrypt((cases / np.maximum(every, 1.0))[:, None] * update)

    def _open(self, message: Message) -> Message:
        """Tell the weights of all cases, once they are trained; of no other set."""
        self._sets(message)  # of a server with the same terms
        return {"weights": message["weights"][0]}

    def _link(self, message: Message) -> Message:
        """Tell slope and curvature of −log likelihood of log odds a + b · held-out score.

        Nothing where a class has fewer than five subjects: n · expit(a) − slope counts positives.
        """
        sets, fold = self._sets(message)
        if not self._tells_classes or (self._hides_other(message, sets) and fold.max() == 0):
            return {}
        scores = self.held_out(message, sets, fold)
        design = np.column_stack([np.ones(len(scores)), scores])
        likely = special.expit(design @ message["link"])
        weight = likely * (1 - likely)
        return {
            "slope": design.T @ (likely - self.cases.positive),
            "curvature": (design * weight[:, None]).T @ design,
            "cases": np.array([float(len(scores))]),
        }

    def _figures(self, message: Message) -> Message:
        """Tell what the global, the local and the left-out model are worth here.

        Each case is judged by a model that was trained without it: globally without its fold of
        every site, locally without its fold here, or without this site. Of two sites that encrypt,
        nothing is told of a model without this site: it is the updates of the other one.
        """
        if not self._tells_classes:
            return {}
        sets, fold = self._sets(message)
        hides = self._hides_other(message, sets)
        together = np.asarray(np.equal.outer(np.arange(max(sets.folds, 1)), fold))
        link, everyone = message["link"], np.ones((1, len(fold)), dtype=bool)
        untold = np.full(len(fold), np.nan)
        whole = untold if hides and fold.max() == 0 else self.held_out(message, sets, fold)
        local, own = self._local(sets, fold)
        place, others = sets.without(self.name), untold
        if place is not None and not hides:
            others = self.learner(message).scores(message["weights"])[place]
        rows = (
            (whole, link, together),
            (local, own, together),
            (others, link, everyone),
        )
        return {
            "figures": np.array(
                [
                    figures(scores, ab[0] + ab[1] * scores, self.cases, held_out)
                    for scores, ab, held_out in rows
                ]
            )
        }

    def _hides_other(self, message: Message, sets: Sets) -> bool:
        """Whether what a model without cases of this site is worth would tell what is encrypted."""
        return self.key is not None and (sets.of_two_sites or message["behind"] == 2)

    def _local(self, sets: Sets, fold: Whole) -> tuple[Floats, Floats]:
        """Return held-out scores of a model of this site alone, and its log odds by score."""
        if fold.max() == 0:
            return np.full(len(fold), np.nan), np.array([0.0, 1.0])
        terms = replace(self.terms, rounds=self.terms.rounds.alone)
        alone = CohortSite(self.name, self.cases, terms)
        fitted = conduct(training(terms, Ledger((self.name,))), {self.name: alone})
        return alone.held_out(fitted.message(), sets, fold), fitted.link

    def learner(self, message: Message) -> Learner:
        """Return the cases as the steps of the message leave them; kept for the next message."""
        steps = read_preparation(message)
        parts = (*steps.message().values(), message["penalty"], message["prior"])
        key = b"".join(array.tobytes() for array in parts)
        if self._learner is None or self._learner[0] != key:
            self._learner = key, self._made(message, steps)
        return self._learner[1]

    def _made(self, message: Message, steps: Preparation) -> Learner:
        sets, fold = self._sets(message)
        sums = self._sums_of(sets, fold, steps.centre)
        features = steps.design(self.cases.features, sums, sets.training_folds(self.name))
        kind = str(self.terms.model["kind"])
        if kind == "network":
            prior = message["prior"]
            return networks.learner_of(self.cases, self.terms, steps, features, prior)
        design = np.concatenate([np.ones((*features.shape[:2], 1)), features], axis=2)
        sign = np.where(self.cases.positive, 1.0, -1.0)
        return LinearLearner(design, sign, kind, message["penalty"])

    def held_out(self, message: Message, sets: Sets, fold: Whole) -> Floats:
        """Return the score of each case by the model of the set that is without its fold."""
        scores = self.learner(message).scores(message["weights"])
        place = 1 + fold if sets.folds else np.zeros_like(fold)
        return np.asarray(scores[place, np.arange(len(fold))])

    def _sets(self, message: Message) -> tuple[Sets, Whole]:
        """Return the training sets, which are the same in every message, and the folds here.

        Nothing is said to a server that has not shown, with its first message, the same terms.
        """
        if not self._agreed:
            raise FederationError(
                f"site {self.name}: the recipe, the features, the outcome or the rounds differ "
                "from those of the server; compare both declarations"
            )
        rounds = self.terms.rounds
        if [float(message[name]) for name in ("folds", "seed")] != [rounds.folds, rounds.seed]:
            raise FederationError(
                f"site {self.name}: the server asks for other folds than were agreed on; "
                "differences of their sums would tell of single cases"
            )
        sets = read_sets(message)
        if self._left_out is None:
            self._left_out = sets.left_out if rounds.folds else ()
        if sets.left_out != self._left_out:
            raise FederationError(
                f"site {self.name}: the server asks for other training sets than before, or for "
                "some without a judgement"
            )
        return sets, self._fold

    def _rows(self, message: Message) -> Bools:
        """Return which cases are in each training set, sets × cases."""
        sets, fold = self._sets(message)
        return sets.training_folds(self.name)[:, fold]

    def _sums_of(self, sets: Sets, fold: Whole, centre: Floats) -> Sums:
        features, folds = self.cases.features, max(sets.folds, 1)
        return sums_of(features, fold, folds, centre, self._subject, may_leave=self._may_leave)


_ANSWERS: dict[str, Callable[[CohortSite, Message], Message]] = {
    "ask/sums": CohortSite._sums,
    "ask/curvature": CohortSite._curvature,
    "ask/update": CohortSite._update,
    "ask/link": CohortSite._link,
    "ask/figures": CohortSite._figures,
    "ask/open": CohortSite._open,
}
