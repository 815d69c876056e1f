"""A site's side of Flower: it asks the SuperLink for messages, and answers those with its data.

The calls are Flower's (TLS, and the site's key signs every request); what answers is what the site
has installed. Code that a server might offer is never asked for.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

from biomarkers.errors import FederationError, in_words
from biomarkers.federated.engines import require_engine
from biomarkers.federated.engines.flower.connections import SiteConnection, require_pem
from biomarkers.federated.engines.flower.keys import private_key
from biomarkers.federated.engines.flower.records import ASK, DONE, STOPPED, from_record, to_record
from biomarkers.federated.engines.leaving import WatchedSite
from biomarkers.federated.messages import Site

_SHORTEST, _LONGEST = 0.02, 1.0  # s between questions for messages
_RETRY = 0.2  # s until a server that is not there is tried again


def take_part(site: Site, connection: SiteConnection) -> None:
    """Answer the messages of a server until it says that all is done.

    Raises
    ------
    FederationError
        If the server cannot be reached or is not who it should be, or refuses this site, or has
        stopped before all was done.

    """
    require_engine("flower")
    watched = WatchedSite(site, connection.log)
    with _opened(connection) as line:
        while True:
            asked = line.receive()
            line.send(_answer(watched, asked))
            if asked.metadata.message_type == STOPPED:
                raise FederationError(
                    f"the server at {connection.address} has stopped before all was done; it says "
                    "why"
                )
            if asked.metadata.message_type == DONE:
                return


def _answer(site: WatchedSite, asked: Any) -> Any:
    """Return the reply; an error of the site is named only by its kind, since it may tell data."""
    from flwr.app import Error, Message  # noqa: PLC0415  (an extra)
    from flwr.common.constant import ErrorCode  # noqa: PLC0415

    if asked.metadata.message_type != ASK:
        return Message(to_record({}), reply_to=asked)
    try:
        message = from_record(asked.content)
        if message is None:
            raise FederationError(f"site {site.name}: the server sent no arrays")
        return Message(to_record(site.reply(message)), reply_to=asked)
    except Exception as error:
        site.failed(in_words(error))
        failed = Error(ErrorCode.CLIENT_APP_RAISED_EXCEPTION, type(error).__name__)
        return Message(failed, reply_to=asked)


@contextmanager
def _opened(connection: SiteConnection) -> Iterator["_Line"]:
    """Give a line to the server of a connection, on which this site is known and alive."""
    from flwr.supercore.interceptors.http.runtime_version import (  # noqa: PLC0415
        RuntimeVersionHttpInterceptor,
    )
    from flwr.supernode.fleet_http_client import FleetHttpClient  # noqa: PLC0415
    from flwr.supernode.node_auth_http_interceptor import NodeAuthHttpInterceptor  # noqa: PLC0415

    key, ca = private_key(connection.key), None
    if connection.ca:
        ca = str(require_pem(connection.ca, "the certificate of an authority"))
    interceptors = [
        RuntimeVersionHttpInterceptor(component_name="SuperNode"),
        NodeAuthHttpInterceptor(key, key.public_key()),
    ]
    with (
        FleetHttpClient.from_server_address(
            connection.address, ca is None, ca, interceptors=interceptors
        ) as client,
        _Line(connection, client).alive(key) as line,
    ):
        yield line


class _Line:
    """What is said over a connection to a SuperLink."""

    def __init__(self, connection: SiteConnection, client: Any) -> None:
        self._connection, self._client = connection, client
        self._node: Any = None

    @contextmanager
    def alive(self, key: Any) -> Iterator["_Line"]:
        """Be known to the server, and show signs of life, within the block."""
        import httpx  # noqa: PLC0415  (comes with Flower)
        from flwr.common.constant import HEARTBEAT_DEFAULT_INTERVAL as INTERVAL  # noqa: PLC0415
        from flwr.proto import fleet_pb2, heartbeat_pb2, node_pb2  # noqa: PLC0415
        from flwr.supercore.heartbeat import HeartbeatSender  # noqa: PLC0415
        from flwr.supercore.primitives.asymmetric import public_key_to_bytes  # noqa: PLC0415

        request = fleet_pb2.ActivateNodeRequest(
            public_key=public_key_to_bytes(key.public_key()), heartbeat_interval=INTERVAL
        )
        self._node = node_pb2.Node(node_id=self._call(self._client.ActivateNode, request).node_id)
        sign = heartbeat_pb2.SendNodeHeartbeatRequest(node=self._node, heartbeat_interval=INTERVAL)

        def show_life() -> bool:
            try:
                return bool(self._client.SendNodeHeartbeat(sign).success)
            except httpx.HTTPError:
                return False

        heart = HeartbeatSender(show_life)
        heart.start()
        try:
            yield self
        finally:
            heart.stop()
            with suppress(httpx.HTTPError):
                leave = fleet_pb2.DeactivateNodeRequest(node_id=self._node.node_id)
                self._client.DeactivateNode(leave)

    def receive(self) -> Any:
        """Wait for a message; return it with its content."""
        from flwr.common.serde import message_from_proto  # noqa: PLC0415
        from flwr.proto.fleet_pb2 import PullMessagesRequest  # noqa: PLC0415
        from flwr.supercore.inflatable import inflatable_object, inflatable_utils  # noqa: PLC0415

        request, wait = PullMessagesRequest(node=self._node), _SHORTEST
        while not (came := self._call(self._client.PullMessages, request)).messages_list:
            time.sleep(wait)
            wait = min(_LONGEST, 1.2 * wait)
        head = message_from_proto(came.messages_list[0])
        run, identity = head.metadata.run_id, head.metadata.message_id
        tree = inflatable_object.iterate_object_tree(came.message_object_trees[0])
        parts = {each.object_id: self._pull(run, each.object_id) for each in tree}
        whole = inflatable_utils.inflate_object_from_contents(identity, parts)
        whole.metadata.__dict__["_message_id"] = identity
        return whole

    def _pull(self, run: int, name: str) -> bytes:
        from flwr.proto.message_pb2 import PullObjectRequest  # noqa: PLC0415

        request = PullObjectRequest(node=self._node, run_id=run, object_id=name)
        until = time.monotonic() + self._connection.wait
        while time.monotonic() < until:
            came = self._call(self._client.PullObject, request)
            if came.object_available:
                return bytes(came.object_content)
            time.sleep(_SHORTEST)
        raise FederationError(f"the server at {self._connection.address} stopped amid a message")

    def send(self, reply: Any) -> None:
        """Send a reply."""
        from flwr.app.message.message import remove_content_from_message  # noqa: PLC0415
        from flwr.common.serde import message_to_proto  # noqa: PLC0415
        from flwr.proto.fleet_pb2 import PushMessagesRequest  # noqa: PLC0415
        from flwr.proto.message_pb2 import PushObjectRequest  # noqa: PLC0415
        from flwr.supercore.inflatable import inflatable_object  # noqa: PLC0415

        reply.metadata.__dict__["_message_id"] = reply.object_id
        parts = inflatable_object.get_all_nested_objects(reply)
        head = remove_content_from_message(reply) if reply.has_content() else reply
        request = PushMessagesRequest(
            node=self._node,
            messages_list=[message_to_proto(head)],
            message_object_trees=[inflatable_object.get_object_tree(reply)],
        )
        wanted = self._call(self._client.PushMessages, request)
        for name in wanted.objects_to_push:
            part = PushObjectRequest(
                node=self._node,
                run_id=reply.metadata.run_id,
                session_id=wanted.session_id,
                object_id=name,
                object_content=parts[name].deflate(),
            )
            self._call(self._client.PushObject, part)

    def _call(self, method: Callable[[Any], Any], request: Any) -> Any:
        """Call the server, and wait for one that is not there; errors as `take_part`."""
        import httpx  # noqa: PLC0415

        given, until = self._connection, time.monotonic() + self._connection.wait
        while True:
            try:
                return method(request)
            except httpx.HTTPStatusError as error:
                raise FederationError(
                    f"the server at {given.address} refuses site {given.name}: it does not know "
                    "its key, or a site with this key is there already (one that was cut off is "
                    "forgotten after a minute)"
                ) from error
            except httpx.TransportError as error:
                if "CERTIFICATE_VERIFY_FAILED" in str(error):
                    raise FederationError(
                        f"the server at {given.address} is not who it should be: its certificate "
                        f"is not for this address, or not signed by that in {given.ca}"
                    ) from error
                if time.monotonic() > until:
                    raise FederationError(
                        f"no server answers at {given.address} in {given.wait:g} s: is it started, "
                        "and may this machine reach that port?"
                    ) from error
            time.sleep(_RETRY)
