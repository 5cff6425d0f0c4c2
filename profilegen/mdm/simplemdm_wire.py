"""SimpleMDM's JSON and forms: devices as enrollments, profiles by name, uploads."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from profilegen.errors import NetworkProblem, NotPossible
from profilegen.fleet.seat import EnrollmentChannel
from profilegen.fleet.seen import Enrollment
from profilegen.fleet.variables import SIMPLEMDM
from profilegen.mdm.calls import Answer
from profilegen.mdm.hosted import bad_event
from profilegen.mdm.multipart import multipart
from profilegen.mdm.reading import emails, moment, text, tree, upper
from profilegen.ports.mdm import EventKind, InstallOrder
from profilegen.profile.types import Platform
from profilegen.report import Finding


def enrollments_in(device: Mapping[str, Any], mdm: str) -> Iterator[Enrollment]:
    """Yield the enrollment of a device; for a Mac also that of its user."""
    facts, number = tree(device.get("attributes")), text(device.get("id"))
    udid, version, model = facts.get("unique_identifier"), text(facts.get("os_version")), text(facts.get("model"))
    if number is None:
        return
    known = _custom_attributes(device)
    is_mac = "Mac" in f"{facts.get('product_name')} {facts.get('model_name')} {model}"
    shared: dict[str, Any] = {
        "mdm": mdm,
        "udid": upper(udid),
        "serial": upper(facts.get("serial_number")),
        "platform": Platform.MACOS if is_mac else Platform.IOS,
        "os_version": version,
        "build": text(facts.get("build_version")),
        "model": text(facts.get("product_name")) or model,
        "emails": emails(known.get("email")),
        "full_name": known.get("full_name"),
        "enrolled_at": moment(facts.get("enrolled_at")),
        "last_seen": moment(facts.get("last_seen_at")),
        "active": facts.get("status") == "enrolled",
    }
    yield Enrollment(id=number, channel=EnrollmentChannel.DEVICE, **shared)
    if is_mac:
        yield Enrollment(id=f"{number}:user", channel=EnrollmentChannel.USER, parent=number, **shared)


def enrollment_told(device: Mapping[str, Any], mdm: str, kind: EventKind, at: datetime) -> Enrollment:
    """Return what a webhook call says of a device; raises NotPossible `bad_event` if it does not say which."""
    if (number := text(device.get("id"))) is None:
        raise bad_event("it does not say which device it is about")
    is_new = kind is EventKind.ENROLLED
    return Enrollment(
        mdm=mdm,
        id=number,
        channel=EnrollmentChannel.DEVICE,
        udid=upper(device.get("udid")),
        serial=upper(device.get("serial_number")),
        last_seen=at,
        enrolled_at=at if is_new else None,
        active=is_new,
    )


def _custom_attributes(device: Mapping[str, Any]) -> dict[str, str]:
    listed = tree(tree(device.get("relationships")).get("custom_attribute_values")).get("data")
    items = [tree(one) for one in listed] if isinstance(listed, list) else []
    pairs = ((text(one.get("id")), text(tree(one.get("attributes")).get("value"))) for one in items)
    return {name.lower(): value for name, value in pairs if name is not None and value is not None}


def find(known: Sequence[Mapping[str, Any]], order: InstallOrder) -> Mapping[str, Any] | None:
    """Return the profile of an order, by the id it got or, after a crash, by a name nobody else would give."""
    remote = order.effective.remote_id if order.effective is not None else None
    if remote is not None and (same := next((one for one in known if text(one.get("id")) == remote), None)):
        return same
    return next((one for one in known if tree(one.get("attributes")).get("name") == _name(order)), None)


def _name(order: InstallOrder) -> str:
    return f"{order.name} ({order.identifier[-8:].lower()})"


def form(order: InstallOrder) -> tuple[bytes, str]:
    """Return body and Content-Type of an upload."""
    is_user = order.enrollment.channel is EnrollmentChannel.USER
    flags = {
        "user_scope": is_user,
        "attribute_support": bool(SIMPLEMDM.variables_in(order.unsigned)),
        "escape_attributes": True,
        "reinstall_after_os_update": True,
    }
    fields = [("name", _name(order)), *((name, str(value).lower()) for name, value in flags.items())]
    return multipart(fields, file_field="mobileconfig", file_name="mail.mobileconfig", data=order.unsigned)


def device_of(enrollment_id: str) -> str:
    """Return the device of an enrollment id (`17`, or `17:user` for the user of a Mac); raises NotPossible."""
    number = enrollment_id.removesuffix(":user")
    if number.isascii() and number.isdigit():
        return number
    raise NotPossible(
        f'"{enrollment_id[:80]}" is no device of SimpleMDM.', hint="Read its devices anew.", code="bad_enrollment"
    )


def bad_list(place: str) -> NetworkProblem:
    """Return the error of an answer without the ids that make it usable."""
    return NetworkProblem(
        f"{place} was answered without the ids that belong there.",
        hint="Try again; if it stays, the interface of SimpleMDM has changed.",
        code="bad_answer",
    )


def count(answer: Answer | Finding) -> int | None:
    """Return how many items an answer lists, None if it is no list."""
    if isinstance(answer, Finding) or answer.status != 200:
        return None
    listed = tree(answer.json()).get("data")
    return len(listed) if isinstance(listed, list) else None
