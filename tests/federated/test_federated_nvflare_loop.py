"""The workflow that carries our messages within NVFlare, without NVFlare's processes."""

from types import SimpleNamespace

import numpy as np
import pytest

pytestmark = pytest.mark.engines
pytest.importorskip("nvflare", reason="NVFlare is in an environment of its own: check-federated")

from nvflare.apis.shareable import Shareable  # noqa: E402

from biomarkers.federated.engines.nvflare.records import to_shareable  # noqa: E402
from biomarkers.federated.engines.nvflare.server import Loop  # noqa: E402


def test_a_site_that_is_late_is_asked_no_more():
    """NVFlare would wait for it at every message, and end the job after ten minutes."""
    asked = []

    def broadcast(task, fl_ctx, targets, min_responses, abort_signal):
        asked.append((targets, min_responses))
        for name in targets:
            if name != "B":
                result = to_shareable({"x": np.ones(1)}) if name == "A" else Shareable()
                client_task = SimpleNamespace(client=SimpleNamespace(name=name), result=result)
                task.result_received_cb(client_task, fl_ctx)

    loop = Loop(["A", "B", "C"], 5)
    loop.broadcast_and_wait = broadcast
    for _ in range(2):
        assert list(loop._exchange("ask", {}, 5, None, None)) == ["A"]
    assert asked == [(["A", "B", "C"], 3), (["A", "C"], 2)]
