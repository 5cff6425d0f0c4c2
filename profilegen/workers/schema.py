"""
The queue's own tables, made and brought up to date by us, whoever comes first.

Procrastinate leaves its version to its user, so it is kept as the comment of its main table: the name of the last
migration that was applied.
"""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

from profilegen.errors import ConfigProblem

if TYPE_CHECKING:
    import psycopg

_LOCK = 0x71756575  # any number, the same for all of us
_MARK = "profilegen, procrastinate schema "
_VERSION = "SELECT obj_description(to_regclass('procrastinate_jobs')), to_regclass('procrastinate_jobs') IS NULL"


async def prepare(connection: "psycopg.AsyncConnection[Any]", place: str) -> None:
    """
    Make the queue's tables or bring them up to date; of many at once one does it and the others wait.

    `connection` must be in autocommit mode. Raises ConfigProblem: `queue_too_new`, `queue_foreign` (made by somebody
    else).
    """
    newest = migrations()[-1]
    if await _version(connection, place) == newest:
        return
    async with _alone(connection):
        version = await _version(connection, place)  # again: another process may have been faster
        if version is None:
            await _run(connection, _all_tables(), newest)
        elif version != newest:
            await _climb(connection, version, place)


def migrations() -> Sequence[str]:
    """Return the names of all migrations this release knows, oldest first."""
    from procrastinate.schema import migrations_path

    return sorted(path.stem for path in migrations_path.glob("*.sql"))


async def _version(connection: "psycopg.AsyncConnection[Any]", place: str) -> str | None:
    """Return the last migration that was applied, None where there are no tables."""
    row = await (await connection.execute(_VERSION)).fetchone()
    comment, missing = row if row is not None else (None, True)
    if missing:
        return None
    if comment is None or not comment.startswith(_MARK):
        raise ConfigProblem(
            f"The database {place} has tables of Procrastinate that profilegen did not make.",
            hint="Give profilegen a database of its own in fleet.database.",
            code="queue_foreign",
        )
    return str(comment).removeprefix(_MARK)


async def _climb(connection: "psycopg.AsyncConnection[Any]", version: str, place: str) -> None:
    known = migrations()
    if version not in known:
        raise ConfigProblem(
            f"The queue in {place} was made by a later release of profilegen.",
            hint="Update profilegen on this machine.",
            code="queue_too_new",
        )
    for name in known[known.index(version) + 1 :]:
        await _run(connection, migration(name), name)


async def _run(connection: "psycopg.AsyncConnection[Any]", statements: bytes, version: str) -> None:
    """Run statements and note the version reached, all of it or nothing."""
    from psycopg import sql

    async with connection.transaction():
        await connection.execute(statements)
        note = sql.SQL("COMMENT ON TABLE procrastinate_jobs IS {}").format(sql.Literal(f"{_MARK}{version}"))
        await connection.execute(note)


@asynccontextmanager
async def _alone(connection: "psycopg.AsyncConnection[Any]") -> AsyncIterator[None]:
    await connection.execute("SELECT pg_advisory_lock(%s)", (_LOCK,))
    try:
        yield
    finally:
        await connection.execute("SELECT pg_advisory_unlock(%s)", (_LOCK,))


def migration(name: str) -> bytes:
    """Return the statements of one migration."""
    from procrastinate.schema import migrations_path

    return (migrations_path / f"{name}.sql").read_bytes()


def _all_tables() -> bytes:
    from procrastinate.schema import SchemaManager

    return SchemaManager.get_schema().encode()
