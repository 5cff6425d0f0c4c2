"""Work that ends: everything at once, for so many seconds, and nothing left behind."""

import asyncio
from collections.abc import Collection, Coroutine, Iterable
from typing import Any, TypeVar

ResultT = TypeVar("ResultT")

FAREWELL = 1.0
"""Seconds a cancelled task may take to say goodbye and close its connection."""


async def run_all(works: Iterable[Coroutine[Any, Any, None]], *, seconds: float) -> bool:
    """
    Run everything at once and return True if all of it ended within `seconds`.

    What has not ended is cancelled. An exception of one cancels the others and is raised.
    """
    tasks = [asyncio.create_task(work) for work in works]
    if not tasks:
        return True
    try:
        done, pending = await asyncio.wait(tasks, timeout=seconds, return_when=asyncio.FIRST_EXCEPTION)
        for task in done:
            task.result()
        return not pending
    finally:
        await call_off(tasks)


async def all_of(works: Iterable[Coroutine[Any, Any, ResultT]]) -> list[ResultT]:
    """
    Do everything at once and return the results in the order of the works.

    The first exception is raised once all others are cancelled; `asyncio.gather` would let them run on.
    """
    tasks = [asyncio.create_task(work) for work in works]
    try:
        return await asyncio.gather(*tasks)
    finally:
        await call_off(tasks)


async def call_off(tasks: "Collection[asyncio.Task[Any]]") -> None:
    """Cancel what still runs and wait until it has ended, or for `FAREWELL` if it will not."""
    running = [task for task in tasks if task.cancel()]
    if running:
        await asyncio.wait(running, timeout=FAREWELL)
    for task in tasks:
        if task.done() and not task.cancelled():
            task.exception()  # heard already, or of no interest any more; asyncio complains about unread ones
