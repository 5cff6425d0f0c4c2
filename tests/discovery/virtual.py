"""An event loop whose time jumps: nobody waits, and every budget can be held to the millisecond."""

import asyncio
import selectors
from collections.abc import Coroutine
from typing import Any, TypeVar

ResultT = TypeVar("ResultT")


class _Jumping(selectors.SelectSelector):
    """Instead of waiting, it lets the time pass."""

    now = 0.0

    def select(self, timeout: float | None = None) -> "list[tuple[selectors.SelectorKey, int]]":
        ready = super().select(0)
        if not ready and timeout is None:
            raise AssertionError("everybody waits, and nothing will ever happen")
        if not ready:
            self.now += max(0.0, timeout or 0.0)
        return ready


class _TimelessLoop(asyncio.SelectorEventLoop):
    def __init__(self) -> None:
        self._clock = _Jumping()
        super().__init__(self._clock)

    def time(self) -> float:
        return self._clock.now


def run_timeless(work: Coroutine[Any, Any, ResultT]) -> tuple[ResultT, float, int]:
    """Return the result, how many seconds it took in the loop's time, and how many tasks it left behind."""

    async def measured() -> tuple[ResultT, float, int]:
        clock = asyncio.get_running_loop().time
        start = clock()
        result = await work
        return result, clock() - start, len(asyncio.all_tasks()) - 1

    with asyncio.Runner(loop_factory=_TimelessLoop) as runner:
        return runner.run(measured())
