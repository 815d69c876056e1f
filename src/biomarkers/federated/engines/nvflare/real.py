"""NVFlare between machines: a server and sites with start-up kits of one provision."""

import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from subprocess import Popen
from tempfile import TemporaryDirectory

from biomarkers.errors import FederationError
from biomarkers.federated.engines import WAIT, require_engine
from biomarkers.federated.engines.nvflare.bridge import ServerEnd
from biomarkers.federated.engines.nvflare.job import write_job
from biomarkers.federated.engines.nvflare.kit import (
    command_of,
    greet,
    is_there,
    narrow,
    require_kit,
)
from biomarkers.federated.engines.nvflare.processes import running
from biomarkers.federated.engines.nvflare.records import DONE, SITES, SOCKET
from biomarkers.federated.messages import Server, SiteMaker
from biomarkers.files import write_json

_ROOM = __name__.rpartition(".")[0]
_LOOK = 5.0  # s between looks for the server
_TICK = 0.2  # s between looks whether something has happened


@dataclass(frozen=True)
class ServerKit:
    """What a server of NVFlare has.

    Parameters
    ----------
    kit
        The folder of its start-up kit.
    admin
        The folder of the start-up kit of the user who starts the job (a project admin).
    sites
        The names of the sites that may take part.
    wait
        How long sites have to come, and to answer a message, s.

    """

    kit: str
    admin: str
    sites: Sequence[str]
    wait: float = WAIT


@dataclass(frozen=True)
class SiteKit:
    """What a site of NVFlare has.

    Parameters
    ----------
    name
        What the provision calls this site.
    kit
        The folder of its start-up kit.
    log
        Where the site writes down what left it, a JSON object a line.
    wait
        How long the server may be out of reach, s.

    """

    name: str
    kit: str
    log: str = "left.jsonl"
    wait: float = WAIT


def serve(server: Server, given: ServerKit) -> None:
    """Ask the sites until the server has nothing left to ask.

    Raises
    ------
    FederationError
        If a kit is none, a site does not come, or one cannot answer.

    """
    require_engine("nvflare")
    kit, admin = require_kit(given.kit, "server"), require_kit(given.admin, "admin")
    door = {"id": "door", "path": f"{_ROOM}.handlers.Door"}
    narrow(kit, [door | {"args": {"sites": list(given.sites)}}])
    job = write_job(kit / "biomarkers", given.sites, given.wait)
    start = ["-m", f"{_ROOM}.submit", str(admin), str(job), str(given.wait), *given.sites]
    with (
        # The name of a socket may have a hundred letters: that of a folder of a kit is too long.
        TemporaryDirectory(prefix="biomarkers-") as short,
        ServerEnd(Path(short) / "socket") as end,
        running(
            command_of(kit, "server"), {SOCKET: f"{short}/socket"}, kit / "server.log"
        ) as process,
        running(start, {}, kit / "submit.log") as submit,
    ):
        end.drive(server, given.wait, lambda: process.poll() is None and not submit.poll())


def take_part(maker: SiteMaker, given: SiteKit) -> None:
    """Answer the messages of a server until it says that all is done.

    Raises
    ------
    FederationError
        If the kit is none, or the server cannot be reached, is not who it should be, or refuses
        this site.

    """
    require_engine("nvflare")
    kit = require_kit(given.kit, "client")
    here = kit / "biomarkers"
    write_json(
        here / f"{given.name}.json",
        {"maker": asdict(maker), "log": str(Path(given.log).resolve())},
    )
    registered, done = here / "registered", here / f"{given.name}{DONE}"
    for mark in (registered, done):
        mark.unlink(missing_ok=True)
    handler = {"id": "registered", "path": f"{_ROOM}.handlers.Registered"}
    narrow(kit, [handler | {"args": {"file": str(registered)}}])
    greet(kit, given.wait)
    command = command_of(kit, "client", f"uid={given.name}")
    with running(command, {SITES: str(here)}, kit / "client.log") as process:
        until = time.monotonic() + given.wait
        while not registered.exists():
            if process.poll() is not None or time.monotonic() > until:
                raise FederationError(
                    f"the server refuses site {given.name}: it is not on its list, or is there "
                    "already"
                )
            time.sleep(_TICK)
        _stay(process, done, kit, given.wait)


def _stay(process: "Popen[bytes]", done: Path, kit: Path, wait: float) -> None:
    """Stay until all is done, or the server is out of reach for too long."""
    seen = looked = time.monotonic()
    while not done.exists():
        if time.monotonic() - looked > _LOOK:
            looked = time.monotonic()
            seen = looked if is_there(kit) else seen
        if process.poll() is not None or time.monotonic() - seen > wait + _LOOK:
            raise FederationError(f"the server of {kit} is gone before all was done")
        time.sleep(_TICK)
