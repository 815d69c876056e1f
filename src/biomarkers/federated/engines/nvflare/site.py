"""A site's side of NVFlare: what answers messages, with the data of the site alone.

NVFlare makes it by its name, in the process of the job; so the module imports NVFlare at once.
"""

import json
import os
from pathlib import Path
from typing import Any

from nvflare.apis.event_type import EventType
from nvflare.apis.executor import Executor
from nvflare.apis.fl_constant import ReturnCode
from nvflare.apis.shareable import make_reply
from nvflare.app_common.decomposers import common_decomposers

from biomarkers.errors import in_words
from biomarkers.federated.engines.leaving import WatchedSite
from biomarkers.federated.engines.nvflare.records import (
    DONE,
    SITES,
    from_shareable,
    to_shareable,
)
from biomarkers.federated.messages import SiteMaker


class Answer(Executor):  # type: ignore[misc]
    """Answer every message; the data are found where the environment of this site says."""

    def __init__(self) -> None:
        super().__init__()
        common_decomposers.register()
        self._site: WatchedSite | None = None

    def handle_event(self, event_type: str, fl_ctx: Any) -> None:
        """Leave a file when the job has ended."""
        if event_type == EventType.END_RUN:
            (Path(os.environ[SITES]) / f"{fl_ctx.get_identity_name()}{DONE}").touch()

    def execute(self, task_name: str, shareable: Any, fl_ctx: Any, abort_signal: Any) -> Any:
        """Return the reply of the site."""
        try:
            if self._site is None:
                self._site = site_of(fl_ctx.get_identity_name())
            return to_shareable(self._site.reply(from_shareable(shareable)))
        except Exception as error:
            # Its words may tell data: they stay here.
            if self._site is not None:
                self._site.failed(in_words(error))
            return make_reply(ReturnCode.EXECUTION_EXCEPTION)


def site_of(name: str) -> WatchedSite:
    """Make the site that this process stands for."""
    words = json.loads((Path(os.environ[SITES]) / f"{name}.json").read_text(encoding="utf-8"))
    return WatchedSite(SiteMaker(**words["maker"])(), words["log"])
