"""Proof: test-sends, their budget, the evidence they leave, and the canaries that make it."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from profilegen.address import Address
from profilegen.diagnosis.evidence import EndpointPair, Evidence
from profilegen.report import Report
from profilegen.secret import Secret
from profilegen.settings.document import SettingsDocument
from profilegen.settings.servers import FoundServer

Progress = Callable[[str], None]
"""Called with one short line per step, for people who wait."""


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
