"""A site's side of NVFlare: what answers messages, with the data of the site alone."""

import json
import os
from pathlib import Path
from typing import Any

from biomarkers.errors import FederationError, in_words
from biomarkers.federated.engines.leaving import WatchedSite, write_down
from biomarkers.federated.engines.nvflare.parts import part
from biomarkers.federated.engines.nvflare.records import (
    DONE,
    END,
    SITES,
    from_shareable,
    to_shareable,
)
from biomarkers.federated.messages import SiteMaker

_Executor: Any = part("apis.executor", "Executor")


class Answer(_Executor):  # type: ignore[misc]
    """Answer every message; the data are found where the environment of this site says."""

    def __init__(self) -> None:
        from nvflare.app_common.decomposers import common_decomposers  # noqa: PLC0415  (an extra)

        super().__init__()
        common_decomposers.register()
        self._site: WatchedSite | None = None

    def execute(self, task_name: str, shareable: Any, fl_ctx: Any, abort_signal: Any) -> Any:
        """Return the reply of the site."""
        from nvflare.apis.fl_constant import ReturnCode  # noqa: PLC0415
        from nvflare.apis.shareable import make_reply  # noqa: PLC0415

        if task_name == END:
            (Path(os.environ[SITES]) / f"{fl_ctx.get_identity_name()}{DONE}").touch()
            return to_shareable({})
        name = fl_ctx.get_identity_name()
        words = json.loads((Path(os.environ[SITES]) / f"{name}.json").read_text(encoding="utf-8"))
        try:
            if self._site is None:
                self._site = WatchedSite(SiteMaker(**words["maker"])(), words["log"])
            message = from_shareable(shareable)
            if message is None:
                raise FederationError(f"site {name}: the server sent no arrays")
            return to_shareable(self._site.reply(message))
        except Exception as error:
            # Its words may tell data: they stay here.
            write_down(Path(words["log"]), {"site": name, "failed": in_words(error)})
            return make_reply(ReturnCode.EXECUTION_EXCEPTION)
