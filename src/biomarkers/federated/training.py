"""`train`: a recipe and the cohorts of several sites in, one rule and its worth at each out."""

from collections.abc import Collection, Generator, Mapping
from dataclasses import replace

import numpy as np
import pandas as pd

from biomarkers.errors import InputError
from biomarkers.federated import networks
from biomarkers.federated.agreement import agreed
from biomarkers.federated.engine import carried
from biomarkers.federated.figures import FIGURES, JUDGED
from biomarkers.federated.ledger import Ledger
from biomarkers.federated.messages import Message
from biomarkers.federated.privacy import epsilon
from biomarkers.federated.result import Federated
from biomarkers.federated.rules import rule_of
from biomarkers.federated.script import Fitted, Replies, Scripted, judging, training
from biomarkers.federated.settings import Rounds
from biomarkers.federated.site import CohortSite
from biomarkers.federated.sums import FEWEST
from biomarkers.federated.terms import NETWORKS, Terms
from biomarkers.predict.cohort import Cohort
from biomarkers.predict.recipes import Recipe
from biomarkers.stats.arrays import Floats
from biomarkers.stats.words import listed

_CHANCE = 0.5  # an AUC whose upper limit is below it: the model turns round
_WORDS = {"global": "all sites", "left_out": "all other sites"}
_LEVEL = 0.05  # a slope of log odds on scores that hardly tells cases apart
_UNFINISHED = 0.01  # of the norm of the weights: a last step above it has not arrived


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
    sites = {
        # The seed of the noise is of the reference: over an engine a site draws its own.
        site: CohortSite(site, each, terms, seed=(settings.seed, number))
        for number, (site, each) in enumerate(cases.items())
    }
    carried(server, sites, settings)
    return server.federated()


class FederationServer(Scripted):
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
        if not isinstance(self.result, tuple):
            raise InputError("the federation is not done: the server has something left to ask")
        fitted, judged = self.result
        ledger, settings = self.ledger, self.settings
        sites = _table(fitted, judged, ledger)
        spent, told = _privacy(settings, len(ledger.sites), len(fitted.sets))
        notes = (*ledger.notes, *_site_notes(sites, fitted.silent, settings), *told,
                 *_training_notes(self.terms, fitted, ledger, settings),
                 *_network_notes(self.given))  # fmt: skip
        rule = rule_of(self.given, self.terms, fitted, settings)
        return Federated(rule, sites, ledger.history, notes, spent, self.given, settings)


def whole(
    terms: Terms, ledger: Ledger
) -> Generator[Message, Replies, tuple[Fitted, dict[str, Floats]]]:
    """Train, and ask what the models are worth at each site."""
    fitted = yield from training(terms, ledger)
    judged: dict[str, Floats] = {}
    if terms.rounds.folds:
        judged = yield from judging(fitted, ledger)
    return fitted, judged


def _table(fitted: Fitted, judged: Mapping[str, Floats], ledger: Ledger) -> pd.DataFrame:
    rounds = ledger.history.groupby("site")["used"].sum()
    rows = []
    for site in ledger.sites:
        n = float(fitted.told[site].cases.sum()) if site in fitted.told else np.nan
        positives = fitted.positives.get(site, np.nan)
        figures = judged.get(site, np.full((len(JUDGED), len(FIGURES)), np.nan))
        row = {
            "site": site, "n": n, "subjects": fitted.subjects.get(site, np.nan),
            "positives": positives, "prevalence": positives / n, "rounds": int(rounds[site]),
        }  # fmt: skip
        named = (f"{model}_{name}" for model in JUDGED for name in FIGURES)
        rows.append(row | dict(zip(named, figures.ravel().tolist(), strict=True)))
    return pd.DataFrame(rows)


def _site_notes(sites: pd.DataFrame, silent: Collection[str], settings: Rounds) -> list[str]:
    notes = [
        f"At {row['site']} the model of {_WORDS[model]} turns round: AUC {row[f'{model}_auc']:.2f} "
        f"({row[f'{model}_low']:.2f} to {row[f'{model}_high']:.2f}); look at the coding of its "
        "outcome."
        for row in sites.to_dict("records")
        for model in _WORDS
        if row[f"{model}_high"] < _CHANCE
    ]
    few = sites.loc[sites["positives"].isna() & sites["site"].isin(silent), "site"].tolist()
    if few:
        notes.append(
            f"Not stated, a class of fewer than {FEWEST}: positives and figures of {listed(few)}. "
            "Whoever reads the updates can compute the number of positives, without noise."
        )
    if few and sites["positives"].isna().all():
        notes.append("No site could tell of its log odds: log odds are those of training.")
    if not settings.folds:
        notes.append("folds=0: no model was judged, and log odds are those of training.")
    return notes


def _training_notes(terms: Terms, fitted: Fitted, ledger: Ledger, settings: Rounds) -> list[str]:
    notes = _withheld(terms, fitted)
    if any((sums.missing > 0).any() for sums in fitted.told.values()):
        notes.append(
            "Missing values were filled with the mean over sites: sums cannot make a median."
        )
    if ledger.steps[-1] > _UNFINISHED:
        notes.append(
            f"The last of {settings.rounds} rounds moved the weights by {ledger.steps[-1]:.1%}: "
            "more rounds would move them further."
        )
    if settings.folds and fitted.link[1] < _LEVEL:
        notes.append(
            "Held-out scores do not rise with the outcome: the rule gives everyone about the "
            f"prevalence, {fitted.prevalence():.0%}, and orders cases by its scores all the same."
        )
    if settings.aggregate in ("median", "trimmed"):
        notes.append(
            f"aggregate={settings.aggregate!r} guards updates and log odds only: scale and means "
            "come from sums of all sites."
        )
    notes += [
        f"No {name} was chosen: {terms.model[name]:g}, the middle of those of the recipe."
        for name in ("penalty", "cost")
        if name in terms.model
    ]
    return notes


def _network_notes(given: Recipe) -> list[str]:
    """Say which settings of a network a federation has no use for."""
    if type(given.model).__name__ not in NETWORKS:
        return []
    given_up = networks.ignored(given.model)
    named = f" ({listed(given_up)} of {type(given.model).__name__} count for nothing)"
    return [
        "The network was trained in rounds, from one set of first weights, on full batches without "
        f"dropout or augmentation{named if given_up else ''}."
    ]


def _withheld(terms: Terms, fitted: Fitted) -> list[str]:
    """Name what a site told of all its cases only, and what it did not tell."""
    notes = []
    for site, sums in fitted.told.items():
        shown = sums.shown.sum(axis=0) > 0
        whole = shown & (fitted.by_fold[site] == 0)
        names = np.array(terms.features)
        if whole.any():
            notes.append(
                f"At {site} fewer than {FEWEST} subjects have or lack a value of "
                f"{listed(names[whole].tolist())} in a fold: the scale comes from all its cases, "
                "those held out among them (no outcome)."
            )
        if not shown.all():
            notes.append(
                f"Withheld by {site}, where fewer than {FEWEST} subjects differ: "
                f"{listed(names[~shown].tolist())}; the scale is that of other sites."
            )
    everywhere = sum(sums.shown.sum(axis=0) for sums in fitted.told.values()) == 0
    if np.any(everywhere):
        names = np.array(terms.features)[everywhere].tolist()
        notes.append(f"No site could tell of {listed(names)}: not in the model.")
    return notes


def _privacy(settings: Rounds, sites: int, sets: int) -> tuple[float, list[str]]:
    """Return ε and a sentence of it; a site is in all sets but that without it."""
    if settings.noise is None:
        return float("nan"), []
    releases = settings.rounds * (sets - 1 if sets > 1 + settings.folds else sets)
    spent = epsilon(noise=settings.noise, releases=releases, delta=settings.delta)
    return spent, [
        f"ε = {spent:.3g} at δ = {settings.delta:g}, of the {releases} noisy updates of a site "
        f"for whoever sees all of them ({sites} sites); sums, curvature, log odds and figures "
        "of sites are not in it."
    ]
