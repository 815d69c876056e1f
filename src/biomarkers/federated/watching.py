"""How far a federation is, for whoever looks at the terminal of the server or of a site."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from threading import Event, Thread
from typing import Any, Protocol

from biomarkers.federated.messages import ENCRYPTED, Message, Server

UPDATE = "ask/update"
_LOOK = 0.5  # s between looks at a log


class Watcher(Protocol):
    """What shows how far things are; `cli.progress.Progress` is one."""

    def say(self, text: str) -> None:
        """Announce a stage."""

    def __call__(self, done: int, total: int, what: str) -> None:
        """Show that `done` of `total` are done, `what` being the last."""


class Silent:
    """Shows nothing."""

    def say(self, text: str) -> None:
        """Do nothing."""

    def __call__(self, done: int, total: int, what: str) -> None:
        """Do nothing."""


class ServerProgress:
    """A server whose rounds are shown, and which sites are missing in them.

    Parameters
    ----------
    server
        What asks.
    sites
        Their names.
    rounds
        Of updates.
    watcher
        What shows them.

    """

    def __init__(self, server: Server, sites: Sequence[str], rounds: int, watcher: Watcher) -> None:
        self._server, self._sites, self._rounds, self._watcher = server, sites, rounds, watcher
        self._message: Message | None = None
        self._missing: list[str] | None = None

    def ask(self) -> Message | None:
        """Return the next message for every site; None when there is nothing left to ask."""
        self._message = self._server.ask()
        return self._message

    def take(self, replies: Mapping[str, Message]) -> None:
        """Take the replies, and show who answered."""
        missing = [site for site in self._sites if site not in replies]
        if self._missing is None and replies:
            self._watcher.say(f"Answer    from {', '.join(replies)}; training begins")
        if missing != (self._missing or []):
            gone = f"no answer from {', '.join(missing)}{'; the others go on' if replies else ''}"
            self._watcher.say(f"Sites     {gone if missing else 'all answer again'}")
        self._missing = missing
        if self._message and UPDATE in self._message:
            number = int(self._message[UPDATE])
            self._watcher(number, self._rounds, f"round {number}: {', '.join(replies)}")
        self._server.take(replies)


class SiteProgress:
    """What has left a site, line by line of its log.

    Parameters
    ----------
    name
        Of the site.
    rounds
        Of updates.
    watcher
        What shows them.

    """

    def __init__(self, name: str, rounds: int, watcher: Watcher) -> None:
        self._name, self._rounds, self._watcher = name, rounds, watcher
        self.replies, self.bytes, self.failures, self._updates = 0, 0, 0, 0
        self._reason = ""

    def __call__(self, entry: Mapping[str, Any]) -> None:
        """Count and show a line of the log of this site."""
        if entry.get("site") != self._name:
            return
        if "failed" in entry:
            self.failures += 1
            if entry["failed"] != self._reason:  # the same is said once
                self._reason = entry["failed"]
                self._watcher.say(f"Failed    no answer was sent: {self._reason}")
            return
        self.replies, self.bytes = self.replies + 1, self.bytes + entry["bytes"]
        if self.replies == 1:
            self._watcher.say("Joined    the server asks, this site answers")
        if any(name == "update" or name.startswith(ENCRYPTED) for name in entry["arrays"]):
            self._updates += 1
            sent = f"{self.replies} replies, {self.bytes:,} bytes"
            self._watcher(min(self._updates, self._rounds), self._rounds, sent)


@contextmanager
def followed(log: Path, listen: Callable[[Mapping[str, Any]], None]) -> Iterator[None]:
    """Tell of every line that is added to a log of JSON objects within the block."""
    start, done = log.stat().st_size if log.exists() else 0, Event()
    thread = Thread(target=_follow, args=(log, start, done, listen), daemon=True)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()


def _follow(
    log: Path, start: int, done: Event, listen: Callable[[Mapping[str, Any]], None]
) -> None:
    last = False
    while not last:
        last = done.wait(_LOOK)
        if not log.exists():
            continue
        with log.open("rb") as file:
            file.seek(start)
            for line in file:
                if line.endswith(b"\n"):
                    start += len(line)
                    listen(json.loads(line))
