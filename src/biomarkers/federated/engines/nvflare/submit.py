"""Start the job, once all sites are there: ``python -m … ADMIN_KIT JOB SECONDS SITE…``."""

import socket
import sys
import time
from typing import Any

from biomarkers.files import read_json

_TICK = 0.5  # s between looks who is there


def main(kit: str, job: str, wait: str, *sites: str) -> int:
    """Wait for the sites, and submit; return an exit status."""
    from nvflare.fuel.flare_api.flare_api import new_secure_session  # noqa: PLC0415  (an extra)

    until = time.monotonic() + float(wait)
    admin = read_json(f"{kit}/startup/fed_admin.json", "the kit of an admin")["admin"]
    _wait_for_port(admin["host"], admin["port"], until)
    session = new_secure_session(admin["username"], kit, timeout=float(wait))
    try:
        while missing := set(sites) - _connected(session):
            if time.monotonic() > until:
                sys.stderr.write(f"no answer from {', '.join(sorted(missing))} in {wait} s\n")
                return 1
            time.sleep(_TICK)
        session.submit_job(job)
        return 0
    finally:
        session.close()


def _connected(session: Any) -> set[str]:
    return {each.name for each in session.get_system_info().client_info}


def _wait_for_port(host: str, port: int, until: float) -> None:
    """Wait for the server: who knocks too early is let wait for a minute by NVFlare."""
    while time.monotonic() < until:
        try:
            socket.create_connection((host, port), _TICK).close()
            return
        except OSError:
            time.sleep(_TICK)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
