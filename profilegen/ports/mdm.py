"""What the fleet asks of a device management server."""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol, runtime_checkable

from profilegen.fleet.capabilities import Capabilities
from profilegen.fleet.seat import Effective
from profilegen.fleet.seen import CommandState, Enrollment, ErrorLink, Inventory
from profilegen.profile.declaration import CredentialReference, NeededLogin
from profilegen.report import Finding


@dataclass(frozen=True, slots=True, kw_only=True)
class InstallOrder:
    """
    One profile for one enrollment.

    `command` is the CommandUUID where the protocol has one: the same id again means the same order, never a second one.
    `signed` are the bytes as signed by us, `unsigned` the bare property list for servers that refuse signatures.
    `effective` is what an earlier placement became, to be kept. `name` is what the server's console shows. `prepared`:
    an earlier run prepared it (`PreparesInstalls`) and may have given it out.
    """

    command: str
    enrollment: Enrollment
    identifier: str
    uuid: str
    revision: str
    name: str
    signed: bytes
    unsigned: bytes
    effective: Effective | None = None
    prepared: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """
    What the server said to an order; never a proof that anything is on a device.

    `state` is queued, unpushed, failed or acknowledged (servers that only confirm the whole); `already` True: this very
    order was known there. `effective` is the identity read back from the server where it rewrites ours.
    """

    command: str
    state: CommandState
    already: bool = False
    errors: tuple[ErrorLink, ...] = ()
    effective: Effective | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoveOrder:
    """Take one profile off one enrollment, by the identifier the device has it under."""

    command: str
    enrollment: Enrollment
    identifier: str
    effective: Effective | None = None


class LookAt(StrEnum):
    """What to ask for: the profiles that are there, or what the device says of itself (version, serial number)."""

    PROFILES = "profiles"
    DEVICE = "device"


@dataclass(frozen=True, slots=True, kw_only=True)
class LookOrder:
    """
    Ask one enrollment what it has, or what it is; `command` as in `InstallOrder`.

    `about` is an install or removal that is still open there: a server that is only ever asked may answer with a
    failed receipt of that command instead, if it knows that the device refused it. What a device said before `since`
    is no answer; `again`: this was asked before, so that nobody has to be woken for it once more.
    The answer to `LookAt.DEVICE` is an event whose `enrollment` says it; servers that know it themselves show it in
    `enrollments()` and answer with what they have of the profiles.
    """

    command: str
    enrollment: Enrollment
    at: LookAt = LookAt.PROFILES
    about: str | None = None
    since: datetime | None = None
    again: bool = False


class EventKind(StrEnum):
    """What a webhook told."""

    AUTHENTICATED = "authenticated"
    ENROLLED = "enrolled"
    CHECKED_OUT = "checked_out"
    ANSWERED = "answered"
    SEEN = "seen"
    STATUS = "status"


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """
    One thing that happened, as told by a webhook: possibly late, twice, out of order, or never.

    `id` makes a repetition recognisable; `command` and `state` belong to `answered`; `inventory` is filled where the
    answer was one; `enrollment` carries whatever the event says of it.
    """

    id: str
    kind: EventKind
    at: datetime
    enrollment: Enrollment
    command: str | None = None
    state: CommandState | None = None
    errors: tuple[ErrorLink, ...] = ()
    inventory: Inventory | None = None


class CredentialHost(Protocol):
    """
    Keeps logins where devices fetch them by themselves: the credential assets of declarative mail.

    An enrollment and the identifier of a profile name what lies there for one device. Raises MachineProblem,
    OutputProblem for a folder that cannot be used.
    """

    async def reference(self, order: InstallOrder, login: NeededLogin) -> CredentialReference | None:
        """
        Publish a login and return where this enrollment fetches it, None if there is no password for it.

        The same login with the same password gets the same reference, so that an asset changes only with its password.
        Raises InputProblem if the password cannot be read.
        """
        ...

    async def offers(self, enrollment: str, identifier: str) -> bool:
        """Return whether anything lies there that this enrollment may still fetch."""
        ...

    async def withdraw(self, enrollment: str, identifier: str) -> None:
        """Take away what lies there: it was fetched, or is not wanted any more."""
        ...

    async def expire(self) -> None:
        """Take away what has lain there for too long."""
        ...


@runtime_checkable
class NamesStrangers(Protocol):
    """A connector that can say which devices an order reaches beyond those it was given for."""

    async def strangers(self, orders: Sequence[InstallOrder]) -> tuple[str, ...]:
        """Return names for them that an operator recognises, sorted: whose device it is, or its serial number."""
        ...


@runtime_checkable
class PreparesInstalls(Protocol):
    """
    A connector whose server knows no ids of orders, and takes in two steps what a device is to get once more.

    Once it is written down that the first step was done, the server's own state tells whether the second was.
    """

    async def prepare(self, orders: Sequence[InstallOrder]) -> tuple[Receipt, ...]:
        """Take away what stands in the way of orders, each `prepared` or failed; to do it again changes nothing."""
        ...


class MdmConnector(Protocol):
    """
    One configured MDM.

    Raises NotPossible where its interface cannot do a thing at all (`capabilities` says so beforehand), NetworkProblem
    where it cannot be reached or is overloaded after bounded, polite retries (Retry-After is kept), ConfigProblem where
    it refuses our key. Answers are per order, in their order: one bad id never fails the others.
    """

    @property
    def name(self) -> str:
        """The name it has in the configuration."""
        ...

    @property
    def capabilities(self) -> Capabilities:
        """What it can do."""
        ...

    def enrollments(self) -> AsyncIterator[Enrollment]:
        """Yield every enrollment it knows; raises NotPossible if it has no such list."""
        ...

    async def install(self, orders: Sequence[InstallOrder]) -> tuple[Receipt, ...]:
        """Have profiles installed, replacing those of the same identity."""
        ...

    async def remove(self, orders: Sequence[RemoveOrder]) -> tuple[Receipt, ...]:
        """Have profiles removed; one that is not there counts as removed."""
        ...

    async def look(self, orders: Sequence[LookOrder]) -> tuple[Inventory | Receipt, ...]:
        """Return inventories where the server has them, else receipts: the answers come as events."""
        ...

    async def wake(self, enrollments: Sequence[Enrollment]) -> tuple[str, ...]:
        """Push devices so that they check in; never queues anything. Return the ids that could not be pushed."""
        ...

    async def touched_by(self, orders: Sequence[InstallOrder]) -> int:
        """Return how many devices the server would touch for these orders; more than orders where scopes are shared."""
        ...

    def events(self, headers: Mapping[str, str], body: bytes) -> tuple[Event, ...]:
        """Read one webhook call; header names are lower-case. Raises NotPossible `bad_signature` or `bad_event`."""
        ...

    async def probe(self) -> tuple[Finding, ...]:
        """Find out, reading only, what works with this server and this key."""
        ...

    async def close(self) -> None:
        """Close its connections."""
        ...
