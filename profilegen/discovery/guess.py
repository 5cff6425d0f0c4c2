"""The usual names, when nobody has said anything: found only if they exist and prove by certificate who they are."""

import asyncio
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence

from profilegen.address import Address
from profilegen.discovery.tasks import all_of, call_off
from profilegen.discovery.wildcard import Wildcard
from profilegen.errors import WorldProblem
from profilegen.ports import Clock, Prober, Resolver
from profilegen.settings.candidates import Answer, Candidate, Notice, ProbeResult, Source, Tier
from profilegen.settings.servers import Auth, Protocol, Security, Server

AT_ONCE = 8
"""Connections at a time."""

_HOSTS = {Protocol.IMAP: ("imap.", "mail.", ""), Protocol.SMTP: ("smtp.", "mail.", "")}
_PORTS = {
    Protocol.IMAP: ((993, Security.TLS), (143, Security.STARTTLS)),
    Protocol.SMTP: ((587, Security.STARTTLS), (465, Security.TLS)),
}


class GuessSource:
    """
    Implements `ports.Guesser` (tier 6): IMAP and submission with TLS on their well-known ports, never port 25.

    Every server it returns has passed the probe: its certificate is valid for the guessed name. `seconds` is the time
    for all of it; `label` returns a DNS label that nobody has.
    """

    kind = "guess"

    def __init__(
        self, *, resolver: Resolver, prober: Prober, clock: Clock, label: Callable[[], str], seconds: float = 10.0
    ) -> None:
        self._resolver = resolver
        self._prober = prober
        self._clock = clock
        self._label = label
        self._seconds = seconds

    async def guess(self, address: Address, protocols: Collection[Protocol]) -> Answer:
        """Return the servers of these protocols that exist and passed, the usual ones first; never raises."""
        try:
            async with asyncio.timeout(self._seconds):
                names = await self._existing(address.domain, protocols)
        except (WorldProblem, TimeoutError):
            return Answer(kind=self.kind)
        servers = [server for protocol in protocols for server in _servers(protocol, names, address)]
        passed = await self._passed(servers)
        notices = (_guessed(address.domain),) if passed else ()
        return Answer(kind=self.kind, candidates=self._candidates(servers, passed), notices=notices)

    async def _existing(self, domain: str, protocols: Collection[Protocol]) -> dict[str, bool]:
        """The names that exist, and of each whether only a wildcard record answers for it."""
        hosts = list({prefix + domain for protocol in protocols for prefix in _HOSTS.get(protocol, ())})
        anything = await Wildcard(resolver=self._resolver, domain=domain, label=self._label()).addresses()
        found = await all_of(self._resolver.addresses(host) for host in hosts)
        return {host: anything >= set(addresses) for host, addresses in zip(hosts, found, strict=True) if addresses}

    async def _passed(self, servers: Sequence[Server]) -> set[Server]:
        at_once = asyncio.Semaphore(AT_ONCE)
        passed: set[Server] = set()

        async def look(server: Server) -> None:
            async with at_once:
                try:
                    report = await self._prober.examine(server)
                except WorldProblem:
                    return
            if report.ok:
                passed.add(server)

        tasks = [asyncio.create_task(look(server)) for server in servers]
        try:
            if tasks:
                await asyncio.wait(tasks, timeout=self._seconds)
        finally:
            await call_off(tasks)
        return passed

    def _candidates(self, servers: Sequence[Server], passed: set[Server]) -> tuple[Candidate, ...]:
        return tuple(
            Candidate(
                server=server,
                sources=(self._source(server.host),),
                tier=Tier.T6,
                order=order,
                probe=ProbeResult(ok=True),
            )
            for order, server in enumerate(servers)
            if server in passed
        )

    def _source(self, host: str) -> Source:
        detail = f"{host} is a usual name, exists, and holds a valid certificate"
        return Source(kind=self.kind, detail=detail, fetched=self._clock.now())


def _servers(protocol: Protocol, names: Mapping[str, bool], address: Address) -> Iterator[Server]:
    """What to try of one protocol: the usual names first, those only a wildcard answers for last."""
    hosts = [prefix + address.domain for prefix in _HOSTS.get(protocol, ()) if prefix + address.domain in names]
    for host in sorted(hosts, key=names.__getitem__):
        for port, security in _PORTS[protocol]:
            yield Server(
                protocol=protocol,
                host=host,
                port=port,
                security=security,
                auth=(Auth.PASSWORD,),
                username=str(address),
            )


def _guessed(domain: str) -> Notice:
    text = (
        f"Nobody says where the mail of {domain} is: these servers were guessed. Ask who runs them before you use them."
    )
    return Notice(code="guessed", text=text)
