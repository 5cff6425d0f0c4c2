"""
What the story asks of the world, one narrow Protocol per need.

Adapters implement these; the core and the flow know nothing else of the outside. Every method that may wait is
`async def`. Errors are those of `profilegen.errors`; an empty answer is an empty value, never an exception.
"""

from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import PurePath
from typing import Generic, Protocol, TypeVar

from profilegen.address import Address
from profilegen.diagnosis.evidence import EndpointPair, Evidence
from profilegen.profile.adopted import Adopted
from profilegen.profile.types import Profile, SignedProfile, SignerFacts
from profilegen.report import Report
from profilegen.secret import Secret
from profilegen.settings.candidates import Advice, Answer, Resolution
from profilegen.settings.document import SettingsDocument
from profilegen.settings.servers import FoundServer, Server
from profilegen.settings.servers import Protocol as MailProtocol

Progress = Callable[[str], None]
"""Called with one short line per step, for people who wait."""

RecordT_co = TypeVar("RecordT_co", covariant=True)


# --- the network -----------------------------------------------------------------------------------------


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


# --- settings --------------------------------------------------------------------------------------------


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


# --- proof -----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """
    A test-send: both servers exactly as the profile has them, the passwords, and how far to go.

    `level` 1 endpoint, 2 login, 3 accepted, 4 arrived. `aliases` are further senders to try. `recipient` defaults to
    the mailbox itself.
    """

    address: Address
    incoming: FoundServer
    outgoing: FoundServer
    level: int
    incoming_password: Secret | None = None
    outgoing_password: Secret | None = None
    recipient: Address | None = None
    aliases: tuple[Address, ...] = ()
    through_relay: bool = False


class Verifier(Protocol):
    """Test-sends with exactly the settings of a profile."""

    async def verify(self, trial: Trial, progress: Progress) -> Report:
        """Return a report with every check of the contract, `skip` where it was not reached; secrets are masked."""
        ...


class LoginBudget(Protocol):
    """At most two failed logins per (host, port, user name) and hour, kept across runs."""

    async def reserve(self, host: str, port: int, username: str) -> datetime | None:
        """Book one attempt as failed beforehand and return None, or return when the next try is allowed."""
        ...

    async def succeeded(self, host: str, port: int, username: str) -> None:
        """Forget every failure of this login."""
        ...

    async def release(self, host: str, port: int, username: str) -> None:
        """Take the last booking back: the server gave no verdict."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Allowance:
    """Somebody took responsibility in words: this account was delivered at that level of evidence, below the policy."""

    account: str
    reason: str
    level: int
    allowed_at: datetime


class EvidenceLog(Protocol):
    """Remembers what test-sends proved of which servers, append only; no user name and no secret is in it."""

    async def about(self, pair: EndpointPair, since: datetime) -> tuple[Evidence, ...]:
        """Return everything since then that touches either server (host and port), newest first."""
        ...

    async def last(self, canary: str) -> Evidence | None:
        """Return the newest evidence of one canary, by its domain."""
        ...

    async def record(self, evidence: Evidence) -> None:
        """Append one piece of evidence, durable on return."""
        ...

    async def allow(self, allowance: Allowance) -> None:
        """Append why something was delivered without proof, durable on return."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Canary:
    """
    A mailbox of our own that proves the endpoints of a mail domain, in A-label form.

    `settings` None: they are looked up whenever it runs.
    """

    domain: str
    address: Address
    added_at: datetime
    settings: SettingsDocument | None = None


class CanaryStore(Protocol):
    """Remembers the canaries, at most one per mail domain; their passwords are in the `PasswordVault`."""

    async def keep(self, canary: Canary) -> None:
        """Keep a canary in place of any older one of its domain, durable on return."""
        ...

    async def all(self) -> tuple[Canary, ...]:
        """Return every canary, sorted by domain."""
        ...

    async def forget(self, domain: str) -> int:
        """Forget the canary of a domain; return how many there were."""
        ...


class PasswordVault(Protocol):
    """Keeps the passwords of our own mailboxes, never in the database."""

    async def keep(self, name: str, password: Secret) -> str:
        """Keep a password in place of any older one of that name; return where, for people's eyes."""
        ...

    async def recall(self, name: str) -> Secret | None:
        """Return the password of that name, None if there is none."""
        ...

    async def forget(self, name: str) -> None:
        """Remove the password of that name; it need not be there."""
        ...


# --- signed bytes, records and files ---------------------------------------------------------------------


class Signer(Protocol):
    """Signs with one identity."""

    @property
    def facts(self) -> SignerFacts:
        """The public facts of its certificate."""
        ...

    async def sign(self, profile: Profile) -> SignedProfile:
        """Return the profile inside DER CMS SignedData; raises KeyProblem if key or certificate cannot be used."""
        ...


class Encrypter(Protocol):
    """Encrypts to one device."""

    async def encrypt(self, payloads: bytes) -> bytes:
        """Return the payloads, a property list, inside DER CMS EnvelopedData."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Issued:
    """
    One issued profile: for which accounts, under which identifier and revision, signed by whom, on what evidence.

    `adopted` is the identity it took over from another tool's profile; later profiles of these accounts keep it.
    """

    accounts: tuple[str, ...]
    identifier: str
    uuid: str
    revision: str
    sha256: str
    signer_spki_sha256: str | None
    issued_at: datetime
    level: int | None = None
    allowed_because: str | None = None
    adopted: Adopted | None = None


class IssueLog(Protocol):
    """Remembers every issued profile, append only."""

    async def last(self, account: str) -> Issued | None:
        """Return the newest record that names this account key (`Address.account`)."""
        ...

    async def signed_otherwise(self, spki_sha256: str | None) -> int:
        """Return how many identifiers were last issued with another signing key than this one (None: unsigned)."""
        ...

    async def record(self, issued: Issued) -> None:
        """Append one record, durable on return."""
        ...


class StagedFile(Protocol):
    """A complete file under a temporary name."""

    async def commit(self) -> None:
        """Give it its name in one step."""
        ...

    async def discard(self) -> None:
        """Remove it, leaving nothing behind."""
        ...


class Drop(Protocol):
    """Where finished files go."""

    async def stage(self, path: PurePath, data: bytes, *, private: bool) -> StagedFile:
        """Write all bytes beside `path` (0600 if private), durable; raises OutputProblem, also for a symlink."""
        ...


class Clock(Protocol):
    """The time of day."""

    def now(self) -> datetime:
        """Return the current time, aware, in UTC."""
        ...
