"""What travels between a server and its sites: named arrays of float64, and nothing else.

But ciphertexts, arrays of bytes, whose names begin with `ENCRYPTED`.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib import import_module
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

Message = dict[str, NDArray[Any]]
ENCRYPTED = "encrypted/"  # before the names of ciphertexts
_WORD = 4  # bytes of a digest that a number of 64 bits holds exactly


class Server(Protocol):
    """What asks the sites, and makes a model of what they reply."""

    def ask(self) -> Message | None:
        """Return the next message for every site; None when there is nothing left to ask."""

    def take(self, replies: Mapping[str, Message]) -> None:
        """Take the replies by the name of their site; a site that did not answer is left out."""


class Site(Protocol):
    """The client function: it holds the data of a site, and knows nothing of transport."""

    name: str

    def reply(self, message: Message) -> Message:
        """Return what this site says to a message."""


def digest(content: bytes) -> NDArray[np.float64]:
    """Return the SHA-256 of bytes, as eight numbers that a message can hold."""
    return np.frombuffer(hashlib.sha256(content).digest(), dtype=f">u{_WORD}").astype(np.float64)


def in_process(server: Server, sites: Mapping[str, Site]) -> None:
    """Ask every site in this process, one after the other, until nothing is left to ask."""
    while (message := server.ask()) is not None:
        server.take({name: site.reply(message) for name, site in sites.items()})


@dataclass(frozen=True)
class SiteMaker:
    """How a site is made in a process of its own: by words, so that no data goes with them.

    Parameters
    ----------
    make
        The function that returns the `Site`, as ``package.module:function``.
    arguments
        Its keyword arguments: text, numbers and their lists and tables, as JSON holds them; the
        site's data are a path among them.

    """

    make: str
    arguments: Mapping[str, Any] = field(default_factory=dict)

    def __call__(self) -> Site:
        """Make the site, in this process."""
        module, _, function = self.make.partition(":")
        site: Site = getattr(import_module(module), function)(**self.arguments)
        return site
