"""
Apple's MDM protocol for servers that hand commands through as they are: commands written, answers and check-ins read.

Source: Apple's device-management schema (`mdm/commands`, `mdm/checkin`, `mdm/errors`). What devices say is bounded and
parsed hard; what is not understood is None, never an exception but `BadMessage`.
"""

import plistlib
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from profilegen.fleet.seat import EnrollmentChannel
from profilegen.fleet.seen import CommandState, Enrollment, ErrorLink
from profilegen.mdm.errorchain import error_links, is_already_absent
from profilegen.profile.tree import is_bounded
from profilegen.profile.types import Platform
from profilegen.profile.xml_plist import XmlProblem, read_xml

LARGEST_MESSAGE = 16 * 1024 * 1024
"""Bytes of one message of a device; a list of many profiles with their certificates stays far below."""

_LONGEST_TEXT = 255
_DEVICE_QUERIES = ["UDID", "SerialNumber", "OSVersion", "BuildVersion", "ProductName"]
_IOS = ("iPhone", "iPad", "iPod")
_MACS = ("Mac", "iMac", "VirtualMac")
_STATES = {
    "Acknowledged": CommandState.ACKNOWLEDGED,
    "Error": CommandState.FAILED,
    "CommandFormatError": CommandState.FAILED,
    "NotNow": CommandState.WAITING,
}


class BadMessage(Exception):
    """The bytes are no message of a device; the text is the reason without full stop. Stays inside the connectors."""


def install_profile(command: str, profile: bytes) -> bytes:
    """Return an InstallProfile command; `profile` plain or signed."""
    return _command(command, RequestType="InstallProfile", Payload=profile)


def remove_profile(command: str, identifier: str) -> bytes:
    """Return a RemoveProfile command for the top-level PayloadIdentifier of an installed profile."""
    return _command(command, RequestType="RemoveProfile", Identifier=identifier)


def profile_list(command: str) -> bytes:
    """Return a ProfileList command; profiles installed by hand are asked for too, for they may be twins of ours."""
    return _command(command, RequestType="ProfileList", ManagedOnly=False)


def device_information(command: str) -> bytes:
    """Return a DeviceInformation command for what tells a device and its system's version."""
    return _command(command, RequestType="DeviceInformation", Queries=_DEVICE_QUERIES)


def declarative_management(command: str) -> bytes:
    """Return the command that makes a device fetch its declarations."""
    return _command(command, RequestType="DeclarativeManagement")


def _command(command: str, **keys: object) -> bytes:
    return plistlib.dumps({"CommandUUID": command, "Command": keys}, fmt=plistlib.FMT_XML)


def read_message(raw: bytes) -> dict[str, Any]:
    """Return the dictionary a device sent; raises BadMessage for what is no bounded XML property list."""
    if len(raw) > LARGEST_MESSAGE:
        raise BadMessage(f"it is larger than {LARGEST_MESSAGE >> 20} MiB")
    try:
        _, content = read_xml(raw.lstrip(b" \t\r\n"))
    except XmlProblem as exc:
        raise BadMessage(f"{exc}") from exc
    if not isinstance(content, dict) or not is_bounded(content):
        raise BadMessage("it is no dictionary of a reasonable size")
    return content


def enrollment_of(message: Mapping[str, Any], *, mdm: str, seen_at: datetime, id_: str) -> Enrollment:
    """Return what a check-in or an answer says of its sender; `id_` is what the server calls it."""
    answers = message.get("QueryResponses")
    facts = {**message, **answers} if isinstance(answers, dict) else message
    user = text(facts, "UserID") or text(facts, "EnrollmentUserID")
    device = text(facts, "UDID") or text(facts, "EnrollmentID")
    names = (text(facts, "UserShortName"), text(facts, "UserLongName"))
    return Enrollment(
        mdm=mdm,
        id=id_,
        channel=EnrollmentChannel.DEVICE if user is None else EnrollmentChannel.USER,
        udid=text(facts, "UDID"),
        serial=text(facts, "SerialNumber"),
        parent=None if user is None else device,
        platform=platform_of(text(facts, "ProductName")),
        os_version=text(facts, "OSVersion"),
        build=text(facts, "BuildVersion"),
        model=text(facts, "ProductName"),
        sign_ins=tuple(name for name in names if name is not None),
        last_seen=seen_at,
    )


def state_of(message: Mapping[str, Any]) -> tuple[CommandState | None, tuple[ErrorLink, ...]]:
    """
    Return what an answer says of its command, None for Idle and what is unknown, with the device's ErrorChain.

    A profile that could not be removed because it is not there counts as removed.
    """
    state = _STATES.get(text(message, "Status") or "")
    links = error_links(message.get("ErrorChain")) if state is CommandState.FAILED else ()
    if state is CommandState.FAILED and is_already_absent(links):
        return CommandState.ACKNOWLEDGED, ()
    return state, links


def platform_of(product: str | None) -> Platform | None:
    """Return the family of a ProductName such as "iPhone14,7" or "Mac14,7"; None if it is another."""
    if product is None:
        return None
    if product.startswith(_IOS):
        return Platform.IOS
    return Platform.MACOS if product.startswith(_MACS) else None


def text(message: Mapping[str, Any], key: str) -> str | None:
    """Return a text of a message, cut to a sane length; None if it is missing, empty or no text."""
    value = message.get(key)
    return value[:_LONGEST_TEXT] if isinstance(value, str) and value else None
