"""How fast one server may be asked, or given mail."""

import asyncio
import random
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime


def _system_time() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Timing:
    """
    Everything about time, so that tests need none of it.

    `monotonic` returns seconds, `sleep` waits for seconds, `now` is the time of day (aware), `chance` returns a number
    from 0 to 1 that spreads the retries of many workers.
    """

    monotonic: Callable[[], float] = time.monotonic
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    now: Callable[[], datetime] = _system_time
    chance: Callable[[], float] = random.random


class Pace:
    """
    A token bucket in front of one server.

    At most `rate` turns per second on average (None: no limit) and at most `burst` at once. `hold` closes it for
    everybody, which is what a 429 means.
    """

    def __init__(self, *, rate: float | None, burst: int = 1, timing: Timing) -> None:
        self._interval = 0.0 if rate is None else 1.0 / rate
        self._slack = self._interval * (burst - 1)
        self._timing = timing
        self._next = float("-inf")
        self._closed_until = float("-inf")

    async def turn(self) -> None:
        """Wait for one's turn; turns are given in the order they were asked for."""
        now = self._timing.monotonic()
        mine = max(self._next, now)
        self._next = mine + self._interval
        await self._until(mine - self._slack)
        while self._closed_until > self._timing.monotonic():
            await self._until(self._closed_until)

    def hold(self, seconds: float) -> None:
        """Let nobody through for this long."""
        self._closed_until = max(self._closed_until, self._timing.monotonic() + seconds)

    async def _until(self, moment: float) -> None:
        wait = moment - self._timing.monotonic()
        if wait > 0:
            await self._timing.sleep(wait)
