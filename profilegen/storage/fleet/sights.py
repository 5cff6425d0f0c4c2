"""What was seen of a batch of seats, in a fixed number of queries however many there are."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from sqlalchemy import Select, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from profilegen.fleet.seat import EnrollmentChannel, Seat
from profilegen.fleet.seen import Command, CommandKind, Enrollment, Episode, Inventory, Sight
from profilegen.ports.fleet import SeatView
from profilegen.storage.fleet import tables
from profilegen.storage.fleet.dialect import OneOf, about_many
from profilegen.storage.fleet.matching import Directory
from profilegen.storage.fleet.seat_rows import COLUMNS, seat_of
from profilegen.storage.fleet.seen_rows import (
    COMMAND,
    ENROLLMENT,
    EPISODE,
    INVENTORY,
    command_of,
    enrollment_of,
    episode_of,
    inventory_of,
)
from profilegen.storage.fleet.values import from_time

_NOTES = [
    tables.seat.c[name] for name in ("ok_at", "ok_system", "ok_enrolled_at", "sends_since", "password_unknown_since")
]
SEAT_COLUMNS = [*COLUMNS, *_NOTES]
"""What `views` needs of every seat."""


async def views(connection: AsyncConnection, rows: Sequence[Sequence[Any]]) -> tuple[SeatView, ...]:
    """Return seats, as rows of `SEAT_COLUMNS`, with what was seen of them."""
    seats = [seat_of(row) for row in rows]
    keys = [seat.key for seat in seats]
    directory = await enrollments_of(connection, seats)
    found = [directory.find(seat) for seat in seats]
    inventories = await _inventories(connection, {one.id for one, _ in found if one is not None})
    episodes = await _episodes(connection, keys)
    commands, looks = await _newest(connection, keys)
    return tuple(
        [
            SeatView(
                seat=seat,
                sight=_sight(
                    row[-len(_NOTES) :],
                    *match,
                    None if match[0] is None else inventories.get((match[0].mdm, match[0].id)),
                    episodes.get(seat.key),
                    commands.get(seat.key),
                    looks.get(seat.key),
                ),
            )
            for seat, row, match in zip(seats, rows, found, strict=True)
        ]
    )


async def enrollments_of(connection: AsyncConnection, seats: Iterable[Seat]) -> Directory:
    """Return every enrollment that may be one of these seats'; serial numbers count where no UDID is known."""
    seats = list(seats)
    found = await _enrollments(connection, _by_udid, {seat.udid for seat in seats if seat.udid is not None})
    known = {(one.mdm, one.udid) for one in found}
    serials = {seat.serial for seat in seats if seat.serial is not None and (seat.mdm, seat.udid) not in known}
    found += await _enrollments(connection, _by_serial, serials)
    macs = {name for seat in seats if seat.channel is EnrollmentChannel.USER for name in (seat.udid, seat.serial)}
    devices = {one.id for one in found if one.udid in macs or one.serial in macs}
    found += await _enrollments(connection, _by_parent, devices)
    return Directory({(one.mdm, one.id): one for one in found}.values())


def _by_udid(one_of: OneOf) -> Select[Any]:
    return select(*ENROLLMENT).where(one_of(tables.enrollment.c.udid))


def _by_serial(one_of: OneOf) -> Select[Any]:
    return select(*ENROLLMENT).where(one_of(tables.enrollment.c.serial))


def _by_parent(one_of: OneOf) -> Select[Any]:
    return select(*ENROLLMENT).where(one_of(tables.enrollment.c.parent))


def _inventory_of_enrollment(one_of: OneOf) -> Select[Any]:
    return select(*INVENTORY).where(one_of(tables.inventory.c.enrollment))


def _episodes_of_seat(one_of: OneOf) -> Select[Any]:
    table = tables.episode.c
    return select(*EPISODE).where(one_of(table.seat)).order_by(table.seat, table.number)


def _newest_of_seat(one_of: OneOf) -> Select[Any]:
    """Each kind apart: what was asked every day for years is not read to find what was installed."""
    table = tables.command.c
    newest = select(func.max(table.number)).where(one_of(table.seat)).group_by(table.seat, table.kind)
    return select(*COMMAND).where(table.number.in_(newest)).order_by(table.number)


async def _enrollments(
    connection: AsyncConnection, query: Callable[[OneOf], Select[Any]], names: set[str]
) -> list[Enrollment]:
    return [enrollment_of(row) for row in await about_many(connection, query, names)] if names else []


async def _inventories(connection: AsyncConnection, ids: Iterable[str]) -> dict[tuple[str, str], Inventory]:
    found = [inventory_of(row) for row in await about_many(connection, _inventory_of_enrollment, ids)]
    return {(one.mdm, one.enrollment): one for one in found}


async def _episodes(connection: AsyncConnection, keys: Sequence[str]) -> dict[str, Episode]:
    """Return the last episode of each seat."""
    return {row[0]: episode_of(row) for row in await about_many(connection, _episodes_of_seat, keys)}


async def _newest(connection: AsyncConnection, keys: Sequence[str]) -> tuple[dict[str, Command], dict[str, Command]]:
    """Return the newest install or removal, and the newest look, of each seat."""
    commands, looks = dict[str, Command](), dict[str, Command]()
    for row in await about_many(connection, _newest_of_seat, keys):
        command = command_of(row)
        (looks if command.kind is CommandKind.LOOK else commands)[command.seat] = command
    return commands, looks


def _sight(
    notes: Sequence[Any],
    enrollment: Enrollment | None,
    candidates: int,
    inventory: Inventory | None,
    episode: Episode | None,
    command: Command | None,
    look: Command | None,
) -> Sight:
    ok_at, ok_system, ok_enrolled_at, sends_since, password_unknown_since = notes
    return Sight(
        enrollment=enrollment,
        candidates=candidates,
        inventory=inventory,
        episode=episode,
        command=command,
        look=look,
        last_ok_at=from_time(ok_at),
        last_ok_os=ok_system,
        last_ok_enrolled_at=from_time(ok_enrolled_at),
        sends_since=from_time(sends_since),
        password_unknown_since=from_time(password_unknown_since),
    )
