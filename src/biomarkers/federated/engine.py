"""The sites of one process, handed to whatever carries the messages."""

import tempfile
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path

from biomarkers.federated.messages import Server, SiteMaker, in_process
from biomarkers.federated.settings import Rounds
from biomarkers.federated.site import CohortSite
from biomarkers.federated.site_files import write_site


def carried(server: Server, sites: Mapping[str, CohortSite], settings: Rounds) -> None:
    """Ask sites until the server has nothing left to ask.

    An engine runs each in a process of its own, which reads its cases from a file; the files lie
    in a folder that only this user reads, and go when all is done.
    """
    if settings.engine == "reference":
        in_process(server, sites)
        return
    load = import_module("biomarkers.federated.engines").load_engine
    with tempfile.TemporaryDirectory(prefix="biomarkers-sites-") as folder:
        makers = {
            name: SiteMaker(
                "biomarkers.federated.site_files:read_site",
                {"file": str(write_site(Path(folder) / f"{number}.npz", site))},
            )
            for number, (name, site) in enumerate(sites.items())
        }
        load(settings.engine)(server, makers, settings)
