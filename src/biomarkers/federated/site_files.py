"""A site as a file of arrays and words, from which a process of its own makes it again."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from biomarkers.errors import FileError
from biomarkers.federated.encryption import Key
from biomarkers.federated.settings import Rounds
from biomarkers.federated.site import CohortSite
from biomarkers.federated.terms import Terms
from biomarkers.predict.cases import Cases

_ARRAY = "array/"
_WIDTH = 9  # digits that stand for a subject


def write_site(path: Path, site: CohortSite) -> Path:
    """Write a site and return the path; the file holds its rows and belongs to this machine."""
    cases = site.cases
    _, subject = np.unique(cases.subject, return_inverse=True)
    words = {"name": site.name, "terms": asdict(site.terms)}
    arrays: dict[str, Any] = {f"{_ARRAY}{name}": each for name, each in cases.arrays.items()}
    if site.key:
        arrays["key"] = np.frombuffer(site.key.content, dtype=np.uint8)
    with path.open("wb") as stream:
        np.savez(
            stream, features=cases.features, positive=cases.positive, subject=subject,
            words=np.array(json.dumps(words)), **arrays,
        )  # fmt: skip
    path.chmod(0o600)
    return path


def read_site(file: str) -> CohortSite:
    """Return the site of a file.

    Raises
    ------
    FileError
        If it is none that `write_site` made.

    """
    try:
        with np.load(file, allow_pickle=False) as stored:
            content = {name: stored[name] for name in stored.files}
        words = json.loads(str(content["words"]))
        terms = terms_from(words["terms"])
        cases = _cases(content, terms, words["name"])
        key = Key(content["key"].tobytes()) if "key" in content else None
        return CohortSite(words["name"], cases, terms, key=key)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise FileError(f"{file} is no file of a site ({error})") from error


def _cases(content: dict[str, Any], terms: Terms, name: str) -> Cases:
    # Of one width, so that their order, and with it the folds, is that of the names.
    subject = np.char.zfill(content["subject"].astype(str), _WIDTH)
    return Cases(
        features=content["features"],
        names=terms.features,
        positive=content["positive"],
        time=None,
        subject=subject,
        site=np.full(len(subject), name),
        blocks={},
        everyone=frozenset(subject.tolist()),
        arrays={
            each.removeprefix(_ARRAY): array
            for each, array in content.items()
            if each.startswith(_ARRAY)
        },
    )


def terms_from(content: dict[str, Any]) -> Terms:
    """Return terms as JSON held them."""
    given: dict[str, Any] = {
        name: tuple(value) if isinstance(value, list) else value for name, value in content.items()
    }
    given["arrays"] = {name: tuple(shape) for name, shape in content["arrays"].items()}
    given["rounds"] = Rounds(**content["rounds"])
    return Terms(**given)
