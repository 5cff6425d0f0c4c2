"""Profiles on a test device: how one gets there, and how Apple's ProfileList shows it."""

from dataclasses import dataclass, field
from typing import Any

from cryptography import x509

from profilegen.profile.read import read

MAIL_TYPES = (
    "com.apple.mail.managed",
    "com.apple.eas.account",
    "com.apple.ews.account",
    "com.apple.google-oauth",
)


class BadProfile(Exception):
    """The device cannot read the profile."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """One profile on a device."""

    identifier: str
    uuid: str
    content: dict[str, Any] = field(repr=False)
    certificates: tuple[bytes, ...] = field(repr=False)
    managed: bool
    encrypted: bool

    @property
    def payloads(self) -> list[dict[str, Any]]:
        """The payloads inside."""
        return list(self.content.get("PayloadContent", []))

    @property
    def has_mail(self) -> bool:
        """True if it brings a mail account."""
        return any(payload.get("PayloadType") in MAIL_TYPES for payload in self.payloads)


def held_profile(data: bytes, *, managed: bool) -> Held:
    """Take the bytes of a profile apart as a device does; raises BadProfile."""
    result = read(data)
    content = result.content
    if content is None or not isinstance(content.get("PayloadIdentifier"), str):
        raise BadProfile("The profile is malformed.")
    certificates = () if result.signed_data is None else _leaf_first(result.signed_data.certificates)
    return Held(
        identifier=content["PayloadIdentifier"],
        uuid=str(content.get("PayloadUUID", "")),
        content=content,
        certificates=certificates,
        managed=managed,
        encrypted=result.encrypted,
    )


def listed(held: Held, *, says_managed: bool, names_inner: bool) -> dict[str, Any]:
    """Return the item of a ProfileList; `names_inner`: PayloadUUIDs of payloads, since iOS 17 and macOS 14."""
    copied = ("PayloadVersion", "PayloadDisplayName", "PayloadOrganization", "PayloadDescription")
    item: dict[str, Any] = {key: held.content[key] for key in copied if key in held.content}
    item |= {
        "PayloadIdentifier": held.identifier,
        "PayloadUUID": held.uuid,
        "PayloadRemovalDisallowed": False,
        "HasRemovalPasscode": False,
        "IsEncrypted": held.encrypted,
    }
    if held.certificates:
        item["SignerCertificates"] = list(held.certificates)
    if says_managed:
        item["IsManaged"] = held.managed
    if not held.encrypted:
        keys = ["PayloadType", "PayloadVersion", "PayloadIdentifier", "PayloadDisplayName"]
        keys += ["PayloadUUID"] if names_inner else []
        item["PayloadContent"] = [{key: one[key] for key in keys if key in one} for one in held.payloads]
    return item


def _leaf_first(certificates: tuple[bytes, ...]) -> tuple[bytes, ...]:
    loaded = [(x509.load_der_x509_certificate(der), der) for der in certificates]
    issuers = {certificate.issuer for certificate, _ in loaded if certificate.issuer != certificate.subject}
    return tuple(der for _, der in sorted(loaded, key=lambda pair: pair[0].subject in issuers))
