"""A server and its sites on machines of their own, as files of TOML say."""

from collections.abc import Mapping
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import pandas as pd

from biomarkers.errors import FederationError, InputError, PlanError
from biomarkers.federated.array_files import with_array_of
from biomarkers.federated.config import (
    Config,
    ServerConfig,
    SiteConfig,
    read_config,
    require_connection,
)
from biomarkers.federated.encryption import read_key
from biomarkers.federated.engines.flower import server as flower_server
from biomarkers.federated.engines.flower import site as flower_site
from biomarkers.federated.engines.flower.connections import ServerConnection, SiteConnection
from biomarkers.federated.engines.nvflare import real
from biomarkers.federated.messages import Server, SiteMaker
from biomarkers.federated.rehearsal import rehearse
from biomarkers.federated.result import Federated
from biomarkers.federated.site import CohortSite
from biomarkers.federated.site_files import terms_from
from biomarkers.federated.terms import Terms, recipe_terms, terms_of
from biomarkers.federated.training import FederationServer
from biomarkers.federated.watching import (
    ServerProgress,
    Silent,
    SiteProgress,
    Watcher,
    followed,
)
from biomarkers.files import read_json, require_writable, write_json
from biomarkers.predict.by_plan import cohort_of
from biomarkers.predict.cohort import Cohort
from biomarkers.predict.evaluating import check_fits
from biomarkers.predict.models.model import takes_arrays
from biomarkers.predict.nested import reached
from biomarkers.table import write_table

_IN_THE_CLEAR = (
    "site.encryption names a key, but rounds.encrypted is not true: updates would leave in the "
    "clear"
)


def site_of(file: str) -> CohortSite:
    """Make the site of a file, with the cases that it names."""
    config = read_config(file, "site", SiteConfig)
    return _site(config, _cohort(config))


def _site(config: Config, cohort: Cohort) -> CohortSite:
    if config.own.encryption and not config.rounds.encrypted:
        raise PlanError([_IN_THE_CLEAR], "[site]")
    check_fits(config.recipe, cohort)
    terms = terms_of(config.recipe, cohort, config.rounds)
    cases = reached(config.recipe, cohort.cases).of_names(terms.features)
    own = config.own
    key = read_key(own.encryption) if own.encryption else None
    return CohortSite(own.name, cases, terms, key=key)


def _cohort(config: Config) -> Cohort:
    """Read the cases of a site, with what a network looks at."""
    own, model = config.own, config.recipe.model
    cohort = cohort_of(own.features, own.participants, config.plan)
    looked_at = model.arrays if takes_arrays(model) else ()
    if bool(own.arrays) != bool(looked_at):
        raise InputError(
            f"site.arrays: found {own.arrays}, and no [network] that looks at it"
            if own.arrays
            else f"site.arrays is missing: [network] looks at {looked_at[0]}"
        )
    return with_array_of(cohort, own.arrays, looked_at[0]) if looked_at else cohort


def take_part(
    file: Path | str, *, watcher: Watcher | None = None
) -> tuple[SiteConfig, SiteProgress]:
    """Answer the messages of the server until all is done; return the settings, and what left.

    What is wrong with the tables is said before the server is looked for.
    """
    watcher = watcher or Silent()
    config = read_config(file, "site", SiteConfig)
    own = config.own
    require_connection(own)
    cohort = _cohort(config)
    site = _site(config, cohort)
    watcher.say(f"Site      {own.name}: {cohort!r}")
    for note in cohort.notes:
        watcher.say(f"Note      {note}")
    place = f"of the kit {own.kit}" if own.engine == "nvflare" else f"at {own.address}"
    watcher.say(f"Waiting   for the server {place}, {own.wait:g} s at most")
    sent = SiteProgress(own.name, config.rounds.rounds, watcher)
    with followed(Path(own.log), sent):
        if own.engine == "nvflare":
            maker = SiteMaker(f"{__name__}:{site_of.__name__}", {"file": str(Path(file).resolve())})
            real.take_part(maker, real.SiteKit(own.name, own.kit, own.log, own.wait))
        else:
            line = SiteConnection(own.name, own.address, own.key, own.ca, own.log, own.wait)
            flower_site.take_part(site, line)
    return own, sent


def serve(file: Path | str, *, watcher: Watcher | None = None) -> tuple[ServerConfig, Federated]:
    """Train with the sites of a file, and write the rule and the tables.

    Raises
    ------
    PlanError
        If its rounds, model or outcome are not those of the terms.
    FederationError
        If a site does not come.

    """
    watcher = watcher or Silent()
    config = read_config(file, "server", ServerConfig)
    own = config.own
    require_connection(own)
    require_writable(own.out)
    terms = terms_from(read_json(own.terms, "terms, of biomarkers federated site --terms"))
    _check_agreed(config, terms, str(file))
    rounds = replace(config.rounds, engine=own.engine)
    server = FederationServer(config.recipe, terms, tuple(own.sites), rounds)
    place = f"with the kit {own.kit}" if own.engine == "nvflare" else f"at {own.address}"
    watcher.say(f"Waiting   {place} for {', '.join(own.sites)}, {own.wait:g} s at most")
    _carry(ServerProgress(server, tuple(own.sites), rounds.rounds, watcher), own)
    done = server.federated()
    for name, table in done.tables().items():
        write_table(table, Path(own.out) / f"{name}.csv")
    write_table(pd.DataFrame({"text": done.notes}), Path(own.out) / "notes.csv")
    write_json(Path(own.out) / "federated.json", done.to_dict())
    done.rule.save(Path(own.out) / "rule")
    return own, done


def _check_agreed(config: Config, terms: Terms, file: str) -> None:
    """Refuse a server that trains, or protects, otherwise than its sites have agreed to."""
    here: dict[str, Any] = _flat(
        {"rounds": asdict(config.rounds.agreed), "outcome": config.plan.outcome}
        | recipe_terms(config.recipe)
    )
    there = _flat(asdict(terms))
    problems = [
        f"{name}: found {value!r}, the terms of the sites say {there.get(name)!r}"
        for name, value in here.items()
        if there.get(name) != value
    ]
    if problems:
        raise PlanError(problems, file)


def _flat(given: Mapping[str, Any], before: str = "") -> dict[str, Any]:
    """Return a table of tables as one, its keys joined by points."""
    made: dict[str, Any] = {}
    for name, value in given.items():
        if isinstance(value, Mapping):
            made |= _flat(value, f"{before}{name}.")
        else:
            made[f"{before}{name}"] = value
    return made


def _carry(server: Server, given: ServerConfig) -> None:
    if given.engine == "nvflare":
        real.serve(server, real.ServerKit(given.kit, given.admin, tuple(given.sites), given.wait))
        return
    if not isinstance(given.sites, Mapping):
        raise FederationError("sites: Flower knows a site by its key; expected a key for each name")
    line = ServerConnection(given.sites, given.address, given.certificate, given.key, given.wait)
    flower_server.serve(server, line)


def write_terms(file: Path | str, into: Path | str) -> Path:
    """Write what server and sites have to agree on: names of features, the outcome, the model."""
    return write_json(into, asdict(site_of(str(file)).terms))


def what_would_leave(file: Path | str) -> pd.DataFrame:
    """Return every array that this site would send, as `federated.dry_run`; nothing is sent."""
    given: SiteConfig = read_config(file, "site", SiteConfig).own
    return rehearse(site_of(str(file)), others=given.others)
