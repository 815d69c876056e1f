"""Flower on one machine: the server in this process, every site in one of its own."""

import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from biomarkers.federated.engines import WAIT, require_engine
from biomarkers.federated.engines.flower.connections import ServerConnection, SiteConnection
from biomarkers.federated.engines.flower.keys import make_keys
from biomarkers.federated.engines.flower.processes import site_processes
from biomarkers.federated.engines.flower.server import listening
from biomarkers.federated.engines.leaving import failing_by_their_log
from biomarkers.federated.messages import Server, SiteMaker


def run(server: Server, sites: Mapping[str, SiteMaker], settings: Any = None) -> None:
    """Ask every site over loopback until the server has nothing left to ask.

    Raises
    ------
    FederationError
        If a site cannot answer, or does not in time.

    """
    require_engine("flower")
    wait = float(getattr(settings, "wait", WAIT))
    with tempfile.TemporaryDirectory(prefix="biomarkers-flower-") as name:
        folder = Path(name)
        keys = {site: make_keys(folder, f"site{i}") for i, site in enumerate(sites)}
        allowed = {site: public for site, (_, public) in keys.items()}
        with listening(ServerConnection(allowed, wait=wait)) as link:
            address = f"127.0.0.1:{link.port}"
            logs = {site: str(folder / f"site{i}.jsonl") for i, site in enumerate(sites)}
            connections = {
                site: SiteConnection(site, address, keys[site][0], log=logs[site], wait=wait)
                for site in sites
            }
            with site_processes(sites, connections) as look, failing_by_their_log(logs):
                link.drive(server, look_after_sites=look)
