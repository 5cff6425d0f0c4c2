"""Microsoft Graph's JSON about devices, custom configurations and exported reports."""

import base64
import binascii
import csv
import io
import zipfile
from collections.abc import Iterator, Mapping
from typing import Any

from profilegen.errors import NetworkProblem, NotPossible
from profilegen.fleet.seat import EnrollmentChannel
from profilegen.fleet.seen import Enrollment
from profilegen.mdm.reading import emails, moment, text, texts, upper
from profilegen.ports.mdm import InstallOrder
from profilegen.profile.types import Platform

NAME_PREFIX = "profilegen "
LARGEST_PROFILE = 1_000_000
"""Bytes of a profile that Intune takes (Microsoft: custom settings for iOS)."""

LARGEST_REPORT = 64 * 1024 * 1024
_PLATFORMS = {"ios": Platform.IOS, "ipados": Platform.IOS, "macos": Platform.MACOS}
_TYPES = {
    Platform.IOS: "#microsoft.graph.iosCustomConfiguration",
    Platform.MACOS: "#microsoft.graph.macOSCustomConfiguration",
}
FIELDS = (
    *("id", "serialNumber", "operatingSystem", "osVersion", "model", "userPrincipalName", "emailAddress"),
    *("userDisplayName", "userId", "azureADDeviceId", "lastSyncDateTime", "enrolledDateTime", "managementState"),
)
_GONE = ("retirePending", "wipePending", "unhealthy", "deletePending", "retireIssued", "wipeIssued")


def is_device(enrollment_id: str) -> bool:
    """Return whether an enrollment id is one of Intune's."""
    device = enrollment_id.removesuffix(":user")
    return 8 <= len(device) <= 64 and device.replace("-", "").isalnum() and device.isascii()


def device_of(enrollment_id: str) -> str:
    """Return the managed device of an enrollment id (`GUID`, or `GUID:user` for the user of a Mac)."""
    if is_device(enrollment_id):
        return enrollment_id.removesuffix(":user")
    raise NotPossible(
        f'"{enrollment_id[:80]}" is no device of Intune.', hint="Read its devices anew.", code="bad_enrollment"
    )


def enrollments_in(device: Mapping[str, Any], mdm: str) -> Iterator[Enrollment]:
    """Yield the enrollment of an Apple device; for a Mac also that of its user. Intune shows no UDID here."""
    platform, id_ = platform_of(device), text(device.get("id"))
    if platform is None or id_ is None:
        return
    facts: dict[str, Any] = {
        "mdm": mdm,
        "serial": upper(device.get("serialNumber")),
        "platform": platform,
        "os_version": text(device.get("osVersion")),
        "model": text(device.get("model")),
        "emails": emails(device.get("emailAddress")),
        "sign_ins": texts(device.get("userPrincipalName")),
        "full_name": text(device.get("userDisplayName")),
        "enrolled_at": moment(device.get("enrolledDateTime")),
        "last_seen": moment(device.get("lastSyncDateTime")),
        "active": text(device.get("managementState")) not in _GONE,
    }
    yield Enrollment(id=id_, channel=EnrollmentChannel.DEVICE, **facts)
    if platform is Platform.MACOS:
        yield Enrollment(id=f"{id_}:user", channel=EnrollmentChannel.USER, parent=id_, **facts)


def platform_of(device: Mapping[str, Any]) -> Platform | None:
    """Return the family of a managed device, None for what Apple did not make."""
    return _PLATFORMS.get((text(device.get("operatingSystem")) or "").lower())


def object_name(identifier: str) -> str:
    """Return the name of our object for a profile: its identifier is found again by it."""
    return f"{NAME_PREFIX}{identifier}"


def platform_for(order: InstallOrder) -> Platform:
    """Return the family an order's profile is for."""
    return order.enrollment.platform or Platform.IOS


def configuration(order: InstallOrder) -> dict[str, Any]:
    """Return the object for a profile; on a Mac, mail belongs to the user channel."""
    platform = platform_for(order)
    channel = {"deploymentChannel": "userChannel"} if platform is Platform.MACOS else {}
    return {
        "@odata.type": _TYPES[platform],
        "displayName": object_name(order.identifier),
        "description": f"Mail settings. Revision {order.revision}.",
        "payloadName": "Mail settings",
        "payloadFileName": "mail.mobileconfig",
        "payload": base64.b64encode(order.unsigned).decode("ascii"),
        **channel,
    }


def payload_of(found: Mapping[str, Any]) -> bytes | None:
    """Return the profile in an object, None if there is none to be read."""
    payload = found.get("payload")
    try:
        return base64.b64decode(payload, validate=True) if isinstance(payload, str) else None
    except (binascii.Error, ValueError):
        return None


def report_rows(archive: bytes, place: str) -> list[dict[str, str]]:
    """Return the rows of an exported report, a ZIP file with one CSV file; raises NetworkProblem `bad_answer`."""
    try:
        with zipfile.ZipFile(io.BytesIO(archive)) as opened:
            (entry,) = (one for one in opened.infolist() if one.filename.lower().endswith(".csv"))
            if entry.file_size > LARGEST_REPORT:
                raise ValueError("too large")
            with opened.open(entry) as file:
                data = file.read(LARGEST_REPORT + 1)
        return list(csv.DictReader(io.StringIO(data.decode("utf-8-sig"))))
    except (zipfile.BadZipFile, ValueError, csv.Error, RuntimeError, NotImplementedError) as exc:
        raise NetworkProblem(
            f"{place} was answered with no report that can be read.", hint="Try again later.", code="bad_answer"
        ) from exc
