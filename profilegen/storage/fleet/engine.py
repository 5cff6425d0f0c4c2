"""Opening the two databases, and the two kinds of transaction everything runs in."""

import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, event, make_url
from sqlalchemy.exc import ArgumentError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlalchemy.pool import ConnectionPoolEntry

from profilegen.errors import ConfigProblem
from profilegen.secret import Secret
from profilegen.storage.fleet.problems import translated
from profilegen.storage.state import create_private

BUSY_SECONDS = 120.0
"""How long one writer waits for another in SQLite; finishing an import of a million seats takes a while."""
CONNECT_SECONDS = 10
_BEGIN = "profilegen_begin"


@dataclass(frozen=True, slots=True, kw_only=True)
class Database:
    """An engine and the words people know it by; `place` never holds a password."""

    engine: AsyncEngine
    place: str

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[AsyncConnection]:
        """Give a connection that sees one moment of the database."""
        with translated(self.place):
            async with self.engine.connect() as connection:
                yield connection

    @asynccontextmanager
    async def writing(self) -> AsyncIterator[AsyncConnection]:
        """Give a connection inside one transaction: all of it is durable at the end, or nothing."""
        with translated(self.place):
            async with self.engine.connect() as connection:
                # SQLite: the write lock from the start, so what is read cannot change before the write
                await connection.execution_options(**{_BEGIN: "BEGIN IMMEDIATE"})
                async with connection.begin():
                    yield connection

    @asynccontextmanager
    async def together(self) -> AsyncIterator["Joined"]:
        """Give a database whose readings and writings are all one transaction."""
        async with self.writing() as connection:
            yield Joined(connection=connection, place=self.place)

    async def close(self) -> None:
        """Close all connections."""
        await self.engine.dispose()


@dataclass(frozen=True, slots=True, kw_only=True)
class Joined:
    """A transaction that goes on: every reading and writing is a part of it."""

    connection: AsyncConnection
    place: str

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[AsyncConnection]:
        """Give the connection of the transaction."""
        yield self.connection

    @asynccontextmanager
    async def writing(self) -> AsyncIterator[AsyncConnection]:
        """Give the connection of the transaction."""
        yield self.connection

    @asynccontextmanager
    async def together(self) -> AsyncIterator["Joined"]:
        """Give this transaction."""
        yield self

    async def close(self) -> None:
        """Leave the connection to whoever began the transaction."""


def sqlite_database(path: Path) -> Database:
    """Return the file at `path`, made with mode 0600 if it is missing; raises MachineProblem `fleet_unwritable`."""
    place = str(path)
    with translated(place):
        create_private(path)
    url = URL.create("sqlite+aiosqlite", database=place)
    engine = create_async_engine(
        url,
        connect_args={"factory": _SqliteConnection},
        hide_parameters=True,
        pool_size=4,  # a file needs few: one writes at a time, and each is a thread
        max_overflow=0,
        pool_timeout=600,
    )
    event.listen(engine.sync_engine, "connect", _prepare)
    event.listen(engine.sync_engine, "begin", _begin)
    return Database(engine=engine, place=place)


class _SqliteConnection(sqlite3.Connection):
    """One that gives up its locks when closed; SQLite keeps them while anybody holds a statement, as errors do."""

    def close(self) -> None:
        """Take back what was not committed, and close."""
        if self.in_transaction:
            self.rollback()
        super().close()


def _prepare(connection: Any, _: ConnectionPoolEntry) -> None:
    connection.isolation_level = None  # transactions begin where we say
    cursor = connection.cursor()
    try:
        cursor.execute(f"PRAGMA busy_timeout = {int(BUSY_SECONDS * 1000)}")
        _use_write_ahead_log(cursor)
        cursor.execute("PRAGMA synchronous = FULL")  # NORMAL may lose the last commits: an order sent, and forgotten
        cursor.execute("PRAGMA foreign_keys = ON")
        cursor.execute("PRAGMA secure_delete = ON")  # a forgotten name is overwritten
        cursor.execute("PRAGMA cache_size = -65536")  # 64 MiB
        cursor.execute("PRAGMA wal_autocheckpoint = 16384")  # 64 MiB: pages are moved home less often
    finally:
        cursor.close()


def _use_write_ahead_log(cursor: Any) -> None:
    try:
        cursor.execute("PRAGMA journal_mode = WAL")
    except sqlite3.OperationalError as exc:
        if exc.sqlite_errorcode != sqlite3.SQLITE_BUSY:  # busy: another process is making the very same switch
            raise


def _begin(connection: Connection) -> None:
    connection.exec_driver_sql(connection.get_execution_options().get(_BEGIN, "BEGIN"))


def postgres_database(url: str, password: Secret | None = None) -> Database:
    """
    Return the database a `postgresql://` URL names; without `password` libpq looks for one (PGPASSWORD, ~/.pgpass).

    Raises ConfigProblem `bad_database_url`, and `password_in_url`: a URL ends up in logs, and in front of people.
    """
    target = _checked(url)
    secret = {} if password is None else {"password": password.reveal()}
    engine = create_async_engine(
        target.set(drivername="postgresql+psycopg"),
        connect_args={"connect_timeout": CONNECT_SECONDS, "application_name": "profilegen", **secret},
        hide_parameters=True,
        pool_pre_ping=True,  # the server may have been restarted since
        pool_size=4,
        max_overflow=4,
    )
    return Database(engine=engine, place=target.render_as_string(hide_password=True))


def _checked(url: str) -> URL:
    hint = 'Write fleet.database = "postgresql://user@host/name", or leave it out for a file in the home.'
    try:
        target = make_url(url)
    except ArgumentError:
        message = "fleet.database is no URL of a database."
        raise ConfigProblem(message, hint=hint, code="bad_database_url") from None  # the text may hold a password
    if target.drivername not in ("postgresql", "postgres"):
        raise ConfigProblem("fleet.database is no postgresql:// URL.", hint=hint, code="bad_database_url")
    if target.password is not None or "password" in target.query:
        raise ConfigProblem(
            "The URL in fleet.database holds a password.",
            hint="Take it out, and put it into a file for fleet.database_password_file, PGPASSWORD or ~/.pgpass.",
            code="password_in_url",
        )
    return target
