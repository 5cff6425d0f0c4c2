"""Many orders at once, and never two at once for one device."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

Order = TypeVar("Order")
Result = TypeVar("Result")


class Lanes:
    """
    Runs orders `width` at a time; those of one lane strictly one after another, whoever asked for them.

    Some servers lose commands that come while another one for the same device is being taken.
    """

    def __init__(self, width: int) -> None:
        self._slots = asyncio.Semaphore(width)
        self._waiting: dict[str, int] = {}
        self._locks: dict[str, asyncio.Lock] = {}

    async def run(
        self,
        orders: Sequence[Order],
        *,
        lane: Callable[[Order], str],
        work: Callable[[Order], Awaitable[Result]],
    ) -> tuple[Result, ...]:
        """Return one result per order, in their order; the first error stops the rest and is raised as it is."""
        try:
            async with asyncio.TaskGroup() as group:
                tasks = [group.create_task(self._one(order, lane(order), work)) for order in orders]
        except BaseExceptionGroup as failures:
            raise failures.exceptions[0] from None  # the first one is the reason, the others are the same or its echo
        return tuple(task.result() for task in tasks)

    async def _one(self, order: Order, lane: str, work: Callable[[Order], Awaitable[Result]]) -> Result:
        lock = self._locks.setdefault(lane, asyncio.Lock())
        self._waiting[lane] = self._waiting.get(lane, 0) + 1
        try:
            async with lock, self._slots:
                return await work(order)
        finally:
            self._waiting[lane] -= 1
            if not self._waiting[lane]:
                del self._waiting[lane], self._locks[lane]
