"""
A folder for MDMs whose interface takes no profiles: what a person uploads there, to whom it goes, and the steps.

The device list comes the same way back: exported from the MDM's console as `devices.csv` into the same folder.
"""

import csv
import hashlib
import io
import re
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from profilegen.errors import InputProblem
from profilegen.fleet.capabilities import Answers, Capabilities, Scope, Signed
from profilegen.fleet.seat import EnrollmentChannel
from profilegen.fleet.seen import CommandState, Enrollment, Inventory
from profilegen.mdm.hosted import capability_findings, no_webhooks
from profilegen.mdm.probing import DEVICES, REACH
from profilegen.mdm.reading import emails, text, texts, upper
from profilegen.ports import Clock, Drop
from profilegen.ports.mdm import Event, InstallOrder, LookOrder, Receipt, RemoveOrder
from profilegen.profile.types import Platform
from profilegen.report import Finding, Outcome

DEVICES_FILE, ASSIGNMENTS, REMOVALS, STEPS = "devices.csv", "assignments.csv", "removals.csv", "STEPS.txt"
LARGEST = 64 * 1024 * 1024
"""Bytes of a table in the folder."""

_TO_DEVICE = ("enrollment", "udid", "serial", "channel", "email")
_ASSIGNED = ("file", *_TO_DEVICE, "identifier", "uuid", "revision", "sha256", "order")
_REMOVED = (*_TO_DEVICE, "identifier", "order")
_UNSAFE = re.compile(r"[^a-z0-9@._+-]+|^[.-]+")
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_HEADERS = {
    "udid": ("udid", "uuid", "device udid", "unique identifier"),
    "serial": ("serial", "serial number", "serialnumber", "serial_number"),
    "email": ("email", "e-mail", "user email", "email address", "emailaddress"),
    "user": ("user", "username", "user name"),
    "name": ("name", "full name", "user full name"),
    "platform": ("platform", "os", "operating system", "model", "device type"),
    "os_version": ("os version", "os_version", "osversion", "version"),
}

CAPABILITIES = Capabilities(
    lists_devices=True,
    knows_people=True,
    scope=Scope.DEVICE,
    signed=Signed.UNKNOWN,
    answers=Answers.NONE,
    user_channel=True,
    rewrites_identity=False,
    reports_uuid=False,
    reports_signer=False,
    reports_settings=False,
    removes=False,
    reinstalls_after_update=False,
    blind_to=frozenset(EnrollmentChannel),
    tested_against="files; what a person does with them is out of reach",
)

_STEPS = """What is in this folder, and what to do with it
==============================================

1. Open assignments.csv. Each row is one profile for one device.
2. Upload the file of the row as a custom profile to your MDM, and assign it to that device alone (udid, serial).
   Where the column channel says "user", choose the user channel: mail on a Mac works nowhere else.
   If your MDM refuses signed profiles, take the file of the same name from the folder "unsigned".
3. Where your MDM has a switch to install a profile again after a system update, turn it on.
4. A later row for the same device and identifier replaces the earlier one: change the profile in your MDM,
   do not add a second one.
5. Open removals.csv, if it is there: take each profile (identifier) off its device.
6. Export the list of devices from your MDM into this folder as devices.csv, with the columns
   udid, serial, email, platform (ios or macos) as far as your MDM has them.

Nothing here says whether a profile reached its device. Whoever sends mail from the device proves it.
"""


class FolderMdm:
    """
    Implements `ports.MdmConnector` with files that only their owner can read.

    `folder` is made when it is first written to; every file is complete under its name or not there.
    """

    def __init__(self, *, name: str, folder: Path, drop: Drop, clock: Clock) -> None:
        self._name = name
        self._folder = folder
        self._drop = drop
        self._clock = clock

    @property
    def name(self) -> str:
        """The name it has in the configuration."""
        return self._name

    @property
    def capabilities(self) -> Capabilities:
        """What it can do."""
        return CAPABILITIES

    async def enrollments(self) -> AsyncIterator[Enrollment]:
        """Yield the devices of `devices.csv`, none where it is not there; a Mac twice, for its user channel too."""
        for row in _read(self._folder / DEVICES_FILE):
            for enrollment in _enrollments_in(row, self._name):
                yield enrollment

    async def install(self, orders: Sequence[InstallOrder]) -> tuple[Receipt, ...]:
        """Write each profile, signed and unsigned, its row, and the steps."""
        before = {row.get("order"): row for row in _read(self._folder / ASSIGNMENTS)} if orders else {}
        rows, receipts = [], []
        for order in orders:
            row = _assignment(order)
            rows.append(row)
            await self._write(Path(row["file"]), order.signed)
            await self._write(Path("unsigned", row["file"]), order.unsigned)
            already = before.get(order.command) == row
            receipts.append(Receipt(command=order.command, state=CommandState.QUEUED, already=already))
        if orders:
            await self._merge(ASSIGNMENTS, _ASSIGNED, rows)
            await self._write(Path(STEPS), _STEPS.encode())
        return tuple(receipts)

    async def remove(self, orders: Sequence[RemoveOrder]) -> tuple[Receipt, ...]:
        """Write a row per removal, for a person to do."""
        if orders:
            rows = [
                {**_device_row(one.enrollment), "identifier": one.identifier, "order": one.command} for one in orders
            ]
            await self._merge(REMOVALS, _REMOVED, rows)
            await self._write(Path(STEPS), _STEPS.encode())
        return tuple(Receipt(command=order.command, state=CommandState.QUEUED) for order in orders)

    async def look(self, orders: Sequence[LookOrder]) -> tuple[Inventory | Receipt, ...]:
        """Return that nothing is known: a folder cannot see devices."""
        now = self._clock.now()
        return tuple(
            Inventory(mdm=self._name, enrollment=order.enrollment.id, collected_at=now, complete=False)
            for order in orders
        )

    async def wake(self, enrollments: Sequence[Enrollment]) -> tuple[str, ...]:
        """Return every id: a folder wakes nobody."""
        return tuple(enrollment.id for enrollment in enrollments)

    async def touched_by(self, orders: Sequence[InstallOrder]) -> int:
        """Return how many devices the orders name."""
        return len({order.enrollment.id for order in orders})

    def events(self, headers: Mapping[str, str], body: bytes) -> tuple[Event, ...]:  # noqa: ARG002 - the port has them
        """Raise NotPossible: nothing comes from a folder."""
        raise no_webhooks(self._name, "a folder")

    async def probe(self) -> tuple[Finding, ...]:
        """Look whether the folder and its list of devices are there."""
        there = self._folder.is_dir()
        listed = (self._folder / DEVICES_FILE).is_file()
        place = f"The folder {self._folder} is {'there' if there else 'not there yet; the first profile makes it'}."
        devices = f"{DEVICES_FILE} is {'there' if listed else 'not there, so no device is known'}."
        return (
            Finding(check=REACH, outcome=Outcome.PASS if there else Outcome.WARN, detail=place),
            Finding(
                check=DEVICES,
                outcome=Outcome.PASS if listed else Outcome.WARN,
                detail=devices,
                remedy=None if listed else f"Export the devices of your MDM as {DEVICES_FILE} into the folder.",
            ),
            *capability_findings(CAPABILITIES),
        )

    async def close(self) -> None:
        """Nothing is open."""

    async def _merge(self, file: str, columns: Sequence[str], rows: Sequence[Mapping[str, str]]) -> None:
        """Add rows; one for the same device and identifier takes the place of the older."""
        merged = {(row.get("enrollment"), row.get("identifier")): row for row in _read(self._folder / file)}
        for row in rows:
            key = (row["enrollment"], row["identifier"])
            merged.pop(key, None)  # the newest stand at the end
            merged[key] = dict(row)
        table = io.StringIO(newline="")
        writer = csv.DictWriter(table, fieldnames=columns, extrasaction="ignore", restval="")
        writer.writeheader()
        writer.writerows({name: _harmless(row.get(name) or "") for name in columns} for row in merged.values())
        await self._write(Path(file), table.getvalue().encode("utf-8"))

    async def _write(self, path: Path, data: bytes) -> None:
        staged = await self._drop.stage(self._folder / path, data, private=True)
        await staged.commit()


def _assignment(order: InstallOrder) -> dict[str, str]:
    readable = _UNSAFE.sub("-", order.name.lower().removeprefix("mail "))[:100].strip("-.") or "mail"
    tail = hashlib.sha256(f"{order.identifier} {order.enrollment.id}".encode()).hexdigest()[:8]
    return {
        "file": f"{readable}-{tail}.mobileconfig",
        **_device_row(order.enrollment),
        "identifier": order.identifier,
        "uuid": order.uuid,
        "revision": order.revision,
        "sha256": hashlib.sha256(order.signed).hexdigest(),
        "order": order.command,
    }


def _device_row(enrollment: Enrollment) -> dict[str, str]:
    return {
        "enrollment": enrollment.id,
        "udid": enrollment.udid or "",
        "serial": enrollment.serial or "",
        "channel": str(enrollment.channel),
        "email": " ".join(enrollment.emails),
    }


def _harmless(value: str) -> str:
    """Return a cell that no spreadsheet runs as a formula."""
    return f"'{value}" if value.startswith(_FORMULA) else value


def _read(path: Path) -> list[dict[str, str]]:
    """Return the rows of a table in the folder, none if it is not there; raises InputProblem."""
    try:
        with path.open("rb") as file:
            data = file.read(LARGEST + 1)
        if len(data) > LARGEST:
            raise _unreadable(path, f"it is larger than {LARGEST >> 20} MiB")
        text_of = data.decode("utf-8-sig")
        listed = csv.DictReader(io.StringIO(text_of, newline=""), dialect=_dialect(text_of), restkey="", restval="")
        return [{key.strip().lower(): value for key, value in row.items() if key} for row in listed]
    except FileNotFoundError:
        return []
    except (OSError, UnicodeDecodeError, csv.Error) as exc:
        raise _unreadable(path, str(exc.strerror) if isinstance(exc, OSError) else "it is no CSV in UTF-8") from exc


def _dialect(text_of: str) -> type[csv.Dialect]:
    head = text_of.partition("\n")[0]

    class Found(csv.excel):
        delimiter = max(",;\t", key=head.count)

    return Found


def _unreadable(path: Path, why: str) -> InputProblem:
    return InputProblem(f"{path} cannot be read: {why}.", hint="Export it again as CSV in UTF-8.")


def _enrollments_in(row: Mapping[str, str], mdm: str) -> list[Enrollment]:
    cells = {field: next((row[one] for one in names if row.get(one)), "") for field, names in _HEADERS.items()}
    udid, serial = upper(cells["udid"]), upper(cells["serial"])
    device = udid or serial
    if device is None:
        return []
    is_mac = "mac" in cells["platform"].lower()
    found = Enrollment(
        mdm=mdm,
        id=device,
        channel=EnrollmentChannel.DEVICE,
        udid=udid,
        serial=serial,
        platform=Platform.MACOS if is_mac else Platform.IOS,
        os_version=text(cells["os_version"]),
        emails=emails(cells["email"], cells["user"]),
        sign_ins=texts(cells["user"]),
        full_name=text(cells["name"]),
    )
    if not is_mac:
        return [found]
    return [found, replace(found, id=f"{device}:user", channel=EnrollmentChannel.USER, parent=device)]
