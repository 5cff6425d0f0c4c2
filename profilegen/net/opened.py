"""What one HTTP request opened, so that it can be closed whatever becomes of the request."""

from collections.abc import Mapping
from typing import Any


class Opened:
    """The connections of one request: the HTTP library forgets one whose TLS handshake is cancelled, still open."""

    def __init__(self) -> None:
        self._streams: list[Any] = []

    async def note(self, event: str, facts: Mapping[str, Any]) -> None:
        """Keep every connection the library reports (its request extension "trace")."""
        if event == "connection.connect_tcp.complete":
            self._streams.append(facts["return_value"])

    async def close(self) -> None:
        """Close what is still open."""
        for stream in self._streams:
            await stream.aclose()
