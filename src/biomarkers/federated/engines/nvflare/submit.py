"""Start the job, once all sites are there: ``python -m … ADMIN_KIT JOB SECONDS SITE…``."""

import socket
import sys
import time
from typing import Any

from biomarkers.files import read_json

_TICK = 0.5  # s between looks who is there, and what became of the job
_TO_COME = ("SUBMITTED", "APPROVED", "DISPATCHED")
_NOT_BEGUN = ("FINISHED:FAILED_TO_RUN", "FINISHED:CAN_NOT_SCHEDULE")


def main(kit: str, job: str, wait: str, *sites: str) -> int:
    """Wait for the sites, and submit until the job runs; return an exit status.

    A site whose line to the server is broken for some seconds stays on the server's list; a job
    that cannot be brought to it fails, and NVFlare does not try again.
    """
    from nvflare.fuel.flare_api.flare_api import new_secure_session  # noqa: PLC0415  (an extra)

    until = time.monotonic() + float(wait)
    admin = read_json(f"{kit}/startup/fed_admin.json", "the kit of an admin")["admin"]
    _wait_for_port(admin["host"], admin["port"], until)
    session = new_secure_session(admin["username"], kit, timeout=float(wait))
    try:
        while True:
            while missing := set(sites) - _connected(session):
                if time.monotonic() > until:
                    return _give_up(f"no answer from {', '.join(sorted(missing))} in {wait} s")
                time.sleep(_TICK)
            if not (why := _why_not_begun(session, session.submit_job(job), until)):
                return 0
            if time.monotonic() > until:
                return _give_up(why)
            sys.stderr.write(f"{why}; once more\n")
            sys.stderr.flush()
    finally:
        session.close()


def _give_up(why: str) -> int:
    sys.stderr.write(f"{why}\n")
    return 1


def _connected(session: Any) -> set[str]:
    return {each.name for each in session.get_system_info().client_info}


def _why_not_begun(session: Any, job: str, until: float) -> str:
    """Return why a job did not begin; empty where it did."""
    while (meta := session.get_job_meta(job))["status"] in _TO_COME:
        if time.monotonic() > until:
            return f"the job still waits: {meta.get('schedule_history', 'never tried')}"
        time.sleep(_TICK)
    if meta["status"] in _NOT_BEGUN:
        return f"the job did not begin: {meta.get('job_deploy_detail') or meta['status']}"
    return ""


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
