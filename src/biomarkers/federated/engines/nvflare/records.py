"""Messages as NVFlare carries them: bit by bit the same arrays."""

from typing import Any

import numpy as np

from biomarkers.federated.messages import Message

TASK, END = "ask", "end"  # what NVFlare calls the work of answering a message, and of going
SOCKET = "BIOMARKERS_FEDERATION_SOCKET"  # where the process of NVFlare's server finds ours
DONE = ".done"  # how the file of a site's name ends that is there when all is done
SITES = "BIOMARKERS_FEDERATION_SITES"  # the folder with a file for each site of this machine


def to_shareable(message: Message) -> Any:
    """Return the `Shareable` with the arrays of a message."""
    from nvflare.apis.dxo import DXO, DataKind  # noqa: PLC0415  (an extra)

    arrays = {name: np.asarray(array) for name, array in message.items()}
    return DXO(DataKind.WEIGHTS, data=arrays).to_shareable()


def from_shareable(shareable: Any) -> Message | None:
    """Return the arrays of a `Shareable`; None where it holds something else."""
    from nvflare.apis.dxo import from_shareable as parsed  # noqa: PLC0415

    try:
        return {str(name): np.asarray(array) for name, array in parsed(shareable).data.items()}
    except (AttributeError, KeyError, TypeError, ValueError):
        return None
