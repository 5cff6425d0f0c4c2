"""PG403-PG405 and PG509: certificates, containers with keys, and keys that should not be there."""

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from profilegen.errors import InputProblem
from profilegen.profile.ber import CmsProblem
from profilegen.profile.certificates import PKCS1, ROOT
from profilegen.profile.chain import is_issued_by, load_certificate
from profilegen.profile.findings import Severity
from profilegen.profile.lint.rule import Fault, PayloadView, Rule, Subject
from profilegen.profile.pem import split_certificates
from profilegen.profile.pkcs12 import Container, Opening, examine_container, open_container
from profilegen.profile.tree import walk
from profilegen.profile.types import Delivery, Platform

if TYPE_CHECKING:
    from cryptography.x509 import Certificate

PEM = "com.apple.security.pem"
PKCS12 = "com.apple.security.pkcs12"
_FORMS = {PEM: "PEM", PKCS1: "DER", ROOT: "DER"}
_MOST_CONTAINERS = 8
_PEM_KEY = re.compile(rb"-----BEGIN (?:[A-Z]{2,10} )?PRIVATE KEY-----")
# PrivateKeyInfo (RFC 5958) or RSAPrivateKey (RFC 8017) in DER: a version, then an algorithm or a large number.
_DER_KEY = re.compile(rb"\A\x30.{1,3}\x02\x01[\x00\x01](?:\x30.\x06[\x03-\x0b]|\x02\x82)", re.DOTALL)


def unreadable_certificate(subject: Subject) -> Iterator[Fault]:
    """PG403: the bytes must be what the payload type says, and a root must be one."""
    for payload in subject.of_type(*_FORMS):
        path = payload.at("PayloadContent")
        certificate = _certificate(payload)
        if certificate is None:
            form = _FORMS[payload.type]
            message = f"PayloadContent is no certificate in {form} form, as {payload.type} says."
            yield Fault(path=path, message=message, hint=f"Write the certificate in {form} form as data.")
            continue
        if certificate.not_valid_after_utc < subject.now:
            message = f"The certificate expired on {certificate.not_valid_after_utc:%Y-%m-%d}."
            yield Fault(path=path, message=message, hint="Put the current certificate in.")
        if payload.type == ROOT and not _may_be_root(certificate):
            message = "The certificate is no authority, but is installed as a root."
            yield Fault(path=path, message=message, hint="Put in the root that issued it.")
    for payload, container in _containers(subject):
        if container is None:
            message = f"PayloadContent is no PKCS#12 container, as {PKCS12} says."
            yield Fault(path=payload.at("PayloadContent"), message=message, hint="Export the identity as .p12.")


def untrusted_root(subject: Subject) -> Iterator[Fault]:
    """PG404: a root that a person installs is not trusted for TLS until switched on (support.apple.com/102390)."""
    if subject.delivery is Delivery.INTERACTIVE and subject.platform is Platform.IOS:
        for payload in subject.of_type(ROOT):
            yield Fault(
                path=payload.path,
                message="A root installed by hand is not trusted for mail servers at once.",
                hint="Tell people: Settings > General > About > Certificate Trust Settings. Over MDM it is trusted.",
            )


def unsuitable_container(subject: Subject) -> Iterator[Fault]:
    """PG405: older devices do not read what OpenSSL 3 writes by default, and a wrong password opens nothing."""
    for payload, container in _containers(subject):
        if container is None:
            continue
        password = payload.keys.get("Password")
        if isinstance(password, str) and open_container(payload.keys["PayloadContent"], password) is Opening.REFUSED:
            message = "Password does not open the PKCS#12 container."
            hint = "Write the password it was exported with."
            yield Fault(path=payload.at("Password"), message=message, hint=hint, severity=Severity.ERROR)
        if container.modern:
            message = "The PKCS#12 container uses AES or SHA-256, which devices up to iOS 17 have refused."
            hint = "Export it with older algorithms (openssl pkcs12 -legacy) where older devices are to read it."
            yield Fault(path=payload.at("PayloadContent"), message=message, hint=hint)


def private_key(subject: Subject) -> Iterator[Fault]:
    """PG509: a private key belongs into a PKCS#12 container, never as it is into a file for many."""
    for path, value in walk(subject.top):
        data = value.encode("utf-8", "replace") if isinstance(value, str) else value
        if isinstance(data, bytes) and (_PEM_KEY.search(data) or _DER_KEY.match(data)):
            message = "The profile holds a private key in the clear."
            yield Fault(path=path, message=message, hint="Take the key for known to others, and make a new one.")


def _certificate(payload: PayloadView) -> "Certificate | None":
    data = payload.keys.get("PayloadContent")
    if not isinstance(data, bytes):
        return None
    if payload.type != PEM:
        return load_certificate(data)
    if data.startswith(b"\x30"):
        return None
    try:
        return load_certificate(split_certificates(data)[0])
    except InputProblem:
        return None


def _may_be_root(certificate: "Certificate") -> bool:
    from cryptography import x509

    try:
        return certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    except x509.ExtensionNotFound:
        return is_issued_by(certificate, certificate)  # roots older than the extension
    except (x509.DuplicateExtension, ValueError):
        return False


def _containers(subject: Subject) -> Iterator[tuple[PayloadView, Container | None]]:
    for number, payload in enumerate(subject.of_type(PKCS12)):
        data = payload.keys.get("PayloadContent")
        if number >= _MOST_CONTAINERS:
            return
        try:
            yield payload, examine_container(data if isinstance(data, bytes) else b"")
        except CmsProblem:
            yield payload, None


_ERROR, _WARNING, _INFO = Severity.ERROR, Severity.WARNING, Severity.INFO
RULES = (
    Rule(
        id="PG403", severity=_ERROR, summary="A certificate is not what its payload says.", check=unreadable_certificate
    ),
    Rule(id="PG404", severity=_INFO, summary="A root that people must switch on.", check=untrusted_root),
    Rule(id="PG405", severity=_WARNING, summary="A container older devices do not open.", check=unsuitable_container),
    Rule(id="PG509", severity=_ERROR, summary="A private key in the profile.", check=private_key),
)
