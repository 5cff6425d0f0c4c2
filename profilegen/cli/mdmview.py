"""What device management servers and devices look like, for people and for scripts."""

from collections.abc import Sequence
from dataclasses import fields
from datetime import datetime
from typing import Any

from profilegen.cli.output import MARKS, print_table, say, table
from profilegen.fleet.capabilities import Capabilities
from profilegen.fleet.seen import Enrollment, Inventory
from profilegen.fleet.variables import Dialect
from profilegen.ports.mdm import Receipt


def capability_document(record: Capabilities) -> dict[str, Any]:
    """Return a capability record as plain values."""
    return {field.name: _plain(getattr(record, field.name)) for field in fields(record)}


def _plain(value: object) -> object:
    if isinstance(value, frozenset):
        return sorted(str(one) for one in value)
    if isinstance(value, tuple):
        return list(value)
    if isinstance(value, Dialect):
        return value.name
    return value if value is None or isinstance(value, bool | int | float | str) else str(value)


def enrollment_document(enrollment: Enrollment) -> dict[str, Any]:
    """Return an enrollment as plain values."""
    return {
        "id": enrollment.id,
        "channel": enrollment.channel,
        "udid": enrollment.udid,
        "serial": enrollment.serial,
        "platform": enrollment.platform,
        "os_version": enrollment.os_version,
        "model": enrollment.model,
        "emails": list(enrollment.emails),
        "sign_ins": list(enrollment.sign_ins),
        "name": enrollment.full_name,
        "groups": list(enrollment.groups),
        "enrolled_at": _moment(enrollment.enrolled_at),
        "last_seen": _moment(enrollment.last_seen),
        "active": enrollment.active,
    }


def inventory_document(answer: Inventory | Receipt) -> dict[str, Any]:
    """Return what a server says a device has as plain values."""
    if isinstance(answer, Receipt):
        return {"state": answer.state, "errors": [link.text for link in answer.errors]}
    return {
        "state": "listed",
        "complete": answer.complete,
        "collected_at": _moment(answer.collected_at),
        "profiles": [
            {"identifier": one.identifier, "uuid": one.uuid, "revision": one.revision, "managed": one.managed}
            for one in answer.profiles
        ],
    }


def show_servers(servers: Sequence[tuple[str, str, Capabilities]]) -> None:
    """Print the configured servers."""
    rows = table("name", "kind", "installs on", "signature", "shows versions", "tested against")
    for name, kind, record in servers:
        versions = "yes" if record.proves_version else "no"
        rows.add_row(name, kind, f"one {record.scope}", record.signed, versions, record.tested_against)
    print_table(rows)


def show_enrollments(found: Sequence[Enrollment]) -> None:
    """Print devices."""
    rows = table("id", "channel", "serial", "system", "belongs to", "last seen")
    for one in found:
        whose = ", ".join((*one.emails, *(name for name in one.sign_ins if name.lower() not in one.emails)))
        system = " ".join(word for word in (one.platform, one.os_version) if word)
        seen = f"{one.last_seen:%Y-%m-%d %H:%M}" if one.last_seen else "–"
        rows.add_row(one.id, one.channel, one.serial or "–", system or "–", whose or "nobody on record", seen)
    print_table(rows)
    say(f"{len(found)} enrollments")


def show_inventory(enrollment: Enrollment, answer: Inventory | Receipt) -> None:
    """Print what a server says a device has."""
    if isinstance(answer, Receipt):
        reasons = "; ".join(link.text for link in answer.errors) or "the answer comes later"
        say(f"{MARKS['skip']} {enrollment.id}: {answer.state}, {reasons}")
        return
    whole = "complete" if answer.complete else "not complete, so nothing can be called missing"
    say(f"{enrollment.id}: {whole}, from {answer.collected_at:%Y-%m-%d %H:%M} UTC")
    rows = table("identifier", "revision", "uuid")
    for one in answer.profiles:
        rows.add_row(one.identifier, one.revision or "–", one.uuid or "–")
    print_table(rows)


def _moment(at: datetime | None) -> str | None:
    return None if at is None else f"{at:%Y-%m-%dT%H:%M:%SZ}"
