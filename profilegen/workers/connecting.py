"""The queue's connections: they tell when the database goes away, and take it well when a job has another master."""

import asyncio
import contextlib
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from procrastinate import PsycopgConnector
    from procrastinate.jobs import Job, Status
    from procrastinate.manager import JobManager

MOST_CONNECTIONS = 4


def make_connector(url: str, options: Mapping[str, Any], lost: asyncio.Event | None) -> "PsycopgConnector":
    """Return a pool of connections that sets `lost` once the database goes away."""
    from procrastinate import PsycopgConnector

    @contextlib.contextmanager
    def noticed() -> Iterator[None]:
        import psycopg
        from procrastinate.exceptions import ConnectorException

        try:
            yield
        except ConnectorException as exc:
            if lost is not None and isinstance(exc.__cause__, psycopg.OperationalError):
                lost.set()
            raise

    class Watched(PsycopgConnector):
        async def execute_query_async(self, query: Any, **arguments: Any) -> None:
            with noticed():
                await super().execute_query_async(query, **arguments)

        async def execute_query_one_async(self, query: Any, **arguments: Any) -> dict[str, Any]:
            with noticed():
                row: dict[str, Any] = await super().execute_query_one_async(query, **arguments)
            return row

        async def execute_query_all_async(self, query: Any, **arguments: Any) -> list[dict[str, Any]]:
            with noticed():
                rows: list[dict[str, Any]] = await super().execute_query_all_async(query, **arguments)
            return rows

    return Watched(conninfo=url, kwargs=dict(options), min_size=1, max_size=MOST_CONNECTIONS)


def make_manager(connector: "PsycopgConnector") -> "JobManager":
    """
    Return what keeps the jobs.

    A worker that was silent for long may find a job of its own done by another: then there is nothing left to say.
    """
    from procrastinate.manager import JobManager

    class Forgiving(JobManager):
        async def finish_job(self, job: "Job", status: "Status", delete_job: bool) -> None:  # noqa: FBT001 - theirs
            with _taken_over():
                await super().finish_job(job, status, delete_job)

        async def retry_job(self, job: "Job", *arguments: Any, **options: Any) -> None:
            with _taken_over():
                await super().retry_job(job, *arguments, **options)

    return Forgiving(connector)


@contextlib.contextmanager
def _taken_over() -> Iterator[None]:
    import psycopg
    from procrastinate.exceptions import ConnectorException

    try:
        yield
    except ConnectorException as exc:
        if not isinstance(exc.__cause__, psycopg.errors.RaiseException):
            raise
