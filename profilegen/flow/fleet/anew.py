"""Writing beside others: of two transactions that want the same rows in another order, the database undoes one."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

from profilegen.errors import NetworkProblem
from profilegen.ports.fleet import FleetStore

ResultT = TypeVar("ResultT")

ATTEMPTS = 5
PAUSE = 0.05
"""Seconds before the second attempt; each later one waits so much longer."""


async def in_one(store: FleetStore, work: Callable[[FleetStore], Awaitable[ResultT]]) -> ResultT:
    """
    Do work in one transaction, and anew where the database preferred another one.

    Raises NetworkProblem `database_busy` where that happens again and again.
    """
    for attempt in range(1, ATTEMPTS):
        try:
            async with store.together() as joined:
                return await work(joined)
        except NetworkProblem as problem:
            if problem.code != "database_busy":
                raise
            await asyncio.sleep(PAUSE * attempt)
    async with store.together() as joined:
        return await work(joined)
