"""The state file: one SQLite database in the home, safe with several processes at once."""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from profilegen.errors import ConfigProblem, MachineProblem
from profilegen.storage.schema import MIGRATIONS

BUSY_SECONDS = 10.0

SQLITE_CAUSES = {
    "SQLITE_CORRUPT": ("state_corrupt", "it is damaged", "Restore it from a backup, or move it away to start anew."),
    "SQLITE_NOTADB": ("state_corrupt", "it is no database", "Restore it from a backup, or move it away to start anew."),
    "SQLITE_FULL": ("disk_full", "the disk is full", "Free some space and run the same again."),
    "SQLITE_READONLY": ("state_unwritable", "it is read-only", "Check the owner and permissions of the home."),
    "SQLITE_CANTOPEN": ("state_unwritable", "it cannot be opened", "Check the owner and permissions of the home."),
    "SQLITE_PERM": ("state_unwritable", "access is denied", "Check the owner and permissions of the home."),
    "SQLITE_BUSY": ("state_busy", "another process holds it for too long", "Wait for that process and try again."),
    "SQLITE_LOCKED": ("state_busy", "another process holds it for too long", "Wait for that process and try again."),
}
"""SQLite's name of an error -> code, reason and what to do."""
_OTHER = ("state_unusable", "reading or writing failed", "Check the disk and the permissions of the home.")


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """
    The database at `path`, opened for each piece of work and closed again, or kept open for a batch of them.

    Work raises MachineProblem: `state_corrupt`, `state_unwritable`, `state_busy`, `disk_full`, `state_unusable`; and
    ConfigProblem `state_too_new` for a file of a later release.
    """

    path: Path
    _kept: list[sqlite3.Connection] = field(default_factory=list, init=False, repr=False, compare=False)

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """Yield a connection inside one write transaction: all of it is durable at the end, or nothing."""
        with self._connection() as connection:
            if connection.in_transaction:  # a part of what is done together
                yield connection
                return
            with _immediate(connection):
                yield connection

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """Yield a connection to read with."""
        with self._connection() as connection:
            yield connection

    @contextmanager
    def kept(self) -> Iterator[None]:
        """
        Keep one connection open for everything that is done until the block ends, in this thread.

        Whoever closes the last connection copies the whole write-ahead log into the file, which costs more than writing
        a record.
        """
        with self._connection() as connection:
            self._kept.append(connection)
            try:
                yield
            finally:
                self._kept.pop()

    @contextmanager
    def together(self) -> Iterator[None]:
        """Make everything that is written until the block ends durable in one step, or nothing of it."""
        with self.kept(), self.transaction():
            yield

    @contextmanager
    def _connection(self) -> Iterator[sqlite3.Connection]:
        with _translated(self.path):
            if self._kept:
                self._kept[-1].row_factory = None
                yield self._kept[-1]
                return
            create_private(self.path)
            with closing(sqlite3.connect(self.path, timeout=BUSY_SECONDS, isolation_level=None)) as connection:
                _prepare(connection, self.path)
                yield connection


def create_private(path: Path) -> None:
    """Make the file 0600 before SQLite would make it with looser rights; its journals inherit them."""
    flags = os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0)
    os.close(os.open(path, flags, 0o600))


def _prepare(connection: sqlite3.Connection, path: Path) -> None:
    connection.execute("PRAGMA synchronous = FULL")  # durable on return, also in WAL mode
    connection.execute("PRAGMA foreign_keys = ON")
    version = _version(connection)
    if version > len(MIGRATIONS):
        raise ConfigProblem(
            f"The state file {path} was written by a later release of profilegen.",
            hint="Update profilegen on this machine, or name another home.",
            code="state_too_new",
        )
    if version < len(MIGRATIONS):
        _use_write_ahead_log(connection)
        _migrate(connection)


def _use_write_ahead_log(connection: sqlite3.Connection) -> None:
    try:
        connection.execute("PRAGMA journal_mode = WAL")
    except sqlite3.OperationalError as exc:
        if exc.sqlite_errorcode != sqlite3.SQLITE_BUSY:  # busy: another process is making the very same switch
            raise


def _migrate(connection: sqlite3.Connection) -> None:
    with _immediate(connection):
        for statements in MIGRATIONS[_version(connection) :]:
            for statement in statements:
                connection.execute(statement)
        connection.execute(f"PRAGMA user_version = {len(MIGRATIONS)}")


def _version(connection: sqlite3.Connection) -> int:
    return int(connection.execute("PRAGMA user_version").fetchone()[0])


@contextmanager
def _immediate(connection: sqlite3.Connection) -> Iterator[None]:
    connection.execute("BEGIN IMMEDIATE")  # takes the write lock now, so what is read cannot change before the write
    try:
        yield
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise
    connection.execute("COMMIT")


@contextmanager
def _translated(path: Path) -> Iterator[None]:
    try:
        yield
    except sqlite3.DatabaseError as exc:
        name = str(getattr(exc, "sqlite_errorname", ""))
        code, reason, hint = SQLITE_CAUSES.get("_".join(name.split("_")[:2]), _OTHER)
        raise MachineProblem(f"The state file {path} cannot be used: {reason}.", hint=hint, code=code) from exc
    except OSError as exc:
        raise MachineProblem(
            f"The state file {path} cannot be used: {exc.strerror}.",
            hint="Check the owner, the permissions and the free space of the home.",
            code="state_unwritable",
        ) from exc
