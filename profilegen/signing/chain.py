"""Which of many certificates lie between a signer and its root (RFC 5280 section 6.1)."""

from collections.abc import Iterable

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from profilegen.profile.chain import is_issued_by


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


def _distinct(leaf: x509.Certificate, others: Iterable[x509.Certificate]) -> list[x509.Certificate]:
    by_bytes = {other.public_bytes(Encoding.DER): other for other in others}
    by_bytes.pop(leaf.public_bytes(Encoding.DER), None)
    return [other for other in by_bytes.values() if not is_issued_by(other, other)]


def _preference(certificate: x509.Certificate) -> tuple[float, bytes]:
    """Of several certificates for the same issuing key the one valid longest serves best."""
    return certificate.not_valid_after_utc.timestamp(), certificate.public_bytes(Encoding.DER)
