"""
Imports: rosters become seats, all of a roster at once; what the last one did not name is gone.

The rows are written down as they come, and merged in the order of the seats when the import is finished. A large fleet
in the order of its roster would touch every page of every index again and again; sorted, each is written once.
"""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import bindparam, delete, func, literal, select, union_all, update
from sqlalchemy import insert as plain_insert
from sqlalchemy.ext.asyncio import AsyncConnection

from profilegen.fleet.seat import Seat
from profilegen.ports.fleet import ImportTally
from profilegen.storage.fleet import tables
from profilegen.storage.fleet.dialect import hold, insert, one_of
from profilegen.storage.fleet.seat_rows import CONTENT, Staged, terms_of
from profilegen.storage.fleet.values import to_time

ABANDONED = timedelta(days=1)
"""After this time an import that was never finished is taken for dead."""
PAGE = 5000
"""Rows merged at once."""
_LOCK = 0x73656174  # any number, the same for all of us
_IMPORT, _ROW, _SEAT, _TERM = tables.imports.c, tables.import_row.c, tables.seat.c, tables.seat_term.c
_KNOWN = [_SEAT.key, _SEAT.id, _SEAT.gone, *(_SEAT[name] for name in CONTENT)]
_CHANGED = (*CONTENT, "domain", "person_folded", "gone")
_UPDATE = (
    update(tables.seat)
    .where(_SEAT.id == bindparam("seat_id"))
    .values({name: bindparam(f"new_{name}") for name in _CHANGED})
)
_DROP_TERM = delete(tables.seat_term).where(_TERM.term == bindparam("old_term"), _TERM.seat == bindparam("old_seat"))
_Row = dict[str, Any]


@dataclass(slots=True, kw_only=True)  # filled row by row
class _Page:
    """What one page of an import does to the tables; `back` are ids of seats that were gone and are not changed."""

    next_id: int
    added: list[_Row] = field(default_factory=list)
    changed: list[_Row] = field(default_factory=list)
    same: int = 0
    back: list[int] = field(default_factory=list)
    addresses: list[_Row] = field(default_factory=list)
    new_terms: list[_Row] = field(default_factory=list)
    old_terms: list[_Row] = field(default_factory=list)


async def begin(connection: AsyncConnection, source: str, at: datetime) -> int:
    """Return the number of a new import; what dead ones left behind is removed."""
    dead = select(_IMPORT.number).where(~_IMPORT.finished, _IMPORT.begun_at < to_time(at - ABANDONED))
    await connection.execute(delete(tables.import_row).where(_ROW["import"].in_(dead)))
    row = {"source": source, "begun_at": to_time(at), "finished": False}
    number = (await connection.execute(plain_insert(tables.imports).values(row).returning(_IMPORT.number))).scalar()
    return int(number or 0)


async def put(connection: AsyncConnection, number: int, seats: Sequence[Seat]) -> None:
    """Write down rows of an import."""
    staged = ((seat.mdm, Staged.of(seat)) for seat in seats)
    rows = [{"import": number, "mdm": mdm, "key": one.key, "content": one.text} for mdm, one in staged]
    if rows:
        await connection.execute(plain_insert(tables.import_row), rows)


async def finish(connection: AsyncConnection, number: int) -> ImportTally:
    """Add and change seats as the import says; return what that was."""
    await hold(connection, _LOCK)
    last = (await connection.execute(select(func.max(_SEAT.id)))).scalar() or 0
    added = changed = same = 0
    named = await connection.execute(select(_ROW.mdm).where(_ROW["import"] == number).distinct())
    mdms, key = [mdm for (mdm,) in named], ""
    async for staged in _pages(connection, number):
        page = _Page(next_id=last + added + 1)
        await _compare(connection, page, staged)
        await _mark_gone(connection, mdms, key, staged)
        await _write(connection, page)
        added, changed, same = added + len(page.added), changed + len(page.changed), same + page.same
        key = staged[-1].key
    await _mark_gone(connection, mdms, key, [])
    await _add_terms(connection, last)
    await connection.execute(delete(tables.import_row).where(_ROW["import"] == number))
    await connection.execute(update(tables.imports).where(_IMPORT.number == number).values(finished=True))
    gone = await connection.execute(select(func.count()).where(_SEAT.gone))
    return ImportTally(added=added, changed=changed, same=same, gone=int(gone.scalar_one()))


async def _pages(connection: AsyncConnection, number: int) -> AsyncIterator[list[Staged]]:
    """Yield the seats of an import by key, each once, in pages."""
    query = select(_ROW.key, _ROW.content).where(_ROW["import"] == number).order_by(_ROW.key, _ROW.number)
    page: list[Staged] = []
    async with connection.stream(query) as rows:
        async for part in rows.partitions(PAGE):
            for key, text in part:
                staged = Staged.read(key, text)
                if page and page[-1].key == key:
                    page[-1].merge(staged)
                else:
                    page.append(staged)
            if len(page) > 1:
                yield page[:-1]
                page = page[-1:]  # the next part may go on with it
    if page:
        yield page


async def _compare(connection: AsyncConnection, page: _Page, staged: Sequence[Staged]) -> None:
    query = select(*_KNOWN).where(one_of(connection, _SEAT.key, [one.key for one in staged]))
    known = {row[0]: tuple(row) for row in await connection.execute(query)}
    for one in staged:
        row = known.get(one.key)
        if row is None:
            _add(page, one)
        elif row[3:] == one.content:
            page.same += 1
            page.back.extend([row[1]] if row[2] else [])
        else:
            _change(page, one, seat_id=row[1], old=row[3:])


async def _mark_gone(connection: AsyncConnection, mdms: Sequence[str], after: str, staged: Sequence[Staged]) -> None:
    """
    Mark the seats between two places of the fleet that an import does not name; without an end, all that follow.

    An import says nothing of servers it does not name at all.
    """
    conditions = [_SEAT.key > after, ~_SEAT.gone, _SEAT.mdm.in_(mdms)]
    if staged:
        named = one_of(connection, _SEAT.key, [one.key for one in staged])
        conditions += [_SEAT.key <= staged[-1].key, ~named]
    await connection.execute(update(tables.seat).where(*conditions).values(gone=True))


def _add(page: _Page, staged: Staged) -> None:
    seat_id = page.next_id + len(page.added)
    page.added.append({"id": seat_id, "gone": False, **staged.row()})
    page.addresses.extend({"term": term, "seat": seat_id} for term in staged.addresses())


def _change(page: _Page, staged: Staged, *, seat_id: int, old: tuple[Any, ...]) -> None:
    row = {"gone": False, **staged.row()}
    page.changed.append({"seat_id": seat_id, **{f"new_{name}": row[name] for name in _CHANGED}})
    before, after = terms_of(old), terms_of(staged.content)
    page.old_terms.extend({"old_term": term, "old_seat": seat_id} for term in sorted(before - after))
    page.new_terms.extend({"term": term, "seat": seat_id} for term in sorted(after - before))


async def _write(connection: AsyncConnection, page: _Page) -> None:
    if page.back:
        back = one_of(connection, _SEAT.id, page.back)
        await connection.execute(update(tables.seat).where(back).values(gone=False))
    for statement, rows in (
        (plain_insert(tables.seat), page.added),
        (_UPDATE, page.changed),
        (_DROP_TERM, page.old_terms),
        (plain_insert(tables.seat_term), page.new_terms),
        (plain_insert(tables.import_term), page.addresses),
    ):
        if rows:
            await connection.execute(statement, rows)


async def _add_terms(connection: AsyncConnection, last: int) -> None:
    """Add what new seats, those after `last`, can be found by."""
    new = _SEAT.id > last
    staged = tables.import_term.c
    found = union_all(
        select(_SEAT.person_folded.label("term"), _SEAT.id.label("seat")).where(new),
        select(_SEAT.udid, _SEAT.id).where(new, _SEAT.udid.is_not(None)),
        select(_SEAT.serial, _SEAT.id).where(new, _SEAT.serial.is_not(None)),
        select(staged.term, staged.seat),
    ).subquery()
    ordered = select(found.c.term, found.c.seat).where(literal(value=True)).order_by(found.c.term, found.c.seat)
    add = insert(connection, tables.seat_term).from_select(["term", "seat"], ordered).on_conflict_do_nothing()
    await connection.execute(add)
    await connection.execute(delete(tables.import_term))


async def drop_terms(connection: AsyncConnection, seats: Sequence[tuple[int, Sequence[Any]]]) -> None:
    """Delete what stored seats can be found by, given each id and its columns of `CONTENT`."""
    pairs = [
        {"old_term": term, "old_seat": seat_id} for seat_id, content in seats for term in sorted(terms_of(content))
    ]
    if pairs:
        await connection.execute(_DROP_TERM, pairs)
