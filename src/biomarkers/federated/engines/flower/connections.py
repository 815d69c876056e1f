"""How a server of Flower and its sites reach each other."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from biomarkers.errors import FederationError
from biomarkers.federated.engines import WAIT
from biomarkers.federated.engines.addresses import require_encryption


@dataclass(frozen=True)
class ServerConnection:
    """Where a server of Flower listens, and to whom.

    Parameters
    ----------
    sites
        The sites that may take part: by name, the file with the public key of each (OpenSSH,
        elliptic curve, as ``ssh-keygen -t ecdsa -b 384`` makes it).
    address
        Where it listens, ``host:port``; port 0 takes any that is free.
    certificate, key
        The certificate of the server, and its private key (PEM); without them, only loopback.
    wait
        How long sites have to come, and to answer a message, s.

    Raises
    ------
    FederationError
        If the address is none, or open to a network and not encrypted, or no site may take part,
        or two of them have one key.

    """

    sites: Mapping[str, str]
    address: str = "127.0.0.1:0"
    certificate: str = ""
    key: str = ""
    wait: float = WAIT

    def __post_init__(self) -> None:
        """Refuse what is not safe."""
        require_encryption(self.address, "certificate and key", self.certificate and self.key)
        if not self.sites:
            raise FederationError("sites: found none, expected a name and a public key for each")


@dataclass(frozen=True)
class SiteConnection:
    """How a site reaches a server of Flower.

    Parameters
    ----------
    name
        What the server calls this site.
    address
        Of the server, ``host:port``.
    key
        The private key of this site (OpenSSH, elliptic curve); its public key is with the server.
    ca
        The certificate of who signed that of the server (PEM); without it, only loopback.
    log
        Where the site writes down what left it, a JSON object a line.
    wait
        How long the server may be out of reach, s.

    Raises
    ------
    FederationError
        If the address is none, or on a network and not encrypted.

    """

    name: str
    address: str
    key: str
    ca: str = ""
    log: str = "left.jsonl"
    wait: float = WAIT

    def __post_init__(self) -> None:
        """Refuse what is not safe."""
        require_encryption(self.address, "ca", self.ca)


def require_pem(path: str, what: str) -> Path:
    """Return the path of a file, or say that it is not there; `FederationError`."""
    if not Path(path).is_file():
        raise FederationError(f"{path} is no file; expected {what}")
    return Path(path)
