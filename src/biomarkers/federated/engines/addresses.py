"""Addresses, and the rule that only loopback goes unencrypted."""

import ipaddress
from dataclasses import dataclass, field

from biomarkers.errors import FederationError


@dataclass(frozen=True)
class Endpoint:
    """A host and a port.

    Raises
    ------
    FederationError
        If the text is no ``host:port``.

    """

    text: str
    host: str = field(init=False)
    port: int = field(init=False)

    def __post_init__(self) -> None:
        """Take the text apart."""
        host, colon, port = self.text.rpartition(":")
        if not colon or not host or not port.isdigit() or int(port) > 65535:
            raise FederationError(f"address: found {self.text!r}, expected host:port")
        object.__setattr__(self, "host", host.strip("[]"))
        object.__setattr__(self, "port", int(port))

    @property
    def is_loopback(self) -> bool:
        """Whether only this machine can reach it."""
        try:
            return ipaddress.ip_address(self.host).is_loopback
        except ValueError:
            return self.host == "localhost"


def require_encryption(address: str, what: str, given: object) -> None:
    """Refuse an address on a network without `what` encrypts its traffic.

    Raises
    ------
    FederationError
        Then, or if the address is none.

    """
    if not Endpoint(address).is_loopback and not given:
        raise FederationError(
            f"address {address} is on a network, and {what} not given: without certificates only "
            "this machine (127.0.0.1) is reached"
        )
