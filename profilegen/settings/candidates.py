"""Candidates and the resolution: who said what, how far it can be trusted, and what became of it."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import IntEnum, StrEnum

from profilegen.address import Address
from profilegen.settings.servers import Protocol, Server


class Tier(IntEnum):
    """How far an answer can be trusted; a smaller number is more trust."""

    T0 = 0  # operator override
    T1 = 1  # catalogue, exact domain
    T2 = 2  # the domain itself, authenticated: PACC with digest, https autoconfig, DNSSEC-validated SRV
    T3 = 3  # MX match in the catalogue, SRV inside the domain
    T4 = 4  # out of bailiwick, cross-domain redirect, hints
    T5 = 5  # any plain-text step
    T6 = 6  # guessed


class Status(StrEnum):
    """The answer of a lookup as one word (the words are part of the command line's contract)."""

    OK = "ok"
    APP_PASSWORD = "app_password"  # noqa: S105 - a status
    OAUTH_ONLY = "oauth_only"
    NO_IMAP = "no_imap"
    SEND_ONLY = "send_only"
    DEAD = "dead"
    UNTRUSTED = "untrusted"
    REFUSED = "refused"
    NOT_FOUND = "not_found"
    UNREACHABLE = "unreachable"
    INVALID = "invalid"


class AccountPayload(StrEnum):
    """Apple payload types for accounts whose sign-in is OAuth; the mail payload has none."""

    GOOGLE = "com.apple.google-oauth"
    EXCHANGE = "com.apple.eas.account"


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """
    Who said it, when, over what channel, and a hash of what was said.

    `kind` is one of the source names of the command line; `sha256` is hex over the raw answer; `dnssec` is None where
    it does not apply or is not known. `ttl` is how many seconds DNS allows to keep it; it ticks down on the way and is
    no part of what was said.
    """

    kind: str
    detail: str
    url: str | None = None
    fetched: datetime | None = None
    sha256: str | None = None
    dnssec: bool | None = None
    ttl: int | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """Something a person should know: a stable code, one sentence, and where to read more."""

    code: str
    text: str
    url: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ProbeResult:
    """
    What a credential-free probe of a server said; `blocked_by` is the check that failed.

    `certificate_names` are the names of a certificate that failed for not holding the server's.
    """

    ok: bool
    detail: str = ""
    blocked_by: str | None = None
    certificate_names: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """
    One server for one direction, with everyone who named it.

    `priority` is the rank of its SRV priority inside its own set (0 = best), 0 for all other sources; `order` is the
    place in its source's own preference list. `provider` is the catalogue record whose knowledge of this very host
    completed what the source said. `confirmed`: somebody trusted answers for this provider and this mail domain.
    """

    server: Server
    sources: tuple[Source, ...]
    tier: Tier
    priority: int = 0
    order: int = 0
    probe: ProbeResult | None = None
    provider: str | None = None
    confirmed: bool = False

    @property
    def usable(self) -> bool:
        """True if it may be connected to and used without asking a person first."""
        return self.tier <= Tier.T3 or (self.tier is Tier.T4 and self.confirmed)

    @property
    def incoming(self) -> bool:
        """True for IMAP and POP."""
        return self.server.protocol is not Protocol.SMTP


@dataclass(frozen=True, slots=True, kw_only=True)
class Advice:
    """What a provider's catalogue record says about the account as a whole."""

    provider: str
    status: Status
    payload: AccountPayload | None = None
    notices: tuple[Notice, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """
    What one source says about one address; no candidates and no advice: it knows nothing.

    `declares_none` lists protocols the domain says it does not offer (SRV target ".").
    """

    kind: str
    candidates: tuple[Candidate, ...] = ()
    advice: Advice | None = None
    notices: tuple[Notice, ...] = ()
    declares_none: tuple[Protocol, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Conflict:
    """Two sources of comparable trust that name different hosts for one direction."""

    direction: str
    chosen: str
    other: str
    said_by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Resolution:
    """
    The answer to "which settings does this address have", both directions resolved by themselves.

    `heard` is what each source said, in the order of the command line; a source in `timed_out` alone was cut off.
    """

    address: Address
    status: Status
    payload: AccountPayload | None = None
    provider: str | None = None
    incoming: Candidate | None = None
    outgoing: Candidate | None = None
    alternatives: tuple[Candidate, ...] = ()
    conflicts: tuple[Conflict, ...] = ()
    notices: tuple[Notice, ...] = ()
    timed_out: tuple[str, ...] = field(default=())
    heard: tuple[Answer, ...] = ()
