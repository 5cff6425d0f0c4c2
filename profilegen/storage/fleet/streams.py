"""Finding seats: page by page by key, nothing held open in between."""

from collections.abc import AsyncIterator, Iterator
from itertools import islice

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from profilegen.ports.fleet import BATCH, SeatQuery, SeatView
from profilegen.storage.fleet import tables
from profilegen.storage.fleet.dialect import one_of
from profilegen.storage.fleet.engine import Database, Joined
from profilegen.storage.fleet.sights import SEAT_COLUMNS, views
from profilegen.storage.fleet.values import fold, upper

_SEAT = tables.seat.c


async def stream(database: Database | Joined, query: SeatQuery) -> AsyncIterator[tuple[SeatView, ...]]:
    """Yield matching seats in batches, by key."""
    if query.who or query.keys:
        async for batch in _named_seats(database, query):
            yield batch
        return
    after = ""
    while True:
        async with database.reading() as connection:
            page = select(*SEAT_COLUMNS).where(_SEAT.key > after, *_conditions(query)).order_by(_SEAT.key).limit(BATCH)
            rows = (await connection.execute(page)).all()
            batch = await views(connection, rows)
        if not batch:
            return
        after = batch[-1].seat.key
        yield batch


async def count(connection: AsyncConnection, query: SeatQuery) -> int:
    """Return how many seats match."""
    conditions = _conditions(query)
    if not query.who and not query.keys:
        total = await connection.execute(select(func.count()).select_from(tables.seat).where(*conditions))
        return int(total.scalar_one())
    found = 0
    for keys in _batches(await keys_of(connection, query)):
        some = select(func.count()).where(one_of(connection, _SEAT.key, keys), *conditions)
        found += int((await connection.execute(some)).scalar_one())
    return found


async def key_at(connection: AsyncConnection, query: SeatQuery, place: int) -> str | None:
    """Return the key of the matching seat at a place by key, None beyond the last one."""
    conditions = _conditions(query)
    if query.who or query.keys:
        conditions.append(one_of(connection, _SEAT.key, await keys_of(connection, query)))
    found = await connection.execute(select(_SEAT.key).where(*conditions).order_by(_SEAT.key).offset(place).limit(1))
    return found.scalar_one_or_none()


async def keys_of(connection: AsyncConnection, query: SeatQuery) -> list[str]:
    """Return the keys of the seats a query names by `who` or `keys`, sorted; its other conditions are not looked at."""
    if not query.who:
        return sorted(set(query.keys))
    terms = {fold(who) for who in query.who} | {upper(who.strip()) or "" for who in query.who}
    called = select(tables.seat_term.c.seat).where(one_of(connection, tables.seat_term.c.term, terms))
    found = {row.key for row in await connection.execute(select(_SEAT.key).where(_SEAT.id.in_(called)))}
    return sorted(found & set(query.keys) if query.keys else found)


async def _named_seats(database: Database | Joined, query: SeatQuery) -> AsyncIterator[tuple[SeatView, ...]]:
    async with database.reading() as connection:
        named = await keys_of(connection, query)
    for keys in _batches(named):
        async with database.reading() as connection:
            mine = one_of(connection, _SEAT.key, keys)
            page = select(*SEAT_COLUMNS).where(mine, *_conditions(query)).order_by(_SEAT.key)
            batch = await views(connection, (await connection.execute(page)).all())
        if batch:
            yield batch


def _batches(keys: list[str]) -> Iterator[list[str]]:
    rest = iter(keys)
    while batch := list(islice(rest, BATCH)):
        yield batch


def _conditions(query: SeatQuery) -> list[ColumnElement[bool]]:
    exact = ((_SEAT.mdm, query.mdm), (_SEAT.group, query.group), (_SEAT.domain, query.domain))
    conditions: list[ColumnElement[bool]] = [column == value for column, value in exact if value is not None]
    if query.after is not None:
        conditions.append(_SEAT.key > query.after)
    if query.up_to is not None:
        conditions.append(_SEAT.key <= query.up_to)
    if query.retired is not None:
        conditions.append(_SEAT.retired_at.is_not(None) if query.retired else _SEAT.retired_at.is_(None))
    if query.gone is not None:
        conditions.append(_SEAT.gone if query.gone else ~_SEAT.gone)
    return conditions
