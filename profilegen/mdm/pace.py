"""How fast a server may be asked, and how long to wait before asking again."""

import asyncio
import random
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

_EPOCH_NOT_SECONDS = 1_000_000_000
"""A reset header above this is a moment (seconds since 1970), below it a span."""


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


def told_to_wait(headers: Mapping[str, str], now: datetime) -> float | None:
    """
    Return for how many seconds a server asks to be left alone, None if it does not say.

    Retry-After in seconds or as a date (RFC 9110 section 10.2.3), else X-RateLimit-Reset as a moment or a span. Header
    names are lower-case.
    """
    after = headers.get("retry-after", "").strip()
    if after:
        return _seconds(after, now) if after.isascii() and after.isdigit() else _until_date(after, now)
    reset = headers.get("x-ratelimit-reset", "").strip()
    return _seconds(reset, now) if reset.isascii() and reset.isdigit() else None


def _seconds(digits: str, now: datetime) -> float:
    number = float(digits[:15])
    return max(0.0, number - now.timestamp()) if number > _EPOCH_NOT_SECONDS else number


def _until_date(text: str, now: datetime) -> float | None:
    try:
        moment = parsedate_to_datetime(text)
    except ValueError:
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return max(0.0, (moment - now).total_seconds())
