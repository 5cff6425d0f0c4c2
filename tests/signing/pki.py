"""Certificates of every kind a signer may bring, made on the spot."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Self

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed448, ed25519, rsa
from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    KeySerializationEncryption,
    NoEncryption,
    PrivateFormat,
)
from cryptography.x509.oid import NameOID

NOW = datetime.now(UTC).replace(microsecond=0)
IssuingKey = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey


@dataclass(frozen=True, slots=True)
class FixedClock:
    """A clock that stands still."""

    moment: datetime = NOW

    def now(self) -> datetime:
        return self.moment


@dataclass(frozen=True, slots=True)
class Certified:
    """A private key with its certificate."""

    key: PrivateKeyTypes
    certificate: x509.Certificate

    @classmethod
    def root(cls, name: str) -> Self:
        return cls.issue(name, issuer=None, key=p256())

    @classmethod
    def issue(
        cls,
        name: str,
        *,
        issuer: "Certified | None",
        key: PrivateKeyTypes,
        begin: datetime = NOW - timedelta(days=1),
        end: datetime = NOW + timedelta(days=90),
    ) -> Self:
        signer = key if issuer is None else issuer.key
        builder = x509.CertificateBuilder(
            subject_name=_name(name),
            issuer_name=_name(name) if issuer is None else issuer.certificate.subject,
            public_key=key.public_key(),  # type: ignore[arg-type] # X25519 and friends are not used here
            serial_number=x509.random_serial_number(),
            not_valid_before=begin,
            not_valid_after=end,
        ).add_extension(x509.BasicConstraints(ca=name.startswith("CA"), path_length=None), critical=True)
        digest = None if isinstance(signer, (ed25519.Ed25519PrivateKey, ed448.Ed448PrivateKey)) else SHA256()
        return cls(key=key, certificate=builder.sign(signer, digest))  # type: ignore[arg-type] # as above

    @property
    def cert_pem(self) -> bytes:
        return self.certificate.public_bytes(Encoding.PEM)

    def key_pem(self, password: str | None = None) -> bytes:
        encryption: KeySerializationEncryption = NoEncryption()
        if password is not None:
            encryption = BestAvailableEncryption(password.encode())
        return self.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, encryption)


def p256() -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


def p384() -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP384R1())


def p521() -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP521R1())


def k256() -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256K1())


def rsa2048() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def rsa1024() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=1024)


def dsa2048() -> dsa.DSAPrivateKey:
    return dsa.generate_private_key(key_size=2048)


def ed25519_key() -> ed25519.Ed25519PrivateKey:
    return ed25519.Ed25519PrivateKey.generate()


def ed448_key() -> ed448.Ed448PrivateKey:
    return ed448.Ed448PrivateKey.generate()


def _name(common_name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])
