"""Whether the cohorts of sites can be learnt from together."""

from collections.abc import Mapping

import numpy as np

from biomarkers.errors import InputError
from biomarkers.federated.settings import Rounds
from biomarkers.federated.sums import FEWEST
from biomarkers.federated.terms import Terms, terms_of
from biomarkers.predict.cases import Cases
from biomarkers.predict.cohort import Cohort
from biomarkers.predict.evaluating import check_fits
from biomarkers.predict.nested import reached
from biomarkers.predict.recipes import Recipe
from biomarkers.stats.words import listed


def agreed(
    given: Recipe, cohorts: Mapping[str, Cohort], settings: Rounds | None = None
) -> tuple[Terms, dict[str, Cases]]:
    """Return the terms of all sites, and their cases, features in the order of the terms.

    Raises
    ------
    InputError
        If there are fewer than two sites, or a site differs: it is named, and what differs.

    """
    if not isinstance(cohorts, Mapping) or len(cohorts) < 2:
        raise InputError("cohorts: expected a cohort for each of two sites or more, by name")
    every = {}
    for site, cohort in cohorts.items():
        if not isinstance(site, str) or not site:
            raise InputError(f"cohorts: found the name {site!r}, expected text")
        try:
            check_fits(given, cohort)
            every[site] = terms_of(given, cohort, settings)
        except InputError as error:
            raise InputError(f"site {site}: {error}") from error
        if cohort.n_subjects < FEWEST:
            raise InputError(
                f"site {site}: found {cohort.n_subjects} subjects, expected {FEWEST} or more"
            )
    first, terms = next(iter(every.items()))
    for site, other in every.items():
        _check_same(first, terms, site, other)
    _check_apart(cohorts)
    cases = {
        site: reached(given, cohort.cases).of_names(terms.features)
        for site, cohort in cohorts.items()
    }
    for site, each in cases.items():
        if np.isinf(each.features).any():
            place = int(np.isinf(each.features).any(axis=0).argmax())
            raise InputError(f"site {site}: {each.names[place]} holds an infinite value")
    return terms, cases


def _check_same(first: str, terms: Terms, site: str, other: Terms) -> None:
    if other.outcome != terms.outcome:
        raise InputError(
            f"site {site}: its outcome is {other.outcome}, that of site {first} {terms.outcome}"
        )
    if other.positive != terms.positive:
        raise InputError(
            f"site {site}: positive is {other.positive!r}, at site {first} {terms.positive!r}"
        )
    for one, another, name in ((other, terms, site), (terms, other, first)):
        absent = [feature for feature in another.features if feature not in one.features]
        if absent:
            raise InputError(
                f"site {name}: has no feature {listed(absent)}, which site "
                f"{first if name == site else site} has; give all sites the same columns, or name "
                "blocks="
            )
    for feature, made in terms.made.items():
        if other.made.get(feature, made) != made:
            raise InputError(
                f"site {site}: {feature} was made in another way: found {other.made[feature]!r}, "
                f"at site {first} {made!r}"
            )
    if set(other.images) != set(terms.images):
        raise InputError(
            f"site {site}: other features are clinical than at site {first}: "
            f"{listed(sorted(set(other.images) ^ set(terms.images)))}"
        )
    for name, shape in terms.arrays.items():
        if other.arrays[name] != shape:
            raise InputError(
                f"site {site}: {name} has the shape {other.arrays[name]}, at site {first} {shape}"
            )


def _check_apart(cohorts: Mapping[str, Cohort]) -> None:
    """Refuse a subject of two sites, where that can be seen."""
    whose: dict[str, str] = {}
    for site, cohort in cohorts.items():
        for subject in np.unique(cohort.subject).tolist():
            if subject in whose:
                raise InputError(
                    f"subject {subject} lies at two sites, {whose[subject]} and {site}; names that "
                    "only look the same need a prefix"
                )
            whose[subject] = site
