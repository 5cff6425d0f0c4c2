"""Certificate chains as a device walks them: from the signer up, over what the file brings and what is trusted."""

import warnings
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cryptography.x509 import Certificate, ExtensionType
    from cryptography.x509.verification import ExtensionPolicy, Policy

Path = tuple["Certificate", ...]

_LONGEST_CHAIN = 9
_MOST_CHECKS = 64
"""Signatures that are looked at while a path is searched; a file full of look-alikes must not keep anybody waiting."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Chain:
    """
    The path from a certificate upwards.

    `complete`: it ends at a self-signed root or at an anchor; `trusted`: it ends at an anchor and passes the path
    validation of RFC 5280 now; `last_issuer` is who should come next where it stops too early; `problem` is why a path
    that ends at an anchor is not valid, as the end of a sentence.
    """

    length: int
    complete: bool
    trusted: bool
    last_issuer: str
    problem: str = ""


def load_certificate(der: bytes) -> "Certificate | None":
    """Return the certificate, or None where the bytes are none."""
    from cryptography import x509
    from cryptography.utils import CryptographyDeprecationWarning

    try:
        with warnings.catch_warnings():
            # some roots of the system stores are older than the rules; their user is not the one to tell
            warnings.simplefilter("ignore", CryptographyDeprecationWarning)
            certificate = x509.load_der_x509_certificate(der)
            _ = certificate.subject, certificate.issuer, certificate.not_valid_after_utc
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
    """Return the best chain of `leaf` over the included certificates up to a root; `now` is aware."""
    search = _Search(included=included, anchors=anchors)
    best: Path = (leaf,)
    rank, problem = -1, ""
    for path in search.paths((leaf,)):
        found = _validation_problem(path, now) if path[-1] in anchors else None
        quality = 3 if found == "" else 2 if found else int(search.is_root(path[-1]))
        if quality > rank or (quality == rank and len(path) > len(best)):
            best, rank, problem = path, quality, found or ""
        if rank == 3:
            break
    return Chain(
        length=len(best),
        complete=rank >= 1,
        trusted=rank == 3,
        last_issuer=best[-1].issuer.rfc4514_string(),
        problem=problem,
    )


@dataclass(slots=True, kw_only=True)  # it spends its budget
class _Search:
    """A search for paths, the shortest way to an anchor first; its budget is spent with every signature looked at."""

    included: tuple["Certificate", ...]
    anchors: tuple["Certificate", ...]
    left: int = _MOST_CHECKS
    roots: dict["Certificate", bool] = field(default_factory=dict)

    def paths(self, path: Path) -> Iterator[Path]:
        """Yield every path that begins like this and ends at an anchor, at a root, or where nobody comes next."""
        last = path[-1]
        if last in self.anchors or self.is_root(last) or len(path) >= _LONGEST_CHAIN:
            yield path
            return
        ends_here = True
        for issuer in self._issuers(path):
            ends_here = False
            yield from self.paths((*path, issuer))
        if ends_here:
            yield path

    def is_root(self, certificate: "Certificate") -> bool:
        """True if a certificate is its own issuer."""
        if certificate not in self.roots:
            same_name = certificate.subject == certificate.issuer
            self.roots[certificate] = same_name and is_issued_by(certificate, certificate)
        return self.roots[certificate]

    def _issuers(self, path: Path) -> Iterator["Certificate"]:
        # A name and key that is already on the way leads nowhere new, and would let certificates go round in circles.
        used = {_name_and_key(one) for one in path}
        for other in (*self.anchors, *self.included):
            if other.subject != path[-1].issuer or _name_and_key(other) in used:
                continue
            self.left -= 1
            if self.left < 0:
                return
            if is_issued_by(path[-1], other) and _is_authority(other):
                yield other


def _validation_problem(path: Path, now: datetime) -> str:
    """Return why the path is not valid (RFC 5280 section 6), "" if it is; extended key usages are not judged."""
    from cryptography.x509.verification import PolicyBuilder, Store, VerificationError

    if len(path) == 1:
        inside = path[0].not_valid_before_utc <= now <= path[0].not_valid_after_utc
        return "" if inside else "the certificate is not valid now"
    authorities, signers = _policies()
    builder = PolicyBuilder().store(Store([path[-1]])).time(now).max_chain_depth(_LONGEST_CHAIN)
    verifier = builder.extension_policies(ca_policy=authorities, ee_policy=signers).build_client_verifier()
    try:
        verifier.verify(path[0], list(path[1:-1]))
    except (VerificationError, ValueError) as problem:
        return str(problem).rpartition(": ")[2] or "it breaks a rule of RFC 5280"
    return ""


def _policies() -> tuple["ExtensionPolicy", "ExtensionPolicy"]:
    """
    Return what authorities and signers must carry.

    Profiles are signed with certificates for servers, for code and for mail alike, so nothing is asked of a signer;
    of an authority only what RFC 5280 asks, not the stricter rules of the web.
    """
    from cryptography import x509
    from cryptography.x509.verification import Criticality, ExtensionPolicy

    authorities = (
        ExtensionPolicy.permit_all()
        .require_present(x509.BasicConstraints, Criticality.AGNOSTIC, _require_authority)
        .may_be_present(x509.KeyUsage, Criticality.AGNOSTIC, _require_signing)
    )
    return authorities, ExtensionPolicy.permit_all()


def _require_authority(_policy: "Policy", _certificate: "Certificate", extension: "ExtensionType") -> None:
    if not getattr(extension, "ca", False):
        raise ValueError("an issuer is no authority")


def _require_signing(_policy: "Policy", _certificate: "Certificate", extension: "ExtensionType | None") -> None:
    if extension is not None and not getattr(extension, "key_cert_sign", False):
        raise ValueError("an issuer may not sign certificates")


def _is_authority(certificate: "Certificate") -> bool:
    from cryptography import x509

    try:
        return certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    except (x509.ExtensionNotFound, x509.DuplicateExtension, ValueError):
        return False


def _name_and_key(certificate: "Certificate") -> tuple[bytes, bytes]:
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    key = certificate.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return certificate.subject.public_bytes(), key


def _unsupported() -> type[Exception]:
    from cryptography.exceptions import UnsupportedAlgorithm

    return UnsupportedAlgorithm
