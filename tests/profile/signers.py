"""Certificates and signed profiles for the tests, signed by OpenSSL: the reader is ours, the writer is not."""

import subprocess
import tempfile
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from profilegen.profile.cms import read_signed_data
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


def signed_at(
    content: bytes, signer: Identity, *options: str, chain: tuple[Identity, ...] = (), time: datetime = NOW
) -> bytes:
    """Sign with OpenSSL as if the clock stood at `time`: the time is exchanged and the signature made again."""
    with tempfile.TemporaryDirectory() as folder:
        every = ("-binary", "-nodetach", "-outform", "DER", *options)
        der = openssl_sign(content, signer, Path(folder), *every, chain=chain)
    (info,) = read_signed_data(der).signers
    assert info.signing_time is not None
    assert info.attributes is not None
    old, new = (f"{one:%y%m%d%H%M%SZ}".encode() for one in (info.signing_time, time))
    signature = _same_length(signer.key, info.attributes.replace(old, new), len(info.signature))
    return der.replace(old, new).replace(info.signature, signature)


def _same_length(key: Key, data: bytes, length: int) -> bytes:
    """Sign again, for ECDSA until the signature happens to be as long as the one it replaces."""
    while True:
        if isinstance(key, rsa.RSAPrivateKey):
            signature = key.sign(data, padding.PKCS1v15(), hashes.SHA256())
        else:
            signature = key.sign(data, ec.ECDSA(hashes.SHA256()))
        if len(signature) == length:
            return signature
