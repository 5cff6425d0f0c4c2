"""What was seen of a batch of seats, in a fixed number of queries however many there are."""

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from profilegen.fleet.seat import EnrollmentChannel, Seat
from profilegen.fleet.seen import Command, CommandKind, Enrollment, Episode, Inventory, Sight
from profilegen.ports.fleet import SeatView
from profilegen.storage.fleet import tables
from profilegen.storage.fleet.dialect import one_of
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
    commands = await _newest(connection, keys, tables.command.c.kind != CommandKind.LOOK)
    looks = await _newest(connection, keys, tables.command.c.kind == CommandKind.LOOK)
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
    """Return every enrollment that may be one of these seats'."""
    seats = list(seats)
    table = tables.enrollment.c
    udids = {seat.udid for seat in seats if seat.udid is not None}
    serials = {seat.serial for seat in seats if seat.serial is not None}
    named = or_(one_of(connection, table.udid, udids), one_of(connection, table.serial, serials))
    found = [enrollment_of(row) for row in await connection.execute(select(*ENROLLMENT).where(named))]
    if any(seat.channel is EnrollmentChannel.USER for seat in seats):
        below = one_of(connection, table.parent, {enrollment.id for enrollment in found})
        found += [enrollment_of(row) for row in await connection.execute(select(*ENROLLMENT).where(below))]
    return Directory({(one.mdm, one.id): one for one in found}.values())


async def _inventories(connection: AsyncConnection, ids: Iterable[str]) -> dict[tuple[str, str], Inventory]:
    query = select(*INVENTORY).where(one_of(connection, tables.inventory.c.enrollment, ids))
    return {(row.mdm, row.enrollment): inventory_of(row) for row in await connection.execute(query)}


async def _episodes(connection: AsyncConnection, keys: Sequence[str]) -> dict[str, Episode]:
    table = tables.episode.c
    mine = one_of(connection, table.seat, keys)
    last = select(table.seat, func.max(table.number).label("number")).where(mine).group_by(table.seat).subquery()
    newest = and_(table.seat == last.c.seat, table.number == last.c.number)
    query = select(*EPISODE).join(last, newest)
    return {row.seat: episode_of(row) for row in await connection.execute(query)}


async def _newest(connection: AsyncConnection, keys: Sequence[str], kind: ColumnElement[bool]) -> dict[str, Command]:
    table = tables.command.c
    last = select(func.max(table.number)).where(one_of(connection, table.seat, keys), kind).group_by(table.seat)
    query = select(*COMMAND).where(table.number.in_(last))
    return {row.seat: command_of(row) for row in await connection.execute(query)}


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
