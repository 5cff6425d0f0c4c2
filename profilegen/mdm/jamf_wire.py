"""
Jamf Pro's configuration profiles: the XML of its Classic API, written and read.

Source: developer.jamf.com (Classic API `osxconfigurationprofiles`, `mobiledeviceconfigurationprofiles`).
"""

import copy
import plistlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from xml.etree import ElementTree as ET  # only ever builds and writes; reading is defusedxml's

from profilegen.errors import NetworkProblem
from profilegen.fleet.seat import Effective
from profilegen.mdm.jamf_inventory import REVISION_TAG, Kind
from profilegen.mdm.reading import text
from profilegen.ports.mdm import InstallOrder
from profilegen.profile.xml_plist import XmlProblem, read_xml

_ORDERS = re.compile(r"Orders: ([0-9A-F, -]+)\.")
_KEPT_ORDERS = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """A profile as the server keeps it; `payloads` are the PayloadIdentifiers inside, `orders` what it was last for."""

    id: str
    effective: Effective
    revision: str | None
    payloads: frozenset[str]
    orders: tuple[str, ...]
    scope: ET.Element

    def devices(self, kind: Kind) -> frozenset[str]:
        """Return the ids of the devices it is scoped to by name."""
        return frozenset(_ids(self.scope, kind.members))

    def device_groups(self, kind: Kind) -> frozenset[str]:
        """Return the ids of the groups it is scoped to."""
        return frozenset(_ids(self.scope, kind.groups))

    def is_for_all(self, kind: Kind) -> bool:
        """Return whether it goes to every device."""
        return self.scope.findtext(f"all_{kind.members}", "false").strip().lower() == "true"


def console_name(order: InstallOrder) -> str:
    """Return the name of an object: its end is the one place where an inventory shows a revision."""
    return f"{order.name} [{order.revision}]"


def is_named_for(name: str, order: InstallOrder) -> bool:
    """Return whether an object's name is that of an order, whatever its revision."""
    return REVISION_TAG.sub("", name) == order.name and name != order.name


def profile_with_identity(unsigned: bytes, name: str, kept: Effective | None) -> bytes:
    """
    Return our profile under the name of its object, and under the identity the server gave it.

    A fresh UUID on an update leaves the old profile on devices, where no console shows it any more.
    """
    content = plistlib.loads(unsigned)
    content["PayloadDisplayName"] = name
    if kept is not None:
        content["PayloadIdentifier"] = kept.identifier
        if kept.uuid is not None:
            content["PayloadUUID"] = kept.uuid
    return plistlib.dumps(content, sort_keys=True)


def payloads_of(unsigned: bytes) -> frozenset[str]:
    """Return the PayloadIdentifiers inside a profile of ours."""
    return _inner(plistlib.loads(unsigned))


@dataclass(frozen=True, slots=True, kw_only=True)
class Placement:
    """What an object shall become; None stays as it is. `redeploy`: everybody in scope gets it again."""

    kind: Kind
    orders: tuple[str, ...]
    revision: str | None
    scope: ET.Element
    name: str | None = None
    profile: bytes | None = None
    redeploy: str = "Newly Assigned"

    def xml(self) -> bytes:
        """Return the body of a POST or PUT of the Classic API."""
        root = ET.Element(self.kind.root)
        general = ET.SubElement(root, "general")
        orders = ", ".join(self.orders[-_KEPT_ORDERS:])
        fields: dict[str, str | None] = {
            "name": self.name,
            "description": f"Mail settings. Revision {self.revision}. Orders: {orders}.",
            self.kind.method: "Install Automatically" if self.name else None,
            "level": self.kind.level if self.name else None,
            "redeploy_on_update": self.redeploy,
            "payloads": None if self.profile is None else self.profile.decode("utf-8"),
        }
        for tag, value in fields.items():
            if value is not None:
                ET.SubElement(general, tag).text = value
        root.append(self.scope)
        return b'<?xml version="1.0" encoding="UTF-8"?>' + ET.tostring(root, encoding="unicode").encode("utf-8")


def empty_scope(kind: Kind) -> ET.Element:
    """Return a scope that is nobody."""
    scope = ET.Element("scope")
    ET.SubElement(scope, f"all_{kind.members}").text = "false"
    ET.SubElement(scope, kind.members)
    return scope


def scope_with(scope: ET.Element, kind: Kind, device: str) -> ET.Element:
    """Return a scope with this device in it; everything else in it stays."""
    changed = scope_without(scope, kind, device)
    members = changed.find(kind.members)
    if members is None:
        members = ET.SubElement(changed, kind.members)
    ET.SubElement(ET.SubElement(members, kind.member), "id").text = device
    return changed


def scope_without(scope: ET.Element, kind: Kind, device: str) -> ET.Element:
    """Return a scope without this device; everything else in it stays."""
    changed = copy.deepcopy(scope)
    members = changed.find(kind.members)
    for member in list(members) if members is not None else []:
        if members is not None and member.findtext("id", "").strip() == device:
            members.remove(member)
    return changed


def is_nobody(scope: ET.Element, kind: Kind) -> bool:
    """Return whether a scope reaches no device at all."""
    targets = (kind.members, kind.groups, "buildings", "departments", "jss_users", "jss_user_groups")
    flags = (f"all_{kind.members}", "all_jss_users")
    return not any(len(scope.find(tag) or ()) for tag in targets) and not any(
        scope.findtext(flag, "false").strip().lower() == "true" for flag in flags
    )


def read_stored(kind: Kind, body: bytes, place: str) -> Stored:
    """Return a profile from its XML; raises NetworkProblem `bad_answer`."""
    root = _parsed(body, place)
    general, scope = root.find("general"), root.find("scope")
    if general is None or scope is None or not (object_id := general.findtext("id", "").strip()):
        raise _bad(place)
    content = _profile(general.findtext("payloads", ""))
    identifier = text(content.get("PayloadIdentifier"))
    if identifier is None:
        raise _bad(place)
    orders = _ORDERS.search(general.findtext("description", ""))
    tag = REVISION_TAG.search(general.findtext("name", ""))
    return Stored(
        id=object_id,
        effective=Effective(
            identifier=identifier, uuid=text(content.get("PayloadUUID")), remote_id=f"{kind.word}:{object_id}"
        ),
        revision=tag[1] if tag else None,
        payloads=_inner(content),
        orders=tuple(orders[1].split(", ")) if orders else (),
        scope=scope,
    )


def read_id(body: bytes, place: str) -> str:
    """Return the id a POST was answered with; raises NetworkProblem `bad_answer`."""
    root = _parsed(body, place)
    found = (root.findtext("id") or root.findtext("general/id") or "").strip()
    if not found.isdigit():
        raise _bad(place)
    return found


def read_names(body: bytes, kind: Kind, place: str) -> dict[str, str]:
    """Return name -> id of every profile of a kind; raises NetworkProblem `bad_answer`."""
    root = _parsed(body, place)
    return {one.findtext("name", ""): one.findtext("id", "").strip() for one in root.iter(kind.root)}


def read_group_members(body: bytes, kind: Kind, place: str) -> frozenset[str]:
    """Return the ids of the devices of a group; raises NetworkProblem `bad_answer`."""
    return frozenset(_ids(_parsed(body, place), kind.members))


# --- XML ----------------------------------------------------------------------------------------------------


def _parsed(body: bytes, place: str) -> ET.Element:
    from defusedxml import DefusedXmlException
    from defusedxml.ElementTree import fromstring

    try:
        root = fromstring(body)
    except (ET.ParseError, DefusedXmlException, ValueError) as exc:
        raise _bad(place) from exc
    if not isinstance(root, ET.Element):
        raise _bad(place)
    return root


def _ids(above: ET.Element, tag: str) -> Iterable[str]:
    members = above.find(tag)
    found = (member.findtext("id", "").strip() for member in (members if members is not None else ()))
    return (one for one in found if one)


def _profile(payloads: str) -> dict[str, Any]:
    try:
        _, content = read_xml(payloads.strip().encode("utf-8"))
    except XmlProblem:
        return {}
    return content if isinstance(content, dict) else {}


def _inner(content: Mapping[str, Any]) -> frozenset[str]:
    listed = content.get("PayloadContent")
    payloads = (one for one in listed if isinstance(one, dict)) if isinstance(listed, list) else ()
    return frozenset(found for one in payloads if (found := text(one.get("PayloadIdentifier"))) is not None)


def _bad(place: str) -> NetworkProblem:
    return NetworkProblem(
        f"{place} was answered with something that is not Jamf Pro's XML.",
        hint="Check that the URL of this MDM leads to Jamf Pro.",
        code="bad_answer",
    )
