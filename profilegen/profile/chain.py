"""Certificate chains as a device walks them: from the signer up, over what the file brings and what is trusted."""

import warnings
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cryptography.x509 import Certificate

_LONGEST_CHAIN = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Chain:
    """
    The path from a certificate upwards.

    `complete`: it ends at a self-signed root or at an anchor; `trusted`: it ends at an anchor and every certificate on
    the way is valid now; `last_issuer` is who should come next where it stops too early.
    """

    length: int
    complete: bool
    trusted: bool
    last_issuer: str


def load_certificate(der: bytes) -> "Certificate | None":
    """Return the certificate, or None where the bytes are none."""
    from cryptography import x509
    from cryptography.utils import CryptographyDeprecationWarning

    try:
        with warnings.catch_warnings():
            # some roots of the system stores are older than the rules; their user is not the one to tell
            warnings.simplefilter("ignore", CryptographyDeprecationWarning)
            certificate = x509.load_der_x509_certificate(der)
        certificate.public_key()
    except (ValueError, TypeError, _unsupported()):
        return None
    return certificate


def is_issued_by(certificate: "Certificate", issuer: "Certificate") -> bool:
    """True if the issuer's name and key fit the certificate (RFC 5280 section 6.1.3)."""
    from cryptography.exceptions import InvalidSignature

    try:
        certificate.verify_directly_issued_by(issuer)
    except (ValueError, TypeError, InvalidSignature, _unsupported()):
        return False
    return True


def walk_chain(
    leaf: "Certificate", included: tuple["Certificate", ...], anchors: tuple["Certificate", ...], now: datetime
) -> Chain:
    """Return the chain of `leaf` over the included certificates up to a root; `now` is aware."""
    path = [leaf]
    while not (is_issued_by(path[-1], path[-1]) or path[-1] in anchors) and len(path) < _LONGEST_CHAIN:
        issuer = _issuer_of(path[-1], (*anchors, *included), path)
        if issuer is None:
            break
        path.append(issuer)
    last = path[-1]
    return Chain(
        length=len(path),
        complete=last in anchors or is_issued_by(last, last),
        trusted=last in anchors and all(_is_valid(certificate, now) for certificate in path),
        last_issuer=last.issuer.rfc4514_string(),
    )


def _issuer_of(
    certificate: "Certificate", candidates: tuple["Certificate", ...], path: list["Certificate"]
) -> "Certificate | None":
    named = (other for other in candidates if other.subject == certificate.issuer and other not in path)
    return next((other for other in named if is_issued_by(certificate, other) and _is_authority(other)), None)


def _is_authority(certificate: "Certificate") -> bool:
    from cryptography import x509

    try:
        return certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    except (x509.ExtensionNotFound, x509.DuplicateExtension, ValueError):
        return False


def _is_valid(certificate: "Certificate", now: datetime) -> bool:
    return certificate.not_valid_before_utc <= now <= certificate.not_valid_after_utc


def _unsupported() -> type[Exception]:
    from cryptography.exceptions import UnsupportedAlgorithm

    return UnsupportedAlgorithm
