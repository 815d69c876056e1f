"""Training at several sites without moving their data.

Sites tell sums, updates and figures, never rows; one loop in this process is the reference, and
engines carry the same messages between machines. Each name is loaded when it is first used: the
many processes of an engine do not wait for what they have no use for.
"""

from typing import TYPE_CHECKING

from biomarkers._lazy import loaded_from

if TYPE_CHECKING:
    from biomarkers.federated.array_files import write_arrays
    from biomarkers.federated.privacy import epsilon
    from biomarkers.federated.rehearsal import dry_run
    from biomarkers.federated.result import Federated
    from biomarkers.federated.settings import Rounds
    from biomarkers.federated.training import train

_HOMES = {
    "Federated": "result",
    "Rounds": "settings",
    "dry_run": "rehearsal",
    "epsilon": "privacy",
    "train": "training",
    "write_arrays": "array_files",
}

__all__ = ["Federated", "Rounds", "dry_run", "epsilon", "train", "write_arrays"]

__getattr__ = loaded_from(__name__, _HOMES)
