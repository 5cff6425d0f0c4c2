"""Which foreign provider somebody confirmed for which mail domain."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from profilegen.ports import Clock, Trust
from profilegen.storage.state import State

_OF_DOMAIN = "SELECT provider_domain FROM trusted_provider WHERE mail_domain = ? ORDER BY provider_domain"
_ALL = """
SELECT mail_domain, provider_domain, confirmed_at FROM trusted_provider ORDER BY mail_domain, provider_domain
"""
_CONFIRM = """
INSERT INTO trusted_provider (mail_domain, provider_domain, confirmed_at) VALUES (?, ?, ?) ON CONFLICT DO NOTHING
"""
_FORGET = "DELETE FROM trusted_provider WHERE mail_domain = ? AND provider_domain = coalesce(?, provider_domain)"


class SqliteTrustStore:
    """
    A `ports.TrustStore` in the state file; raises what `State` raises.

    As long as there is no file at `path` there is nothing to read, and `open_state` is not called: a lookup alone does
    not make a home.
    """

    def __init__(self, *, path: Path, open_state: Callable[[], State], clock: Clock) -> None:
        self._path = path
        self._open_state = open_state
        self._clock = clock

    async def trusted(self, domain: str) -> tuple[str, ...]:
        """Return the registrable domains confirmed for a mail domain, sorted."""
        if not self._path.exists():
            return ()
        with self._open_state().reading() as connection:
            return tuple(row[0] for row in connection.execute(_OF_DOMAIN, (domain,)))

    async def confirm(self, domain: str, provider: str) -> None:
        """Remember one pair, durable on return; a second time changes nothing."""
        values = (domain, provider, self._clock.now().astimezone(UTC).isoformat())
        with self._open_state().transaction() as connection:
            connection.execute(_CONFIRM, values)

    async def forget(self, domain: str, provider: str | None) -> int:
        """Forget one pair, or with None all of the mail domain; return how many there were."""
        if not self._path.exists():
            return 0
        with self._open_state().transaction() as connection:
            return connection.execute(_FORGET, (domain, provider)).rowcount

    async def all(self) -> tuple[Trust, ...]:
        """Return every pair, sorted by mail domain, then provider."""
        if not self._path.exists():
            return ()
        with self._open_state().reading() as connection:
            rows = connection.execute(_ALL).fetchall()
        return tuple(
            Trust(domain=domain, provider=provider, confirmed=datetime.fromisoformat(confirmed))
            for domain, provider, confirmed in rows
        )
