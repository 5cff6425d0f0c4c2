"""Settings: who may know them, who finds them, whom somebody trusts."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from profilegen.address import Address
from profilegen.report import Report
from profilegen.settings.candidates import Advice, Answer, Resolution
from profilegen.settings.servers import Protocol as MailProtocol
from profilegen.settings.servers import Server


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderAnswer:
    """A catalogue record made concrete for one address: servers in the provider's own order, user names filled in."""

    provider: str
    name: str
    advice: Advice
    servers: tuple[Server, ...]
    sha256: str
    checked: str
    pattern: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RelayService:
    """A service that sends mail for other people's domains; `spf` is the name its customers include."""

    id: str
    name: str
    outgoing: tuple[Server, ...]
    spf: str | None
    url: str | None


class Catalogue(Protocol):
    """The provider catalogue, offline."""

    async def by_domain(self, address: Address) -> ProviderAnswer | None:
        """Return the provider of exactly this mail domain (or its explicit wildcard)."""
        ...

    async def by_mx(self, address: Address, mx_host: str) -> ProviderAnswer | None:
        """Return the provider whose MX pattern matches at a label boundary, the longest pattern first."""
        ...

    async def by_host(self, address: Address, host: str) -> ProviderAnswer | None:
        """Return the provider that runs this mail server for other people's domains too, if it is exactly one."""
        ...

    async def relay(self, provider_id: str, username: str) -> RelayService | None:
        """Return a relay service by id, its servers with this user name."""
        ...

    async def relay_by_host(self, host: str, username: str) -> RelayService | None:
        """Return the relay service that runs this outgoing server, its servers with this user name."""
        ...


class SettingsSource(Protocol):
    """One place that may know the settings of an address. `kind` is its name on the command line."""

    kind: str

    async def find(self, address: Address) -> Answer:
        """Return what it knows, an empty Answer for nothing; raises WorldProblem if it could not be asked."""
        ...


class Guesser(Protocol):
    """Tries the usual names, when nobody else has said anything. `kind` is its name on the command line."""

    kind: str

    async def guess(self, address: Address, protocols: Collection[MailProtocol]) -> Answer:
        """Return the servers of these protocols that exist and pass the probe with verified TLS; never raises."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Trust:
    """
    Somebody confirmed that the mail of `domain` is with the owner of `provider`.

    Both are in A-label form, `provider` is a registrable domain.
    """

    domain: str
    provider: str
    confirmed: datetime


class TrustStore(Protocol):
    """Remembers which foreign provider was confirmed for which mail domain."""

    async def trusted(self, domain: str) -> tuple[str, ...]:
        """Return the registrable domains confirmed for a mail domain, sorted."""
        ...

    async def confirm(self, domain: str, provider: str) -> None:
        """Remember one pair, durable on return; a second time changes nothing."""
        ...

    async def forget(self, domain: str, provider: str | None) -> int:
        """Forget one pair, or with None all of the mail domain; return how many there were."""
        ...

    async def all(self) -> tuple[Trust, ...]:
        """Return every pair, sorted by mail domain, then provider."""
        ...


class Prober(Protocol):
    """Looks at one server without any credential."""

    async def examine(self, server: Server) -> Report:
        """Return the findings of `dns … capabilities_tls`, named without direction; raises for no fault of a server."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """
    How to look up: `sources` None means every default source.

    `trust` are foreign registrable domains that somebody confirmed for this mail domain, sorted. Only with `allow_http`
    is a source asked that speaks without encryption.
    """

    address: Address
    offline: bool = False
    probe: bool = True
    sources: tuple[str, ...] | None = None
    trust: tuple[str, ...] = ()
    allow_http: bool = False


class Finder(Protocol):
    """Finds the settings of an address."""

    async def resolve(self, question: Question) -> Resolution:
        """Return the resolution; raises WorldProblem only if nothing at all could be asked."""
        ...


class AnswerStore(Protocol):
    """Remembers across runs what was found for a question; nothing secret is in it."""

    async def recall(self, question: Question) -> Resolution | None:
        """Return the answer that was kept for exactly this question, None if there is none or its time is over."""
        ...

    async def keep(self, question: Question, resolution: Resolution, lifetime: timedelta) -> None:
        """Keep an answer for so long, in place of any older one, durable on return."""
        ...
