"""
A signing identity, and the checks that tell whether devices could take its signatures.

This module imports `cryptography` when it is imported; `cms` and `keystore` load it only when they are used.
"""

from dataclasses import dataclass, field
from datetime import datetime

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509.oid import PublicKeyAlgorithmOID

from profilegen.errors import KeyProblem
from profilegen.profile.signature import signer_facts
from profilegen.profile.types import SignerFacts
from profilegen.signing.token import TokenKey

SigningKey = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey | TokenKey

MIN_RSA_BITS = 2048
_ALGORITHMS = (PublicKeyAlgorithmOID.RSAES_PKCS1_v1_5, PublicKeyAlgorithmOID.EC_PUBLIC_KEY)
_CURVES = ("secp256r1", "secp384r1", "secp521r1")  # the curves of Apple's kSecAttrKeyTypeECSECPrimeRandom
_NEW_KEY = "Use a certificate for an RSA key of at least 2048 bits or an EC key on P-256."


@dataclass(frozen=True, slots=True, kw_only=True)
class SigningIdentity:
    """
    A private key, its certificate, and the certificates between it and a root.

    `chain` runs from the certificate's issuer towards the root, without the root. Nothing is checked here:
    `check_usable` does.
    """

    key: PrivateKeyTypes | TokenKey = field(repr=False)
    certificate: x509.Certificate
    chain: tuple[x509.Certificate, ...] = ()

    @property
    def facts(self) -> SignerFacts:
        """The public facts of the certificate; `chain` counts the certificates sent, the signer's own included."""
        return signer_facts(self.certificate, chain=1 + len(self.chain))


def certificate_sha256(identity: SigningIdentity) -> str:
    """Return the SHA-256 over the DER of the certificate, hex."""
    return identity.certificate.fingerprint(SHA256()).hex()


def check_usable(identity: SigningIdentity, now: datetime) -> None:
    """
    Refuse an identity whose signature no device would accept at `now` (aware).

    Raises KeyProblem with a code of `check_key`, `signer_expired` or `signer_not_yet_valid`.
    """
    check_key(identity)
    certificate = identity.certificate
    if now >= certificate.not_valid_after_utc:
        raise KeyProblem(
            f"The signing certificate expired on {certificate.not_valid_after_utc:%Y-%m-%d}.",
            hint="Renew it for the same private key, so that devices accept the profiles as updates.",
            code="signer_expired",
        )
    if now < certificate.not_valid_before_utc:
        raise KeyProblem(
            f"The signing certificate is valid only from {certificate.not_valid_before_utc:%Y-%m-%d %H:%M} UTC.",
            hint="Check the clock of this machine, or wait until then.",
            code="signer_not_yet_valid",
        )


def check_key(identity: SigningIdentity) -> None:
    """
    Refuse a key that cannot sign profiles, whatever the date.

    Raises KeyProblem: `unsupported_key`, `unsupported_curve`, `weak_key` or `key_mismatch`.
    """
    key = signing_key(identity)
    _check_strength(key.public_key())
    if not matches(key, identity.certificate):
        raise KeyProblem(
            "The private key does not belong to the signing certificate.",
            hint="Give the key the certificate was requested with, or the certificate issued for this key.",
            code="key_mismatch",
        )


def signing_key(identity: SigningIdentity) -> SigningKey:
    """Return the private key if its kind can sign CMS for devices; raises KeyProblem `unsupported_key` if not."""
    key = identity.key
    if identity.certificate.public_key_algorithm_oid not in _ALGORITHMS or not isinstance(key, SigningKey):
        raise KeyProblem(
            "Profiles can be signed with RSA and EC keys only; this key or certificate is of another kind"
            " (Ed25519, DSA, RSA-PSS …).",
            hint=_NEW_KEY,
            code="unsupported_key",
        )
    return key


def sign_sha256(key: SigningKey, data: bytes) -> bytes:
    """Return the signature over SHA-256 of `data`: PKCS#1 v1.5 for RSA, a DER ECDSA-Sig-Value for EC."""
    match key:
        case rsa.RSAPrivateKey():
            return key.sign(data, PKCS1v15(), SHA256())
        case ec.EllipticCurvePrivateKey():
            return key.sign(data, ec.ECDSA(SHA256()))
        case TokenKey():
            return key.sign(data)


def matches(key: PrivateKeyTypes | TokenKey, certificate: x509.Certificate) -> bool:
    """Tell whether the certificate was issued for this private key."""
    spki = (Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return key.public_key().public_bytes(*spki) == certificate.public_key().public_bytes(*spki)


def _check_strength(key: rsa.RSAPublicKey | ec.EllipticCurvePublicKey) -> None:
    if isinstance(key, ec.EllipticCurvePublicKey):
        if key.curve.name not in _CURVES:
            raise KeyProblem(
                f"Devices do not know the elliptic curve {key.curve.name}.", hint=_NEW_KEY, code="unsupported_curve"
            )
    elif key.key_size < MIN_RSA_BITS:
        raise KeyProblem(
            f"The signing key has only {key.key_size} bits; devices refuse RSA keys below {MIN_RSA_BITS}.",
            hint=_NEW_KEY,
            code="weak_key",
        )
