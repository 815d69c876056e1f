"""The keys by which Flower knows its sites."""

from pathlib import Path
from typing import Any

from biomarkers.errors import FederationError
from biomarkers.federated.engines.flower.connections import require_pem

_MADE_BY = "ssh-keygen -t ecdsa -b 384 -N '' -f FILE makes a pair"


def private_key(path: str) -> Any:
    """Return the private key in a file; `FederationError` if there is none of the right kind."""
    from cryptography.hazmat.primitives.asymmetric import ec  # noqa: PLC0415  (an extra)
    from cryptography.hazmat.primitives.serialization import load_ssh_private_key  # noqa: PLC0415

    return _load(path, lambda text: load_ssh_private_key(text, None), ec.EllipticCurvePrivateKey)


def public_key(path: str) -> bytes:
    """Return the public key in a file, as Flower compares it; errors as `private_key`."""
    from cryptography.hazmat.primitives.asymmetric import ec  # noqa: PLC0415
    from cryptography.hazmat.primitives.serialization import load_ssh_public_key  # noqa: PLC0415
    from flwr.supercore.primitives.asymmetric import public_key_to_bytes  # noqa: PLC0415

    key = _load(path, load_ssh_public_key, ec.EllipticCurvePublicKey)
    return bytes(public_key_to_bytes(key))


def _load(path: str, load: Any, kind: type) -> Any:
    from cryptography.exceptions import UnsupportedAlgorithm  # noqa: PLC0415

    text = require_pem(path, "a key of a site").read_bytes()
    try:
        key = load(text)
    except (ValueError, UnsupportedAlgorithm) as error:
        raise FederationError(f"{path} holds no key in the form of OpenSSH; {_MADE_BY}") from error
    if not isinstance(key, kind):
        raise FederationError(f"{path}: expected a key of an elliptic curve; {_MADE_BY}")
    return key


def make_keys(folder: Path, name: str) -> tuple[str, str]:
    """Make a pair of keys; return the files of the private and of the public one."""
    from cryptography.hazmat.primitives import serialization as form  # noqa: PLC0415
    from flwr.supercore.primitives.asymmetric import generate_key_pairs  # noqa: PLC0415

    private, public = generate_key_pairs()
    files = folder / name, folder / f"{name}.pub"
    files[0].touch(mode=0o600)
    files[0].write_bytes(
        private.private_bytes(form.Encoding.PEM, form.PrivateFormat.OpenSSH, form.NoEncryption())
    )
    files[1].write_bytes(public.public_bytes(form.Encoding.OpenSSH, form.PublicFormat.OpenSSH))
    return str(files[0]), str(files[1])
