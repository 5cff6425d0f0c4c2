"""Listening: what webhooks tell, which may be late, twice, out of order, or never come."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from profilegen.fleet.seat import SecretRoute
from profilegen.fleet.seen import CommandState, Enrollment
from profilegen.flow.fleet.anew import in_one
from profilegen.flow.fleet.looking import OPEN_STATES
from profilegen.ports.fleet import FleetStore, HistoryKind, HistoryLine, SeatQuery, SeatView
from profilegen.ports.mdm import Event, EventKind


@dataclass(frozen=True, slots=True, kw_only=True)
class Listener:
    """
    Writes events into the memory, each once; what follows from them is planned like anything else.

    `tellers` are the servers that have no webhook of their own: name -> whose webhook tells of their devices.
    """

    store: FleetStore
    tellers: Mapping[str, str] = field(default_factory=dict)

    async def absorb(self, mdm: str, events: Sequence[Event]) -> tuple[str, ...]:
        """Take events in; returns the UDIDs and serial numbers of devices that should be looked at now."""
        return await in_one(self.store, lambda store: replace(self, store=store).take_all(mdm, events))

    async def take_all(self, mdm: str, events: Sequence[Event]) -> tuple[str, ...]:
        """Take in those events that are new, in the transaction this one's memory belongs to."""
        concerned: list[str] = []
        for event in events:
            if not await self.store.event_is_new(mdm, event.id, event.at):
                continue
            await self.take(event)
            for silent in [name for name, teller in self.tellers.items() if teller == mdm]:
                await self.take(_retold(event, silent))
            concerned += [name for name in (event.enrollment.udid, event.enrollment.serial) if name]
        return tuple(dict.fromkeys(concerned))

    async def take(self, event: Event) -> None:
        """Take one event in that is new."""
        match event.kind:
            case EventKind.AUTHENTICATED:
                await self._enrolling(event)
            case EventKind.ENROLLED:
                await self._enrolled(event)
            case EventKind.CHECKED_OUT:
                await self.store.put_enrollments((replace(event.enrollment, active=False, last_seen=event.at),))
                await self._note(event, "left the MDM")
            case _:
                await self.store.put_enrollments((replace(event.enrollment, last_seen=event.at),))
        if event.command is not None and event.state is not None:
            await self._answered(event, event.command, event.state)
        if event.inventory is not None:
            await self.store.put_inventories((event.inventory,))

    async def _enrolling(self, event: Event) -> None:
        """Take in an Authenticate: everything managed may be gone, and the queue is cleared without a word."""
        await self.store.put_enrollments((replace(event.enrollment, enrolled_at=event.at, last_seen=event.at),))
        await self._clear(event.enrollment, event.at)
        await self._suspect_restore(event.enrollment, event.at)  # the TokenUpdate may be lost

    async def _enrolled(self, event: Event) -> None:
        enrollment = replace(event.enrollment, last_seen=event.at, active=True)
        if enrollment.tally != 1:
            await self.store.put_enrollments((enrollment,))
            return
        known = await self.store.enrollment(enrollment.mdm, enrollment.id)
        authenticated = known.enrolled_at if known is not None else None
        if authenticated is None or authenticated < event.at:
            # the Authenticate may have been lost, or have come just before: the later moment is the safe one
            enrollment = replace(enrollment, enrolled_at=event.at)
        await self.store.put_enrollments((enrollment,))
        await self._clear(enrollment, event.at)
        await self._note(event, "enrolled")
        await self._suspect_restore(enrollment, event.at)

    async def _clear(self, enrollment: Enrollment, at: datetime) -> None:
        for command in await self.store.commands(enrollment.mdm, (enrollment.id,), OPEN_STATES):
            if command.changed_at < at:
                await self.store.change_command(command.id, command.enrollment, CommandState.GONE, at)

    async def _suspect_restore(self, enrollment: Enrollment, at: datetime) -> None:
        """A device that was right and enrolls anew was restored, perhaps: nobody knows if it has its password."""
        who = tuple(name for name in (enrollment.udid, enrollment.serial) if name)
        async for batch in self.store.seats(SeatQuery(who=who, mdm=enrollment.mdm)):
            keys = [view.seat.key for view in batch if _was_right(view, at)]
            if keys:
                await self.store.note_password_unknown(keys, at)

    async def _answered(self, event: Event, command: str, state: CommandState) -> None:
        known = await self.store.change_command(command, event.enrollment.id, state, event.at, event.errors)
        if known and state is CommandState.FAILED:
            said = "; ".join(f"{link.domain} {link.code}: {link.text}" for link in event.errors) or "no reason given"
            await self._note(event, f"refused: {said}", kind=HistoryKind.ANSWER)

    async def _note(self, event: Event, outcome: str, kind: HistoryKind = HistoryKind.ENROLLMENT) -> None:
        line = HistoryLine(
            at=event.at,
            actor=event.enrollment.mdm,
            kind=kind,
            why=str(event.kind),
            outcome=outcome,
            mdm=event.enrollment.mdm,
            enrollment=event.enrollment.id,
        )
        await self.store.append((line,))


def _retold(event: Event, mdm: str) -> Event:
    """Return what an event says of a device to another server of it; commands and their answers are not its own."""
    enrollment = replace(event.enrollment, mdm=mdm)
    return replace(event, enrollment=enrollment, command=None, state=None, errors=(), inventory=None)


def _was_right(view: SeatView, before: datetime) -> bool:
    """Return whether a seat whose person types the password was right before, and no newer doubt is noted."""
    asks = view.seat.route in (SecretRoute.ASK, SecretRoute.OAUTH)
    last, doubted = view.sight.last_ok_at, view.sight.password_unknown_since
    return asks and last is not None and last < before and (doubted is None or doubted < before)
