"""The few places where the two databases are written differently."""

import json
from collections.abc import Iterable
from typing import Any

from sqlalchemy import ARRAY, BigInteger, ColumnElement, Table, Text, any_, bindparam, func, literal, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

Insert = sqlite.Insert | postgresql.Insert


def insert(connection: AsyncConnection, table: Table) -> Any:
    """Return an INSERT that knows ON CONFLICT; Any because the two dialects share the methods and no type."""
    return sqlite.insert(table) if _is_sqlite(connection) else postgresql.insert(table)


async def insert_once(connection: AsyncConnection, table: Table, row: dict[str, Any]) -> bool:
    """Insert a row unless its key is taken; of two who do so at the same time exactly one is told True."""
    statement = insert(connection, table).values(row).on_conflict_do_nothing().returning(literal(1))
    return (await connection.execute(statement)).first() is not None


def one_of(connection: AsyncConnection, column: ColumnElement[Any], values: Iterable[str | int]) -> ColumnElement[bool]:
    """Return "column is one of these" with one parameter for all, so that every batch is the same statement."""
    listed = list(values)
    if _is_sqlite(connection):
        each = func.json_each(literal(json.dumps(listed), Text)).table_valued("value")
        return column.in_(select(each.c.value))
    kind = BigInteger if listed and isinstance(listed[0], int) else Text
    return column == any_(bindparam(None, listed, type_=ARRAY(kind), unique=True))


def _is_sqlite(connection: AsyncConnection) -> bool:
    return connection.dialect.name == "sqlite"


async def hold(connection: AsyncConnection, lock: int) -> None:
    """Let no other transaction past this point until this one ends; in SQLite `writing` already does that."""
    if not _is_sqlite(connection):
        await connection.execute(select(func.pg_advisory_xact_lock(lock)))
