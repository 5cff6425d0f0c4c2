"""The mailboxes of our own that prove endpoints; their passwords are elsewhere."""

import json
import sqlite3
from datetime import UTC, datetime

from profilegen.address import Address
from profilegen.ports import Canary
from profilegen.settings.document import parse_settings, settings_document
from profilegen.storage.state import State

_KEEP = "INSERT OR REPLACE INTO canary (domain, address, settings, added_at) VALUES (?, ?, ?, ?)"
_ALL = "SELECT * FROM canary ORDER BY domain"
_FORGET = "DELETE FROM canary WHERE domain = ?"


class SqliteCanaryStore:
    """A `ports.CanaryStore` in the state file; raises what `State` raises."""

    def __init__(self, *, state: State) -> None:
        self._state = state

    async def keep(self, canary: Canary) -> None:
        """Keep a canary in place of any older one of its domain, durable on return."""
        settings = None if canary.settings is None else json.dumps(settings_document(canary.settings))
        values = (canary.domain, str(canary.address), settings, canary.added_at.astimezone(UTC).isoformat())
        with self._state.transaction() as connection:
            connection.execute(_KEEP, values)

    async def all(self) -> tuple[Canary, ...]:
        """Return every canary, sorted by domain."""
        with self._state.reading() as connection:
            connection.row_factory = sqlite3.Row
            return tuple(_canary(row) for row in connection.execute(_ALL))

    async def forget(self, domain: str) -> int:
        """Forget the canary of a domain; return how many there were."""
        with self._state.transaction() as connection:
            return connection.execute(_FORGET, (domain,)).rowcount


def _canary(row: sqlite3.Row) -> Canary:
    return Canary(
        domain=row["domain"],
        address=Address.parse(row["address"]),
        settings=None if row["settings"] is None else parse_settings(row["settings"])[0],
        added_at=datetime.fromisoformat(row["added_at"]),
    )
