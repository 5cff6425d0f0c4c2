"""The intake: webhook calls wait in a bounded queue and are written down many at a time."""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from profilegen.errors import ProfilegenError
from profilegen.flow.fleet.listening import Listener
from profilegen.ports.mdm import Event

MOST_WAITING = 10_000
"""Calls that may wait; beyond that the callers do."""
AT_ONCE = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Intake:
    """
    Takes events in behind the back of whoever calls.

    What is lost with the process is lost like any webhook: the truth is asked for anyway. `concerned` hears the UDIDs
    and serial numbers that are worth a look, `complain` what could not be written down.
    """

    listener: Listener
    concerned: Callable[[Sequence[str]], None]
    complain: Callable[[ProfilegenError], None]
    waiting: asyncio.Queue[tuple[str, Sequence[Event]] | None] = field(  # None is the last
        default_factory=lambda: asyncio.Queue(maxsize=MOST_WAITING)
    )

    async def put(self, mdm: str, events: Sequence[Event]) -> None:
        """Let the events of one call wait their turn."""
        await self.waiting.put((mdm, events))

    @asynccontextmanager
    async def writing_down(self) -> AsyncIterator[None]:
        """
        Write down what comes while the block runs, and afterwards what still waits.

        Never cancelled: whoever called was told that we have it.
        """
        task = asyncio.create_task(self._run())
        try:
            yield
        finally:
            await self.waiting.put(None)
            await task

    async def _run(self) -> None:
        while (first := await self.waiting.get()) is not None:
            await self._take(first)

    async def _take(self, first: tuple[str, Sequence[Event]]) -> None:
        by_mdm: dict[str, list[Event]] = defaultdict(list)
        by_mdm[first[0]].extend(first[1])
        for _ in range(min(AT_ONCE, self.waiting.qsize())):
            call = self.waiting.get_nowait()
            if call is None:
                self.waiting.put_nowait(None)
                break
            by_mdm[call[0]].extend(call[1])
        for mdm, events in by_mdm.items():
            try:
                self.concerned(await self.listener.absorb(mdm, events))
            except ProfilegenError as problem:
                self.complain(problem)
