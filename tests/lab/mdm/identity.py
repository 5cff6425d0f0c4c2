"""Identities of test devices: certificates of a small authority, and both ways in which a server is shown one."""

import base64
import os
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.types import CertificateIssuerPrivateKeyTypes
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, load_pem_private_key
from cryptography.hazmat.primitives.serialization.pkcs7 import PKCS7Options, PKCS7SignatureBuilder
from cryptography.x509.oid import NameOID


@dataclass(frozen=True, slots=True)
class DeviceIdentity:
    """A fresh device identity, issued by `NANOMDM_CA` or an authority of our own."""

    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey

    @property
    def header(self) -> str:
        """The certificate as a TLS proxy passes it on (RFC 9440)."""
        return f":{base64.b64encode(self.certificate.public_bytes(Encoding.DER)).decode('ascii')}:"

    def signature(self, body: bytes) -> str:
        """Return `Mdm-Signature`: a detached CMS signature of a body in base64 (Apple: SignMessage)."""
        builder = PKCS7SignatureBuilder().set_data(body).add_signer(self.certificate, self.key, SHA256())
        options = [PKCS7Options.DetachedSignature, PKCS7Options.Binary]
        return base64.b64encode(builder.sign(Encoding.DER, options)).decode("ascii")


def device_identity(name: str) -> DeviceIdentity:
    """Return an identity for a device of this name."""
    issuer, key = _authority()
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    device_key = ec.generate_private_key(ec.SECP256R1())
    return DeviceIdentity(_builder(subject, issuer.subject, device_key).sign(key, SHA256()), device_key)


@cache
def _authority() -> tuple[x509.Certificate, CertificateIssuerPrivateKeyTypes]:
    given = os.environ.get("NANOMDM_CA")
    if given:
        pem = Path(given).read_bytes()
        key = load_pem_private_key(pem, None)
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
