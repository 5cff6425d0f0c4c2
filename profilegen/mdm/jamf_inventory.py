"""
Jamf Pro's devices: what its inventory says of Macs and mobile devices, as values.

Source: developer.jamf.com (`computers-inventory`, `mobile-devices/detail`).
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from profilegen.errors import NotPossible
from profilegen.fleet.seat import EnrollmentChannel
from profilegen.fleet.seen import Enrollment, InstalledProfile, Inventory
from profilegen.mdm.reading import emails, moment, text, texts, tree, upper
from profilegen.profile.types import Platform

REVISION_TAG = re.compile(r" \[([0-9a-f]{8})\]$")
"""How the name of a profile ends: the only place where an inventory shows which revision it is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """Macs and mobile devices: the same thing twice in this interface, under different names."""

    word: str
    platform: Platform
    resource: str
    root: str
    member: str
    method: str
    level: str
    inventory: str
    sections: str
    id_field: str

    @property
    def members(self) -> str:
        """The element of a scope that holds devices."""
        return f"{self.member}s"

    @property
    def groups(self) -> str:
        """The element of a scope that holds groups of devices."""
        return f"{self.member}_groups"


COMPUTER = Kind(
    word="computer",
    platform=Platform.MACOS,
    resource="/JSSResource/osxconfigurationprofiles",
    root="os_x_configuration_profile",
    member="computer",
    method="distribution_method",
    level="User",
    inventory="/api/v1/computers-inventory",
    sections="GENERAL HARDWARE USER_AND_LOCATION OPERATING_SYSTEM CONFIGURATION_PROFILES",
    id_field="id",
)
MOBILE = Kind(
    word="mobile",
    platform=Platform.IOS,
    resource="/JSSResource/mobiledeviceconfigurationprofiles",
    root="configuration_profile",
    member="mobile_device",
    method="deployment_method",
    level="Device Level",
    inventory="/api/v2/mobile-devices/detail",
    sections="GENERAL HARDWARE USER_AND_LOCATION PROFILES",
    id_field="mobileDeviceId",
)
KINDS = (COMPUTER, MOBILE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """What an enrollment id means here: `computer:12`, `computer:12:alice` (a user of it), `mobile:34`."""

    kind: Kind
    device: str
    user: str | None = None

    @classmethod
    def known(cls, enrollment_id: str) -> "Target | None":
        """Return the target of an enrollment id, None for what is no device of Jamf Pro."""
        try:
            return cls.of(enrollment_id)
        except NotPossible:
            return None

    @classmethod
    def of(cls, enrollment_id: str) -> "Target":
        """Return the target of an enrollment id; raises NotPossible."""
        word, _, rest = enrollment_id.partition(":")
        device, _, user = rest.partition(":")
        kind = next((kind for kind in KINDS if kind.word == word), None)
        if kind is None or not device.isascii() or not device.isdigit():
            raise NotPossible(
                f'"{enrollment_id[:80]}" is no device of Jamf Pro.',
                hint="Read its devices anew.",
                code="bad_enrollment",
            )
        return cls(kind=kind, device=device, user=user or None)


def enrollments_in(record: Mapping[str, Any], kind: Kind, mdm: str) -> Iterator[Enrollment]:
    """Yield the enrollment of a device, and of each user of a Mac that can be sent profiles."""
    general, hardware = tree(record.get("general")), tree(record.get("hardware"))
    person = tree(record.get("userAndLocation"))
    system = general if kind is MOBILE else tree(record.get("operatingSystem"))
    device = text(record.get(kind.id_field))
    if device is None or (kind is MOBILE and text(record.get("deviceType")) not in (None, "iOS", "ios")):
        return
    mac = kind is COMPUTER
    facts: dict[str, Any] = {
        "mdm": mdm,
        "udid": upper(record.get("udid") if mac else general.get("udid")),
        "serial": upper(hardware.get("serialNumber")),
        "platform": kind.platform,
        "os_version": text(system.get("version" if mac else "osVersion")),
        "build": text(system.get("build" if mac else "osBuild")),
        "model": text(hardware.get("modelIdentifier")),
        "emails": emails(person.get("email" if mac else "emailAddress")),
        "sign_ins": texts(person.get("username")),
        "full_name": text(person.get("realname" if mac else "realName")),
        "enrolled_at": moment(general.get("lastEnrolledDate")),
        "last_seen": moment(general.get("lastContactTime" if mac else "lastInventoryUpdateDate")),
        "active": _is_managed(general, kind),
    }
    yield Enrollment(id=f"{kind.word}:{device}", channel=EnrollmentChannel.DEVICE, **facts)
    listed = tree(general.get("mdmCapable")).get("capableUsers") if mac else None
    users = texts(*listed) if isinstance(listed, list) else ()
    # a profile for users reaches each of them: the record says whose the Mac is only where there is one
    known: dict[str, Any] = {} if len(users) == 1 else {"emails": (), "sign_ins": (), "full_name": None}
    for user in users:
        id_, parent = f"{kind.word}:{device}:{user}", f"{kind.word}:{device}"
        yield Enrollment(id=id_, channel=EnrollmentChannel.USER, parent=parent, **{**facts, **known})


def inventory_in(record: Mapping[str, Any], target: Target, mdm: str, enrollment: str) -> Inventory | None:
    """
    Return what a device had when it last told, None if it never did.

    Complete only where the section with the profiles is there and the device is managed.
    """
    general, kind = tree(record.get("general")), target.kind
    told = moment(general.get("reportDate" if kind is COMPUTER else "lastInventoryUpdateDate"))
    listed = record.get("configurationProfiles" if kind is COMPUTER else "profiles")
    if told is None:
        return None
    profiles = [one for one in listed if isinstance(one, dict)] if isinstance(listed, list) else []
    return Inventory(
        mdm=mdm,
        enrollment=enrollment,
        collected_at=told,
        complete=isinstance(listed, list) and _is_managed(general, kind),
        profiles=tuple(_installed(one, kind) for one in profiles if _is_for(one, target) and _identifier(one, kind)),
    )


def management_id(record: Mapping[str, Any]) -> str | None:
    """Return the management id, by which a device is woken."""
    return text(tree(record.get("general")).get("managementId"))


def _installed(profile: Mapping[str, Any], kind: Kind) -> InstalledProfile:
    """The revision is in the name: the UUID is kept over updates, so it cannot tell versions apart."""
    tag = REVISION_TAG.search(text(profile.get("displayName")) or "")
    return InstalledProfile(identifier=_identifier(profile, kind) or "", revision=tag[1] if tag else None)


def _identifier(profile: Mapping[str, Any], kind: Kind) -> str | None:
    return text(profile.get("profileIdentifier" if kind is COMPUTER else "identifier"))


def _is_for(profile: Mapping[str, Any], target: Target) -> bool:
    return target.user is None or text(profile.get("username")) in (None, target.user)


def _is_managed(general: Mapping[str, Any], kind: Kind) -> bool:
    managed = tree(general.get("remoteManagement")).get("managed") if kind is COMPUTER else general.get("managed")
    return managed is not False
