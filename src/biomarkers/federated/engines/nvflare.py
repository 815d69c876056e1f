"""NVFlare on one machine: its simulator, with every site in a process of its own."""

import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

from biomarkers.errors import FederationError
from biomarkers.federated.engines import WAIT, require_engine
from biomarkers.federated.engines.bridge import ServerEnd
from biomarkers.federated.engines.nvflare_job import ALLOWED, write_job
from biomarkers.federated.engines.nvflare_records import SITES, SOCKET
from biomarkers.federated.engines.processes import failing_by_their_log
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
        command = ["simulator", str(write_job(folder, list(names), wait))]
        command += ["-w", str(folder / "workspace"), "-c", ",".join(names), "-t", str(len(names))]
        with ServerEnd(socket) as end, simulator(command, folder, socket) as process:
            with failing_by_their_log({names[each]: log for each, log in logs.items()}):
                end.drive(_Renamed(server, names), wait, lambda: process.poll() is None)
            process.wait(_END)


class _Renamed:
    """A server to which sites have the names that the user gave them."""

    def __init__(self, server: Server, names: Mapping[str, str]) -> None:
        self._server, self._names = server, names

    def ask(self) -> Message | None:
        return self._server.ask()

    def take(self, replies: Mapping[str, Message]) -> None:
        self._server.take({self._names[each]: reply for each, reply in replies.items()})


@contextmanager
def simulator(
    command: Sequence[str], folder: Path, socket: Path
) -> Iterator[subprocess.Popen[bytes]]:
    """Run a command of NVFlare, with all that it starts, within the block."""
    environment = {**os.environ, SOCKET: str(socket), SITES: str(folder)}
    with (folder / "nvflare.log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "nvflare.cli", *command],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            env=environment,
            start_new_session=True,
        )
        try:
            yield process
        except FederationError as error:
            tail = (folder / "nvflare.log").read_text(errors="replace").splitlines()[-5:]
            raise FederationError("\n".join([str(error), *tail])) from error
        except subprocess.TimeoutExpired:
            pass
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
