"""Names that exist only because everything in their domain does."""

from profilegen.ports import Resolver


class Wildcard:
    """
    Tells names that stand in DNS by themselves from those a wildcard record answers for (RFC 4592).

    `label` is one that nobody has, a new one each time.
    """

    def __init__(self, *, resolver: Resolver, domain: str, label: str) -> None:
        self._resolver = resolver
        self._nobody = f"{label}.{domain}"

    async def addresses(self) -> frozenset[str]:
        """Return the addresses of a name that cannot exist; empty: there is no wildcard. Raises ResolverProblem."""
        return frozenset(await self._resolver.addresses(self._nobody))

    async def stands_alone(self, host: str) -> bool:
        """Return True if a name exists and not merely through the wildcard; raises ResolverProblem."""
        found = frozenset(await self._resolver.addresses(host))
        return bool(found) and not found <= await self.addresses()
