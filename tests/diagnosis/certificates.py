"""Certificates of any quality, made to be judged."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

Key = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey


def certificate(
    *,
    key: Key | None = None,
    names: Sequence[x509.GeneralName] = (x509.DNSName("mail.example.com"),),
    start: datetime | None = None,
    lifetime: timedelta = timedelta(days=90),
    usage: x509.ObjectIdentifier | None = ExtendedKeyUsageOID.SERVER_AUTH,
    common_name: str = "somebody",
) -> x509.Certificate:
    """Return a self-signed certificate; good in every respect that is not given, `usage` None leaves it out."""
    key = key or ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])
    start = start or datetime.now(UTC) - timedelta(days=1)
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(7)
        .not_valid_before(start)
        .not_valid_after(start + lifetime)
    )
    if names:
        builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
    if usage is not None:
        builder = builder.add_extension(x509.ExtendedKeyUsage([usage]), critical=False)
    return builder.sign(key, None if isinstance(key, ed25519.Ed25519PrivateKey) else hashes.SHA256())


def pem(leaf: x509.Certificate) -> bytes:
    """Return a certificate as PEM."""
    return leaf.public_bytes(serialization.Encoding.PEM)


def der(leaf: x509.Certificate) -> bytes:
    """Return a certificate as DER."""
    return leaf.public_bytes(serialization.Encoding.DER)


def key_pem(key: Key) -> bytes:
    """Return a private key as unencrypted PEM."""
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
