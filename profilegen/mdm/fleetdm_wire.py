"""Fleet's JSON: hosts, results of raw commands, configuration profiles (Fleet: docs/REST API/rest-api.md)."""

import base64
import binascii
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from profilegen.errors import NotPossible
from profilegen.fleet.seat import EnrollmentChannel
from profilegen.fleet.seen import CommandState, Enrollment, ErrorLink, Inventory
from profilegen.mdm import apple
from profilegen.mdm.profilelist import inventory_of
from profilegen.mdm.reading import emails, moment, text, texts, tree, upper
from profilegen.profile.types import Platform

_PLATFORMS = {"darwin": Platform.MACOS, "ios": Platform.IOS, "ipados": Platform.IOS}
_IDENTITY_SOURCES = ("mdm_idp_accounts", "idp")
_SOURCES = (*_IDENTITY_SOURCES, "custom", "custom_override", "custom_installer")
"""Who said whose a host is; what a browser was signed in with says nothing about that."""
_VERSION = re.compile(r"\d[\d.]*")
_ID = re.compile(r"(\d{1,18}):([A-Za-z0-9-]{8,64})(:user)?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Host:
    """What an enrollment id means here: `17:UDID`, or `17:UDID:user` for the user of a Mac."""

    number: str
    uuid: str
    is_user: bool

    @classmethod
    def of(cls, enrollment_id: str) -> "Host":
        """Return the host of an enrollment id; raises NotPossible."""
        match = _ID.fullmatch(enrollment_id)
        if match is None:
            raise NotPossible(
                f'"{enrollment_id[:80]}" is no host of Fleet.', hint="Read its hosts anew.", code="bad_enrollment"
            )
        return cls(number=match[1], uuid=match[2], is_user=match[3] is not None)


def enrollments_in(host: Mapping[str, Any], mdm: str) -> Iterator[Enrollment]:
    """Yield the enrollment of an Apple device, for a Mac also that of its user."""
    platform = _PLATFORMS.get(text(host.get("platform")) or "")
    number, uuid = text(host.get("id")), text(host.get("uuid"))
    if platform is None or number is None or uuid is None:
        return
    listed = host.get("device_mapping")
    mapping = [tree(one) for one in listed if tree(one).get("source") in _SOURCES] if isinstance(listed, list) else []
    users = host.get("end_users")
    person = tree(users[0]) if isinstance(users, list) and len(users) == 1 else {}
    known = [one.get("email") for one in mapping if one.get("source") in _IDENTITY_SOURCES]
    version = _VERSION.search(text(host.get("os_version")) or "")
    facts: dict[str, Any] = {
        "mdm": mdm,
        "udid": upper(uuid),
        "serial": upper(host.get("hardware_serial")),
        "platform": platform,
        "os_version": version.group() if version else None,
        "build": text(host.get("build")),
        "model": text(host.get("hardware_model")),
        "emails": emails(*(one.get("email") for one in mapping)),
        "sign_ins": texts(person.get("idp_username") or None, *known),
        "groups": texts(host.get("team_name")),
        "full_name": text(person.get("idp_full_name")),
        "enrolled_at": moment(host.get("last_enrolled_at")),
        "last_seen": moment(host.get("seen_time")) or moment(host.get("detail_updated_at")),
        "active": (text(tree(host.get("mdm")).get("enrollment_status")) or "On").startswith("On"),
    }
    device = f"{number}:{uuid}"
    yield Enrollment(id=device, channel=EnrollmentChannel.DEVICE, **facts)
    if platform is Platform.MACOS:
        yield Enrollment(id=f"{device}:user", channel=EnrollmentChannel.USER, parent=device, **facts)


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What became of a raw command on one host; `message` is the device's own answer."""

    state: CommandState
    at: datetime | None
    errors: tuple[ErrorLink, ...] = ()
    message: Mapping[str, Any] | None = None

    def inventory(self, *, mdm: str, enrollment: str) -> Inventory | None:
        """Return the inventory in it, if it is the answer to a ProfileList."""
        if self.message is None or self.at is None:
            return None
        return inventory_of(self.message, mdm=mdm, enrollment=enrollment, collected_at=self.at)


def result_of(listed: list[Mapping[str, Any]], host: Host) -> Result:
    """Return the result for a host; a command that is known and has none yet is queued."""
    own = next((one for one in listed if upper(one.get("host_uuid")) == host.uuid.upper()), None)
    if own is None:
        return Result(state=CommandState.QUEUED, at=None)
    at = moment(own.get("updated_at"))
    message = _message(own.get("result"))
    if message is not None:
        state, errors = apple.state_of(message)
        if state is not None:
            return Result(state=state, at=at, errors=errors, message=message)
    return Result(state=_STATES.get(text(own.get("status")) or "", CommandState.QUEUED), at=at)


_STATES = {
    "NotNow": CommandState.WAITING,
    "Error": CommandState.FAILED,
    "CommandFormatError": CommandState.FAILED,
}
"""Statuses that say something without the device's answer; "Acknowledged" without it proves nothing."""


def _message(result: object) -> Mapping[str, Any] | None:
    try:
        return apple.read_message(base64.b64decode(result, validate=True)) if isinstance(result, str) else None
    except (binascii.Error, ValueError, apple.BadMessage):
        return None
