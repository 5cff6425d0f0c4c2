"""The few places where the two databases are written differently."""

import json
from collections.abc import Callable, Iterable, Sequence
from functools import cache
from typing import Any

from sqlalchemy import ARRAY, BigInteger, ColumnElement, Select, Table, Text, any_, bindparam, func, literal, select
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


OneOf = Callable[[ColumnElement[Any]], ColumnElement[bool]]
_LISTED = "listed"


async def about_many(
    connection: AsyncConnection, make: Callable[[OneOf], Select[Any]], values: Iterable[str]
) -> Sequence[Sequence[Any]]:
    """
    Return the rows of a query about many texts; `make`, a function of a module, is given "column is one of them".

    What a fleet is read by, batch after batch: the query is put together once, and SQLite's rows come as they are,
    in one turn of its thread instead of four. A transaction has to be open.
    """
    if not _is_sqlite(connection):
        query = make(lambda column: column == any_(bindparam(_LISTED, type_=ARRAY(Text))))
        found: Sequence[Sequence[Any]] = (await connection.execute(query, {_LISTED: list(values)})).all()
        return found
    text, places = _sqlite_query(make)
    listed = json.dumps(list(values))
    driver = (await connection.get_raw_connection()).driver_connection
    rows: Sequence[Sequence[Any]] = await driver.execute_fetchall(text, [place or listed for place in places])  # type: ignore[union-attr] # aiosqlite
    return rows


@cache
def _sqlite_query(make: Callable[[OneOf], Select[Any]]) -> tuple[str, tuple[Any, ...]]:
    """Return a query as text, and its parameters in order: None where the list goes."""
    each = func.json_each(bindparam(_LISTED, None, Text)).table_valued("value")
    compiled = make(lambda column: column.in_(select(each.c.value))).compile(dialect=sqlite.dialect())
    return str(compiled), tuple(compiled.params[name] for name in compiled.positiontup or ())


def _is_sqlite(connection: AsyncConnection) -> bool:
    return connection.dialect.name == "sqlite"


async def hold(connection: AsyncConnection, lock: int) -> None:
    """Let no other transaction past this point until this one ends; in SQLite `writing` already does that."""
    if not _is_sqlite(connection):
        await connection.execute(select(func.pg_advisory_xact_lock(lock)))
