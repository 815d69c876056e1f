"""The server's side of NVFlare: a workflow that carries the messages of our server."""

import os
from typing import Any

from biomarkers.federated.engines.nvflare.bridge import EngineEnd
from biomarkers.federated.engines.nvflare.parts import part
from biomarkers.federated.engines.nvflare.records import (
    END,
    SOCKET,
    TASK,
    from_shareable,
    to_shareable,
)
from biomarkers.federated.messages import Message

_Controller: Any = part("apis.impl.controller", "Controller")
_LAST_WAIT = 10  # s for the sites to hear that all is done
_CHECK = 0.05  # s between NVFlare's looks at what has come


class Loop(_Controller):  # type: ignore[misc]
    """Ask every site until the server has nothing left to ask.

    Parameters
    ----------
    sites
        The names of the sites, in the order of their sums.
    wait
        How long they have to answer, s.

    """

    def __init__(self, sites: list[str], wait: int) -> None:
        super().__init__(task_check_period=_CHECK)
        self._sites, self._wait = sites, wait
        self._there = set(sites)  # a site that is late is gone: NVFlare does not start it again

    def start_controller(self, fl_ctx: Any) -> None:
        """Reach the server."""
        from nvflare.app_common.decomposers import common_decomposers  # noqa: PLC0415  (an extra)

        common_decomposers.register()
        self._server = EngineEnd(os.environ[SOCKET])

    def control_flow(self, abort_signal: Any, fl_ctx: Any) -> None:
        """Carry messages until all is done, and tell the sites."""
        while not abort_signal.triggered and (message := self._server.ask()) is not None:
            replies = self._exchange(TASK, message, self._wait, abort_signal, fl_ctx)
            self._server.take({name: replies[name] for name in self._sites if name in replies})
        self._exchange(END, {}, _LAST_WAIT, abort_signal, fl_ctx)
        self._server.close()

    def _exchange(
        self, task: str, message: Message, wait: int, abort_signal: Any, fl_ctx: Any
    ) -> dict[str, Message]:
        """Return the replies; a site that cannot answer, or not in arrays, is left out.

        One that says nothing in time is asked no more: every message would wait for it.
        """
        from nvflare.apis.controller_spec import Task  # noqa: PLC0415
        from nvflare.apis.fl_constant import ReturnCode  # noqa: PLC0415

        replies: dict[str, Message] = {}
        heard: set[str] = set()
        asked = [name for name in self._sites if name in self._there]
        if not asked:
            return replies

        def take(client_task: Any, fl_ctx: Any) -> None:
            name, result = client_task.client.name, client_task.result
            heard.add(name)
            content = from_shareable(result) if result.get_return_code() == ReturnCode.OK else None
            if content is not None:
                replies[name] = content

        self.broadcast_and_wait(
            Task(task, to_shareable(message), timeout=wait, result_received_cb=take),
            fl_ctx,
            targets=asked,
            min_responses=len(asked),
            abort_signal=abort_signal,
        )
        self._there &= heard
        return replies

    def stop_controller(self, fl_ctx: Any) -> None:
        """Nothing is left open."""

    def process_result_of_unknown_task(self, *unknown: Any) -> None:
        """Drop a reply that came too late."""
