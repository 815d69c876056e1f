"""`train`: a recipe and the cohorts of several sites in, one rule and its worth at each out."""

from collections.abc import Generator, Mapping
from dataclasses import replace

import numpy as np
import pandas as pd

from biomarkers.errors import InputError
from biomarkers.federated.agreement import agreed
from biomarkers.federated.encryption import make_key, require_encryption
from biomarkers.federated.engine import carried
from biomarkers.federated.figures import FIGURES, JUDGED
from biomarkers.federated.ledger import Ledger
from biomarkers.federated.messages import Message
from biomarkers.federated.notes import (
    notes_of_features,
    notes_of_network,
    notes_of_noise,
    notes_of_sites,
    notes_of_training,
    notes_of_two_sites,
)
from biomarkers.federated.privacy import epsilon
from biomarkers.federated.result import Federated
from biomarkers.federated.rules import rule_of
from biomarkers.federated.script import Fitted, Replies, Scripted, judging, opened, training
from biomarkers.federated.settings import Rounds
from biomarkers.federated.site import CohortSite
from biomarkers.federated.terms import Terms
from biomarkers.predict.cohort import Cohort
from biomarkers.predict.recipes import Recipe
from biomarkers.stats.arrays import Floats


def train(
    given: Recipe, cohorts: Mapping[str, Cohort], *, settings: Rounds | None = None
) -> Federated:
    """Train a recipe at several sites whose rows stay where they are.

    Parameters
    ----------
    given
        From `predict.recipe`: `logistic` or a linear `svm`. Missing values are filled with the
        mean, which sums can make, not with the median; `harmonise="combat"` and the scale come
        from sums, too. Steps that need rows are refused.
    cohorts
        By the name of the site; the same features and outcome at each.
    settings
        Rounds, aggregation, protection.

    Notes
    -----
    A site tells sums by fold (n, Σx, Σx², of no fewer than five subjects), gradient updates, and
    the figures of `.sites`. The model without a fold of every site, and that without a site, are
    trained in the same rounds, steps and all, so that the judgement is of cases that no model has
    seen; log odds are fitted to the held-out scores of all sites together, as two numbers. No
    penalty is chosen: the middle of those that the recipe tries is taken. With full batches,
    `aggregate="average"` and one local step, the result is that of pooled rows.

    Raises
    ------
    InputError
        If sites differ in features or outcome, a step needs rows, or an engine is not installed.
    FederationError
        If no reply can be used, or the common weights are no longer finite.

    Examples
    --------
    >>> import numpy as np
    >>> import pandas as pd
    >>> from biomarkers import federated, predict
    >>> def cohort(site, seed):
    ...     random = np.random.default_rng(seed)
    ...     names, truth = [f"{site}{number:02d}" for number in range(40)], np.tile([0, 1], 20)
    ...     rows = pd.DataFrame(random.normal(size=(40, 3)), columns=list("abc"))
    ...     rows = rows.assign(subject=names, a=rows["a"] + 2 * truth)  # a knows the outcome
    ...     people = pd.DataFrame({"subject": names, "response": truth})
    ...     return predict.Cohort.from_tables(rows, people, outcome="response")
    >>> cohorts = {site: cohort(site, seed) for seed, site in enumerate("ABC")}
    >>> done = federated.train(predict.recipe("logistic"), cohorts,
    ...                        settings=federated.Rounds(rounds=20, aggregate="trimmed"))
    >>> done.sites["n"].tolist(), bool((done.sites["global_auc"] > 0.7).all())
    ([40.0, 40.0, 40.0], True)
    >>> done.rule
    Rule: Logistic of 3 features, made of 120 cases (120 subjects)

    """
    settings = settings or Rounds()
    terms, cases = agreed(given, cohorts, settings)
    server = FederationServer(given, terms, tuple(cases), settings)
    key = make_key() if settings.encrypted else None
    sites = {
        # The seed of the noise is of the reference: over an engine a site draws its own.
        site: CohortSite(site, each, terms, seed=(settings.seed, number), key=key)
        for number, (site, each) in enumerate(cases.items())
    }
    carried(server, sites, settings)
    return server.federated()


class FederationServer(Scripted[tuple[Fitted, dict[str, Floats]]]):
    """The server of a federation: it holds no case, only what sites tell.

    Parameters
    ----------
    given
        The recipe.
    terms
        What was agreed on.
    sites
        Their names.
    settings
        Rounds, aggregation, protection.

    """

    def __init__(
        self, given: Recipe, terms: Terms, sites: tuple[str, ...], settings: Rounds
    ) -> None:
        if settings.encrypted:
            require_encryption()
            if len(sites) < 2:
                raise InputError(
                    "encrypted: the weights of one site would be its updates; expected two sites "
                    "or more"
                )
        self.given, self.settings = given, settings
        self.terms = replace(terms, rounds=settings.agreed)
        self.ledger = Ledger(sites)
        super().__init__(whole(self.terms, self.ledger))

    def federated(self) -> Federated:
        """Return the rule and what it is worth, after the last reply.

        Raises
        ------
        InputError
            If there is something left to ask.

        """
        fitted, judged = self.returned()
        ledger, settings = self.ledger, self.settings
        sites = _table(fitted, judged, ledger)
        releases = settings.rounds * fitted.sets.of_a_site
        spent = float("nan")
        if settings.noise is not None:
            spent = epsilon(noise=settings.noise, releases=releases, delta=settings.delta)
        notes = (
            *ledger.notes,
            *notes_of_sites(sites, fitted, settings),
            *notes_of_two_sites(fitted, settings),
            *notes_of_noise(spent, releases, settings),
            *notes_of_features(self.terms, fitted),
            *notes_of_training(self.terms, fitted, ledger, settings),
            *notes_of_network(self.given),
        )
        rule = rule_of(self.given, self.terms, fitted, settings)
        return Federated(rule, sites, ledger.history, notes, spent, self.given, settings)


def whole(
    terms: Terms, ledger: Ledger, *, fewest: int = 2
) -> Generator[Message, Replies, tuple[Fitted, dict[str, Floats]]]:
    """Train, and ask what the models are worth at each site.

    Weights that are encrypted are judged and opened where updates of `fewest` sites are in them.
    """
    fitted = yield from training(terms, ledger, fewest=fewest)
    judged: dict[str, Floats] = {}
    if terms.rounds.folds:
        judged = yield from judging(fitted, ledger)
    if terms.rounds.encrypted:
        fitted = yield from opened(fitted, ledger)
    return fitted, judged


def _table(fitted: Fitted, judged: Mapping[str, Floats], ledger: Ledger) -> pd.DataFrame:
    rounds = ledger.history.groupby("site")["used"].sum()
    rows = []
    for site in ledger.sites:
        n = float(fitted.sums[site].cases.sum()) if site in fitted.sums else np.nan
        positives = fitted.positives.get(site, np.nan)
        figures = judged.get(site, np.full((len(JUDGED), len(FIGURES)), np.nan))
        row = {
            "site": site, "n": n, "subjects": fitted.subjects.get(site, np.nan),
            "positives": positives, "prevalence": positives / n, "rounds": int(rounds[site]),
        }  # fmt: skip
        named = (f"{model}_{name}" for model in JUDGED for name in FIGURES)
        rows.append(row | dict(zip(named, figures.ravel().tolist(), strict=True)))
    return pd.DataFrame(rows)
