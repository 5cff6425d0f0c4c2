"""Whoever is cancelled amid a transaction lets go of the database at once, while its error is still on its way up."""

import asyncio
import gc

import pytest

from profilegen.ports.fleet import FleetStore, SeatQuery
from tests.storage.fleet_stores import Place, database
from tests.storage.fleet_values import imported, seat

__all__ = ["database"]  # a fixture

STEPS = 120
"""Turns of the event loop the transaction below takes, at least."""
PATIENCE = 20
"""Seconds; the next writer needs milliseconds, and SQLite itself waits for two minutes."""


async def _transaction(store: FleetStore) -> None:
    async with store.together() as joined:
        await imported(joined, seat("bob"))
        async for _ in joined.seats(SeatQuery()):
            await imported(joined, seat("cyd"))


async def _cancelled_after(steps: int, store: FleetStore) -> BaseException | None:
    """Cancel the transaction so many turns after it began; returns its error with all that hangs on it."""
    task = asyncio.create_task(_transaction(store))
    for _ in range(steps):
        await asyncio.sleep(0.0005)
        if task.done():
            break
    task.cancel()
    try:
        await task
    except asyncio.CancelledError as stopped:
        return stopped
    return None


# psycopg says so of every stream that is cancelled; the connection it was on is closed all the same
@pytest.mark.filterwarnings("ignore:.*AsyncServerCursor:pytest.PytestUnraisableExceptionWarning")
@pytest.mark.filterwarnings("ignore:.*ServerCursorMixin:pytest.PytestUnraisableExceptionWarning")
def test_the_next_writer_does_not_wait_for_one_that_was_cancelled(database: Place) -> None:
    async def scenario(store: FleetStore) -> None:
        await imported(store, seat("ada"))
        cancelled = 0
        for steps in range(STEPS):
            held = await _cancelled_after(steps, store)
            async with asyncio.timeout(PATIENCE):
                await imported(store, seat("dan"))
            cancelled += held is not None
            if held is None:
                break
        assert cancelled > 5

    database.run(scenario)
    gc.collect()  # what was held is complained of here, not in some later test
