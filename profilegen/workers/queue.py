"""The queue: jobs in the tables of Procrastinate, in the very database the fleet's memory is in."""

import contextlib
import logging
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Any

from profilegen.errors import ConfigProblem
from profilegen.secret import Secret
from profilegen.wiring.house import House
from profilegen.workers.connecting import make_connector, make_manager
from profilegen.workers.problems import require_extra, translated
from profilegen.workers.schema import prepare

if TYPE_CHECKING:
    import asyncio

    from procrastinate import App, PsycopgConnector

BATCH_TASK = "profilegen.batch"
CONNECT_SECONDS = 10
ALIVE_SECONDS = 60
"""How old the heartbeat of a worker may be that counts as one of those who share a server's pace."""

_STATUSES = "SELECT id, status::text AS status, scheduled_at FROM procrastinate_jobs WHERE id = ANY(%(ids)s)"
_ALIVE = (
    "SELECT count(*) AS alive FROM procrastinate_workers WHERE last_heartbeat > now() - make_interval(secs => %(s)s)"
)


class Fate(Enum):
    """How far a job came."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


_FATES = {"todo": Fate.WAITING, "doing": Fate.RUNNING, "aborting": Fate.RUNNING, "succeeded": Fate.DONE}


@dataclass(frozen=True, slots=True, kw_only=True)
class NewJob:
    """One job to be queued: no two of the same `lock` run at a time, and they run in their order."""

    queue: str
    lock: str
    arguments: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where the queue is; `url` holds no password."""

    url: str
    password: Secret | None = field(default=None, repr=False)

    @property
    def options(self) -> dict[str, Any]:
        """What every connection is opened with, beside the URL."""
        secret = {} if self.password is None else {"password": self.password.reveal()}
        return {"connect_timeout": CONNECT_SECONDS, "application_name": "profilegen queue", **secret}


def queue_of(mdm: str) -> str:
    """Return the queue of one server's batches: a worker takes only those of servers it is configured for."""
    return f"fleet {mdm}"


def place_of(house: House) -> Place:
    """Return where the queue is; raises ConfigProblem `no_postgres_extra`, `no_database`."""
    from profilegen.config.passwords import from_file

    require_extra()
    config = house.loaded.config
    if config.fleet_database is None:
        raise ConfigProblem(
            "Workers meet in a PostgreSQL database, and the fleet's memory is a file in the home.",
            hint='Write fleet.database = "postgresql://user@host/name", and import the fleet there.',
            code="no_database",
        )
    file = config.fleet_database_password_file
    return Place(url=config.fleet_database, password=None if file is None else from_file(Path(file)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Queue:
    """An open queue; `place` names its database."""

    app: "App"
    connector: "PsycopgConnector"
    place: str

    async def put(self, jobs: Sequence[NewJob]) -> list[int]:
        """Queue jobs, all of them or none; returns their numbers."""
        from procrastinate.jobs import Job

        made = [
            Job(
                queue=job.queue,
                lock=job.lock,
                queueing_lock=None,
                task_name=BATCH_TASK,
                task_kwargs={"batch": dict(job.arguments)},
            )
            for job in jobs
        ]
        with translated(self.place):
            queued = await self.app.job_manager.batch_defer_jobs_async(made)
        return [job.id for job in queued if job.id is not None]

    async def fates(self, numbers: Sequence[int]) -> dict[int, Fate]:
        """Return how far jobs came; one that is not there any more is done and tidied up."""
        with translated(self.place):
            rows = await self.connector.execute_query_all_async(_STATUSES, ids=list(numbers))
        found = {row["id"]: _FATES.get(row["status"], Fate.FAILED) for row in rows}
        return {number: found.get(number, Fate.DONE) for number in numbers}

    async def withdraw(self, numbers: Sequence[int]) -> None:
        """Take back those of these jobs that nobody began."""
        with translated(self.place):
            for number in numbers:
                await self.app.job_manager.cancel_job_by_id_async(number, delete_job=True)

    async def alive(self, seconds: float = ALIVE_SECONDS) -> int:
        """Return how many workers gave a sign of life within this time."""
        with translated(self.place):
            row = await self.connector.execute_query_one_async(_ALIVE, s=seconds)
        return int(row["alive"])


@contextlib.asynccontextmanager
async def opened(place: Place, lost: "asyncio.Event | None" = None) -> AsyncIterator[Queue]:
    """
    Open the queue, its tables made or brought up to date; `lost` is set once the database goes away under it.

    Raises NetworkProblem `database_unreachable`, MachineProblem `queue_unusable` and what `schema.prepare` raises.
    """
    import psycopg
    from procrastinate import App

    _keep_quiet()
    with translated(place.url):
        connection = await psycopg.AsyncConnection.connect(place.url, autocommit=True, **place.options)
        async with connection:
            await prepare(connection, place.url)
    connector = make_connector(place.url, place.options, lost)
    app = App(connector=connector)
    app.job_manager = make_manager(connector)
    with translated(place.url):
        await app.open_async()
    try:
        yield Queue(app=app, connector=connector, place=place.url)
    finally:
        await app.close_async()


def _keep_quiet() -> None:
    """Let nothing of the queue's own log reach stderr: it repeats what jobs carry, which is people's addresses."""
    for name in ("procrastinate", "psycopg.pool"):
        logger = logging.getLogger(name)
        if not logger.handlers:
            logger.addHandler(logging.NullHandler())
        logger.propagate = False
