"""PG2xx: types, versions, identifiers and UUIDs; they decide what an installation replaces."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from profilegen.profile.findings import Severity
from profilegen.profile.lint.rule import Fault, PayloadView, Rule, Subject, shown, text_of
from profilegen.profile.mail import MAIL
from profilegen.profile.types import Platform

_UUID = re.compile(r"[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}")
_REVERSE_DNS = re.compile(r"[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+")
_NEEDED = ("PayloadIdentifier", "PayloadUUID", "PayloadVersion")
_FOR_PEOPLE = (
    (
        "PayloadDisplayName",
        "The profile has no name: people see only its identifier.",
        "Set PayloadDisplayName, best with the mail address in it.",
        Severity.WARNING,
    ),
    (
        "PayloadOrganization",
        "The profile names an organisation that has no name.",
        "Set PayloadOrganization to a name that people know, or leave it out.",
        Severity.INFO,
    ),
    (
        "PayloadDescription",
        "The profile does not say what it does.",
        "Set PayloadDescription to one sentence about what is installed.",
        Severity.INFO,
    ),
)
_UNIQUE_HINT = "Give every payload its own, and keep it the same from issue to issue."


def wrong_top_type(subject: Subject) -> Iterator[Fault]:
    """PG201: the top level must say it is a configuration."""
    if subject.result.content is not None and subject.top.get("PayloadType") != "Configuration":
        yield Fault(
            path="PayloadType",
            message='The profile\'s PayloadType is not "Configuration", so no device takes it.',
            hint='Set PayloadType to "Configuration".',
        )


def missing_identity(subject: Subject) -> Iterator[Fault]:
    """PG202: identifier, UUID and version are required in the profile and in every payload."""
    for prefix, keys in _dictionaries(subject):
        for key in _NEEDED:
            if keys.get(key) in (None, ""):
                yield Fault(
                    path=prefix + key, message=f"{key} is missing or empty.", hint=f"Apple requires {key}; add it."
                )
    for payload in subject.payloads:
        if not payload.type:
            yield Fault(
                path=payload.at("PayloadType"),
                message="PayloadType is missing or empty.",
                hint="Apple requires PayloadType; add it.",
            )


def wrong_version(subject: Subject) -> Iterator[Fault]:
    """PG203: PayloadVersion is the integer 1; devices have been seen to accept a real or a text."""
    for prefix, keys in _dictionaries(subject):
        version = keys.get("PayloadVersion")
        if version in (None, "") or (type(version) is int and version == 1):
            continue
        one = not isinstance(version, bool) and version in (1.0, "1", "1.0")
        yield Fault(
            path=prefix + "PayloadVersion",
            message=f"PayloadVersion is {shown(version)}, " + ("1 in the wrong type." if one else "not 1."),
            hint="Write <integer>1</integer>.",
            severity=Severity.WARNING if one else None,
        )


def repeated_uuid(subject: Subject) -> Iterator[Fault]:
    """PG204: devices refuse a profile in which a PayloadUUID is used more than once."""
    yield from _repeated(subject, "PayloadUUID", "The device refuses a profile that uses this PayloadUUID twice.")


def repeated_identifier(subject: Subject) -> Iterator[Fault]:
    """PG205: identifiers must be unique within the profile; equal to the profile's own is common and tolerated."""
    yield from _repeated(subject, "PayloadIdentifier", "Another payload has this PayloadIdentifier too.")
    top = text_of(subject.top, "PayloadIdentifier")
    for payload in subject.payloads:
        if top and payload.keys.get("PayloadIdentifier") == top:
            yield Fault(
                path=payload.at("PayloadIdentifier"),
                message="The payload has the same PayloadIdentifier as the profile.",
                hint=_UNIQUE_HINT,
                severity=Severity.WARNING,
            )


def malformed_uuid(subject: Subject) -> Iterator[Fault]:
    """PG209: Apple's pattern lets letters beyond F pass, RFC 9562 does not."""
    for prefix, keys in _dictionaries(subject):
        value = text_of(keys, "PayloadUUID")
        if not value and not isinstance(keys.get("PayloadUUID"), str | None):
            yield _uuid_fault(prefix, "PayloadUUID is not text.")
        elif value and not _UUID.fullmatch(value):
            yield _uuid_fault(prefix, f"PayloadUUID {shown(value)} is no UUID in hexadecimal digits.")
        elif value not in (value.upper(), value.lower()):
            yield _uuid_fault(prefix, "PayloadUUID mixes upper and lower case.")


def unusual_identifier(subject: Subject) -> Iterator[Fault]:
    """PG210: identifiers are reverse-DNS names."""
    for prefix, keys in _dictionaries(subject):
        value = text_of(keys, "PayloadIdentifier")
        if value and not _REVERSE_DNS.fullmatch(value):
            yield Fault(
                path=prefix + "PayloadIdentifier",
                message=f"PayloadIdentifier {shown(value)} is no reverse-DNS name.",
                hint="Use letters, digits, hyphens and dots, like com.example.mail.",
            )


def unnamed(subject: Subject) -> Iterator[Fault]:
    """PG211: name, organisation and description are what a person has to decide by when asked to install."""
    if subject.result.content is None:
        return
    for key, message, hint, severity in _FOR_PEOPLE:
        if key == "PayloadOrganization" and key not in subject.top:
            continue  # a person's own profile comes from no organisation
        if not text_of(subject.top, key).strip():
            yield Fault(path=key, message=message, hint=hint, severity=severity)


def unclear_encryption(subject: Subject) -> Iterator[Fault]:
    """PG213: encrypted content takes the place of the plain one."""
    encrypted = "EncryptedPayloadContent" in subject.top
    plain = "PayloadContent" in subject.top
    if subject.top.get("IsEncrypted") is True and not encrypted:
        message = "IsEncrypted is true, but there is no EncryptedPayloadContent."
    elif encrypted and plain:
        message = "The profile holds its payloads twice: encrypted and in the clear."
    elif (
        subject.result.content is not None and not encrypted and not isinstance(subject.top.get("PayloadContent"), list)
    ):
        message = "The profile has no list of payloads."
    else:
        return
    yield Fault(path="PayloadContent", message=message, hint="Keep exactly one: PayloadContent or the encrypted one.")


def wrong_scope(subject: Subject) -> Iterator[Fault]:
    """PG218: on a Mac mail payloads belong to the user channel only."""
    has_mail = any(True for _ in subject.of_type(MAIL))
    if subject.platform is Platform.MACOS and has_mail and subject.top.get("PayloadScope") == "System":
        yield Fault(
            path="PayloadScope",
            message="PayloadScope is System, but a Mac takes mail accounts only for a user.",
            hint="Set PayloadScope to User.",
        )


def _dictionaries(subject: Subject) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Yield the profile itself and every payload, each with the prefix of its keys' paths."""
    if subject.result.content is None:
        return
    yield "", subject.top
    for payload in subject.payloads:
        yield f"{payload.path}.", payload.keys


def _repeated(subject: Subject, key: str, message: str) -> Iterator[Fault]:
    inner = subject.payloads
    values = [_folded(payload, key) for payload in inner]
    if key == "PayloadUUID":
        values.append(text_of(subject.top, key).upper())
    counts = Counter(values)
    seen: set[str] = set()
    for payload in inner:
        value = _folded(payload, key)
        if value and counts[value] > 1 and (value in seen or value == text_of(subject.top, key).upper()):
            yield Fault(path=payload.at(key), message=message, hint=_UNIQUE_HINT)
        seen.add(value)


def _folded(payload: PayloadView, key: str) -> str:
    value = text_of(payload.keys, key)
    return value.upper() if key == "PayloadUUID" else value


def _uuid_fault(prefix: str, message: str) -> Fault:
    return Fault(path=prefix + "PayloadUUID", message=message, hint="Write a UUID in upper-case hexadecimal digits.")


_ERROR, _WARNING = Severity.ERROR, Severity.WARNING
RULES = (
    Rule(id="PG201", severity=_ERROR, summary="The profile's type is not Configuration.", check=wrong_top_type),
    Rule(id="PG202", severity=_ERROR, summary="Identifier, UUID, version or type is missing.", check=missing_identity),
    Rule(id="PG203", severity=_ERROR, summary="PayloadVersion is not the integer 1.", check=wrong_version),
    Rule(id="PG204", severity=_ERROR, summary="A PayloadUUID is used more than once.", check=repeated_uuid),
    Rule(id="PG205", severity=_ERROR, summary="A PayloadIdentifier is used more than once.", check=repeated_identifier),
    Rule(id="PG209", severity=_WARNING, summary="A PayloadUUID is no proper UUID.", check=malformed_uuid),
    Rule(
        id="PG210", severity=_WARNING, summary="A PayloadIdentifier is no reverse-DNS name.", check=unusual_identifier
    ),
    Rule(
        id="PG211",
        severity=_WARNING,
        summary="The profile has no display name, organisation or description.",
        check=unnamed,
    ),
    Rule(id="PG213", severity=_ERROR, summary="Encrypted and plain content contradict.", check=unclear_encryption),
    Rule(id="PG218", severity=_ERROR, summary="A Mac mail account in the system scope.", check=wrong_scope),
)
