"""What has to be known of a federation besides its tables, each a sentence."""

import numpy as np
import pandas as pd

from biomarkers.federated import networks
from biomarkers.federated.ledger import Ledger
from biomarkers.federated.script import Fitted
from biomarkers.federated.settings import Rounds
from biomarkers.federated.sums import FEWEST
from biomarkers.federated.terms import NETWORKS, Terms
from biomarkers.predict.recipes import Recipe
from biomarkers.stats.words import listed

_CHANCE = 0.5  # an AUC whose upper limit is below it: the model turns round
_WORDS = {"global": "all sites", "left_out": "all other sites"}
_LEVEL = 0.05  # a slope of log odds on scores that hardly tells cases apart
_UNFINISHED = 0.01  # of the norm of the weights: a last step above it has not arrived


def notes_of_sites(sites: pd.DataFrame, fitted: Fitted, settings: Rounds) -> list[str]:
    """Name the sites where a model turns round, and those that state no figures."""
    notes = [
        f"At {row['site']} the model of {_WORDS[model]} turns round: AUC {row[f'{model}_auc']:.2f} "
        f"({row[f'{model}_low']:.2f} to {row[f'{model}_high']:.2f}); look at the coding of its "
        "outcome."
        for row in sites.to_dict("records")
        for model in _WORDS
        if row[f"{model}_high"] < _CHANCE and _tells_elsewhere(sites, row["site"])
    ]
    few = sites.loc[sites["positives"].isna() & sites["site"].isin(fitted.silent), "site"].tolist()
    if few:
        notes.append(
            f"Not stated, a class of fewer than {FEWEST}: positives and figures of {listed(few)}. "
            "Whoever reads the updates can compute the number of positives, without noise."
        )
    undivided = fitted.undivided if settings.encrypted else frozenset()
    told = sites["positives"].notna() & ~sites["site"].isin(undivided)
    if (few or undivided) and not told.any():
        notes.append("No site could tell of its log odds: log odds are those of training.")
    if not settings.folds:
        notes.append("folds=0: no model was judged, and log odds are those of training.")
    return notes


def notes_of_two_sites(fitted: Fitted, settings: Rounds) -> list[str]:
    """Say what two sites that encrypt do not tell of each other."""
    if not (settings.encrypted and settings.folds and fitted.of_two):
        return []
    notes = [
        "Of two sites a model without one is the updates of the other, which are encrypted: what "
        "it is worth was not told."
    ]
    if fitted.undivided:
        notes.append(
            f"Too few subjects for folds, and so no log odds nor figures of the model of all "
            f"sites: {listed(sorted(fitted.undivided))}."
        )
    return notes


def _tells_elsewhere(sites: pd.DataFrame, site: str) -> bool:
    """Return whether the mean AUC of the global model at the other sites has its limit above .5.

    Where no model tells anything, one of many intervals lies below .5 by chance.
    """
    others = sites[sites["site"].ne(site) & sites["global_auc"].notna()]
    if others.empty:
        return False
    error = (others["global_high"] - others["global_low"]) / 2
    reach = float(np.sqrt((error**2).sum())) / len(others)
    return bool(others["global_auc"].mean() - reach > _CHANCE)


def notes_of_training(terms: Terms, fitted: Fitted, ledger: Ledger, settings: Rounds) -> list[str]:
    """Say what was not as usual in training."""
    notes = []
    if any((sums.missing > 0).any() for sums in fitted.sums.values()):
        notes.append(
            "Missing values were filled with the mean over sites: sums cannot make a median."
        )
    if settings.encrypted:
        notes.append(
            "Updates were encrypted: the server has added them without seeing one, and knows "
            "neither losses nor norms, nor how far the last round moved the weights."
        )
    elif ledger.steps[-1] > _UNFINISHED:
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


def notes_of_network(given: Recipe) -> list[str]:
    """Say which settings of a network a federation has no use for."""
    if type(given.model).__name__ not in NETWORKS:
        return []
    given_up = networks.ignored(given.model)
    named = f" ({listed(given_up)} of {type(given.model).__name__} count for nothing)"
    return [
        "The network was trained in rounds, from one set of first weights, on full batches without "
        f"dropout or augmentation{named if given_up else ''}."
    ]


def notes_of_features(terms: Terms, fitted: Fitted) -> list[str]:
    """Name what a site told of all its cases only, and what it did not tell."""
    notes = []
    for site, sums in fitted.sums.items():
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
    everywhere = sum(sums.shown.sum(axis=0) for sums in fitted.sums.values()) == 0
    if np.any(everywhere):
        names = np.array(terms.features)[everywhere].tolist()
        notes.append(f"No site could tell of {listed(names)}: not in the model.")
    return notes


def notes_of_noise(spent: float, releases: int, settings: Rounds) -> list[str]:
    """State ε with its δ; nothing without noise."""
    if settings.noise is None:
        return []
    return [
        f"ε = {spent:.3g} at δ = {settings.delta:g}, of the {releases} noisy updates of a site "
        "for whoever sees all of them; sums, curvature, log odds and figures of sites are not in "
        "it."
    ]
