"""Rescue: the jobs of a worker that fell silent go back into the queue."""

import asyncio
from collections.abc import Callable
from datetime import timedelta

from profilegen.workers.queue import Queue

_LOCK = 0x72657363  # any number, the same for all of us
_FORGOTTEN = timedelta(hours=1)


async def keep_rescuing(queue: Queue, stalled_after: timedelta, tell: Callable[[str], None]) -> None:
    """Look for silent workers until cancelled; a worker is silent without a heartbeat for `stalled_after`."""
    from procrastinate.exceptions import ConnectorException

    while True:
        await asyncio.sleep(stalled_after.total_seconds() / 2)
        try:
            if given := await rescue(queue, stalled_after):
                tell(f"{given} batches of a silent worker were given to others")
        except ConnectorException:
            continue  # whoever runs us noticed, and begins anew


async def rescue(queue: Queue, stalled_after: timedelta) -> int:
    """
    Give back the jobs of silent workers; returns how many.

    One rescuer at a time: the list of another one may be old, and a job somebody took meanwhile would be given twice.
    """
    manager = queue.app.job_manager
    async with queue.connector.pool.connection() as connection:
        row = await (await connection.execute("SELECT pg_try_advisory_xact_lock(%s)", (_LOCK,))).fetchone()
        if row is None or not row[0]:
            return 0
        stalled = list(await manager.get_stalled_jobs(seconds_since_heartbeat=stalled_after.total_seconds()))
        for job in stalled:
            await manager.retry_job(job)
        await manager.prune_stalled_workers(max(_FORGOTTEN, 10 * stalled_after).total_seconds())
        return len(stalled)
