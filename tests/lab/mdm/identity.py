"""Identities of test devices: certificates of a small authority, in the header a TLS proxy would set (RFC 9440)."""

import base64
import os
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.types import CertificateIssuerPrivateKeyTypes
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, load_pem_private_key
from cryptography.x509.oid import NameOID


def certificate_header(name: str) -> str:
    """Return the header value of a fresh device certificate, issued by `NANOMDM_CA` or an authority of our own."""
    issuer, key = _authority()
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    device_key = ec.generate_private_key(ec.SECP256R1())
    certificate = _builder(subject, issuer.subject, device_key).sign(key, SHA256())
    return f":{base64.b64encode(certificate.public_bytes(Encoding.DER)).decode('ascii')}:"


@cache
def _authority() -> tuple[x509.Certificate, CertificateIssuerPrivateKeyTypes]:
    given = os.environ.get("NANOMDM_CA")
    if given:
        pem = Path(given).read_bytes()
        key = load_pem_private_key(pem[pem.index(b"-----BEGIN") :] if b"KEY" in pem else pem, None)
        return x509.load_pem_x509_certificate(pem), key  # type: ignore[return-value] # an authority's key can sign
    own = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Device identities")])
    return _builder(name, name, own).sign(own, SHA256()), own


def _builder(subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePrivateKey) -> x509.CertificateBuilder:
    begin = datetime.now(UTC) - timedelta(hours=1)
    return (
        x509.CertificateBuilder(subject_name=subject, issuer_name=issuer, public_key=key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(begin)
        .not_valid_after(begin + timedelta(days=30))
    )
