"""Sites as processes of this machine, each with its own data."""

import json
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import asdict
from typing import Any

from biomarkers.federated.engines.flower.connections import SiteConnection
from biomarkers.federated.engines.flower.site import take_part
from biomarkers.federated.messages import SiteMaker

_END = 10.0  # s to end by itself, once all is done


@contextmanager
def site_processes(
    makers: Mapping[str, SiteMaker], connections: Mapping[str, SiteConnection]
) -> Iterator[None]:
    """Start a process for every site; end them with the block."""
    with ExitStack() as started:
        for name, maker in makers.items():
            words = {"maker": asdict(maker), "connection": asdict(connections[name])}
            started.enter_context(_process(json.dumps(words)))
        yield


@contextmanager
def _process(words: str) -> Iterator[None]:
    begin = f"import sys; from {__name__} import answer_here; answer_here(sys.argv[1])"
    command = [sys.executable, "-c", begin, words]
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    try:
        yield
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
