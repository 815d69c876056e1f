"""The processes of NVFlare, and all that they start: none outlives its block."""

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from biomarkers.errors import FederationError

_LINES = 8  # of the log, shown where something went wrong
_END = 5.0  # s to end by itself


@contextmanager
def running(
    arguments: Sequence[str], environment: Mapping[str, str], log: Path
) -> Iterator[subprocess.Popen[bytes]]:
    """Run Python within the block; errors of the block show the last lines of its log."""
    with log.open("wb") as file:
        process = subprocess.Popen(
            [sys.executable, *arguments],
            stdin=subprocess.DEVNULL,
            stdout=file,
            stderr=file,
            env={**os.environ, **environment},
            # NVFlare looks for its configuration in all that lies below: a minute, in /tmp.
            cwd=log.parent,
        )
        try:
            yield process
        except FederationError as error:
            tail = log.read_text(errors="replace").splitlines()[-_LINES:]
            raise FederationError("\n".join([str(error), f"{log}:", *tail])) from error
        finally:
            _end(process)


def _end(process: "subprocess.Popen[bytes]") -> None:
    """End a process, and what it started: NVFlare gives those sessions of their own."""
    import psutil  # noqa: PLC0415  (comes with NVFlare)

    family = []
    with suppress(psutil.NoSuchProcess):
        family = psutil.Process(process.pid).children(recursive=True)
    process.terminate()
    with suppress(subprocess.TimeoutExpired):
        process.wait(_END)
    process.kill()
    process.wait()
    for child in family:
        with suppress(psutil.NoSuchProcess):
            child.kill()
