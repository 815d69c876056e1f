"""A server and its sites from files: what an engine starts on each machine."""

from dataclasses import asdict
from pathlib import Path

from biomarkers.errors import FileError
from biomarkers.federated.privacy import Guard
from biomarkers.federated.settings import Rounds
from biomarkers.federated.site import CohortSite
from biomarkers.federated.site_files import terms_from
from biomarkers.federated.terms import Terms, terms_of
from biomarkers.federated.training import FederationServer
from biomarkers.files import read_json, read_toml, write_json
from biomarkers.options import make_options
from biomarkers.predict.by_plan import read_predict_plan
from biomarkers.predict.nested import reached

SECTION = "federated"


def site_by_plan(site: str, *, features: str, participants: str, plan: str) -> CohortSite:
    r"""Return a site from its own tables and plan.

    Parameters
    ----------
    site
        What the server calls it.
    features, participants
        Tables, as for `predict.predict_by_plan`.
    plan
        A TOML file with `[predict]`: outcome, model, steps; and, where the site protects its
        updates, with `[federated]`: `clip` and `noise`.

    Raises
    ------
    InputError
        If a file is none that it should be, or a step needs the rows of all sites.

    Examples
    --------
    >>> from pathlib import Path
    >>> from biomarkers import federated
    >>> lines = [f"s{number},{number % 7},{number % 2}" for number in range(20)]
    >>> _ = Path("features.csv").write_text("\n".join(["subject,size,response", *lines]))
    >>> _ = Path("people.csv").write_text("\n".join(["subject,size,response", *lines]))
    >>> _ = Path("plan.toml").write_text("[predict]\noutcome = 'response'\n")
    >>> site = federated.site_by_plan("A", features="features.csv", participants="people.csv",
    ...                               plan="plan.toml")
    >>> site.terms.features
    ('size',)

    """
    wanted, settings = read_predict_plan(plan), _rounds(plan)
    cohort, recipe = wanted.cohort(features, participants), wanted.recipe(Path(plan).parent)
    terms = terms_of(recipe, cohort)
    guard = Guard(settings.clip, settings.noise)
    return CohortSite(site, reached(recipe, cohort.cases), terms, guard)


def write_terms(site: CohortSite, path: Path | str) -> Path:
    r"""Write what a site and its server have to agree on: names of features, model, outcome.

    Examples
    --------
    >>> from pathlib import Path
    >>> from biomarkers import federated
    >>> lines = [f"s{number},{number % 7},{number % 2}" for number in range(20)]
    >>> _ = Path("features.csv").write_text("\n".join(["subject,size,response", *lines]))
    >>> _ = Path("people.csv").write_text("\n".join(["subject,size,response", *lines]))
    >>> _ = Path("plan.toml").write_text("[predict]\noutcome = 'response'\n")
    >>> site = federated.site_by_plan("A", features="features.csv", participants="people.csv",
    ...                               plan="plan.toml")
    >>> federated.write_terms(site, "terms.json").name
    'terms.json'

    """
    write_json(path, asdict(site.terms))
    return Path(path)


def server_by_plan(
    plan: str, *, terms: str, sites: tuple[str, ...] | list[str]
) -> FederationServer:
    r"""Return a server, which holds no case; `federated()` gives the result after its last message.

    Parameters
    ----------
    plan
        A TOML file with `[predict]`, as at every site, and `[federated]`: the fields of `Rounds`.
    terms
        From `write_terms`, of any site.
    sites
        The names of those that take part.

    Raises
    ------
    InputError
        If a file is none that it should be.

    Examples
    --------
    >>> from pathlib import Path
    >>> from biomarkers import federated
    >>> lines = [f"s{number},{number % 7},{number % 2}" for number in range(20)]
    >>> _ = Path("features.csv").write_text("\n".join(["subject,size,response", *lines]))
    >>> _ = Path("people.csv").write_text("\n".join(["subject,size,response", *lines]))
    >>> _ = Path("plan.toml").write_text(
    ...     "[predict]\noutcome = 'response'\n[federated]\nrounds = 3\n")
    >>> site = federated.site_by_plan("A", features="features.csv", participants="people.csv",
    ...                               plan="plan.toml")
    >>> terms = federated.write_terms(site, "terms.json")
    >>> server = federated.server_by_plan("plan.toml", terms="terms.json", sites=["A", "B"])
    >>> sorted(server.ask())[:3]
    ['ask/sums', 'centre', 'folds']

    """
    return FederationServer(
        read_predict_plan(plan).recipe(Path(plan).parent), _terms(terms), tuple(sites),
        _rounds(plan),
    )  # fmt: skip


def _rounds(plan: str) -> Rounds:
    content = read_toml(plan, "a plan (TOML)").get(SECTION, {})
    settings: Rounds = make_options(Rounds, content, SECTION)
    return settings


def _terms(path: str) -> Terms:
    content = read_json(path, "the terms of a federation")
    try:
        return terms_from(content)
    except (TypeError, KeyError, AttributeError) as error:
        raise FileError(f"{path} holds no terms of a federation ({error})") from error
