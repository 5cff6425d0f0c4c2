"""
Who a profile is to a device: identifiers and UUIDs, always the same for the same account.

The top-level PayloadIdentifier decides whether an installation replaces or adds; an inner payload is updated in place
only if both its PayloadIdentifier and PayloadUUID are unchanged (Apple: TopLevel.yaml, CommonPayloadKeys.yaml).
"""

import hashlib
import hmac
import re
import uuid

from profilegen.address import Address, shorten
from profilegen.errors import SettingsProblem
from profilegen.secret import Secret
from profilegen.settings.text import require_usable

NAMESPACE = uuid.UUID("13875f63-e28f-4b58-970c-f0e30e3391ef")
"""The namespace of every UUID of this project; changing it would duplicate every account out there."""

_PREFIX = re.compile(r"[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*")


def default_prefix(address: Address) -> str:
    """Return the mail domain in reverse, for example "com.example", for those who configure nothing."""
    return ".".join(reversed(address.domain.split(".")))


def mailbox_key(address: Address) -> str:
    """Return the key of a profile with one account."""
    return f"mailbox:{address.account}"


def person_key(person: str) -> str:
    """Return the key of a profile that holds all accounts of one person."""
    return f"person:{person}"


def top_identifier(prefix: str, key: str) -> str:
    """
    Return the top-level PayloadIdentifier of a key made by `mailbox_key` or `person_key`.

    Raises SettingsProblem for a prefix that is not reverse-DNS, TextProblem for a key no property list can carry.
    """
    return f"{_checked(prefix)}.profile.{_name_uuid(prefix, key)}"


def account_identifier(prefix: str, address: Address, kind: str) -> str:
    """Return the PayloadIdentifier of one payload of an account; `kind` is "mail", "caldav" and so on."""
    return f"{_checked(prefix)}.account.{_name_uuid(prefix, mailbox_key(address))}.{kind}"


def certificate_identifier(prefix: str, key: str, der: bytes) -> str:
    """Return the PayloadIdentifier of a certificate inside the profile of `key`."""
    return f"{_checked(prefix)}.certificate.{_name_uuid(prefix, f'{key} {hashlib.sha256(der).hexdigest()}')}"


def inner_uuid(identifier: str) -> str:
    """Return the PayloadUUID that goes with an inner PayloadIdentifier, upper-case."""
    return str(uuid.uuid5(NAMESPACE, identifier)).upper()


def content_uuid(content: bytes) -> str:
    """Return the top-level PayloadUUID of a finished property list whose secrets are sealed, upper-case."""
    return str(uuid.uuid5(NAMESPACE, hashlib.sha256(content).hexdigest())).upper()


def revision_of(profile_uuid: str) -> str:
    """Return the first 8 hex digits of a PayloadUUID in lower case: short enough to read out on the telephone."""
    return profile_uuid[:8].lower()


def sealed(secret: Secret, seal: bytes) -> str:
    """Return what stands for a password in the content UUID: without the seal the UUID must not answer guesses."""
    return hmac.new(seal, secret.reveal().encode("utf-8"), hashlib.sha256).hexdigest()


def _name_uuid(prefix: str, key: str) -> uuid.UUID:
    return uuid.uuid5(NAMESPACE, f"{prefix} {require_usable('The account name', key)}")


def _checked(prefix: str) -> str:
    if _PREFIX.fullmatch(prefix):
        return prefix
    raise SettingsProblem(
        f'"{shorten(prefix)}" is not an identifier prefix.',
        hint="Write it as a domain in reverse, like com.example: letters, digits, hyphens and single dots.",
    )
