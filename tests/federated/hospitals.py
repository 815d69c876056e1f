"""Cohorts of hospitals, and sites that answer otherwise than they should."""

from collections.abc import Callable, Mapping
from dataclasses import replace

import numpy as np
import pandas as pd

from biomarkers import federated, predict
from biomarkers.federated.agreement import agreed
from biomarkers.federated.messages import Message, Site, in_process
from biomarkers.federated.site import CohortSite
from biomarkers.federated.training import FederationServer
from biomarkers.predict.cases import Cases

FEATURES = 5


def cohort(site: str, count: int, seed: int, *, shift: float = 0.0) -> predict.Cohort:
    random = np.random.default_rng(seed)
    truth = np.arange(count) % 2
    values = random.normal(size=(count, FEATURES)) + shift
    values[:, 0] += 1.5 * truth
    names = [f"{site}-{number:03d}" for number in range(count)]
    rows = pd.DataFrame(values, columns=[f"f{number}" for number in range(FEATURES)])
    people = pd.DataFrame({"subject": names, "response": truth, "hospital": site})
    return predict.Cohort.from_tables(
        rows.assign(subject=names), people, outcome="response", site="hospital"
    )


def cohort_with_array(site: str, count: int, seed: int, shape: tuple[int, ...]) -> predict.Cohort:
    """Return cases with an array that tells their class; of slices, the first case lacks one."""
    random = np.random.default_rng(seed)
    truth = np.arange(count) % 2
    names = [f"{site}{number:02d}" for number in range(count)]
    people = pd.DataFrame({"subject": names, "response": truth, "age": random.normal(60, 5, count)})
    rows = pd.DataFrame({"subject": names, "lesion": "1", "size": random.normal(size=count)})
    made = predict.Cohort.from_tables(
        rows, people, outcome="response", blocks={"clinical": ["age"]}
    )
    values = random.normal(size=(count, *shape))
    values[:, ..., 8:12] += 1.5 * truth.reshape(-1, *[1] * len(shape))
    if len(shape) == 3:
        values[0, 1] = np.nan  # a missing slice
    by_case = {(name, "1"): each for name, each in zip(names, values, strict=True)}
    return made.with_array("seen", by_case)


def three(**shifts: float) -> dict[str, predict.Cohort]:
    return {
        site: cohort(site, 30 + 10 * number, number, shift=shifts.get(site, 0.0))
        for number, site in enumerate("ABC")
    }


def with_gaps(cohort: predict.Cohort, feature: str, places: slice) -> predict.Cohort:
    features = cohort.features.copy()
    features.loc[features.index[places], feature] = np.nan
    return replace(cohort, features=features)


class Changed:
    """A site whose replies are changed on their way."""

    def __init__(self, site: Site, change: Callable[[Message, Message], Message]) -> None:
        self.name, self._site, self._change = site.name, site, change

    def reply(self, message: Message) -> Message:
        return self._change(message, self._site.reply(message))


def trained(
    given: predict.Recipe,
    cohorts: Mapping[str, predict.Cohort],
    settings: federated.Rounds,
    **changes: Callable[[Message, Message], Message],
) -> tuple[FederationServer, federated.Federated]:
    """Train with the replies of some sites changed."""
    terms, cases = agreed(given, cohorts, settings)
    sites: dict[str, Site] = {
        name: CohortSite(name, each, terms, seed=(1, number))
        for number, (name, each) in enumerate(cases.items())
    }
    for name, change in changes.items():
        sites[name] = Changed(sites[name], change)
    server = FederationServer(given, terms, tuple(sites), settings)
    in_process(server, sites)
    return server, server.federated()


def together(cohorts: Mapping[str, predict.Cohort], given: predict.Recipe) -> Cases:
    """Return the cases of all sites as those of one."""
    _, cases = agreed(given, cohorts)
    every = list(cases.values())
    return replace(
        every[0],
        features=np.concatenate([each.features for each in every]),
        positive=np.concatenate([each.positive for each in every]),
        subject=np.concatenate([each.subject for each in every]),
        site=np.concatenate([each.site for each in every]),
        everyone=frozenset().union(*(each.everyone for each in every)),
        arrays={
            name: np.concatenate([each.arrays[name] for each in every]) for name in every[0].arrays
        },
    )


def of_one_site(
    cohorts: Mapping[str, predict.Cohort], given: predict.Recipe, settings: federated.Rounds
) -> federated.Federated:
    """Train on the rows of all sites in one place."""
    terms, _ = agreed(given, cohorts, settings)
    server = FederationServer(given, terms, ("all",), settings)
    in_process(server, {"all": CohortSite("all", together(cohorts, given), terms)})
    return server.federated()
