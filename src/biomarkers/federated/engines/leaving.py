"""What leaves a site, written down by the site before it leaves."""

import hashlib
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from biomarkers.errors import FederationError
from biomarkers.federated.messages import ENCRYPTED, Message, Site


class WatchedSite:
    """A site whose every reply is checked, and written down before it is sent.

    Parameters
    ----------
    site
        The site.
    log
        A file of JSON objects, a line each, to which every reply is added: when, the round, the
        names and shapes of the arrays, their bytes, and their SHA-256.

    """

    def __init__(self, site: Site, log: Path | str) -> None:
        self.name = site.name
        self._site, self._log, self._round = site, Path(log), 0

    def reply(self, message: Message) -> Message:
        """Return the reply of the site.

        Raises
        ------
        FederationError
            If the reply holds anything but arrays of float64.

        """
        reply = self._site.reply(message)
        self._round += 1
        for name, array in reply.items():
            kind = _kind(name)
            if not isinstance(array, np.ndarray | np.float64) or array.dtype != kind:
                raise FederationError(
                    f"site {self.name}: {name} is {type(array).__name__}, expected an array of "
                    f"{kind.name}; nothing else may leave a site"
                )
        write_down(self._log, {"site": self.name, "round": self._round, **summary(reply)})
        return reply

    def failed(self, why: str) -> None:
        """Write down why there is no reply; that stays here."""
        write_down(self._log, {"site": self.name, "round": self._round + 1, "failed": why})


def write_down(log: Path, entry: Mapping[str, Any]) -> None:
    """Add a line to the log of a site."""
    log.parent.mkdir(parents=True, exist_ok=True)
    line = {"time": datetime.now(UTC).isoformat(timespec="milliseconds"), **entry}
    with log.open("a", encoding="utf-8") as file:
        file.write(json.dumps(line, ensure_ascii=False) + "\n")


def _kind(name: str) -> np.dtype[Any]:
    """Return of what an array that leaves has to be: numbers, or the bytes of a ciphertext."""
    return np.dtype(np.uint8 if name.startswith(ENCRYPTED) else np.float64)


def summary(message: Message) -> dict[str, Any]:
    """Return what is written down of a message: its names and shapes, bytes and SHA-256."""
    digest = hashlib.sha256()
    for name, array in message.items():
        digest.update(f"{name} {np.shape(array)}\n".encode())
        digest.update(np.ascontiguousarray(array, dtype=_kind(name).newbyteorder("<")).tobytes())
    return {
        "arrays": {name: list(np.shape(array)) for name, array in message.items()},
        "bytes": sum(np.asarray(array).nbytes for array in message.values()),
        "sha256": digest.hexdigest(),
    }


@contextmanager
def failing_by_their_log(logs: Mapping[str, str]) -> Iterator[None]:
    """Say why a site cannot answer: on one machine its log can be read."""
    try:
        yield
    except FederationError as error:
        for name, log in logs.items():
            lines = Path(log).read_text(encoding="utf-8").splitlines() if Path(log).exists() else []
            why = json.loads(lines[-1]).get("failed") if lines else None
            if why:
                raise FederationError(f"site {name} cannot answer: {why}") from error
        raise
