"""
What a test-send proved, and of which servers.

Many people share a few servers, so what is proved belongs to the endpoint: host, port, security, login method and the
*form* of the user name. No user name, no address of a person, no reply of a server is in it, and nothing secret.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from profilegen.address import Address
from profilegen.diagnosis.levels import reached_level
from profilegen.errors import AddressProblem, SettingsProblem
from profilegen.report import Outcome, Report
from profilegen.settings.servers import SECURITY_OF_PORT, Auth, FoundServer, Protocol, Security, clean_host


class UsernameForm(StrEnum):
    """How a user name follows from the address; `other`: it does not, so it says nothing about anybody else's."""

    ADDRESS = "address"
    LOCAL_PART = "local_part"
    OTHER = "other"


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """
    One server as everybody with the same settings uses it.

    None: not said, or nothing that could be right; `security` None also where there is no TLS.
    """

    protocol: Protocol
    host: str | None
    port: int | None
    security: Security | None
    auth: Auth | None
    username: UsernameForm

    @classmethod
    def of(cls, found: FoundServer, address: Address) -> "Endpoint":
        """Return the endpoint of one server of an account; a host or port that cannot exist is not kept."""
        port = found.port if found.port is not None and 1 <= found.port <= 65535 else None
        security = found.security or SECURITY_OF_PORT.get(port or 0)
        return cls(
            protocol=found.protocol,
            host=_host(found.host),
            port=port,
            security=security if found.use_ssl else None,
            auth=found.auth,
            username=username_form(found.username or "", address),
        )

    @property
    def complete(self) -> bool:
        """True if everything is said, which is when it can be compared."""
        return None not in (self.host, self.port, self.security, self.auth)

    def __str__(self) -> str:
        return f"{self.host or '?'}:{self.port or '?'}/{self.security or 'none'}"


@dataclass(frozen=True, slots=True, kw_only=True)
class EndpointPair:
    """The two servers of one account; they are tested together."""

    incoming: Endpoint
    outgoing: Endpoint

    @classmethod
    def of(cls, address: Address, *, incoming: FoundServer, outgoing: FoundServer) -> "EndpointPair":
        """Return the endpoints of an account as a profile has it, however broken."""
        return cls(incoming=Endpoint.of(incoming, address), outgoing=Endpoint.of(outgoing, address))


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """One check that failed: its name, and its cause as a label of `profilegen.diagnosis.causes`."""

    check: str
    cause: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """
    One test-send, as far as it says something about servers.

    `level` as in `diagnosis.levels`, `tested_at` aware; `canary` is the domain of the canary whose mailbox it was, None
    for a person's.
    """

    pair: EndpointPair
    level: int
    level_asked: int
    tested_at: datetime
    failures: tuple[Failure, ...] = ()
    canary: str | None = None


def evidence_of(
    report: Report, *, pair: EndpointPair, level_asked: int, tested_at: datetime, canary: str | None = None
) -> Evidence:
    """Return what a report of a test-send proves: its level, and the names of what failed."""
    return Evidence(
        pair=pair,
        level=reached_level(report),
        level_asked=level_asked,
        tested_at=tested_at,
        failures=tuple(_failures(report)),
        canary=canary,
    )


def username_form(username: str, address: Address) -> UsernameForm:
    """Return how a user name follows from an address; upper and lower case do not matter."""
    if username.casefold() == address.local.casefold():
        return UsernameForm.LOCAL_PART
    try:
        same = Address.parse(username).account == address.account
    except AddressProblem:
        same = False
    return UsernameForm.ADDRESS if same else UsernameForm.OTHER


def _failures(report: Report) -> Iterable[Failure]:
    failed = (finding for finding in report.findings if finding.outcome is Outcome.FAIL)
    return dict.fromkeys(Failure(check=finding.check, cause=finding.cause) for finding in failed)


def _host(text: str | None) -> str | None:
    try:
        return clean_host(text) if text else None
    except SettingsProblem:
        return None
