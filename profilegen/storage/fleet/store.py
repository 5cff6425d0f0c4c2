"""The fleet's memory in a database, as `ports.fleet.FleetStore`; each method is one transaction."""

import gc
from collections.abc import AsyncIterator, Collection, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path

from profilegen.fleet.seat import Effective, Seat, Wanted
from profilegen.fleet.seen import Command, CommandState, Enrollment, Episode, ErrorLink, Inventory
from profilegen.ports.fleet import FleetStore, HistoryLine, ImportTally, SeatQuery, SeatView, SettingsVersion
from profilegen.secret import Secret
from profilegen.storage.fleet import commands, forgetting, history, imports, reports, states, streams, versions
from profilegen.storage.fleet.engine import Database, Joined, postgres_database, sqlite_database
from profilegen.storage.fleet.upgrade import upgrade


async def open_fleet_store(*, file: Path, url: str | None = None, password: Secret | None = None) -> "SqlFleetStore":
    """
    Open the fleet's memory, the file of the home or the PostgreSQL database at `url`, and bring its tables up to date.

    Raises ConfigProblem (`bad_database_url`, `password_in_url`, `database_refused`, `fleet_too_new`), MachineProblem,
    and NetworkProblem `database_unreachable`.
    """
    database = sqlite_database(file) if url is None else postgres_database(url, password)
    try:
        await upgrade(database)
    except BaseException:
        await database.close()
        raise
    # what is loaded by now stays; to look for garbage in it with every batch of seats costs a fifth of each stream
    gc.freeze()
    gc.set_threshold(_YOUNG, *gc.get_threshold()[1:])
    return SqlFleetStore(database)


_YOUNG = 50_000
"""Objects between two looks for garbage: more than a batch of seats is made of, which leaves none."""


class SqlFleetStore:
    """The memory of the fleet in SQLite or PostgreSQL; `open_fleet_store` makes one."""

    def __init__(self, database: Database | Joined) -> None:
        self._database = database

    def __repr__(self) -> str:
        return f"SqlFleetStore({self._database.place!r})"

    @asynccontextmanager
    async def together(self) -> AsyncIterator[FleetStore]:
        """Give a memory whose calls are one transaction."""
        async with self._database.together() as joined:
            yield SqlFleetStore(joined)

    # --- seats --------------------------------------------------------------------------------------------------

    async def begin_import(self, source: str, at: datetime) -> int:
        """Return the number of a new import."""
        async with self._database.writing() as connection:
            return await imports.begin(connection, source, at)

    async def put_seats(self, number: int, seats: Sequence[Seat]) -> None:
        """Hand over seats of an import."""
        async with self._database.writing() as connection:
            await imports.put(connection, number, seats)

    async def finish_import(self, number: int) -> ImportTally:
        """Add and change seats as the import says."""
        async with self._database.writing() as connection:
            return await imports.finish(connection, number)

    def seats(self, query: SeatQuery) -> AsyncIterator[tuple[SeatView, ...]]:
        """Yield matching seats in batches, by key."""
        return streams.stream(self._database, query)

    async def count(self, query: SeatQuery) -> int:
        """Return how many seats match."""
        async with self._database.reading() as connection:
            return await streams.count(connection, query)

    async def key_at(self, query: SeatQuery, place: int) -> str | None:
        """Return the key of the matching seat at a place."""
        async with self._database.reading() as connection:
            return await streams.key_at(connection, query, place)

    async def want(self, wanted: Sequence[tuple[str, Wanted]]) -> None:
        """Keep what is wanted for these seats."""
        async with self._database.writing() as connection:
            await states.want(connection, wanted)

    async def keep_effective(self, seat: str, effective: Effective) -> None:
        """Keep what an MDM made of a seat's profile."""
        async with self._database.writing() as connection:
            await states.keep_effective(connection, seat, effective)

    async def retire(self, keys: Sequence[str], at: datetime) -> None:
        """Mark seats as to be removed."""
        async with self._database.writing() as connection:
            await states.retire(connection, keys, at)

    async def drop_seats(self, keys: Sequence[str]) -> None:
        """Remove seats."""
        async with self._database.writing() as connection:
            await states.drop(connection, keys)

    async def forget_person(self, person: str, pseudonym: str) -> int:
        """Replace a person's names and addresses by a pseudonym."""
        async with self._database.writing() as connection:
            return await forgetting.forget(connection, person, pseudonym)

    # --- what was seen ------------------------------------------------------------------------------------------

    async def put_enrollments(self, enrollments: Sequence[Enrollment]) -> None:
        """Add or update enrollments."""
        async with self._database.writing() as connection:
            await reports.put_enrollments(connection, enrollments)

    async def enrollment(self, mdm: str, enrollment_id: str) -> Enrollment | None:
        """Return one enrollment."""
        async with self._database.reading() as connection:
            return await reports.enrollment(connection, mdm, enrollment_id)

    async def put_inventories(self, inventories: Sequence[Inventory]) -> None:
        """Keep inventories."""
        async with self._database.writing() as connection:
            await reports.put_inventories(connection, inventories)

    async def note_ok(self, seats: Sequence[str], at: datetime) -> None:
        """Remember that seats were right."""
        async with self._database.writing() as connection:
            await states.note_ok(connection, seats, at)

    async def note_sends(self, seats: Sequence[str], at: datetime) -> None:
        """Remember that mail was sent from seats."""
        async with self._database.writing() as connection:
            await states.note_sends(connection, seats, at)

    async def note_password_unknown(self, seats: Sequence[str], since: datetime | None) -> None:
        """Remember since when nobody knows whether the device still has the password."""
        async with self._database.writing() as connection:
            await states.note_password_unknown(connection, seats, since)

    # --- what was done ------------------------------------------------------------------------------------------

    async def open_episode(self, seat: str, episode: Episode) -> bool:
        """Open an episode; return whether this call did it."""
        async with self._database.writing() as connection:
            return await commands.open_episode(connection, seat, episode)

    async def close_episode(self, seat: str, number: int, at: datetime) -> None:
        """Close an episode."""
        async with self._database.writing() as connection:
            await commands.close_episode(connection, seat, number, at)

    async def store_command(self, command: Command) -> bool:
        """Store a command; return whether this call did it."""
        async with self._database.writing() as connection:
            return await commands.store(connection, command)

    async def change_command(
        self, command_id: str, enrollment: str, state: CommandState, at: datetime, errors: Sequence[ErrorLink] = ()
    ) -> bool:
        """Advance a command; return whether there is one."""
        async with self._database.writing() as connection:
            return await commands.change(connection, command_id, enrollment, state, at, errors)

    async def commands(
        self, mdm: str, enrollments: Collection[str], states: Sequence[CommandState]
    ) -> tuple[Command, ...]:
        """Return the commands to these enrollments in these states, oldest first."""
        async with self._database.reading() as connection:
            return await commands.to_enrollments(connection, mdm, enrollments, states)

    async def event_is_new(self, mdm: str, event_id: str, at: datetime) -> bool:
        """Remember an event; False if it was known."""
        async with self._database.writing() as connection:
            return await reports.event_is_new(connection, mdm, event_id, at)

    # --- settings and history -----------------------------------------------------------------------------------

    async def settings_version(self, domain: str, version: int | None = None) -> SettingsVersion | None:
        """Return the settings a domain follows now, or one of its versions."""
        async with self._database.reading() as connection:
            return await versions.get(connection, domain, version)

    async def put_settings_version(self, version: SettingsVersion) -> None:
        """Keep a version and let the domain follow it."""
        async with self._database.writing() as connection:
            await versions.put(connection, version)

    async def domains(self) -> tuple[tuple[str, int], ...]:
        """Return every mail domain of the fleet with its number of seats."""
        async with self._database.reading() as connection:
            return await states.domains(connection)

    async def append(self, lines: Sequence[HistoryLine]) -> None:
        """Append to the history."""
        async with self._database.writing() as connection:
            await history.append(connection, lines)

    def history(self, *, since: datetime | None, who: str | None) -> AsyncIterator[HistoryLine]:
        """Yield the history, oldest first."""
        return history.read(self._database, since, who)

    async def close(self) -> None:
        """Close the connections."""
        await self._database.close()
