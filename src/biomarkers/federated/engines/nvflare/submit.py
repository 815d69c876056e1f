"""Start the job, once all sites are there: ``python -m … ADMIN_KIT JOB SECONDS SITE…``."""

import sys
import time

from nvflare.fuel.flare_api.flare_api import new_secure_session

from biomarkers.files import read_json

_TICK = 0.5  # s between looks who is there


def main(kit: str, job: str, wait: str, *sites: str) -> int:
    """Wait for the sites, and submit; return an exit status."""
    until = time.monotonic() + float(wait)
    user = read_json(f"{kit}/startup/fed_admin.json", "the kit of an admin")["admin"]["username"]
    session = new_secure_session(user, kit, timeout=float(wait))
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


def _connected(session: object) -> set[str]:
    return {each.name for each in session.get_system_info().client_info}  # type: ignore[attr-defined]


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
