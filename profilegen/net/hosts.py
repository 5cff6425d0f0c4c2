"""A resolver with a fixed table of host names, for worlds that have no DNS."""

from collections.abc import Mapping

from profilegen.ports import MxRecord, Records, SrvRecord


class FixedHosts:
    """Implements `ports.Resolver` from a table of addresses; names outside the table do not exist."""

    def __init__(self, table: Mapping[str, tuple[str, ...]]) -> None:
        self._table = {host.rstrip(".").lower(): addresses for host, addresses in table.items()}

    async def addresses(self, host: str) -> tuple[str, ...]:
        """Return the addresses of the table."""
        return self._table.get(host.rstrip(".").lower(), ())

    async def mx(self, domain: str) -> Records[MxRecord]:  # noqa: ARG002 - the table holds addresses only
        """Return nothing: the table holds addresses only."""
        return Records()

    async def srv(self, name: str) -> Records[SrvRecord]:  # noqa: ARG002 - as above
        """Return nothing: the table holds addresses only."""
        return Records()

    async def txt(self, name: str) -> Records[str]:  # noqa: ARG002 - as above
        """Return nothing: the table holds addresses only."""
        return Records()

    async def cname(self, name: str) -> str | None:  # noqa: ARG002 - as above
        """Return nothing: the table holds addresses only."""
        return None
