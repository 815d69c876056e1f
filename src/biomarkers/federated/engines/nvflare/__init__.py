"""NVFlare on one machine: its simulator, with every site in a process of its own."""

import subprocess
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any

from biomarkers.federated.engines import WAIT, require_engine
from biomarkers.federated.engines.leaving import failing_by_their_log
from biomarkers.federated.engines.nvflare.bridge import ServerEnd
from biomarkers.federated.engines.nvflare.job import ALLOWED, write_job
from biomarkers.federated.engines.nvflare.processes import running
from biomarkers.federated.engines.nvflare.records import SITES, SOCKET
from biomarkers.federated.messages import Message, Server, SiteMaker
from biomarkers.files import write_json

_END = 30.0  # s to end by itself, once all is done


def run(server: Server, sites: Mapping[str, SiteMaker], settings: Any = None) -> None:
    """Ask every site over loopback until the server has nothing left to ask.

    Raises
    ------
    FederationError
        If a site cannot answer, or does not in time.

    """
    require_engine("nvflare")
    wait = float(getattr(settings, "wait", WAIT))
    with tempfile.TemporaryDirectory(prefix="biomarkers-nvflare-") as name:
        folder = Path(name)
        # NVFlare allows fewer letters in the name of a site than we do.
        names = {f"site-{i}": site for i, site in enumerate(sites, 1)}
        logs = {each: str(folder / f"{each}.jsonl") for each in names}
        for each, site in names.items():
            write_json(folder / f"{each}.json", {"maker": asdict(sites[site]), "log": logs[each]})
        allowed = {"format_version": 2, "class_allow_list": ALLOWED}
        write_json(folder / "workspace" / "local" / "resources.json", allowed)
        socket = folder / "server.socket"
        command = ["-m", "nvflare.cli", "simulator", str(write_job(folder, list(names), wait))]
        command += ["-w", str(folder / "workspace"), "-c", ",".join(names), "-t", str(len(names))]
        environment = {SOCKET: str(socket), SITES: str(folder)}
        with (
            failing_by_their_log({names[each]: log for each, log in logs.items()}),
            ServerEnd(socket) as end,
            running(command, environment, folder / "nvflare.log") as process,
        ):
            end.drive(_Renamed(server, names), wait, lambda: process.poll() is None)
            with suppress(subprocess.TimeoutExpired):
                process.wait(_END)


class _Renamed:
    """A server to which sites have the names that the user gave them."""

    def __init__(self, server: Server, names: Mapping[str, str]) -> None:
        self._server, self._names = server, names

    def ask(self) -> Message | None:
        return self._server.ask()

    def take(self, replies: Mapping[str, Message]) -> None:
        self._server.take({self._names[each]: reply for each, reply in replies.items()})
