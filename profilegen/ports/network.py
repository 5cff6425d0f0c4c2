"""The network: the one resolver and the one HTTP client."""

from dataclasses import dataclass, field
from typing import Generic, Protocol, TypeVar

RecordT_co = TypeVar("RecordT_co", covariant=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class MxRecord:
    """One MX record; `host` in lower case without trailing dot, "" for the null MX of RFC 7505."""

    preference: int
    host: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SrvRecord:
    """One SRV record (RFC 2782); `target` in lower case without trailing dot, "" where the record says "."."""

    priority: int
    weight: int
    port: int
    target: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Records(Generic[RecordT_co]):
    """
    A DNS answer; no records: the name or type does not exist.

    `authenticated` is the resolver's AD bit; `ttl` how many seconds the answer may be kept, None if nobody said.
    """

    records: tuple[RecordT_co, ...] = ()
    authenticated: bool = False
    ttl: int | None = None


class Resolver(Protocol):
    """The one resolver of the program. Raises ResolverProblem when no name server gave an answer."""

    async def addresses(self, host: str) -> tuple[str, ...]:
        """Return all IPv6 and IPv4 addresses of a host name, an IP literal as itself; empty: it does not exist."""
        ...

    async def mx(self, domain: str) -> Records[MxRecord]:
        """Return the MX records by ascending preference, then name."""
        ...

    async def srv(self, name: str) -> Records[SrvRecord]:
        """Return the SRV records of a full name such as "_imaps._tcp.example.com", in no particular order."""
        ...

    async def txt(self, name: str) -> Records[str]:
        """Return the TXT records, the strings of each joined."""
        ...

    async def cname(self, name: str) -> str | None:
        """Return where a CNAME record of this very name points, in lower case without trailing dot."""
        ...


class ReverseResolver(Protocol):
    """Asks which name belongs to an address. Raises ResolverProblem when no name server gave an answer."""

    async def ptr(self, address: str) -> tuple[str, ...]:
        """Return the names of an IP address (RFC 1035 section 3.5), in lower case without trailing dot."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpAnswer:
    """A bounded HTTP answer; `url` is its final place, `crossed_to` that host if it is in another domain."""

    url: str
    status: int
    body: bytes = field(repr=False)
    crossed_to: str | None = None


class Http(Protocol):
    """The one HTTP client: https unless made otherwise, verified, at most 3 redirects and 64 KiB, no credential."""

    async def get(self, url: str) -> HttpAnswer:
        """Return the answer whatever its status; raises NetworkProblem if there is none or it breaks the limits."""
        ...

    async def post(self, url: str, *, body: bytes, content_type: str) -> HttpAnswer:
        """Like `get`, with a body that is sent again to wherever the server redirects."""
        ...
