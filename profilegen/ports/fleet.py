"""The memory of the fleet: seats, what was seen, commands, settings versions and an append-only history."""

from collections.abc import AsyncIterator, Collection, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from profilegen.fleet.seat import Effective, Seat, Wanted
from profilegen.fleet.seen import Command, CommandState, Enrollment, Episode, ErrorLink, Inventory, Sight
from profilegen.settings.document import SettingsDocument

BATCH = 1000
"""How many seats travel together."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SeatView:
    """A seat with everything that was seen of it."""

    seat: Seat
    sight: Sight


@dataclass(frozen=True, slots=True, kw_only=True)
class SeatQuery:
    """
    Which seats; all given conditions hold together, an empty query means the whole fleet.

    `who` are addresses, persons, UDIDs or serial numbers, compared without case; `keys` exact seat keys; `after` and
    `up_to` bound the keys, the first left out, the second included.
    """

    who: tuple[str, ...] = ()
    keys: tuple[str, ...] = ()
    mdm: str | None = None
    group: str | None = None
    domain: str | None = None
    retired: bool | None = None
    gone: bool | None = None
    after: str | None = None
    up_to: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportTally:
    """What an import changed; `gone` were there before and are not in it, which alone changes nothing."""

    added: int = 0
    changed: int = 0
    same: int = 0
    gone: int = 0


class HistoryKind(StrEnum):
    """What a line of the history is about."""

    IMPORT = "import"
    PLAN = "plan"
    SETTINGS = "settings"
    EPISODE = "episode"
    PUSH = "push"
    ANSWER = "answer"
    INVENTORY = "inventory"
    ENROLLMENT = "enrollment"
    FIXED = "fixed"
    INSTRUCTION = "instruction"
    SENDS = "sends"
    CONFIRMED = "confirmed"
    RETIRE = "retire"
    REMOVE = "remove"
    FORGET = "forget"
    ROLLBACK = "rollback"
    ALLOWED = "allowed"


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryLine:
    """Who did what to whom, when, why, and what came of it; never a secret. `actor` is a user or "profilegen"."""

    at: datetime
    actor: str
    kind: HistoryKind
    why: str
    outcome: str
    seat: str | None = None
    person: str | None = None
    mdm: str | None = None
    enrollment: str | None = None
    plan: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SettingsVersion:
    """
    The settings of one mail domain as the fleet follows them, numbered from 1 per domain.

    `document` is that of one address of the domain, the template for all; `plan` the plan it came with; `held` True
    after a rollback: what the provider says now is not followed until the operator says so.
    """

    domain: str
    version: int
    document: SettingsDocument
    known_since: datetime
    plan: str | None = None
    held: bool = False


class FleetStore(Protocol):
    """
    Every method is one transaction, durable on return; streams are read in batches and hold no lock between them.

    Raises MachineProblem for a full disk or an unusable file, NetworkProblem for a database that cannot be reached.
    """

    def together(self) -> AbstractAsyncContextManager["FleetStore"]:
        """
        Give a memory whose calls are one transaction, durable at the end of the block, or nothing if it raises.

        Inside the block only that one may be used. Writers wait for each other: nothing slow belongs inside.
        """
        ...

    async def begin_import(self, source: str, at: datetime) -> int:
        """Return the number of a new import."""
        ...

    async def put_seats(self, number: int, seats: Sequence[Seat]) -> None:
        """
        Hand over seats of an import, which are there when it is finished, all together or none.

        The same seat twice in one import merges its mailboxes.
        """
        ...

    async def finish_import(self, number: int) -> ImportTally:
        """
        Add and change seats by key as the import says; what was seen of them stays, as do `wanted`, `effective` and
        `retired`. Return what changed, and how many seats of earlier imports this one did not name (gone).
        """
        ...

    def seats(self, query: SeatQuery) -> AsyncIterator[tuple[SeatView, ...]]:
        """Yield matching seats in batches of at most `BATCH`, by key, each with what was seen of it."""
        ...

    async def count(self, query: SeatQuery) -> int:
        """Return how many seats match."""
        ...

    async def key_at(self, query: SeatQuery, place: int) -> str | None:
        """Return the key of the matching seat at a place by key, from 0; None beyond the last one."""
        ...

    async def want(self, wanted: Sequence[tuple[str, Wanted]]) -> None:
        """Keep what is wanted for these seats, by key."""
        ...

    async def keep_effective(self, seat: str, effective: Effective) -> None:
        """Keep what an MDM made of a seat's profile."""
        ...

    async def retire(self, keys: Sequence[str], at: datetime) -> None:
        """Mark seats as to be removed."""
        ...

    async def drop_seats(self, keys: Sequence[str]) -> None:
        """Remove seats whose profile is gone from their device."""
        ...

    async def forget_person(self, person: str, pseudonym: str) -> int:
        """Replace a person's names and addresses in state and history by a pseudonym; return how many lines changed."""
        ...

    async def put_enrollments(self, enrollments: Sequence[Enrollment]) -> None:
        """Add or update enrollments; None in a field keeps what is known, older `last_seen` never overwrites newer."""
        ...

    async def enrollment(self, mdm: str, enrollment_id: str) -> Enrollment | None:
        """Return one enrollment."""
        ...

    async def put_inventories(self, inventories: Sequence[Inventory]) -> None:
        """Keep inventories; an older one never replaces a newer one, an incomplete one never a complete newer one."""
        ...

    async def note_ok(self, seats: Sequence[str], at: datetime) -> None:
        """Remember that seats were right at that time, with the OS version and enrolment of their device then."""
        ...

    async def note_password_unknown(self, seats: Sequence[str], since: datetime | None) -> None:
        """Remember since when nobody knows whether the device still has the password; None: it is known again."""
        ...

    async def note_sends(self, seats: Sequence[str], at: datetime) -> None:
        """Remember that mail came from these seats' devices at that time; an older time changes nothing."""
        ...

    async def open_episode(self, seat: str, episode: Episode) -> bool:
        """Open an episode unless one of that number exists; return whether it was opened by this call."""
        ...

    async def close_episode(self, seat: str, number: int, at: datetime) -> None:
        """Close an episode; closing it again changes nothing."""
        ...

    async def store_command(self, command: Command) -> bool:
        """
        Store a command unless one of that id exists for that enrollment; return whether this call did it.

        A look takes the place of those of its seat that came to their end more than a week before.
        """
        ...

    async def change_command(
        self, command_id: str, enrollment: str, state: CommandState, at: datetime, errors: Sequence[ErrorLink] = ()
    ) -> bool:
        """Advance a command; an answer that is final is never overwritten. Returns False for a command never stored."""
        ...

    async def commands(
        self, mdm: str, enrollments: Collection[str], states: Sequence[CommandState]
    ) -> tuple[Command, ...]:
        """Return the commands to these enrollments of an MDM that are in these states, oldest first."""
        ...

    async def event_is_new(self, mdm: str, event_id: str, at: datetime) -> bool:
        """Remember an event; False if it was known. Events older than a week are forgotten."""
        ...

    async def settings_version(self, domain: str, version: int | None = None) -> SettingsVersion | None:
        """Return the settings a domain follows now, or one of its versions."""
        ...

    async def put_settings_version(self, version: SettingsVersion) -> None:
        """Keep a version and let the domain follow it; the number must be new, or the version equal."""
        ...

    async def domains(self) -> tuple[tuple[str, int], ...]:
        """Return every mail domain of the fleet with its number of seats."""
        ...

    async def append(self, lines: Sequence[HistoryLine]) -> None:
        """Append to the history."""
        ...

    def history(self, *, since: datetime | None, who: str | None) -> AsyncIterator[HistoryLine]:
        """Yield the history, oldest first; `who` as in `SeatQuery`."""
        ...

    async def close(self) -> None:
        """Close the connections."""
        ...
