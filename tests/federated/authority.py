"""A certificate authority, good for a test."""

from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec


def authority(folder: Path, name: str) -> tuple[str, str, str]:
    """Return files: the authority's certificate, and certificate and key of 127.0.0.1."""
    ca_key, key = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    issuer = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "server")])
    ca = _certificate(issuer, issuer, ca_key, ca_key).add_extension(
        x509.BasicConstraints(ca=True, path_length=None), critical=True
    )
    here = x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))])
    server = _certificate(subject, issuer, key, ca_key).add_extension(here, critical=False)
    files = tuple(folder / f"{name}-{kind}.pem" for kind in ("ca", "server", "key"))
    pem = serialization.Encoding.PEM
    files[0].write_bytes(ca.sign(ca_key, hashes.SHA256()).public_bytes(pem))
    files[1].write_bytes(server.sign(ca_key, hashes.SHA256()).public_bytes(pem))
    files[2].write_bytes(
        key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return str(files[0]), str(files[1]), str(files[2])


def _certificate(
    subject: x509.Name,
    issuer: x509.Name,
    key: ec.EllipticCurvePrivateKey,
    signer: ec.EllipticCurvePrivateKey,
) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(minutes=5))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key()),
            critical=False,
        )
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )
