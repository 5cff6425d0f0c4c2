"""How many logins failed lately, so that no server ever locks a mailbox because of us."""

from datetime import UTC, datetime, timedelta

from profilegen.ports import Clock
from profilegen.storage.state import State

MAX_FAILURES = 2
WINDOW = timedelta(hours=1)

_FORGET_OLD = "DELETE FROM login_failure WHERE booked_at <= ? OR booked_at >= ?"
_NEWEST_FIRST = """
SELECT booked_at FROM login_failure WHERE host = ? AND port = ? AND username = ? ORDER BY booked_at DESC
"""
_BOOK = "INSERT INTO login_failure (host, port, username, booked_at) VALUES (?, ?, ?, ?)"
_FORGET_LAST = """
DELETE FROM login_failure WHERE id = (
    SELECT id FROM login_failure WHERE host = ? AND port = ? AND username = ? ORDER BY id DESC LIMIT 1
)
"""
_FORGET_ALL = "DELETE FROM login_failure WHERE host = ? AND port = ? AND username = ?"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class SqliteLoginBudget:
    """A `ports.LoginBudget` in the state file; raises what `State` raises."""

    def __init__(self, *, state: State, clock: Clock) -> None:
        self._state = state
        self._clock = clock

    async def reserve(self, host: str, port: int, username: str) -> datetime | None:
        """Book one attempt as failed beforehand and return None, or return when the next try is allowed."""
        login = _key(host, port, username)
        with self._state.transaction() as connection:
            now = self._clock.now()
            # A booking far in the future comes from a clock that was wrong; it must not lock anyone out for years.
            connection.execute(_FORGET_OLD, (_microseconds(now - WINDOW), _microseconds(now + WINDOW)))
            booked = connection.execute(_NEWEST_FIRST, login).fetchall()
            if len(booked) >= MAX_FAILURES:
                return _EPOCH + timedelta(microseconds=booked[MAX_FAILURES - 1][0]) + WINDOW
            connection.execute(_BOOK, (*login, _microseconds(now)))
        return None

    async def succeeded(self, host: str, port: int, username: str) -> None:
        """Forget every failure of this login."""
        with self._state.transaction() as connection:
            connection.execute(_FORGET_ALL, _key(host, port, username))

    async def release(self, host: str, port: int, username: str) -> None:
        """Take the last booking back: the server gave no verdict."""
        with self._state.transaction() as connection:
            connection.execute(_FORGET_LAST, _key(host, port, username))


def _key(host: str, port: int, username: str) -> tuple[str, int, str]:
    """Spellings that differ only in case reach the same mailbox, and its lock."""
    return host.lower(), port, username.casefold()


def _microseconds(moment: datetime) -> int:
    return (moment - _EPOCH) // timedelta(microseconds=1)
