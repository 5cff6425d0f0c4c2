"""A small world for discovery: a fake catalogue and prober, sources that must not be asked, a still clock."""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

import pytest

from profilegen.address import Address
from profilegen.discovery.engine import Means
from profilegen.net.hosts import FixedHosts
from profilegen.ports import Guesser, Prober, ProviderAnswer, RelayService, Resolver
from profilegen.report import Finding, Outcome, Report
from profilegen.settings.candidates import AccountPayload, Advice, Answer, Candidate, Notice, Source, Status, Tier
from profilegen.settings.servers import Auth, Protocol, Security, Server

YOU = Address.parse("you@example.test")
HANGS = "hangs"
NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


def endpoints(answer: Answer) -> list[str]:
    """Return where every candidate stands, in order."""
    return [f"{found.server.protocol}://{found.server.endpoint}" for found in answer.candidates]


class StillClock:
    """Implements `ports.Clock` with one moment."""

    def now(self) -> datetime:
        return NOON


def server(endpoint: str, username: str = "you@example.test", auth: tuple[Auth, ...] = (Auth.PASSWORD,)) -> Server:
    """Return a server from a text such as "imap://imap.example.test:993/tls"."""
    protocol, rest = endpoint.split("://")
    place, security = rest.split("/")
    host, port = place.split(":")
    return Server(
        protocol=Protocol(protocol),
        host=host,
        port=int(port),
        security=Security(security),
        auth=auth,
        username=username,
    )


def provider(
    name: str,
    *servers: Server,
    status: Status = Status.OK,
    payload: AccountPayload | None = None,
    notices: tuple[Notice, ...] = (),
    pattern: str | None = None,
) -> ProviderAnswer:
    """Return a catalogue answer."""
    return ProviderAnswer(
        provider=name,
        name=name.title(),
        advice=Advice(provider=name, status=status, payload=payload, notices=notices),
        servers=servers,
        sha256="0" * 64,
        checked="2026-11-01",
        pattern=pattern,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class FakeCatalogue:
    """Implements `ports.Catalogue` from tables: by mail domain, by a suffix of the MX host, by mail server."""

    domains: Mapping[str, ProviderAnswer] = field(default_factory=dict)
    mx: Mapping[str, ProviderAnswer] = field(default_factory=dict)
    hosts: Mapping[str, ProviderAnswer] = field(default_factory=dict)

    async def by_domain(self, address: Address) -> ProviderAnswer | None:
        return self.domains.get(address.domain)

    async def by_mx(self, address: Address, mx_host: str) -> ProviderAnswer | None:  # noqa: ARG002 - the port's
        return next((answer for suffix, answer in self.mx.items() if f".{mx_host}".endswith(f".{suffix}")), None)

    async def by_host(self, address: Address, host: str) -> ProviderAnswer | None:  # noqa: ARG002 - the port's
        return self.hosts.get(host)

    async def relay(self, provider_id: str, username: str) -> RelayService | None:  # noqa: ARG002 - the port's
        return None

    async def relay_by_host(self, host: str, username: str) -> RelayService | None:  # noqa: ARG002 - the port's
        return None


class FakeSource:
    """Implements `ports.SettingsSource` with one coroutine function; `stopped` says that it was cancelled."""

    def __init__(self, kind: str, say: Callable[[], Awaitable[Answer]]) -> None:
        self.kind = kind
        self.stopped = False
        self._say = say

    async def find(self, address: Address) -> Answer:  # noqa: ARG002 - the port's
        try:
            return await self._say()
        except asyncio.CancelledError:
            self.stopped = True
            raise


def saying(answer: Answer) -> FakeSource:
    """Return a source that says this at once."""

    async def say() -> Answer:
        return answer

    return FakeSource(answer.kind, say)


def knowing(kind: str, tier: Tier, *servers: Server) -> FakeSource:
    """Return a source that knows servers of one tier."""
    return saying(answer(kind, tier, *servers))


def answer(kind: str, tier: Tier, *servers: Server, advice: Advice | None = None) -> Answer:
    """Return an answer with servers of one tier, in this order of preference."""
    source = Source(kind=kind, detail=kind)
    candidates = tuple(
        Candidate(server=one, sources=(source,), tier=tier, order=order) for order, one in enumerate(servers)
    )
    return Answer(kind=kind, candidates=candidates, advice=advice)


def failing(kind: str, problem: Exception) -> FakeSource:
    """Return a source that cannot be asked."""

    async def say() -> Answer:
        raise problem

    return FakeSource(kind, say)


def hanging(kind: str) -> FakeSource:
    """Return a source that never answers."""

    async def say() -> Answer:
        await asyncio.Event().wait()
        raise AssertionError

    return FakeSource(kind, say)


def forbidden(kind: str) -> FakeSource:
    """Return a source that must not be asked."""

    async def say() -> Answer:
        pytest.fail(f"the source {kind} must not be asked")

    return FakeSource(kind, say)


class ForbiddenProber:
    """A prober that must not be asked."""

    async def examine(self, server: Server) -> Report:
        pytest.fail(f"{server.endpoint} must not be probed")


class FakeProber:
    """
    Implements `ports.Prober` and remembers what it was asked.

    `failing` names the blocking check by endpoint, `HANGS` for one that gives no verdict; all other servers pass.
    """

    def __init__(self, failing: Mapping[str, str] | None = None) -> None:
        self._failing = failing or {}
        self.examined: list[str] = []

    async def examine(self, server: Server) -> Report:
        self.examined.append(server.endpoint)
        blocked_by = self._failing.get(server.endpoint)
        if blocked_by == HANGS:
            await asyncio.Event().wait()
        if blocked_by is None:
            return Report((Finding(check="capabilities_tls", outcome=Outcome.PASS, detail="AUTH PLAIN"),))
        return Report((Finding(check=blocked_by, outcome=Outcome.FAIL, detail="it does not work"),))


class FakeGuesser:
    """Implements `ports.Guesser`: knows nothing, and remembers what it was asked for."""

    kind = "guess"

    def __init__(self, known: Answer | None = None) -> None:
        self._known = known or Answer(kind=self.kind)
        self.asked: list[Protocol] = []

    async def guess(self, address: Address, protocols: Collection[Protocol]) -> Answer:  # noqa: ARG002 - the port's
        self.asked += protocols
        return self._known


def means(
    prober: Prober,
    *,
    resolver: Resolver | None = None,
    catalogue: FakeCatalogue | None = None,
    guesser: Guesser | None = None,
) -> Means:
    """Return what a search looks at the world with; without a resolver no name exists."""
    return Means(
        resolver=resolver or FixedHosts({}),
        prober=prober,
        catalogue=catalogue or FakeCatalogue(),
        guesser=guesser or FakeGuesser(),
        label=lambda: "nobody-has-this",
    )
