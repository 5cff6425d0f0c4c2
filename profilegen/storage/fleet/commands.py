"""Episodes and commands: what keeps two workers, or two runs, from pushing the same thing twice."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

from sqlalchemy import Delete, delete, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from profilegen.fleet.seen import Command, CommandKind, CommandState, Episode, ErrorLink
from profilegen.storage.fleet import tables
from profilegen.storage.fleet.dialect import insert_once, one_of
from profilegen.storage.fleet.seen_rows import COMMAND, command_of, errors_text
from profilegen.storage.fleet.values import to_time

PROGRESS = {
    CommandState.STORED: 0,
    CommandState.PREPARED: 0,
    CommandState.QUEUED: 1,
    CommandState.UNPUSHED: 1,
    CommandState.WAITING: 2,
    CommandState.GONE: 3,
    CommandState.SILENT: 3,
    CommandState.ACKNOWLEDGED: 4,
    CommandState.FAILED: 4,
}
"""How far a state is: it only ever goes up. Only a device's own answer ends what was merely given up."""
REPEATABLE = 2
"""Up to here a state may be followed by one as far as itself."""
LOOKS_KEPT = timedelta(days=7)
"""How long a look that came to its end is kept after a newer one was ordered."""


async def open_episode(connection: AsyncConnection, seat: str, episode: Episode) -> bool:
    """Open an episode of a seat that is there; only the first of two calls is told True."""
    known = await connection.execute(select(tables.seat.c.id).where(tables.seat.c.key == seat))
    if known.first() is None:
        return False
    row = {
        "seat": seat,
        "number": episode.number,
        "reason": episode.reason,
        "opened_at": to_time(episode.opened_at),
        "closed_at": to_time(episode.closed_at),
    }
    return await insert_once(connection, tables.episode, row)


async def close_episode(connection: AsyncConnection, seat: str, number: int, at: datetime) -> None:
    """Close an episode; the first time stays."""
    table = tables.episode.c
    mine = (table.seat == seat, table.number == number, table.closed_at.is_(None))
    await connection.execute(update(tables.episode).where(*mine).values(closed_at=to_time(at)))


async def store(connection: AsyncConnection, command: Command) -> bool:
    """Store a command; only the first of two calls is told True."""
    row = {
        "id": command.id,
        "enrollment": command.enrollment,
        "seat": command.seat,
        "mdm": command.mdm,
        "kind": command.kind.value,
        "episode": command.episode,
        "revision": command.revision,
        "state": command.state.value,
        "progress": PROGRESS[command.state],
        "stored_at": to_time(command.stored_at),
        "changed_at": to_time(command.changed_at),
        "errors": errors_text(command.errors),
    }
    is_new = await insert_once(connection, tables.command, row)
    if is_new and command.kind is CommandKind.LOOK:
        await connection.execute(_older_looks(command))
    return is_new


def _older_looks(newest: Command) -> Delete:
    """A device is asked every day for years; of the questions that have their answer only the last one matters."""
    table = tables.command.c
    mine = (table.seat == newest.seat, table.kind == newest.kind.value, table.id != newest.id)
    ended = (table.progress > REPEATABLE, table.changed_at < to_time(newest.stored_at - LOOKS_KEPT))
    return delete(tables.command).where(*mine, *ended)


async def change(
    connection: AsyncConnection,
    command_id: str,
    enrollment: str,
    state: CommandState,
    at: datetime,
    errors: Sequence[ErrorLink],
) -> bool:
    """Take a command forward; return whether there is such a command."""
    table = tables.command.c
    mine = (table.id == command_id, table.enrollment == enrollment)
    progress = PROGRESS[state]
    forward = table.progress <= progress if progress <= REPEATABLE else table.progress < progress
    values = {
        "state": state.value,
        "progress": progress,
        "changed_at": to_time(at),
        "errors": errors_text(errors),
    }
    done = await connection.execute(update(tables.command).where(*mine, forward).values(values))
    if done.rowcount:
        return True
    return (await connection.execute(select(table.number).where(*mine))).first() is not None


async def to_enrollments(
    connection: AsyncConnection, mdm: str, enrollments: Collection[str], states: Sequence[CommandState]
) -> tuple[Command, ...]:
    """Return commands to enrollments of an MDM, oldest first."""
    table = tables.command.c
    mine = (table.mdm == mdm, one_of(connection, table.enrollment, enrollments))
    wanted = table.state.in_([state.value for state in states])
    query = select(*COMMAND).where(*mine, wanted).order_by(table.stored_at, table.number)
    return tuple([command_of(row) for row in await connection.execute(query)])
