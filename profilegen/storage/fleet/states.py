"""What the fleet keeps of its seats besides what an import says."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import bindparam, delete, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from profilegen.fleet.evidence import system_of
from profilegen.fleet.seat import Effective, Wanted
from profilegen.fleet.seen import Sight
from profilegen.storage.fleet import tables
from profilegen.storage.fleet.dialect import one_of
from profilegen.storage.fleet.imports import drop_terms
from profilegen.storage.fleet.seat_rows import COLUMNS, CONTENT, seat_of
from profilegen.storage.fleet.sights import enrollments_of
from profilegen.storage.fleet.values import to_time

_SEAT = tables.seat.c
_MINE = _SEAT.key == bindparam("seat_key")
_WANT = (
    update(tables.seat)
    .where(_MINE)
    .values(
        wanted_uuid=bindparam("uuid"),
        wanted_revision=bindparam("revision"),
        wanted_basis=bindparam("basis"),
        wanted_version=bindparam("version"),
    )
)
_NOTE_OK = (
    update(tables.seat)
    .where(_MINE, or_(_SEAT.ok_at.is_(None), _SEAT.ok_at <= bindparam("at")))
    .values(ok_at=bindparam("at"), ok_system=bindparam("system"), ok_enrolled_at=bindparam("enrolled_at"))
)


async def want(connection: AsyncConnection, wanted: Sequence[tuple[str, Wanted]]) -> None:
    """Keep what is wanted of seats."""
    rows = [
        {
            "seat_key": key,
            "uuid": one.uuid,
            "revision": one.revision,
            "basis": one.basis,
            "version": one.settings_version,
        }
        for key, one in sorted(wanted, key=lambda pair: pair[0])
    ]
    if rows:
        await connection.execute(_WANT, rows)


async def keep_effective(connection: AsyncConnection, seat: str, effective: Effective) -> None:
    """Keep what an MDM made of a seat's profile."""
    values = {
        "effective_identifier": effective.identifier,
        "effective_uuid": effective.uuid,
        "effective_remote_id": effective.remote_id,
    }
    await connection.execute(update(tables.seat).where(_SEAT.key == seat).values(values))


async def retire(connection: AsyncConnection, keys: Sequence[str], at: datetime) -> None:
    """Mark seats as to be removed; the first time stays."""
    mine = one_of(connection, _SEAT.key, keys)
    await connection.execute(update(tables.seat).where(mine, _SEAT.retired_at.is_(None)).values(retired_at=to_time(at)))


async def drop(connection: AsyncConnection, keys: Sequence[str]) -> None:
    """Remove seats; their episodes and commands stay, so that no number is ever used twice."""
    mine = one_of(connection, _SEAT.key, keys)
    content = [_SEAT[name] for name in CONTENT]
    rows = (await connection.execute(select(_SEAT.id, *content).where(mine))).all()
    await drop_terms(connection, [(row[0], tuple(row)[1:]) for row in rows])
    await connection.execute(delete(tables.seat).where(mine))


async def note_ok(connection: AsyncConnection, keys: Sequence[str], at: datetime) -> None:
    """Remember when seats were right, and how their devices were then."""
    rows = (await connection.execute(select(*COLUMNS).where(one_of(connection, _SEAT.key, keys)))).all()
    seats = sorted((seat_of(row) for row in rows), key=lambda seat: seat.key)
    directory = await enrollments_of(connection, seats)
    notes = []
    for seat in seats:
        enrollment, _ = directory.find(seat)
        notes.append(
            {
                "seat_key": seat.key,
                "at": to_time(at),
                "system": system_of(Sight(enrollment=enrollment)),
                "enrolled_at": None if enrollment is None else to_time(enrollment.enrolled_at),
            }
        )
    if notes:
        await connection.execute(_NOTE_OK, notes)


async def note_sends(connection: AsyncConnection, keys: Sequence[str], at: datetime) -> None:
    """Remember that mail was sent with seats' settings."""
    mine = one_of(connection, _SEAT.key, keys)
    newer = or_(_SEAT.sends_since.is_(None), _SEAT.sends_since < to_time(at))
    await connection.execute(update(tables.seat).where(mine, newer).values(sends_since=to_time(at)))


async def note_password_unknown(connection: AsyncConnection, keys: Sequence[str], since: datetime | None) -> None:
    """Remember since when the password may be missing, or that it is there."""
    mine = one_of(connection, _SEAT.key, keys)
    await connection.execute(update(tables.seat).where(mine).values(password_unknown_since=to_time(since)))


async def domains(connection: AsyncConnection) -> tuple[tuple[str, int], ...]:
    """Return every mail domain with its number of seats, by name."""
    query = select(_SEAT.domain, func.count()).group_by(_SEAT.domain).order_by(_SEAT.domain)
    return tuple(sorted((domain, number) for domain, number in await connection.execute(query)))
