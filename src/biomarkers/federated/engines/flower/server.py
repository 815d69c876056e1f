"""The server's side of Flower: its SuperLink, of which only what sites need is opened.

A whole SuperLink also takes orders (`flwr run`) and code, and sends that code to the sites. Here
the sites run what they have installed; so its interfaces for orders and for apps are not opened,
and only its Fleet interface is: with TLS, and to the registered keys of the sites alone.
"""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from biomarkers.errors import FederationError
from biomarkers.federated.engines import require_engine
from biomarkers.federated.engines.addresses import Endpoint
from biomarkers.federated.engines.flower.connections import ServerConnection, require_pem
from biomarkers.federated.engines.flower.keys import public_key
from biomarkers.federated.engines.flower.records import ASK, DONE, STOPPED, from_record, to_record
from biomarkers.federated.messages import Message, Server

_TICK = 0.02  # s between looks at what has come
_LAST_WAIT = 10.0  # s for the sites to hear that all is done
_START = 30.0  # s to open a port


def serve(server: Server, connection: ServerConnection) -> None:
    """Ask the sites of a connection until the server has nothing left to ask.

    Raises
    ------
    FederationError
        If the port cannot be opened, a site does not come, or none can answer.

    """
    with listening(connection) as link:
        link.drive(server)


@contextmanager
def listening(connection: ServerConnection) -> Iterator["Link"]:
    """Open the port for the sites of a connection; give what speaks with them."""
    require_engine("flower")
    link = Link(connection)
    server, thread = link.start()
    try:
        yield link
    finally:
        server.should_exit = True
        thread.join(5.0)


class Link:
    """A SuperLink in this process, and one run of it."""

    def __init__(self, connection: ServerConnection) -> None:
        from flwr.server.superlink.linkstate import LinkStateFactory  # noqa: PLC0415  (an extra)
        from flwr.supercore.constant import FLWR_IN_MEMORY_DB_NAME  # noqa: PLC0415
        from flwr.supercore.object_store import ObjectStoreFactory  # noqa: PLC0415
        from flwr.superlink.federation import NoOpFederationManager  # noqa: PLC0415

        self._connection = connection
        self._factory = LinkStateFactory(
            FLWR_IN_MEMORY_DB_NAME, NoOpFederationManager(), ObjectStoreFactory()
        )
        self._state = self._factory.state()
        self.port = 0
        self._look: Callable[[], object] = int  # does nothing
        self._names = {self._register(*each): each[0] for each in connection.sites.items()}
        self._begin_run()

    def _register(self, name: str, key: str) -> int:
        from flwr.common.constant import NOOP_ACCOUNT_NAME, NOOP_FLWR_AID  # noqa: PLC0415

        public = public_key(key)
        try:
            node: int = self._state.create_node(
                NOOP_FLWR_AID, NOOP_ACCOUNT_NAME, public, 0, name=name
            )
        except ValueError as error:
            raise FederationError(f"site {name}: {key} is the key of another site") from error
        return node

    def _begin_run(self) -> None:
        from flwr.common.constant import SUPERLINK_NODE_ID  # noqa: PLC0415
        from flwr.supercore.constant import NOOP_FEDERATION_ID, TaskType  # noqa: PLC0415
        from flwr.supercore.task_identity import TaskIdentity  # noqa: PLC0415

        self._run = self._state.create_run(
            None, None, None, {}, NOOP_FEDERATION_ID, None, None, TaskType.SERVER_APP
        )
        (run,) = self._state.get_run_info(run_ids=[self._run])
        self._task = run.primary_task_id
        self._state.claim_task(self._task)
        self._state.activate_task(self._task)
        TaskIdentity.run_id, TaskIdentity.node_id = self._run, SUPERLINK_NODE_ID
        TaskIdentity.task_id = self._task

    def start(self) -> tuple[Any, threading.Thread]:
        """Open the port; return the web server and its thread."""
        import uvicorn  # noqa: PLC0415  (comes with Flower)

        given, end = self._connection, Endpoint(self._connection.address)
        files = {}
        if given.certificate:
            files["ssl_certfile"] = require_pem(given.certificate, "the server's certificate")
            files["ssl_keyfile"] = require_pem(given.key, "the server's private key")
        config = uvicorn.Config(
            _application(self._factory), end.host, end.port, log_level="critical", **files
        )
        try:
            server = uvicorn.Server(config)
            config.load()
        except (OSError, ValueError) as error:
            raise FederationError(
                f"{given.certificate}: no certificate and key: {error}"
            ) from error
        thread = threading.Thread(target=server.run, name="flower", daemon=True)
        thread.start()
        until = time.monotonic() + _START
        while not server.started:
            if not thread.is_alive() or time.monotonic() > until:
                raise FederationError(f"{given.address} cannot be opened; is another server there?")
            time.sleep(_TICK)
        self.port = server.servers[0].sockets[0].getsockname()[1]
        return server, thread

    def drive(self, server: Server, *, look_after_sites: Callable[[], object] = int) -> None:
        """Wait for the sites, then carry messages until the server has nothing left to ask.

        Meanwhile `look_after_sites` is called now and then.
        """
        self._look = look_after_sites
        try:
            self.wait_for_sites()
            while (message := server.ask()) is not None:
                server.take(self._exchange(message))
        except Exception:  # sites would wait for the server to come back
            self._look = int
            self._send({}, STOPPED, _LAST_WAIT)
            raise
        self._send({}, DONE, _LAST_WAIT)

    def wait_for_sites(self) -> None:
        """Wait until all sites are there; errors as `serve`."""
        until = time.monotonic() + self._connection.wait
        while missing := self._names.keys() - self._state.get_nodes(self._run):
            if time.monotonic() > until:
                names = ", ".join(sorted(self._names[each] for each in missing))
                raise FederationError(
                    f"no answer from {names} in {self._connection.wait:g} s: is it started, and "
                    "its key the one that the server has?"
                )
            self._keep_alive()

    def _exchange(self, message: Message) -> dict[str, Message]:
        """Return the replies; a site that cannot answer, or not in arrays, is left out."""
        replies = {}
        for reply in self._send(message, ASK, self._connection.wait):
            content = from_record(reply.content) if reply.has_content() else None
            if content is not None:
                replies[self._names[reply.metadata.src_node_id]] = content
        # In the order of the sites: sums are the same whoever answers first.
        return {name: replies[name] for name in self._names.values() if name in replies}

    def _send(self, message: Message, kind: str, wait: float) -> list[Any]:
        """Send a message to all sites, a last one to those there; return what came back in time."""
        from flwr.app import Message as Envelope  # noqa: PLC0415

        content = to_record(message)
        nodes = self._names.keys()
        if kind == STOPPED:
            nodes &= self._state.get_nodes(self._run)
        sent = {self._push(Envelope(content, node, kind)) for node in nodes}
        asked, pending, whole = set(sent), list[Any](), list[Any]()
        until = time.monotonic() + wait
        while (asked or pending) and time.monotonic() < until:
            pending += self._state.get_message_res(asked, self._run)
            asked -= {reply.metadata.reply_to_message_id for reply in pending}
            whole += filter(None, map(self._whole, pending))
            done = {reply.metadata.reply_to_message_id for reply in whole}
            pending = [each for each in pending if each.metadata.reply_to_message_id not in done]
            self._keep_alive()
        self._forget(sent, whole)
        return whole

    def _whole(self, reply: Any) -> Any | None:
        """Return a reply with its content; None while parts of it are still to come."""
        from flwr.supercore.inflatable import inflatable_object, inflatable_utils  # noqa: PLC0415

        if reply.has_error():
            return reply
        identity, store = reply.metadata.message_id, self._state.object_store
        tree = inflatable_object.iterate_object_tree(store.get_object_tree(identity))
        parts = {each.object_id: store.get(each.object_id) for each in tree}
        if not all(parts.values()):
            return None
        return inflatable_utils.inflate_object_from_contents(identity, parts)

    def _forget(self, sent: set[str], replies: list[Any]) -> None:
        """Free the memory of what has been read."""
        self._state.delete_messages(sent)
        for identity in (*sent, *(reply.metadata.message_id for reply in replies)):
            self._state.object_store.delete(identity)

    def _push(self, envelope: Any) -> str:
        from flwr.app.message.message import remove_content_from_message  # noqa: PLC0415
        from flwr.supercore.inflatable.inflatable_object import (  # noqa: PLC0415
            get_all_nested_objects,
            get_object_tree,
        )

        identity: str = envelope.object_id
        envelope.metadata.__dict__["_message_id"] = identity
        session = self._state.start_session(self._run)
        self._state.store_message_and_object_tree(
            remove_content_from_message(envelope), get_object_tree(envelope), session
        )
        for name, part in get_all_nested_objects(envelope).items():
            self._state.store_object(self._run, session, name, part.deflate())
        return identity

    def _keep_alive(self) -> None:
        self._look()
        self._state.acknowledge_task_heartbeat(self._task)
        time.sleep(_TICK)


def _application(factory: Any) -> Any:
    """Return the web application with the Fleet interface alone."""
    from fastapi import FastAPI  # noqa: PLC0415  (comes with Flower)
    from flwr.supercore.error import http_error_translator  # noqa: PLC0415
    from flwr.supercore.protobuf.translation import ProtobufTranslationMiddleware  # noqa: PLC0415
    from flwr.superlink.routers.fleet.node_auth import NodeAuthMiddleware  # noqa: PLC0415
    from flwr.superlink.routers.fleet.router import router  # noqa: PLC0415
    from starlette.middleware import Middleware  # noqa: PLC0415
    from starlette.middleware.base import BaseHTTPMiddleware  # noqa: PLC0415

    application = FastAPI(
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        middleware=[
            Middleware(BaseHTTPMiddleware, dispatch=http_error_translator),
            Middleware(ProtobufTranslationMiddleware),
            Middleware(NodeAuthMiddleware),
        ],
    )
    application.state.linkstate_factory = factory
    application.state.enable_supernode_auth = True
    application.include_router(router)
    return application
