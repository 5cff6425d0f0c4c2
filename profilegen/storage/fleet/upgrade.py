"""Bringing a database to the newest version when it is opened, once, whoever comes first."""

from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Connection, inspect, text
from sqlalchemy.ext.asyncio import AsyncConnection

from profilegen.errors import ConfigProblem
from profilegen.storage.fleet.dialect import hold
from profilegen.storage.fleet.engine import Database

if TYPE_CHECKING:
    from alembic.config import Config

HEAD = "0002"
"""The newest version; kept here so that opening an up-to-date database needs no Alembic."""
_LOCK = 0x70726F66  # any number, the same for all of us


async def upgrade(database: Database) -> None:
    """
    Bring the tables to the newest version, in one transaction that a crash undoes as a whole.

    Raises ConfigProblem `fleet_too_new` for a database of a later release, which is left as it is.
    """
    async with database.reading() as connection:
        version = await connection.run_sync(_version)
    if version == HEAD:
        return
    async with database.writing() as connection:
        await hold(connection, _LOCK)
        await _climb(connection, database.place)


async def _climb(connection: AsyncConnection, place: str) -> None:
    version = await connection.run_sync(_version)  # again: another process may have been faster
    if version == HEAD:
        return
    if version is not None and not _is_known(version):
        raise ConfigProblem(
            f"The fleet's memory {place} was written by a later release of profilegen.",
            hint="Update profilegen on this machine.",
            code="fleet_too_new",
        )
    await connection.run_sync(_run)


def _version(connection: Connection) -> str | None:
    if not inspect(connection).has_table("alembic_version"):
        return None
    return connection.execute(text("SELECT version_num FROM alembic_version")).scalar()


def _run(connection: Connection) -> None:
    from alembic import command

    config = migrations()
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


def _is_known(version: str) -> bool:
    from alembic.script import ScriptDirectory

    return any(script.revision == version for script in ScriptDirectory.from_config(migrations()).walk_revisions())


def migrations() -> "Config":
    """Return what Alembic needs to find the versions."""
    from alembic.config import Config

    config = Config()
    config.set_main_option("path_separator", "os")
    config.set_main_option("script_location", str(Path(__file__).with_name("migrations")).replace("%", "%%"))
    return config
