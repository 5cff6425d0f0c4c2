"""
A server certificate judged as Apple devices judge it, one finding per property.

The rules beyond RFC 5280 are Apple's "Requirements for trusted certificates in iOS 13 and macOS 10.15": RSA of at
least 2048 bits, SHA-2, the name in the subject alternative names, and for certificates issued after 1 July 2019 the
serverAuth usage and at most 825 days.
"""

import ipaddress
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from profilegen.address import shorten
from profilegen.diagnosis.causes import Cause
from profilegen.diagnosis.remedies import remedy_of
from profilegen.diagnosis.replies import cause_of_verify_code
from profilegen.report import Finding, Outcome

if TYPE_CHECKING:
    from cryptography import x509

CHECKS = ("tls.chain", "tls.hostname", "tls.dates", "tls.key", "tls.lifetime")

_RULES_SINCE = datetime(2019, 7, 1, tzinfo=UTC)
_MAX_LIFETIME = timedelta(days=825)
_PUBLIC_LIFETIME = timedelta(days=398)
_EXPIRES_SOON = timedelta(days=14)
_MIN_RSA_BITS = 2048
_MAX_NAMES = 64
_SHA2 = ("sha256", "sha384", "sha512")
_CHAIN_NOT_BUILT = (2, 18, 19, 20, 21)
_IDENTITY = (62, 64)
_REASONS = {
    18: "it is self-signed",
    19: "its chain ends in a self-signed certificate that is not trusted",
    20: "its issuer is not trusted, or the server does not send the intermediate certificate",
    21: "its issuer is not trusted, or the server does not send the intermediate certificate",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Presented:
    """
    What a server presented: its own certificate in DER form, None if it could not be had, and OpenSSL's verdict.

    `verify_code` None: OpenSSL accepted it for `host`. OpenSSL builds the chain first, then checks the name, then the
    dates: a complaint about name or dates means that the chain was sound so far.
    """

    leaf: bytes | None
    host: str
    verify_code: int | None = None
    verify_message: str = ""


def judge(presented: Presented, now: datetime) -> tuple[Finding, ...]:
    """Return one finding per name in CHECKS; a certificate OpenSSL refused always has at least one that fails."""
    from cryptography import x509
    from cryptography.exceptions import UnsupportedAlgorithm

    if presented.leaf is None:
        return _unseen(presented)
    try:
        leaf = x509.load_der_x509_certificate(presented.leaf)
        findings = (_hostname(presented, leaf), _dates(leaf, now), _key(leaf), _lifetime(leaf))
    except (ValueError, x509.UnsupportedGeneralNameType, UnsupportedAlgorithm) as exc:
        return _unreadable(str(exc))
    named = any(finding.outcome is Outcome.FAIL for finding in findings)
    return (_chain(presented, leaf, explained=named), *findings)


def host_matches(host: str, names: Sequence[str]) -> bool:
    """
    Tell whether `host` (an A-label name or IP literal) is one of the subject alternative `names` (RFC 9525).

    A wildcard stands for exactly the left-most label, and never for a name of fewer than three labels.
    """
    host = host.lower()
    _, _, parent = host.partition(".")
    wildcard = f"*.{parent}" if "." in parent and not _is_address(host) else None
    return any(name in (host, wildcard) for name in (name.lower().rstrip(".") for name in names))


def _chain(presented: Presented, leaf: "x509.Certificate", *, explained: bool) -> Finding:
    code = presented.verify_code
    if code is not None and (code in _CHAIN_NOT_BUILT or not explained):
        cause = Cause.TLS_UNTRUSTED if code in _CHAIN_NOT_BUILT else cause_of_verify_code(code)
        reason = _REASONS.get(code, presented.verify_message or f"OpenSSL error {code}")
        return _fail("tls.chain", cause, f"The certificate is not trusted: {reason}. Issuer: {_issuer(leaf)}.")
    if _issued_under_new_rules(leaf) and not _for_servers(leaf):
        return _fail(
            "tls.chain",
            Cause.TLS_UNTRUSTED,
            "The certificate is not made for servers: the serverAuth usage is missing.",
            "Have the certificate issued with the extended key usage serverAuth.",
        )
    return _pass("tls.chain", f"Issued by {_issuer(leaf)}.")


def _hostname(presented: Presented, leaf: "x509.Certificate") -> Finding:
    names = _names(leaf)
    if host_matches(presented.host, names) and presented.verify_code not in _IDENTITY:
        return _pass("tls.hostname", f"The certificate holds {presented.host}.")
    shown = shorten(", ".join(names), limit=200) or "no name at all"
    detail = f"The certificate is for {shown}, not for {presented.host}."
    return replace(_fail("tls.hostname", Cause.TLS_HOSTNAME_MISMATCH, detail), names=tuple(names[:_MAX_NAMES]))


def _dates(leaf: "x509.Certificate", now: datetime) -> Finding:
    start, end = leaf.not_valid_before_utc, leaf.not_valid_after_utc
    if now > end:
        return _fail("tls.dates", Cause.TLS_CERT_EXPIRED, f"The certificate expired on {end:%Y-%m-%d}.")
    if now < start:
        return _fail("tls.dates", Cause.TLS_CERT_EXPIRED, f"The certificate is not valid before {start:%Y-%m-%d}.")
    detail = f"Valid until {end:%Y-%m-%d}, {(end - now).days} days from now."
    if end - now < _EXPIRES_SOON:
        return Finding(check="tls.dates", outcome=Outcome.WARN, detail=detail, remedy="Renew the certificate now.")
    return _pass("tls.dates", detail)


def _key(leaf: "x509.Certificate") -> Finding:
    from cryptography.hazmat.primitives.asymmetric import ec, rsa

    key = leaf.public_key()
    remedy = "Have the certificate reissued with RSA 2048 or more, or EC P-256, signed with SHA-256."
    if isinstance(key, rsa.RSAPublicKey):
        name, good = f"RSA {key.key_size}", key.key_size >= _MIN_RSA_BITS
    elif isinstance(key, ec.EllipticCurvePublicKey):
        name, good = f"EC {key.curve.name}", key.key_size >= 256
    else:
        name, good = type(key).__name__.removesuffix("PublicKey"), False
    if not good:
        return _fail("tls.key", Cause.TLS_UNTRUSTED, f"Devices refuse this kind of key: {name}.", remedy)
    digest = leaf.signature_hash_algorithm
    if digest is None or digest.name not in _SHA2:
        weak = digest.name.upper() if digest else "no SHA-2 digest"
        return _fail("tls.key", Cause.TLS_UNTRUSTED, f"Devices refuse a signature with {weak}.", remedy)
    return _pass("tls.key", f"{name}, {digest.name.upper()}.")


def _lifetime(leaf: "x509.Certificate") -> Finding:
    lifetime = leaf.not_valid_after_utc - leaf.not_valid_before_utc
    detail = f"The certificate lives for {lifetime.days} days"
    remedy = "Have the certificate reissued for at most 398 days."
    if _issued_under_new_rules(leaf) and lifetime > _MAX_LIFETIME:
        return _fail("tls.lifetime", Cause.TLS_UNTRUSTED, f"{detail}; devices refuse more than 825.", remedy)
    if lifetime > _PUBLIC_LIFETIME:
        return Finding(
            check="tls.lifetime",
            outcome=Outcome.WARN,
            detail=f"{detail}; devices refuse more than 398 from a public authority.",
            remedy=remedy,
        )
    return _pass("tls.lifetime", f"{detail}.")


def _names(leaf: "x509.Certificate") -> list[str]:
    from cryptography import x509

    try:
        extension = leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return []
    addresses = extension.get_values_for_type(x509.IPAddress)
    return [*extension.get_values_for_type(x509.DNSName), *(_literal(address) for address in addresses)]


def _literal(address: object) -> str:
    return str(address) if isinstance(address, ipaddress.IPv4Address | ipaddress.IPv6Address) else ""


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def _for_servers(leaf: "x509.Certificate") -> bool:
    from cryptography import x509
    from cryptography.x509.oid import ExtendedKeyUsageOID

    try:
        usage = leaf.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    except x509.ExtensionNotFound:
        return False
    return ExtendedKeyUsageOID.SERVER_AUTH in usage


def _issued_under_new_rules(leaf: "x509.Certificate") -> bool:
    return leaf.not_valid_before_utc >= _RULES_SINCE


def _issuer(leaf: "x509.Certificate") -> str:
    return shorten(leaf.issuer.rfc4514_string(), limit=200) or "nobody"


def _unseen(presented: Presented) -> tuple[Finding, ...]:
    """Only OpenSSL's verdict is known."""
    code = presented.verify_code or 0
    cause = cause_of_verify_code(code)
    check = {Cause.TLS_HOSTNAME_MISMATCH: "tls.hostname", Cause.TLS_CERT_EXPIRED: "tls.dates"}.get(cause, "tls.chain")
    failed = _fail(check, cause, f"The certificate is refused: {presented.verify_message or code}.")
    return (failed, *_not_judged((name for name in CHECKS if name != check), check))


def _unreadable(reason: str) -> tuple[Finding, ...]:
    first = _fail(
        "tls.chain", Cause.TLS_SERVER_PROBLEM, f"The certificate cannot be read: {shorten(reason, limit=200)}."
    )
    return (first, *_not_judged(CHECKS[1:], "tls.chain"))


def _not_judged(checks: Iterable[str], blocker: str) -> Iterator[Finding]:
    for check in checks:
        yield Finding(check=check, outcome=Outcome.SKIP, detail=f"Not reached because of {blocker}.")


def _pass(check: str, detail: str) -> Finding:
    return Finding(check=check, outcome=Outcome.PASS, detail=detail)


def _fail(check: str, cause: Cause, detail: str, remedy: str | None = None) -> Finding:
    return Finding(
        check=check, outcome=Outcome.FAIL, detail=detail, cause=cause, remedy=remedy or remedy_of(cause).admin
    )
