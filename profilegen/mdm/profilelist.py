"""The answer to ProfileList, as the inventory of one enrollment (Apple: mdm/commands/profile.list.yaml)."""

import hashlib
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from profilegen.fleet.seen import InstalledProfile, Inventory
from profilegen.profile.chain import load_certificate
from profilegen.profile.rebuilt import revision_in

MAIL_TYPES = ("com.apple.mail.managed", "com.apple.eas.account", "com.apple.ews.account", "com.apple.google-oauth")
_LONGEST_TEXT = 512


def inventory_of(message: Mapping[str, Any], *, mdm: str, enrollment: str, collected_at: datetime) -> Inventory | None:
    """
    Return what a device says it has, None if the message is no answer to ProfileList.

    Kept are profiles with mail in them, those that carry a revision, and those that do not show what is in them.
    """
    items = message.get("ProfileList")
    if not isinstance(items, list) or message.get("Status") != "Acknowledged":
        return None
    readable = [item for item in items if isinstance(item, dict) and _text(item, "PayloadIdentifier")]
    profiles = (_installed(item) for item in readable)
    return Inventory(
        mdm=mdm,
        enrollment=enrollment,
        collected_at=collected_at,
        complete=len(readable) == len(items),
        profiles=tuple(one for one in profiles if one.has_mail is not False or one.revision is not None),
    )


def _installed(item: Mapping[str, Any]) -> InstalledProfile:
    payloads = item.get("PayloadContent")
    mail = _mail_payloads(payloads) if isinstance(payloads, list) else None
    sha256, not_after = _signer(item.get("SignerCertificates"))
    managed = item.get("IsManaged")
    return InstalledProfile(
        identifier=_text(item, "PayloadIdentifier") or "",
        uuid=_text(item, "PayloadUUID"),
        revision=revision_in({"PayloadDescription": item.get("PayloadDescription")}),
        mail_uuids=tuple(uuid for one in mail or () if (uuid := _text(one, "PayloadUUID")) is not None),
        has_mail=None if mail is None else bool(mail),
        signer_sha256=sha256,
        signer_not_after=not_after,
        managed=managed if isinstance(managed, bool) else None,
        source=_text(item, "Source"),
    )


def _mail_payloads(payloads: list[Any]) -> list[dict[str, Any]]:
    return [one for one in payloads if isinstance(one, dict) and one.get("PayloadType") in MAIL_TYPES]


def _signer(certificates: object) -> tuple[str | None, datetime | None]:
    """The leaf comes first."""
    if not isinstance(certificates, list) or not certificates or not isinstance(certificates[0], bytes):
        return None, None
    leaf = load_certificate(certificates[0])
    return hashlib.sha256(certificates[0]).hexdigest(), None if leaf is None else leaf.not_valid_after_utc


def _text(item: Mapping[str, Any], key: str) -> str | None:
    value = item.get(key)
    return value[:_LONGEST_TEXT] if isinstance(value, str) and value else None
