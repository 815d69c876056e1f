"""A server that stays in one process, and answers for it in the process of an engine.

The file of the socket lies in a folder that only its user can enter; what is sent are arrays in
NumPy's format, never pickles.
"""

import io
import time
from collections.abc import Callable, Mapping
from multiprocessing.connection import Client, Connection, Listener
from pathlib import Path
from threading import Thread

import numpy as np

from biomarkers.errors import FederationError
from biomarkers.federated.messages import Message, Server

_TICK = 0.05  # s between looks whether the engine still runs
_LAST_WAIT = 15.0  # s for the engine to tell the sites that all is done
_NONE = b""


class ServerEnd:
    """The end at the server: it waits for the engine, and lets it ask."""

    def __init__(self, socket: Path) -> None:
        self._listener = Listener(str(socket), "AF_UNIX")
        self._came: list[Connection] = []
        Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        try:
            self._came.append(self._listener.accept())
        except OSError:  # closed before anyone came
            return

    def __enter__(self) -> "ServerEnd":
        """Return this end."""
        return self

    def __exit__(self, *error: object) -> None:
        """Close it."""
        for each in self._came:
            each.close()
        self._listener.close()

    def drive(self, server: Server, wait: float, is_alive: Callable[[], bool]) -> None:
        """Let the engine carry messages until the server has nothing left to ask.

        Raises
        ------
        FederationError
            If the engine does not come, or ends.

        """
        until = time.monotonic() + wait
        while not self._came:
            if not is_alive() or time.monotonic() > until:
                raise FederationError(f"NVFlare did not begin within {wait:.0f} s, or ended")
            time.sleep(_TICK)
        connection = self._came[0]
        while (message := server.ask()) is not None:
            connection.send_bytes(packed(message))
            server.take(self._replies(connection, is_alive))
        connection.send_bytes(_NONE)
        self._see_off(connection, is_alive)

    def _see_off(self, connection: Connection, is_alive: Callable[[], bool]) -> None:
        """Wait until the engine has told the sites, and closes the line."""
        until = time.monotonic() + _LAST_WAIT
        while is_alive() and time.monotonic() < until and not connection.poll(_TICK):
            pass

    def _replies(self, connection: Connection, is_alive: Callable[[], bool]) -> dict[str, Message]:
        while not connection.poll(_TICK):
            if not is_alive():
                raise FederationError("NVFlare ended before all was done")
        try:
            count = int(connection.recv_bytes())
            return {
                connection.recv_bytes().decode(): unpacked(connection.recv_bytes())
                for _ in range(count)
            }
        except EOFError as error:
            raise FederationError("NVFlare ended before all was done") from error


class EngineEnd:
    """The end in the engine: a `Server` that asks the one at the other end."""

    def __init__(self, socket: str) -> None:
        self._connection = Client(socket, "AF_UNIX")

    def ask(self) -> Message | None:
        """Return the next message for every site; None when there is nothing left to ask."""
        content = self._connection.recv_bytes()
        return unpacked(content) if content != _NONE else None

    def take(self, replies: Mapping[str, Message]) -> None:
        """Hand over the replies."""
        self._connection.send_bytes(str(len(replies)).encode())
        for name, reply in replies.items():
            self._connection.send_bytes(name.encode())
            self._connection.send_bytes(packed(reply))

    def close(self) -> None:
        """Close the line: all is done, and the sites know."""
        self._connection.close()


def packed(message: Message) -> bytes:
    """Return a message as bytes that are not empty."""
    into = io.BytesIO()
    # Numbered, since a name may be one that a file of an archive cannot have.
    arrays = {f"array{i}": array for i, array in enumerate(message.values())}
    np.savez(into, allow_pickle=False, names=np.array(list(message), str), **arrays)
    return into.getvalue()


def unpacked(content: bytes) -> Message:
    """Return the message that was packed."""
    with np.load(io.BytesIO(content), allow_pickle=False) as archive:
        return {str(name): archive[f"array{i}"] for i, name in enumerate(archive["names"])}
