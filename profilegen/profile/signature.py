"""The signature of a profile, examined: is it valid, who signed, with what, and how far up is the signer known."""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import lru_cache
from itertools import islice
from typing import TYPE_CHECKING

from profilegen.profile.chain import Chain, is_issued_by, load_certificate, walk_chain
from profilegen.profile.cms import SignedData, SignerInfo
from profilegen.profile.types import SignerFacts

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.hashes import HashAlgorithm
    from cryptography.x509 import Certificate

DIGESTS = {
    "1.2.840.113549.2.5": "md5",
    "1.3.14.3.2.26": "sha1",
    "2.16.840.1.101.3.4.2.1": "sha256",
    "2.16.840.1.101.3.4.2.2": "sha384",
    "2.16.840.1.101.3.4.2.3": "sha512",
}
"""Digest algorithms by OID (RFC 8017, RFC 5754)."""

_MOST_CERTIFICATES = 1000
_MOST_SIGNERS = 10
_OID_DIGESTS = {
    "1.2.840.113549.1.1.4": "md5",
    "1.2.840.113549.1.1.5": "sha1",
    "1.2.840.113549.1.1.11": "sha256",
    "1.2.840.113549.1.1.12": "sha384",
    "1.2.840.113549.1.1.13": "sha512",
    "1.2.840.10045.4.1": "sha1",
    "1.2.840.10045.4.3.2": "sha256",
    "1.2.840.10045.4.3.3": "sha384",
    "1.2.840.10045.4.3.4": "sha512",
}
"""The digest that a signature algorithm names (RFC 8017, RFC 5758)."""
_RSA_PSS = "1.2.840.113549.1.1.10"
_FAMILIES = (("1.2.840.113549.1.1.", "rsa"), ("1.2.840.10045.", "ec"), ("1.3.101.112", "ed25519"))


class Verdict(StrEnum):
    """Whether a signature fits the content."""

    VALID = "valid"
    INVALID = "invalid"
    UNKNOWN = "unknown"
    """The signer's certificate is missing, or the algorithm is none we can compute."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Signature:
    """
    One examined signature.

    `algorithm` and `key_type` are "rsa", "rsa-pss", "ec", "ed25519" or "other"; a mismatch of the two is a fault of the
    signing software. `digest` is a name such as "sha256" or the dotted OID; `named_digest` is the one that the
    signature algorithm names, "" where it names none. `signing_time` is what the signer says.
    """

    verdict: Verdict
    digest: str
    named_digest: str
    signing_time: datetime | None
    algorithm: str
    key_type: str
    key_bits: int
    signer: SignerFacts
    chain: Chain


def examine_signature(data: SignedData, anchors: tuple[bytes, ...], now: datetime) -> Signature | None:
    """Examine the first signer; None if there is none or its certificate is missing. `anchors` are roots in DER."""
    certificates = _load(data.certificates)
    info = data.signers[0] if data.signers else None
    certificate = None if info is None else _certificate_of(info, certificates)
    if info is None or certificate is None:
        return None
    key_type, key_bits = _key_facts(certificate)
    return Signature(
        verdict=_verdict(data, info, certificate),
        digest=DIGESTS.get(info.digest_oid, info.digest_oid),
        named_digest=_OID_DIGESTS.get(info.signature_oid, ""),
        signing_time=info.signing_time,
        algorithm=_family(info.signature_oid),
        key_type=key_type,
        key_bits=key_bits,
        signer=signer_facts(certificate, len(certificates)),
        chain=walk_chain(certificate, certificates, _load_anchors(anchors), now),
    )


def further_verdicts(data: SignedData) -> tuple[Verdict, ...]:
    """Return whether the signatures of the second and every further signer fit; at most ten are looked at."""
    certificates = _load(data.certificates)
    found = ((info, _certificate_of(info, certificates)) for info in data.signers[1:_MOST_SIGNERS])
    return tuple(
        Verdict.UNKNOWN if certificate is None else _verdict(data, info, certificate) for info, certificate in found
    )


def signer_facts(certificate: "Certificate", chain: int) -> SignerFacts:
    """Return the public facts of a signing certificate; `chain` is how many certificates travel with it, itself too."""
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    spki = certificate.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return SignerFacts(
        subject=certificate.subject.rfc4514_string(),
        issuer=certificate.issuer.rfc4514_string(),
        not_before=certificate.not_valid_before_utc,
        not_after=certificate.not_valid_after_utc,
        spki_sha256=hashlib.sha256(spki).hexdigest(),
        chain=chain,
        self_signed=is_issued_by(certificate, certificate),
    )


def _load(ders: tuple[bytes, ...]) -> tuple["Certificate", ...]:
    loaded = (load_certificate(der) for der in islice(dict.fromkeys(ders), _MOST_CERTIFICATES))
    return tuple(certificate for certificate in loaded if certificate is not None)


@lru_cache(maxsize=2)
def _load_anchors(ders: tuple[bytes, ...]) -> tuple["Certificate", ...]:
    """Return the anchors, which are the same for every profile of a run and many to parse."""
    return _load(ders)


def _certificate_of(info: SignerInfo, certificates: tuple["Certificate", ...]) -> "Certificate | None":
    return next((one for one in certificates if _is_named(one, info)), None)


def _is_named(certificate: "Certificate", info: SignerInfo) -> bool:
    from cryptography import x509

    if info.key_id is None:
        return certificate.issuer.public_bytes() == info.issuer and certificate.serial_number == info.serial
    try:
        extension = certificate.extensions.get_extension_for_class(x509.SubjectKeyIdentifier)
    except (x509.ExtensionNotFound, x509.DuplicateExtension, ValueError):
        return False
    return extension.value.digest == info.key_id


def _key_facts(certificate: "Certificate") -> tuple[str, int]:
    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

    match certificate.public_key():
        case RSAPublicKey() as rsa_key:
            return "rsa", rsa_key.key_size
        case EllipticCurvePublicKey() as ec_key:
            return "ec", ec_key.key_size
        case Ed25519PublicKey():
            return "ed25519", 256
    return "other", 0


def _family(signature_oid: str) -> str:
    if signature_oid == _RSA_PSS:
        return "rsa-pss"
    return next((family for start, family in _FAMILIES if signature_oid.startswith(start)), "other")


def _verdict(data: SignedData, info: SignerInfo, certificate: "Certificate") -> Verdict:
    name = DIGESTS.get(info.digest_oid)
    if name is None or data.content is None:
        return Verdict.UNKNOWN
    # An old digest is examined as it stands; that it is weak is a finding of its own.
    digest = hashlib.new(name, data.content, usedforsecurity=False).digest()
    if info.attributes is not None and digest != info.message_digest:
        return Verdict.INVALID
    covered = data.content if info.attributes is None else info.attributes
    return _fits(certificate, info, covered, name)


def _fits(certificate: "Certificate", info: SignerInfo, covered: bytes, digest: str) -> Verdict:
    from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, EllipticCurvePublicKey
    from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

    key = certificate.public_key()
    algorithm = _hash(digest)
    try:
        if isinstance(key, RSAPublicKey) and info.signature_oid != _RSA_PSS:
            key.verify(info.signature, covered, PKCS1v15(), algorithm)
        elif isinstance(key, EllipticCurvePublicKey):
            key.verify(info.signature, covered, ECDSA(algorithm))
        else:
            return Verdict.UNKNOWN
    except InvalidSignature:
        return Verdict.INVALID
    except UnsupportedAlgorithm:
        return Verdict.UNKNOWN
    return Verdict.VALID


def _hash(digest: str) -> "HashAlgorithm":
    from cryptography.hazmat.primitives import hashes

    known: dict[str, HashAlgorithm] = {
        "md5": hashes.MD5(),  # noqa: S303 - old signatures are examined, never made
        "sha1": hashes.SHA1(),  # noqa: S303 - as above
        "sha256": hashes.SHA256(),
        "sha384": hashes.SHA384(),
        "sha512": hashes.SHA512(),
    }
    return known[digest]
