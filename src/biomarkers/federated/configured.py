"""A server and its sites on machines of their own, as files of TOML say."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Literal

import pandas as pd

from biomarkers.errors import FederationError, PlanError
from biomarkers.federated.encryption import read_key
from biomarkers.federated.engines import WAIT
from biomarkers.federated.engines.flower import server as flower_server
from biomarkers.federated.engines.flower import site as flower_site
from biomarkers.federated.engines.flower.connections import ServerConnection, SiteConnection
from biomarkers.federated.engines.nvflare import real
from biomarkers.federated.messages import SiteMaker
from biomarkers.federated.rehearsal import rehearse
from biomarkers.federated.result import Federated
from biomarkers.federated.settings import Rounds
from biomarkers.federated.site import CohortSite
from biomarkers.federated.site_files import terms_from
from biomarkers.federated.terms import terms_of
from biomarkers.federated.training import FederationServer
from biomarkers.files import read_json, read_toml, require_writable, write_json
from biomarkers.options import make_options, unknown_keys
from biomarkers.predict.by_plan import SECTION, PredictPlan, cohort_of
from biomarkers.predict.nested import reached
from biomarkers.table import write_table


@dataclass(frozen=True)
class SiteConfig:
    """The section `[site]`; paths are relative to its file.

    Parameters
    ----------
    name
        What the server calls this site.
    features, participants
        The tables of this site, as for `predict.predict_by_plan`.
    engine
        `flower` or `nvflare`.
    address, key, ca
        Flower: where the server is (host:port), the private key of this site, and the certificate
        of who signed that of the server.
    kit
        NVFlare: the folder of the start-up kit.
    log
        Where the site writes down what left it.
    others
        The names of the other sites, for the dry run.
    wait
        How long the server may be out of reach, s.
    encryption
        The key of the sites, where `rounds.encrypted`; `biomarkers federated key` makes it.

    """

    name: str
    features: str
    participants: str
    engine: Literal["flower", "nvflare"] = "flower"
    address: str = ""
    key: str = ""
    ca: str = ""
    kit: str = ""
    log: str = "left.jsonl"
    others: tuple[str, ...] = ("another site",)
    wait: float = WAIT
    encryption: str = ""


@dataclass(frozen=True)
class ServerConfig:
    """The section `[server]`; paths are relative to its file.

    Parameters
    ----------
    sites
        The sites that may take part: with Flower the file of the public key of each, by name;
        with NVFlare a list of names.
    terms
        What all agree on, as `biomarkers federated site --terms` writes it.
    out
        The folder that gets the rule and the tables.
    engine
        `flower` or `nvflare`.
    address, certificate, key
        Flower: where the server listens (host:port), its certificate and its private key.
    kit, admin
        NVFlare: the folders of the start-up kits of the server, and of a project admin.
    wait
        How long sites have to come, and to answer a message, s.

    """

    sites: Mapping[str, str] | tuple[str, ...]
    terms: str
    out: str
    engine: Literal["flower", "nvflare"] = "flower"
    address: str = "127.0.0.1:9092"
    certificate: str = ""
    key: str = ""
    kit: str = ""
    admin: str = ""
    wait: float = WAIT


def read_config(file: Path | str, section: str, kind: type) -> tuple[Any, PredictPlan, Rounds]:
    """Read a section of a file, and what server and sites declare alike: recipe and rounds.

    Raises
    ------
    FileError
        If the file is missing or not TOML.
    PlanError, SettingsError
        If a section is absent, or naming every key that is unknown or impossible.

    """
    content = read_toml(file, f"the configuration of a {section} (TOML)")
    problems = list(unknown_keys(content, (section, SECTION, "rounds"), "file"))
    problems += [
        f"no section [{each}]"
        for each in (section, SECTION)
        if not isinstance(content.get(each), Mapping)
    ]
    if problems:
        raise PlanError(problems, str(file))
    lacking = [each for each in _required(kind) if each not in content[section]]
    if lacking:
        raise PlanError([f"{section}.{each} is missing" for each in lacking], str(file))
    plan = make_options(PredictPlan, content[SECTION], SECTION)
    rounds = make_options(Rounds, content.get("rounds", {}), "rounds")
    return _beside(Path(file), make_options(kind, content[section], section)), plan, rounds


def _required(kind: type) -> tuple[str, ...]:
    return tuple(name for name in kind.__annotations__ if not hasattr(kind, name))


_PATHS = (
    "features", "participants", "ca", "kit", "log", "terms", "out", "certificate", "admin", "key",
    "encryption",
)  # fmt: skip


def _beside(file: Path, given: Any) -> Any:
    """Return settings whose paths are those beside their file."""
    folder = file.resolve().parent
    there = {name: value for name, value in asdict(given).items() if name in _PATHS and value}
    changed: dict[str, Any] = {name: str(folder / value) for name, value in there.items()}
    if isinstance(getattr(given, "sites", None), Mapping):
        changed["sites"] = {name: str(folder / key) for name, key in given.sites.items()}
    return replace(given, **changed)


def site_of(file: str) -> CohortSite:
    """Make the site of a file, with the cases that it names."""
    given, plan, rounds = read_config(file, "site", SiteConfig)
    cohort = cohort_of(given.features, given.participants, plan)
    recipe = plan.recipe(Path(file).parent)
    terms = terms_of(recipe, cohort, rounds)
    cases = reached(recipe, cohort.cases).of_names(terms.features)
    key = read_key(given.encryption) if rounds.encrypted and given.encryption else None
    return CohortSite(given.name, cases, terms, key=key)


def take_part(file: Path | str) -> SiteConfig:
    """Answer the messages of the server until all is done; return how it was configured."""
    given: SiteConfig = read_config(file, "site", SiteConfig)[0]
    maker = SiteMaker(f"{__name__}:{site_of.__name__}", {"file": str(Path(file).resolve())})
    if given.engine == "nvflare":
        maker()  # what is wrong with the tables is said here, not in a log
        real.take_part(maker, real.SiteKit(given.name, given.kit, given.log, given.wait))
    else:
        line = SiteConnection(given.name, given.address, given.key, given.ca, given.log, given.wait)
        flower_site.take_part(maker(), line)
    return given


def serve(file: Path | str) -> tuple[ServerConfig, Federated]:
    """Train with the sites of a file, and write the rule and the tables.

    Raises
    ------
    PlanError
        If its rounds are not those of the terms.
    FederationError
        If a site does not come.

    """
    given, plan, rounds = read_config(file, "server", ServerConfig)
    require_writable(given.out)
    terms = terms_from(read_json(given.terms, "terms, of biomarkers federated site --terms"))
    _check_rounds(rounds.agreed, terms.rounds, str(file))
    rounds = replace(rounds, engine=given.engine)
    server = FederationServer(plan.recipe(Path(file).parent), terms, tuple(given.sites), rounds)
    _carry(server, given)
    done = server.federated()
    for name, table in done.tables().items():
        write_table(table, Path(given.out) / f"{name}.csv")
    write_table(pd.DataFrame({"text": done.notes}), Path(given.out) / "notes.csv")
    write_json(Path(given.out) / "federated.json", done.to_dict())
    done.rule.save(Path(given.out) / "rule")
    return given, done


def _check_rounds(own: Rounds, agreed: Rounds, file: str) -> None:
    """Refuse a server that trains, or protects, otherwise than its sites have agreed to."""
    here, there = asdict(own), asdict(agreed)
    problems = [
        f"rounds.{name}: found {here[name]!r}, the terms of the sites say {there[name]!r}"
        for name in here
        if here[name] != there[name]
    ]
    if problems:
        raise PlanError(problems, file)


def _carry(server: FederationServer, given: ServerConfig) -> None:
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
    given: SiteConfig = read_config(file, "site", SiteConfig)[0]
    return rehearse(site_of(str(file)), others=given.others)
