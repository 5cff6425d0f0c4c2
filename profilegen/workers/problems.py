"""Errors on their way: what a job may try again, and what the database under the queue did."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING

from profilegen.errors import ConfigProblem, MachineProblem, NetworkProblem, WorldProblem

if TYPE_CHECKING:
    from procrastinate.jobs import Job
    from procrastinate.retry import BaseRetryStrategy, RetryDecision

MOST_ATTEMPTS = 8
LONGEST_PAUSE = timedelta(minutes=1)


class GivenBack(Exception):
    """This worker stops: another one takes the batch over where it stands."""


def pause_before(error: BaseException, attempts: int) -> timedelta | None:
    """
    Return after which pause a job is tried again, None for never.

    `attempts` counts earlier tries. Only the world may be asked again; a batch that was given back goes on at once.
    """
    if isinstance(error, GivenBack | asyncio.CancelledError):
        return timedelta(0)
    if isinstance(error, WorldProblem) and attempts + 1 < MOST_ATTEMPTS:
        return min(LONGEST_PAUSE, timedelta(seconds=2**attempts))
    return None


def back_off() -> "BaseRetryStrategy":
    """Return `pause_before` as the queue wants it."""
    from procrastinate.retry import BaseRetryStrategy, RetryDecision

    class BackOff(BaseRetryStrategy):
        def get_retry_decision(self, *, exception: BaseException, job: "Job") -> "RetryDecision | None":
            pause = pause_before(exception, job.attempts)
            return None if pause is None else RetryDecision(retry_in={"seconds": int(pause.total_seconds())})

    return BackOff()


@contextmanager
def translated(place: str) -> Iterator[None]:
    """
    Raise what the database under the queue did as errors of ours; `place` names it without a password.

    NetworkProblem `database_unreachable` where it cannot be reached, MachineProblem `queue_unusable` for all else.
    """
    import psycopg
    from procrastinate.exceptions import ConnectorException

    try:
        yield
    except (psycopg.Error, ConnectorException) as exc:
        cause = exc if isinstance(exc, psycopg.Error) else exc.__cause__
        if isinstance(cause, psycopg.OperationalError):
            raise NetworkProblem(
                f"The database {place} cannot be reached.",
                hint="See that it runs and that this machine may talk to it, then run the same again.",
                code="database_unreachable",
            ) from exc
        raise MachineProblem(
            f"The queue in {place} cannot be used.",
            hint="The user needs the right to make tables and functions there; see the log of the database.",
            code="queue_unusable",
        ) from exc


def require_extra() -> None:
    """Raise ConfigProblem `no_postgres_extra` if what workers need is not installed."""
    try:
        import procrastinate  # noqa: F401 - only whether it is there
        import psycopg  # noqa: F401 - as above
    except ImportError as exc:
        raise ConfigProblem(
            "Workers need PostgreSQL support, which is not installed.",
            hint="Install it: pip install 'profilegen[postgres]'. Without workers everything works as it is.",
            code="no_postgres_extra",
        ) from exc
