"""Forgetting a person: out of the state, and a pseudonym wherever the history names them."""

from collections.abc import Iterable, Sequence

from sqlalchemy import Column, ColumnElement, delete, func, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from profilegen.fleet.seat import Seat
from profilegen.storage.fleet import tables
from profilegen.storage.fleet.dialect import one_of
from profilegen.storage.fleet.masking import masked_document, masked_enrollment, masked_inventory
from profilegen.storage.fleet.names import found_by, owner, words_of
from profilegen.storage.fleet.seat_rows import COLUMNS, seat_of
from profilegen.storage.fleet.seen_rows import (
    ENROLLMENT,
    INVENTORY,
    enrollment_of,
    enrollment_row,
    inventory_of,
    inventory_row,
)
from profilegen.storage.fleet.states import drop
from profilegen.storage.fleet.values import fold, to_json
from profilegen.storage.fleet.versions import document_of, document_text

_NAME, _TERM, _MENTION = tables.history_name, tables.history_term, tables.history_mention


async def forget(connection: AsyncConnection, person: str, pseudonym: str) -> int:
    """Remove a person's seats, episodes and commands, name them by a pseudonym; return how many seats and lines."""
    seats = await _seats_of(connection, fold(person))
    words = await _words(connection, person, seats)
    names = await _names(connection, person, words)
    keys = {seat.key for seat in seats} | set(names.values())
    await drop(connection, sorted(seat.key for seat in seats))
    for table in (tables.episode, tables.command):
        await connection.execute(delete(table).where(one_of(connection, table.c.seat, keys)))
    await _mask_reports(connection, words)
    await _mask_settings(connection, words, pseudonym)
    return len(seats) + await _rename(connection, list(names), pseudonym)


async def _seats_of(connection: AsyncConnection, folded: str) -> list[Seat]:
    called = select(tables.seat_term.c.seat).where(tables.seat_term.c.term == folded)
    mine = (tables.seat.c.id.in_(called), tables.seat.c.person_folded == folded)
    return [seat_of(row) for row in await connection.execute(select(*COLUMNS).where(*mine))]


async def _words(connection: AsyncConnection, person: str, seats: Sequence[Seat]) -> set[str]:
    """Return what the person is called, case-folded; also by seats that are gone and only the history remembers."""
    words = {fold(person)}
    for seat in seats:
        words |= {fold(word) for word in words_of(seat)} | found_by(seat)
    theirs = select(_TERM.c.name).where(_TERM.c.term == owner(person))
    query = select(_TERM.c.term).where(_TERM.c.name.in_(theirs), _TERM.c.term.contains("@"))
    return words | {row.term for row in await connection.execute(query) if not row.term.startswith(owner(""))}


async def _names(connection: AsyncConnection, person: str, words: Iterable[str]) -> dict[int, str]:
    """Return the names of the person by number: those that are theirs, and those that are one of the words."""
    by_person = select(_TERM.c.name).where(_TERM.c.term == owner(person))
    by_word = select(_TERM.c.name).where(one_of(connection, _TERM.c.term, words))
    query = select(_NAME.c.id, _NAME.c.text, _NAME.c.id.in_(by_person).label("theirs")).where(
        ~_NAME.c.forgotten, or_(_NAME.c.id.in_(by_person), _NAME.c.id.in_(by_word))
    )
    found = await connection.execute(query)
    return {row.id: row.text for row in found if row.theirs or fold(row.text) in words}


async def _rename(connection: AsyncConnection, names: Sequence[int], pseudonym: str) -> int:
    if not names:
        return 0
    await connection.execute(
        update(_NAME).where(one_of(connection, _NAME.c.id, names)).values(text=pseudonym, forgotten=True)
    )
    await connection.execute(delete(_TERM).where(one_of(connection, _TERM.c.name, names)))
    await connection.execute(insert(_TERM), [{"term": fold(pseudonym), "name": name} for name in names])
    lines = select(func.count(_MENTION.c.line.distinct())).where(one_of(connection, _MENTION.c.name, names))
    return int((await connection.execute(lines)).scalar_one())


async def _mask_reports(connection: AsyncConnection, words: set[str]) -> None:
    table = tables.enrollment
    query = select(*ENROLLMENT).where(_holds(words, table.c.emails, table.c.sign_ins, table.c.full_name))
    for row in (await connection.execute(query)).all():
        known = enrollment_of(row)
        masked = masked_enrollment(known, words)
        mine = (table.c.id == known.id, table.c.mdm == known.mdm)
        await connection.execute(update(table).where(*mine).values(enrollment_row(masked)))
    table = tables.inventory
    for row in (await connection.execute(select(*INVENTORY).where(_holds(words, table.c.mail)))).all():
        inventory = inventory_of(row)
        mine = (table.c.enrollment == inventory.enrollment, table.c.mdm == inventory.mdm)
        await connection.execute(update(table).where(*mine).values(inventory_row(masked_inventory(inventory, words))))


async def _mask_settings(connection: AsyncConnection, words: set[str], pseudonym: str) -> None:
    table = tables.settings_version
    for row in (await connection.execute(select(table).where(_holds(words, table.c.document)))).all():
        document = masked_document(document_of(row.document), words, pseudonym)
        mine = (table.c.domain == row.domain, table.c.version == row.version)
        await connection.execute(update(table).where(*mine).values(document=document_text(document)))


def _holds(words: Iterable[str], *columns: Column[str]) -> ColumnElement[bool]:
    """Return whether a text or JSON holds one of the words; a few more rows than that do no harm."""
    quoted = [to_json(word)[1:-1] for word in sorted(words)]
    return or_(*(func.lower(column).contains(word, autoescape=True) for column in columns for word in quoted))
