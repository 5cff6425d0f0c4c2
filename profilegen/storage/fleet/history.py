"""The history: lines that are only ever added, in which people are references."""

from collections.abc import AsyncIterator, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row, or_, select, tuple_
from sqlalchemy import insert as plain_insert
from sqlalchemy.ext.asyncio import AsyncConnection

from profilegen.fleet.seat import Seat
from profilegen.ports.fleet import BATCH, HistoryKind, HistoryLine
from profilegen.storage.fleet import tables
from profilegen.storage.fleet.dialect import insert, one_of
from profilegen.storage.fleet.engine import Database, Joined
from profilegen.storage.fleet.names import Names, names_of, references, with_references, without_references
from profilegen.storage.fleet.seat_rows import COLUMNS, seat_of
from profilegen.storage.fleet.values import clean, fold, moment, to_time


async def append(connection: AsyncConnection, lines: Sequence[HistoryLine]) -> None:
    """Append lines, with the names in them apart."""
    if not lines:
        return
    seats = await _seats_of(connection, lines)
    names = names_of(lines, seats, await _devices_of(connection, lines))
    numbers = await _number_names(connection, names)
    rows = [_row(line, names, numbers) for line in lines]
    write = plain_insert(tables.history).returning(tables.history.c.id, sort_by_parameter_order=True)
    ids = (await connection.execute(write, rows)).scalars().all()
    mentions = [
        {"name": name, "line": line} for row, line in zip(rows, ids, strict=True) for name in _mentioned(row, numbers)
    ]
    if mentions:
        await connection.execute(plain_insert(tables.history_mention), mentions)


async def read(database: Database | Joined, since: datetime | None, who: str | None) -> AsyncIterator[HistoryLine]:
    """Yield lines, oldest first, with no transaction open in between."""
    table = tables.history.c
    after = (-(2**63), 0) if since is None else (to_time(since), 0)
    while True:
        conditions = [tuple_(table.at, table.id) > tuple_(*after), *_about(who)]
        page = select(tables.history).where(*conditions).order_by(table.at, table.id).limit(BATCH)
        async with database.reading() as connection:
            rows = (await connection.execute(page)).all()
            names = await _names_in(connection, rows)
        for row in rows:
            yield _line(row, names)
        if not rows:
            return
        after = (rows[-1].at, rows[-1].id)


def _about(who: str | None) -> list[Any]:
    if who is None:
        return []
    term, mention = tables.history_term.c, tables.history_mention.c
    names = select(term.name).where(term.term == fold(who))
    return [tables.history.c.id.in_(select(mention.line).where(mention.name.in_(names)))]


# --- writing ----------------------------------------------------------------------------------------------------


async def _seats_of(connection: AsyncConnection, lines: Sequence[HistoryLine]) -> list[Seat]:
    keys = {line.seat for line in lines if line.seat is not None}
    people = {fold(line.person) for line in lines if line.person is not None}
    if not keys and not people:
        return []
    table = tables.seat.c
    called = select(tables.seat_term.c.seat).where(one_of(connection, tables.seat_term.c.term, people))
    mine = or_(one_of(connection, table.key, keys), table.id.in_(called))
    return [seat_of(row) for row in await connection.execute(select(*COLUMNS).where(mine))]


async def _devices_of(connection: AsyncConnection, lines: Sequence[HistoryLine]) -> dict[str, tuple[str | None, ...]]:
    ids = {line.enrollment for line in lines if line.enrollment is not None}
    if not ids:
        return {}
    table = tables.enrollment.c
    query = select(table.id, table.udid, table.serial).where(one_of(connection, table.id, ids))
    return {row.id: (row.udid, row.serial) for row in await connection.execute(query)}


async def _number_names(connection: AsyncConnection, names: Names) -> dict[str, int]:
    """Return the number of every name; new ones and their terms are written."""
    table = tables.history_name
    texts = sorted(names.terms)
    if not texts:
        return {}
    new = insert(connection, table).on_conflict_do_nothing()
    await connection.execute(new, [{"text": text, "forgotten": False} for text in texts])
    query = select(table.c.text, table.c.id).where(one_of(connection, table.c.text, texts), ~table.c.forgotten)
    numbers = {row.text: row.id for row in await connection.execute(query)}
    terms = sorted((term, numbers[text]) for text in texts for term in names.terms[text])
    known = insert(connection, tables.history_term).on_conflict_do_nothing()
    await connection.execute(known, [{"term": term, "name": number} for term, number in terms])
    return numbers


def _row(line: HistoryLine, names: Names, numbers: dict[str, int]) -> dict[str, Any]:
    words = names.of(line)
    return {
        "at": to_time(line.at),
        "actor": clean(line.actor),
        "kind": line.kind.value,
        "why": with_references(line.why, words, numbers.__getitem__),
        "outcome": with_references(line.outcome, words, numbers.__getitem__),
        "seat": None if line.seat is None else numbers[clean(line.seat)],
        "person": None if line.person is None else numbers[clean(line.person)],
        "mdm": line.mdm,
        "enrollment": None if line.enrollment is None else clean(line.enrollment),
        "plan": line.plan,
    }


def _mentioned(row: dict[str, Any], numbers: dict[str, int]) -> set[int]:
    enrollment = numbers[row["enrollment"]] if row["enrollment"] is not None else None
    named = {row["seat"], row["person"], enrollment, *references(row["why"]), *references(row["outcome"])}
    return {number for number in named if number is not None}


# --- reading ----------------------------------------------------------------------------------------------------


async def _names_in(connection: AsyncConnection, rows: Sequence[Row[Any]]) -> dict[int, str]:
    numbers: set[int] = set()
    for row in rows:
        numbers.update(references(row.why), references(row.outcome))
        numbers.update(number for number in (row.seat, row.person) if number is not None)
    if not numbers:
        return {}
    table = tables.history_name.c
    query = select(table.id, table.text).where(one_of(connection, table.id, numbers))
    return {row.id: row.text for row in await connection.execute(query)}


def _line(row: Row[Any], names: dict[int, str]) -> HistoryLine:
    return HistoryLine(
        at=moment(row.at),
        actor=row.actor,
        kind=HistoryKind(row.kind),
        why=without_references(row.why, names.__getitem__),
        outcome=without_references(row.outcome, names.__getitem__),
        seat=None if row.seat is None else names[row.seat],
        person=None if row.person is None else names[row.person],
        mdm=row.mdm,
        enrollment=row.enrollment,
        plan=row.plan,
    )
