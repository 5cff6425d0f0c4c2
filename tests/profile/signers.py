"""Certificates and signed profiles for the tests, signed by OpenSSL: the reader is ours, the writer is not."""

import subprocess
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from tests.profile.orders import NOW

Key = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey


@dataclass(frozen=True, kw_only=True)
class Identity:
    key: Key
    certificate: x509.Certificate

    @property
    def der(self) -> bytes:
        return self.certificate.public_bytes(Encoding.DER)

    @property
    def pem(self) -> bytes:
        return self.certificate.public_bytes(Encoding.PEM)

    @property
    def key_pem(self) -> bytes:
        return self.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def issue(
    name: str, issuer: Identity | None = None, *, key: Key | None = None, ca: bool = False, ends: datetime | None = None
) -> Identity:
    key = key or ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject if issuer is None else issuer.certificate.subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(NOW - timedelta(days=100))
        .not_valid_after(ends or NOW + timedelta(days=300))
        .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )
    return Identity(key=key, certificate=builder.sign(issuer.key if issuer else key, hashes.SHA256()))


def openssl_sign(
    content: bytes, signer: Identity, folder: Path, *options: str, chain: tuple[Identity, ...] = ()
) -> bytes:
    """Sign with `openssl cms`: DER, attached and binary unless the options say otherwise."""
    (folder / "content").write_bytes(content)
    (folder / "cert.pem").write_bytes(signer.pem)
    (folder / "key.pem").write_bytes(signer.key_pem)
    (folder / "chain.pem").write_bytes(b"".join(one.pem for one in chain))
    options = options or ("-binary", "-nodetach", "-outform", "DER")
    command = [
        "openssl",
        "cms",
        "-sign",
        "-signer",
        "cert.pem",
        "-inkey",
        "key.pem",
        "-in",
        "content",
        "-out",
        "signed",
    ]
    certificates = ["-certfile", "chain.pem"] if chain else []
    subprocess.run([*command, *certificates, *options], cwd=folder, check=True, capture_output=True, timeout=30)
    return (folder / "signed").read_bytes()
