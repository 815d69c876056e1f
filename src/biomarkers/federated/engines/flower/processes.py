"""Sites as processes of this machine, each with its own data."""

import json
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import asdict
from functools import partial
from typing import Any

from biomarkers.errors import FederationError
from biomarkers.federated.engines.flower.connections import SiteConnection
from biomarkers.federated.engines.flower.site import take_part
from biomarkers.federated.messages import SiteMaker

_END = 10.0  # s to end by itself, once all is done


@contextmanager
def site_processes(
    makers: Mapping[str, SiteMaker], connections: Mapping[str, SiteConnection]
) -> Iterator[Callable[[], None]]:
    """Start a process for every site; end them with the block.

    What is given looks after them, and raises `FederationError` if one has failed.
    """
    with ExitStack() as started:
        running = {}
        for name, maker in makers.items():
            words = {"maker": asdict(maker), "connection": asdict(connections[name])}
            running[name] = started.enter_context(_process(json.dumps(words)))
        yield partial(_look_after, running)


def _look_after(running: Mapping[str, "subprocess.Popen[bytes]"]) -> None:
    for name, process in running.items():
        if process.poll():
            raise FederationError(
                f"site {name}: its process has failed ({process.returncode}); its words are above"
            )


@contextmanager
def _process(words: str) -> Iterator["subprocess.Popen[bytes]"]:
    begin = f"import sys; from {__name__} import answer_here; answer_here(sys.argv[1])"
    command = [sys.executable, "-c", begin, words]
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    try:
        yield process
        process.wait(_END)
    except subprocess.TimeoutExpired:
        pass
    finally:
        process.kill()
        process.wait()


def answer_here(words: str) -> None:
    """Make a site in this process, and let it take part."""
    given: dict[str, Any] = json.loads(words)
    site = SiteMaker(**given["maker"])()
    take_part(site, SiteConnection(**given["connection"]))
