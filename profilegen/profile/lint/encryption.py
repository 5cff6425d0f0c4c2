"""PG6xx: encrypted payloads, as far as they can be judged without, and with, the device's key."""

import base64
import binascii
from collections.abc import Iterator

from profilegen.profile.ber import CmsProblem
from profilegen.profile.binary_plist import read_binary
from profilegen.profile.chain import load_certificate
from profilegen.profile.cms import ENVELOPED_DATA
from profilegen.profile.enveloped import Envelope, Recipient, look_at_envelope
from profilegen.profile.findings import Severity
from profilegen.profile.lint.rule import Fault, Rule, Subject
from profilegen.profile.xml_plist import XmlProblem, read_xml

_PATH = "EncryptedPayloadContent"
_AUTH_ENVELOPED_DATA = "1.2.840.113549.1.9.16.1.23"
_CIPHERS = ("2.16.840.1.101.3.4.1.2", "1.2.840.113549.3.7")
"""AES-128-CBC and 3DES-CBC, which Apple names."""
_LONGER_KEYS = ("2.16.840.1.101.3.4.1.22", "2.16.840.1.101.3.4.1.42")
_RSA, _RSA_OAEP = "1.2.840.113549.1.1.1", "1.2.840.113549.1.1.7"
_AGAIN = "Encrypt the payloads anew with AES-128-CBC to the device's RSA certificate (profilegen encrypt)."


def unknown_cipher(subject: Subject) -> Iterator[Fault]:
    """PG601: devices decrypt EnvelopedData with 3DES or AES-128-CBC; GCM makes another content type of it."""
    if not _has_envelope(subject) or _decoded(subject) is not None:
        return
    envelope = _envelope(subject)
    severity = None
    if envelope is None:
        message = "EncryptedPayloadContent is no CMS EnvelopedData that could be read."
    elif envelope.content_type == _AUTH_ENVELOPED_DATA:
        message = "EncryptedPayloadContent is AuthEnvelopedData (AES-GCM); devices read EnvelopedData only."
    elif envelope.content_type != ENVELOPED_DATA:
        message = "EncryptedPayloadContent is CMS, but not EnvelopedData."
    elif envelope.cipher_oid in _LONGER_KEYS:
        message = "EncryptedPayloadContent uses AES with a longer key; Apple names AES-128 and 3DES."
        severity = Severity.WARNING
    elif envelope.cipher_oid not in _CIPHERS:
        message = f"EncryptedPayloadContent uses the cipher {envelope.cipher_oid}; devices know AES-128-CBC and 3DES."
    else:
        return
    yield Fault(path=_PATH, message=message, hint=_AGAIN, severity=severity)


def wrong_recipient(subject: Subject) -> Iterator[Fault]:
    """PG602: the recipient is the device, and its key is RSA."""
    envelope = _envelope(subject)
    if envelope is None or envelope.content_type != ENVELOPED_DATA:
        return
    if not envelope.recipients:
        yield Fault(path=_PATH, message="The payloads are encrypted to nobody.", hint=_AGAIN)
    signers = _included_names(subject)
    for recipient in envelope.recipients:
        if recipient.issuer is not None and (recipient.issuer, recipient.serial) in signers:
            message = "The payloads are encrypted to the signer or its authority, not to a device."
            yield Fault(path=_PATH, message=message, hint=_AGAIN)
        else:
            yield from _key_faults(recipient)


def encoded_twice(subject: Subject) -> Iterator[Fault]:
    """PG603: an early signing tool put base64 text into the data, which is base64 already."""
    if _decoded(subject) is not None:
        message = "EncryptedPayloadContent is base64 text inside base64 data."
        yield Fault(path=_PATH, message=message, hint="Put the DER bytes themselves into <data>.")


def no_array_inside(subject: Subject) -> Iterator[Fault]:
    """PG604: the root of what is encrypted is the array of payloads itself, not a dictionary around it."""
    if subject.decrypted is None:
        return
    try:
        data = subject.decrypted
        inside = read_binary(data) if data.startswith(b"bplist") else read_xml(data)[1]
    except (XmlProblem, ValueError):
        inside = None
    if not isinstance(inside, list):
        what = "a dictionary" if isinstance(inside, dict) else "something else"
        yield Fault(path=_PATH, message=f"What is encrypted is {what}, not the array of payloads.", hint=_AGAIN)


def _key_faults(recipient: Recipient) -> Iterator[Fault]:
    if recipient.key_oid == _RSA:
        return
    if recipient.key_oid == _RSA_OAEP:
        message = "The payload key is wrapped with RSA-OAEP; devices are known to open PKCS #1 v1.5."
        yield Fault(path=_PATH, message=message, hint=_AGAIN, severity=Severity.WARNING)
    else:
        yield Fault(path=_PATH, message="A recipient has no RSA key; devices open RSA only.", hint=_AGAIN)


def _has_envelope(subject: Subject) -> bool:
    return _PATH in subject.top


def _data(subject: Subject) -> bytes:
    value = subject.top.get(_PATH)
    return value if isinstance(value, bytes) else b""


def _envelope(subject: Subject) -> Envelope | None:
    try:
        return look_at_envelope(_data(subject), ENVELOPED_DATA)
    except CmsProblem:
        return None


def _decoded(subject: Subject) -> bytes | None:
    """Return the DER behind a second layer of base64, None if there is no such layer."""
    value = subject.top.get(_PATH)
    text = value.encode("ascii", "replace") if isinstance(value, str) else _data(subject)
    if not text.lstrip().startswith(b"M"):  # DER starts with 0x30, which base64 writes as "M"
        return None
    try:
        inner = base64.b64decode(text.translate(None, b" \t\r\n"), validate=True)
    except binascii.Error:
        return None
    return inner if inner.startswith(b"\x30") else None


def _included_names(subject: Subject) -> set[tuple[bytes, int]]:
    signed = subject.result.signed_data
    loaded = (load_certificate(der) for der in (signed.certificates[:100] if signed else ()))
    return {(one.issuer.public_bytes(), one.serial_number) for one in loaded if one is not None}


_ERROR = Severity.ERROR
RULES = (
    Rule(id="PG601", severity=_ERROR, summary="Encrypted in a way devices do not read.", check=unknown_cipher),
    Rule(id="PG602", severity=_ERROR, summary="Encrypted to somebody else than the device.", check=wrong_recipient),
    Rule(id="PG603", severity=_ERROR, summary="Encrypted payloads encoded twice.", check=encoded_twice),
    Rule(id="PG604", severity=_ERROR, summary="What is encrypted is no array of payloads.", check=no_array_inside),
)
