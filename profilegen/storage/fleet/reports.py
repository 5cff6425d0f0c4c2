"""What MDMs report: enrollments, inventories, and which events were heard of already."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import and_, case, delete, func, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from profilegen.fleet.seen import Enrollment, Inventory
from profilegen.storage.fleet import tables
from profilegen.storage.fleet.dialect import insert, insert_once
from profilegen.storage.fleet.seen_rows import ENROLLMENT, enrollment_of, enrollment_row, inventory_row
from profilegen.storage.fleet.values import clean, to_time

EVENTS_KEPT = timedelta(days=7)
_ALWAYS_THERE = ("channel", "active")


async def put_enrollments(connection: AsyncConnection, enrollments: Sequence[Enrollment]) -> None:
    """
    Add or update enrollments; what is not said (None, or an empty list) keeps what is known.

    One that was last seen earlier than the stored one only fills gaps.
    """
    rows = sorted(map(enrollment_row, enrollments), key=lambda row: (row["id"], row["mdm"]))  # all in one order
    if rows:
        await connection.execute(_upsert_enrollment(connection), rows)


def _upsert_enrollment(connection: AsyncConnection) -> Any:
    statement = insert(connection, tables.enrollment)
    known, said = tables.enrollment.c, statement.excluded
    is_older = said.last_seen < known.last_seen

    def chosen(name: str) -> Any:
        if name in _ALWAYS_THERE:
            return case((is_older, known[name]), else_=said[name])
        older, newer = func.coalesce(known[name], said[name]), func.coalesce(said[name], known[name])
        return case((is_older, older), else_=newer)

    names = [column.name for column in tables.enrollment.c if not column.primary_key]
    return statement.on_conflict_do_update(index_elements=["id", "mdm"], set_={name: chosen(name) for name in names})


async def enrollment(connection: AsyncConnection, mdm: str, enrollment_id: str) -> Enrollment | None:
    """Return one enrollment."""
    table = tables.enrollment.c
    query = select(*ENROLLMENT).where(table.id == clean(enrollment_id), table.mdm == mdm)
    row = (await connection.execute(query)).one_or_none()
    return None if row is None else enrollment_of(row)


async def put_inventories(connection: AsyncConnection, inventories: Sequence[Inventory]) -> None:
    """Keep the newest of each; of two of the same moment the complete one."""
    rows = sorted(map(inventory_row, inventories), key=lambda row: (row["enrollment"], row["mdm"]))
    if not rows:
        return
    statement = insert(connection, tables.inventory)
    known, said = tables.inventory.c, statement.excluded
    names = ("collected_at", "complete", "profiles", "mail")
    same_moment = and_(said.collected_at == known.collected_at, or_(said.complete, ~known.complete))
    upsert = statement.on_conflict_do_update(
        index_elements=["enrollment", "mdm"],
        set_={name: said[name] for name in names},
        where=or_(said.collected_at > known.collected_at, same_moment),
    )
    await connection.execute(upsert, rows)


async def event_is_new(connection: AsyncConnection, mdm: str, event_id: str, at: datetime) -> bool:
    """Remember an event; False if it was known."""
    table = tables.event
    await connection.execute(delete(table).where(table.c.at < to_time(at - EVENTS_KEPT)))
    row = {"id": clean(event_id), "mdm": mdm, "at": to_time(at)}
    return await insert_once(connection, table, row)
