"""A rule of `predict`, made of what a federation has learnt."""

from dataclasses import asdict
from functools import reduce
from operator import add
from typing import Any

import numpy as np
from scipy import special

from biomarkers.federated import networks
from biomarkers.federated.script import Fitted
from biomarkers.federated.settings import Rounds
from biomarkers.federated.sums import Sums
from biomarkers.federated.terms import Terms
from biomarkers.predict.cases import MISSING
from biomarkers.predict.models.model import FittedArrayModel, FittedModel, Linear
from biomarkers.predict.nested import Trained
from biomarkers.predict.recipes import Recipe
from biomarkers.predict.rule import Rule, card_of
from biomarkers.predict.steps.filters import Scaled
from biomarkers.predict.steps.harmonisation import Harmonised
from biomarkers.predict.steps.imputation import Imputed
from biomarkers.predict.steps.step import FittedStep
from biomarkers.stats.arrays import Bools, Floats

# Of log odds on scores: they then order cases as the scores do, whatever held-out scores say.
_LEAST_SLOPE = 1e-6


def rule_of(given: Recipe, terms: Terms, fitted: Fitted, settings: Rounds) -> Rule:
    """Return the rule of all sites; no subject or digest of cases is on its card."""
    steps = fitted.steps
    gaps = tuple(f"{MISSING}{terms.features[place]}" for place in steps.places)
    model, directions = _model(terms, fitted)
    trained = Trained(
        needed=terms.features,
        steps=_steps(fitted),
        model=model,
        setting=dict(terms.model),
        names=(*terms.features, *gaps, *terms.arrays),
        slope=max(float(fitted.link[1]), _LEAST_SLOPE),
        intercept=float(fitted.link[0]),
        threshold=float(special.logit(fitted.prevalence())),
        directions=directions,
    )
    card = _card(given, terms, trained, fitted) | {"federation": asdict(settings)}
    return Rule(trained, card)


def _model(terms: Terms, fitted: Fitted) -> tuple[FittedModel | FittedArrayModel, Floats]:
    """Return the model of all sites, and the direction of each feature and array; NaN: none."""
    weights, steps = fitted.weights[0], fitted.steps
    if terms.model["kind"] == "network":
        model = networks.fitted_networks(terms, steps, weights, float(fitted.prior[0]))
        return model, np.full(steps.mean.shape[1] + len(terms.arrays), np.nan)
    return Linear(float(weights[0]), weights[1:]), weights[1:]


def _steps(fitted: Fitted) -> tuple[FittedStep, ...]:
    steps = fitted.steps
    made: list[FittedStep] = [Imputed(steps.fill[0], steps.places)]
    touched = steps.touched[0] > 0
    if touched.any():
        whole = {site: sums.over(_all(sums)) for site, sums in fitted.sums.items()}
        offset = steps.fill[0] - steps.centre
        effects = [steps.effect(0, each.filled(offset)) for each in whole.values()]
        shift, scale = (np.array(each)[:, touched] for each in zip(*effects, strict=True))
        indicators = np.zeros(len(steps.places), dtype=bool)
        made.append(
            Harmonised(
                np.append(touched, indicators), steps.pooled[0][touched],
                steps.spread[0][touched], np.array(list(whole), dtype=str), shift, scale,
            )
        )  # fmt: skip
    return (*made, Scaled(steps.mean[0], steps.sd[0]))


def _all(sums: Sums) -> Bools:
    return np.ones(len(sums.cases), dtype=bool)


def _card(given: Recipe, terms: Terms, trained: Trained, fitted: Fitted) -> dict[str, Any]:
    whole = reduce(add, (sums.over(_all(sums)) for sums in fitted.sums.values()))
    mean = np.where(whole.count > 0, fitted.steps.centre + whole.mean, np.nan)
    variance = np.where(whole.count > 0, whole.within / np.maximum(whole.count - 1, 1), np.nan)
    mix = {
        name: {
            "mean": _known(mean[place]), "sd": _known(np.sqrt(variance[place])),
            "low": None, "high": None,  # of single cases, who stay where they are
            "missing": float(1 - whole.count[place] / max(whole.shown[place], 1)),
            "made": terms.made.get(name, ""),
        }
        for place, name in enumerate(terms.features)
    }  # fmt: skip
    card = card_of(given, trained, fitted.seed)
    if terms.model["kind"] == "network":
        card["recipe"]["model"] = networks.as_trained(card["recipe"]["model"], terms)
    return card | {
        "outcome": terms.outcome,
        "positive": terms.positive,
        "is_survival": False,
        "cases": int(whole.cases),
        "subjects": int(sum(fitted.subjects.values())),
        "positives": _positives(fitted),
        "sites": sorted(fitted.sums),
        "threshold": float(special.expit(trained.threshold)),
        "features": mix,
        "arrays": {name: list(shape) for name, shape in terms.arrays.items()},
        "cohort": "",
        "subject_hashes": [],
    }


def _known(value: float) -> float | None:
    """Return a figure of a feature; None where no site tells of it."""
    return None if np.isnan(value) else float(value)


def _positives(fitted: Fitted) -> int | None:
    """Return the positives of all sites; None where one of them has too few to tell."""
    known = fitted.positives
    return int(sum(known.values())) if len(known) == len(fitted.sums) else None
