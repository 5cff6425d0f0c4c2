"""Imports: rosters become seats, and every seat knows which import named it last."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import and_, bindparam, delete, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from profilegen.fleet.seat import Seat
from profilegen.ports.fleet import ImportTally
from profilegen.storage.fleet import tables
from profilegen.storage.fleet.dialect import hold, one_of
from profilegen.storage.fleet.seat_rows import (
    CONTENT,
    addresses_of,
    content_of,
    merged,
    row_of,
    stored_addresses,
    with_stored_mailboxes,
)
from profilegen.storage.fleet.values import to_json, to_time

_LOCK = 0x73656174  # any number, the same for all of us
_SEAT = tables.seat.c
_KNOWN = [_SEAT.key, _SEAT.id, _SEAT.first_in, _SEAT.last_in, _SEAT.before, *(_SEAT[name] for name in CONTENT)]
_CHANGED = (*CONTENT, "domain", "person_folded", "changed_in", "last_in", "before")
_INSERT = insert(tables.seat)
_UPDATE = (
    update(tables.seat)
    .where(_SEAT.id == bindparam("seat_id"))
    .values({name: bindparam(f"new_{name}") for name in _CHANGED})
)

_ADDRESS = tables.seat_address.c
_DROP_ADDRESS = delete(tables.seat_address).where(
    _ADDRESS.address == bindparam("old_address"), _ADDRESS.seat == bindparam("old_seat")
)


@dataclass(slots=True, kw_only=True)
class _Batch:
    """What one batch does to the table; `named` are ids of seats that stay as they are."""

    number: int
    added: list[Seat] = field(default_factory=list)
    changed: list[tuple[Any, Seat, dict[str, Any]]] = field(default_factory=list)
    named: list[int] = field(default_factory=list)


async def begin(connection: AsyncConnection, source: str, at: datetime) -> int:
    """Return the number of a new import."""
    row = {"source": source, "begun_at": to_time(at), "finished": False}
    number = (await connection.execute(insert(tables.imports).values(row).returning(tables.imports.c.number))).scalar()
    return int(number or 0)


async def put(connection: AsyncConnection, number: int, seats: Sequence[Seat]) -> ImportTally:
    """Add or update seats; the tally counts each seat when this import names it first."""
    await hold(connection, _LOCK)
    by_key: dict[str, Seat] = {}
    for seat in seats:
        by_key[seat.key] = merged(by_key[seat.key], seat) if seat.key in by_key else seat
    known = await _known(connection, by_key)
    batch = _Batch(number=number)
    same = changed = 0
    for key, seat in by_key.items():
        row = known.get(key)
        if row is None:
            batch.added.append(seat)
        elif row.last_in >= number:
            _name_again(batch, seat, row)
        elif content_of(seat) == tuple(row)[5:]:
            batch.named.append(row.id)
            same += 1
        else:
            _change(batch, seat, row, before=to_json(tuple(row)[5:]))
            changed += 1
    await _write(connection, batch)
    return ImportTally(added=len(batch.added), changed=changed, same=same)


async def finish(connection: AsyncConnection, number: int) -> ImportTally:
    """Close an import; return what it changed altogether."""
    await connection.execute(update(tables.imports).where(tables.imports.c.number == number).values(finished=True))
    named = _SEAT.last_in == number
    changed = and_(named, _SEAT.changed_in == number, _SEAT.first_in != number)
    counts = select(
        func.count().filter(_SEAT.first_in == number),
        func.count().filter(changed),
        func.count().filter(named),
        func.count().filter(_SEAT.last_in < number),
    ).select_from(tables.seat)
    added, altered, all_named, gone = (await connection.execute(counts)).one()
    await connection.execute(update(tables.seat).where(_SEAT.before.is_not(None)).values(before=None))
    return ImportTally(added=added, changed=altered, same=all_named - added - altered, gone=gone)


async def _known(connection: AsyncConnection, keys: Iterable[str]) -> dict[str, Any]:
    rows = await connection.execute(select(*_KNOWN).where(one_of(connection, _SEAT.key, keys)))
    return {row.key: row for row in rows}


def _name_again(batch: _Batch, seat: Seat, row: Any) -> None:
    """Take in a further row of a seat this import has named already, perhaps back to what it was before."""
    seat = with_stored_mailboxes(seat, row.mailboxes)
    stored = tuple(row)[5:]
    if content_of(seat) != stored:
        _change(batch, seat, row, before=row.before or to_json(stored))


def _change(batch: _Batch, seat: Seat, row: Any, *, before: str) -> None:
    is_back = to_json(content_of(seat)) == before and row.first_in != batch.number
    fate = {
        "changed_in": None if is_back else batch.number,
        "last_in": max(batch.number, row.last_in),
        "before": before,
    }
    batch.changed.append((row, seat, fate))


async def _write(connection: AsyncConnection, batch: _Batch) -> None:
    if batch.named:
        condition = one_of(connection, _SEAT.id, batch.named)
        await connection.execute(update(tables.seat).where(condition).values(last_in=batch.number, before=None))
    addresses: list[dict[str, Any]] = []
    if batch.added:
        await _add(connection, batch, addresses)
    if batch.changed:
        await _alter(connection, batch, addresses)
    if addresses:
        await connection.execute(insert(tables.seat_address), addresses)


async def _add(connection: AsyncConnection, batch: _Batch, addresses: list[dict[str, Any]]) -> None:
    last = (await connection.execute(select(func.max(_SEAT.id)))).scalar() or 0
    fate = {"first_in": batch.number, "changed_in": batch.number, "last_in": batch.number}
    rows = []
    for seat_id, seat in enumerate(batch.added, start=last + 1):
        rows.append({"id": seat_id, **row_of(seat), **fate})
        addresses.extend({"address": address, "seat": seat_id} for address in addresses_of(seat))
    await connection.execute(_INSERT, rows)


async def _alter(connection: AsyncConnection, batch: _Batch, addresses: list[dict[str, Any]]) -> None:
    rows = []
    for stored, seat, fate in batch.changed:
        row = {**row_of(seat), **fate}
        rows.append({"seat_id": stored.id, **{f"new_{name}": row[name] for name in _CHANGED}})
        addresses.extend({"address": address, "seat": stored.id} for address in addresses_of(seat))
    await drop_addresses(connection, [(row.id, row.mailboxes, row.person) for row, _, _ in batch.changed])
    await connection.execute(_UPDATE, rows)


async def drop_addresses(connection: AsyncConnection, seats: Iterable[tuple[int, str, str]]) -> None:
    """Delete what stored seats can be found by, given id, mailboxes and person as stored."""
    pairs = [
        {"old_seat": seat_id, "old_address": address}
        for seat_id, mailboxes, person in seats
        for address in stored_addresses(mailboxes, person)
    ]
    if pairs:
        await connection.execute(_DROP_ADDRESS, pairs)
