"""The fleet's memory without a disk: the same port and the same rules, gone with the process."""

import copy
from collections.abc import AsyncIterator, Collection, Sequence
from contextlib import asynccontextmanager
from dataclasses import fields, replace
from datetime import datetime

from profilegen.fleet.seat import Effective, Seat, Wanted
from profilegen.fleet.seen import (
    Command,
    CommandKind,
    CommandState,
    Enrollment,
    Episode,
    ErrorLink,
    Inventory,
)
from profilegen.ports.fleet import BATCH, FleetStore, HistoryLine, ImportTally, SeatQuery, SeatView, SettingsVersion
from profilegen.storage.fleet.commands import LOOKS_KEPT, PROGRESS, REPEATABLE
from profilegen.storage.fleet.masking import masked_document, masked_enrollment, masked_inventory
from profilegen.storage.fleet.matching import Directory
from profilegen.storage.fleet.memory_history import MemoryHistory, called
from profilegen.storage.fleet.memory_seats import Kept, MemorySeats, note_ok
from profilegen.storage.fleet.reports import EVENTS_KEPT
from profilegen.storage.fleet.seen_rows import normal
from profilegen.storage.fleet.values import fold
from profilegen.storage.fleet.versions import require_equal


class MemoryFleetStore:
    """A `ports.fleet.FleetStore` in dictionaries; no method waits, so each is one step."""

    def __init__(self) -> None:
        self._seats = MemorySeats()
        self._enrollments: dict[tuple[str, str], Enrollment] = {}
        self._inventories: dict[tuple[str, str], Inventory] = {}
        self._episodes: dict[str, dict[int, Episode]] = {}
        self._commands: dict[tuple[str, str], Command] = {}
        self._events: dict[tuple[str, str], datetime] = {}
        self._versions: dict[tuple[str, int], SettingsVersion] = {}
        self._followed: dict[str, int] = {}
        self._history = MemoryHistory()

    @asynccontextmanager
    async def together(self) -> AsyncIterator[FleetStore]:
        """Give this memory, as it was again if the block raises."""
        before = copy.deepcopy(self.__dict__)
        try:
            yield self
        except BaseException:
            self.__dict__.update(before)
            raise

    # --- seats --------------------------------------------------------------------------------------------------

    async def begin_import(self, source: str, at: datetime) -> int:  # noqa: ARG002 - nobody asks for them later
        """Return the number of a new import."""
        return self._seats.begin()

    async def put_seats(self, number: int, seats: Sequence[Seat]) -> None:
        """Hand over seats of an import."""
        self._seats.put(number, seats)

    async def finish_import(self, number: int) -> ImportTally:
        """Add and change seats as the import says."""
        return self._seats.finish(number)

    async def seats(self, query: SeatQuery) -> AsyncIterator[tuple[SeatView, ...]]:
        """Yield matching seats in batches, by key."""
        keys = [kept.seat.key for kept in self._seats.matching(query)]
        for start in range(0, len(keys), BATCH):
            directory = Directory(self._enrollments.values())
            some = [self._seats.by_key[key] for key in keys[start : start + BATCH] if key in self._seats.by_key]
            yield tuple(self._view(kept, directory) for kept in some)

    async def count(self, query: SeatQuery) -> int:
        """Return how many seats match."""
        return len(self._seats.matching(query))

    async def key_at(self, query: SeatQuery, place: int) -> str | None:
        """Return the key of the matching seat at a place."""
        found = self._seats.matching(query)
        return found[place].seat.key if place < len(found) else None

    async def want(self, wanted: Sequence[tuple[str, Wanted]]) -> None:
        """Keep what is wanted for these seats."""
        for key, one in wanted:
            for kept in self._seats.named([key]):
                kept.seat = replace(kept.seat, wanted=one)

    async def keep_effective(self, seat: str, effective: Effective) -> None:
        """Keep what an MDM made of a seat's profile."""
        for kept in self._seats.named([seat]):
            kept.seat = replace(kept.seat, effective=effective)

    async def retire(self, keys: Sequence[str], at: datetime) -> None:  # noqa: ARG002 - the history says when
        """Mark seats as to be removed."""
        for kept in self._seats.named(keys):
            kept.seat = replace(kept.seat, retired=True)

    async def drop_seats(self, keys: Sequence[str]) -> None:
        """Remove seats."""
        for key in keys:
            self._seats.by_key.pop(key, None)

    async def forget_person(self, person: str, pseudonym: str) -> int:
        """Replace a person's names and addresses by a pseudonym."""
        seats = [kept.seat for kept in self._seats.by_key.values() if fold(kept.seat.person) == fold(person)]
        words = called(person, seats, self._history.known_addresses(person))
        names, lines = self._history.forget(person, words, pseudonym)
        keys = names | {seat.key for seat in seats}
        for seat in seats:
            self._seats.by_key.pop(seat.key, None)
        for key in keys:
            self._episodes.pop(key, None)
        self._commands = {name: one for name, one in self._commands.items() if one.seat not in keys}
        self._mask(words, pseudonym)
        return len(seats) + lines

    def _mask(self, words: set[str], pseudonym: str) -> None:
        self._enrollments = {name: masked_enrollment(one, words) for name, one in self._enrollments.items()}
        self._inventories = {name: masked_inventory(one, words) for name, one in self._inventories.items()}
        for name, version in self._versions.items():
            document = masked_document(version.document, words, pseudonym)
            self._versions[name] = replace(version, document=document)

    # --- what was seen ------------------------------------------------------------------------------------------

    async def put_enrollments(self, enrollments: Sequence[Enrollment]) -> None:
        """Add or update enrollments."""
        for said in map(normal, enrollments):
            known = self._enrollments.get((said.mdm, said.id))
            self._enrollments[said.mdm, said.id] = said if known is None else _merged(known, said)

    async def enrollment(self, mdm: str, enrollment_id: str) -> Enrollment | None:
        """Return one enrollment."""
        return self._enrollments.get((mdm, enrollment_id))

    async def put_inventories(self, inventories: Sequence[Inventory]) -> None:
        """Keep inventories."""
        for said in inventories:
            known = self._inventories.get((said.mdm, said.enrollment))
            if known is None or (said.collected_at, said.complete) >= (known.collected_at, known.complete):
                self._inventories[said.mdm, said.enrollment] = said

    async def note_ok(self, seats: Sequence[str], at: datetime) -> None:
        """Remember that seats were right."""
        directory = Directory(self._enrollments.values())
        for kept in self._seats.named(seats):
            note_ok(kept, directory.find(kept.seat)[0], at)

    async def note_sends(self, seats: Sequence[str], at: datetime) -> None:
        """Remember that mail was sent from seats."""
        for kept in self._seats.named(seats):
            since = kept.notes.sends_since
            kept.notes = replace(kept.notes, sends_since=at if since is None else max(at, since))

    async def note_password_unknown(self, seats: Sequence[str], since: datetime | None) -> None:
        """Remember since when nobody knows whether the device still has the password."""
        for kept in self._seats.named(seats):
            kept.notes = replace(kept.notes, password_unknown_since=since)

    def _view(self, kept: Kept, directory: Directory) -> SeatView:
        enrollment, candidates = directory.find(kept.seat)
        key = kept.seat.key
        mine = [command for command in self._commands.values() if command.seat == key]
        episodes = self._episodes.get(key, {})
        sight = replace(
            kept.notes,
            enrollment=enrollment,
            candidates=candidates,
            inventory=None if enrollment is None else self._inventories.get((enrollment.mdm, enrollment.id)),
            episode=episodes[max(episodes)] if episodes else None,
            command=next((one for one in reversed(mine) if one.kind is not CommandKind.LOOK), None),
            look=next((one for one in reversed(mine) if one.kind is CommandKind.LOOK), None),
        )
        return SeatView(seat=kept.seat, sight=sight)

    # --- what was done ------------------------------------------------------------------------------------------

    async def open_episode(self, seat: str, episode: Episode) -> bool:
        """Open an episode; return whether this call did it."""
        episodes = self._episodes.setdefault(seat, {})
        if seat not in self._seats.by_key or episode.number in episodes:
            return False
        episodes[episode.number] = episode
        return True

    async def close_episode(self, seat: str, number: int, at: datetime) -> None:
        """Close an episode."""
        episode = self._episodes.get(seat, {}).get(number)
        if episode is not None and episode.closed_at is None:
            self._episodes[seat][number] = replace(episode, closed_at=at)

    async def store_command(self, command: Command) -> bool:
        """Store a command; return whether this call did it."""
        if (command.id, command.enrollment) in self._commands:
            return False
        if command.kind is CommandKind.LOOK:
            self._commands = {key: one for key, one in self._commands.items() if not _is_older_look(one, command)}
        self._commands[command.id, command.enrollment] = command
        return True

    async def change_command(
        self, command_id: str, enrollment: str, state: CommandState, at: datetime, errors: Sequence[ErrorLink] = ()
    ) -> bool:
        """Advance a command; return whether there is one."""
        command = self._commands.get((command_id, enrollment))
        if command is None:
            return False
        before, after = PROGRESS[command.state], PROGRESS[state]
        if before < after or before == after <= REPEATABLE:
            changed = replace(command, state=state, changed_at=at, errors=tuple(errors))
            self._commands[command_id, enrollment] = changed
        return True

    async def commands(
        self, mdm: str, enrollments: Collection[str], states: Sequence[CommandState]
    ) -> tuple[Command, ...]:
        """Return the commands to these enrollments in these states, oldest first."""
        mine = [one for one in self._commands.values() if one.mdm == mdm and one.enrollment in enrollments]
        return tuple(sorted((one for one in mine if one.state in states), key=lambda command: command.stored_at))

    async def event_is_new(self, mdm: str, event_id: str, at: datetime) -> bool:
        """Remember an event; False if it was known."""
        self._events = {name: when for name, when in self._events.items() if when >= at - EVENTS_KEPT}
        if (mdm, event_id) in self._events:
            return False
        self._events[mdm, event_id] = at
        return True

    # --- settings and history -----------------------------------------------------------------------------------

    async def settings_version(self, domain: str, version: int | None = None) -> SettingsVersion | None:
        """Return the settings a domain follows now, or one of its versions."""
        number = self._followed.get(domain, 0) if version is None else version
        return self._versions.get((domain, number))

    async def put_settings_version(self, version: SettingsVersion) -> None:
        """Keep a version and let the domain follow it."""
        known = self._versions.setdefault((version.domain, version.version), version)
        require_equal(known, version)
        self._followed[version.domain] = version.version

    async def domains(self) -> tuple[tuple[str, int], ...]:
        """Return every mail domain of the fleet with its number of seats."""
        names = [kept.seat.domain for kept in self._seats.by_key.values()]
        return tuple((name, names.count(name)) for name in sorted(set(names)))

    async def append(self, lines: Sequence[HistoryLine]) -> None:
        """Append to the history."""
        keys, people = {line.seat for line in lines}, {fold(line.person) for line in lines if line.person is not None}
        seats = [kept.seat for kept in self._seats.by_key.values()]
        about = [seat for seat in seats if seat.key in keys or fold(seat.person) in people]
        devices = {one.id: (one.udid, one.serial) for one in self._enrollments.values()}
        self._history.append(lines, about, devices)

    async def history(self, *, since: datetime | None, who: str | None) -> AsyncIterator[HistoryLine]:
        """Yield the history, oldest first."""
        for line in list(self._history.read(since, who)):
            yield line

    async def close(self) -> None:
        """There is nothing to close."""


def _merged(known: Enrollment, said: Enrollment) -> Enrollment:
    """Return both together: what is not said keeps what is known, and what is older only fills gaps."""
    is_older = said.last_seen is not None and known.last_seen is not None and said.last_seen < known.last_seen
    first, second = (known, said) if is_older else (said, known)
    gaps = {
        field.name: getattr(second, field.name)
        for field in fields(Enrollment)
        if getattr(first, field.name) in (None, ())
    }
    return replace(first, **gaps)


def _is_older_look(known: Command, newest: Command) -> bool:
    mine = known.seat == newest.seat and known.kind is newest.kind
    return mine and PROGRESS[known.state] > REPEATABLE and known.changed_at < newest.stored_at - LOOKS_KEPT
