"""What a site, and a server, are told by a file of TOML."""

from collections.abc import Mapping
from dataclasses import MISSING, asdict, dataclass, fields, replace
from importlib import import_module
from pathlib import Path
from typing import Any, Literal

from biomarkers.errors import InputError, PlanError
from biomarkers.extras import load_extra
from biomarkers.federated.engines import WAIT
from biomarkers.federated.settings import Rounds
from biomarkers.files import read_toml
from biomarkers.options import make_options, unknown_keys
from biomarkers.predict.by_plan import SECTION, PredictPlan
from biomarkers.predict.recipes import Recipe

_NOT_AT_SERVER = (
    "server.encryption: the server must not have the key of the sites; take the line away, and the "
    "file off this machine"
)


@dataclass(frozen=True)
class SiteConfig:
    """The section `[site]`; paths are relative to its file.

    Parameters
    ----------
    name
        What the server calls this site.
    features, participants
        The tables of this site, as for `predict.predict_by_plan`.
    arrays
        What a network looks at: a file that `write_arrays` made.
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
    arrays: str = ""
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


@dataclass(frozen=True)
class NetworkConfig:
    """The section `[network]`: what is trained in place of the model of `[predict]`.

    Parameters
    ----------
    kind
        `SliceSequence` or `SpectrumCNN`.
    array
        What it looks at, by its name in the file `arrays` of a site.
    clinical, width, head
        As of `deep.SliceSequence`, and the first two of `deep.SpectrumCNN`.

    """

    kind: Literal["SliceSequence", "SpectrumCNN"]
    array: str
    clinical: bool = False
    width: int | None = None
    head: str | None = None

    def model(self) -> Any:
        """Return the network; `InputError` if there is none such, or the extra is missing."""
        load_extra("torch", "a network")
        given = {name: each for name, each in asdict(self).items() if each is not None}
        kind = getattr(import_module("biomarkers.deep"), given.pop("kind"))
        if self.head and "head" not in (each.name for each in fields(kind)):
            raise InputError(f"network.head: found {self.head!r}, and a {self.kind} has none")
        return kind(given.pop("array"), **given)


@dataclass(frozen=True)
class Config:
    """What a file says: its own section, and what all have to declare alike."""

    own: Any
    plan: PredictPlan
    recipe: Recipe
    rounds: Rounds


def read_config(file: Path | str, section: str, kind: type) -> Config:
    """Read the section of a site or a server, and what all declare alike: recipe and rounds.

    Raises
    ------
    FileError
        If the file is missing or not TOML.
    PlanError, SettingsError
        If a section is absent, or naming every key that is missing, unknown or impossible.

    """
    file = Path(file)
    content = read_toml(file, f"the configuration of a {section} (TOML)")
    problems = [*unknown_keys(content, (section, SECTION, "network", "rounds"), "file")]
    for each, of in {section: kind, SECTION: PredictPlan, "network": NetworkConfig}.items():
        if each == "network" and each not in content:
            continue
        if not isinstance(content.get(each), Mapping):
            problems.append(f"no section [{each}]")
        else:
            problems += _lacking(content[each], of, each)
    if section == "server" and "encryption" in content.get("server", {}):
        problems.append(_NOT_AT_SERVER)
    if "network" in content and "model" in content.get(SECTION, ()):
        problems.append(f"{SECTION}.model and [network]: choose one")
    if problems:
        raise PlanError(problems, str(file))
    plan: PredictPlan = make_options(PredictPlan, content[SECTION], SECTION)
    recipe = plan.recipe(file.parent)
    if "network" in content:
        network: NetworkConfig = make_options(NetworkConfig, content["network"], "network")
        recipe = replace(recipe, model=network.model())
    rounds = make_options(Rounds, content.get("rounds", {}), "rounds")
    own = _beside(file, make_options(kind, content[section], section))
    return Config(own, plan, recipe, rounds)


_OF_ENGINES = {
    "site": {"flower": ("address", "key"), "nvflare": ("kit",)},
    "server": {"flower": ("address",), "nvflare": ("kit", "admin")},
}


def require_connection(own: SiteConfig | ServerConfig) -> None:
    """Make sure that a site or a server says how it reaches the others; `PlanError`."""
    section = "site" if isinstance(own, SiteConfig) else "server"
    needed = _OF_ENGINES[section][own.engine]
    lacking = [name for name in needed if not getattr(own, name)]
    if lacking:
        raise PlanError(
            [f"{section}.{name} is missing, which engine {own.engine} needs" for name in lacking],
            f"[{section}]",
        )


def _lacking(given: Mapping[str, Any], kind: type, section: str) -> list[str]:
    """Return a line for every key without which there is nothing to do."""
    return [
        f"{section}.{each.name} is missing"
        for each in fields(kind)
        if each.default is MISSING and each.default_factory is MISSING and each.name not in given
    ]


_PATHS = (
    "features", "participants", "arrays", "ca", "kit", "log", "terms", "out", "certificate",
    "admin", "key", "encryption",
)  # fmt: skip


def _beside(file: Path, given: Any) -> Any:
    """Return settings whose paths are those beside their file."""
    folder = file.resolve().parent
    there = {name: value for name, value in asdict(given).items() if name in _PATHS and value}
    changed: dict[str, Any] = {name: str(folder / value) for name, value in there.items()}
    if isinstance(getattr(given, "sites", None), Mapping):
        changed["sites"] = {name: str(folder / key) for name, key in given.sites.items()}
    return replace(given, **changed)
