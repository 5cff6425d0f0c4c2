"""Which of many certificates lie between a signer and its root (RFC 5280 section 6.1)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from profilegen.profile.chain import is_issued_by, load_certificate

if TYPE_CHECKING:
    from profilegen.signing.identity import SigningIdentity


def order_chain(leaf: x509.Certificate, others: Iterable[x509.Certificate]) -> tuple[x509.Certificate, ...]:
    """
    Return the intermediates from the issuer of `leaf` towards the root.

    `others` may come in any order, with duplicates, the leaf itself, roots and strangers: only certificates whose
    key really signed the one before are kept. Roots are dropped, because devices trust their own copy or none.
    """
    chain: list[x509.Certificate] = []
    left = _distinct(leaf, others)
    below = leaf
    while issuers := [candidate for candidate in left if is_issued_by(below, candidate)]:
        below = max(issuers, key=_preference)
        chain.append(below)
        left.remove(below)
    return tuple(chain)


def open_end(identity: SigningIdentity, roots: Iterable[bytes]) -> str | None:
    """
    Return who issued the last certificate that is sent, if that is no root known here; None if the chain is whole.

    `roots` are DER. Devices look for no missing intermediate: the profile then shows as not verified.
    """
    last = (identity.certificate, *identity.chain)[-1]
    if is_issued_by(last, last):
        return None
    known = (load_certificate(der) for der in roots)
    if any(root is not None and root.subject == last.issuer and is_issued_by(last, root) for root in known):
        return None
    return last.issuer.rfc4514_string()


def _distinct(leaf: x509.Certificate, others: Iterable[x509.Certificate]) -> list[x509.Certificate]:
    by_bytes = {other.public_bytes(Encoding.DER): other for other in others}
    by_bytes.pop(leaf.public_bytes(Encoding.DER), None)
    return [other for other in by_bytes.values() if not is_issued_by(other, other)]


def _preference(certificate: x509.Certificate) -> tuple[float, bytes]:
    """Of several certificates for the same issuing key the one valid longest serves best."""
    return certificate.not_valid_after_utc.timestamp(), certificate.public_bytes(Encoding.DER)
