"""What stands at the doors of NVFlare's own processes: who comes in, and who has been let in."""

import time
from pathlib import Path
from typing import Any

from biomarkers.federated.engines.nvflare.parts import part

_Component: Any = part("apis.fl_component", "FLComponent")
_ALIVE = 60.0  # s within which a site that is there has said so


class Door(_Component):  # type: ignore[misc]
    """Refuse sites that are not on the list, and a second one of a name.

    NVFlare takes whoever holds a certificate of the provision, and puts a newcomer in the place of
    the site with its name.
    """

    def __init__(self, sites: list[str]) -> None:
        super().__init__()
        self._sites = sites

    def handle_event(self, event_type: str, fl_ctx: Any) -> None:
        """Look at who registers."""
        from nvflare.apis.event_type import EventType  # noqa: PLC0415  (an extra)
        from nvflare.apis.fl_constant import FLContextKey  # noqa: PLC0415
        from nvflare.apis.fl_exception import NotAuthenticated  # noqa: PLC0415
        from nvflare.private.defs import ClientType  # noqa: PLC0415

        if event_type != EventType.CLIENT_REGISTER_RECEIVED:
            return
        if fl_ctx.get_prop(FLContextKey.CLIENT_TYPE) != ClientType.REGULAR:
            return
        name = fl_ctx.get_peer_context().get_identity_name()
        if name not in self._sites:
            raise NotAuthenticated(f"site {name} is not on the list")
        for there in fl_ctx.get_engine().get_clients():
            if there.name == name and time.time() - there.last_connect_time < _ALIVE:
                raise NotAuthenticated(f"site {name} is there already")


class Registered(_Component):  # type: ignore[misc]
    """Leave a file once the server has taken this site."""

    def __init__(self, file: str) -> None:
        super().__init__()
        self._file = Path(file)

    def handle_event(self, event_type: str, fl_ctx: Any) -> None:
        """Look whether there is a token."""
        from nvflare.apis.event_type import EventType  # noqa: PLC0415
        from nvflare.apis.fl_constant import FLContextKey  # noqa: PLC0415

        came = event_type == EventType.AFTER_CLIENT_REGISTER
        if came and fl_ctx.get_prop(FLContextKey.CLIENT_TOKEN):
            self._file.touch()
