"""A clock for tests."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

START = datetime(2026, 3, 29, 0, 30, tzinfo=UTC)


@dataclass(slots=True)
class ManualClock:
    """A clock that moves when told to."""

    moment: datetime = START

    def now(self) -> datetime:
        return self.moment

    def advance(self, **duration: float) -> None:
        self.moment += timedelta(**duration)
