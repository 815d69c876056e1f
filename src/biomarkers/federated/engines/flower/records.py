"""Messages as Flower carries them: bit by bit the same arrays."""

from typing import Any

import numpy as np

from biomarkers.federated.messages import Message

_RECORD = "message"
# What Flower calls a message that goes to a site: an action of the kind `query`.
ASK, DONE, STOPPED = "query.ask", "query.done", "query.stopped"


def to_record(message: Message) -> Any:
    """Return the `RecordDict` with the arrays of a message."""
    from flwr.app import Array, ArrayRecord, RecordDict  # noqa: PLC0415  (an extra)

    arrays = {name: Array(np.asarray(array)) for name, array in message.items()}
    return RecordDict({_RECORD: ArrayRecord(arrays)})


def from_record(record: Any) -> Message | None:
    """Return the arrays of a `RecordDict`; None where it holds something else."""
    try:
        return {name: array.numpy() for name, array in record[_RECORD].items()}
    except (AttributeError, KeyError, TypeError, ValueError):
        return None
