"""Webhooks come late, twice, out of order, or never: what is remembered is the same as if they had not."""

import asyncio
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import permutations
from typing import Any

import pytest

from profilegen.fleet.seat import EnrollmentChannel, SecretRoute
from profilegen.fleet.seen import CommandState, Enrollment, ErrorLink
from profilegen.flow.fleet.listening import Listener
from profilegen.ports.fleet import FleetStore, HistoryKind, SeatView
from profilegen.ports.mdm import Event, EventKind
from profilegen.storage.fleet.memory import MemoryFleetStore
from tests.fleet.making import NOW, make_command, make_inventory
from tests.flow.fleet_world import all_views, employ, seat_of, whole_history

SEAT = seat_of(0)
DEVICE = Enrollment(mdm="acme", id="UDID-0", channel=EnrollmentChannel.DEVICE, udid="UDID-0")
MINUTE = timedelta(minutes=1)


def event(kind: EventKind, at: datetime, **changes: Any) -> Event:
    made = Event(id=f"{kind} {at.isoformat()}", kind=kind, at=at, enrollment=DEVICE)
    return replace(made, **changes)


def authenticate(at: datetime) -> Event:
    return event(EventKind.AUTHENTICATED, at)


def token_update(at: datetime, tally: int = 1) -> Event:
    return event(EventKind.ENROLLED, at, enrollment=replace(DEVICE, tally=tally))


def _heard(*events: Event, ok_at: datetime | None = None, **seat: Any) -> tuple[FleetStore, SeatView]:
    """Return store and seat after these events; it was right at `ok_at`."""
    store = MemoryFleetStore()

    async def hear() -> SeatView:
        await employ(store, replace(SEAT, **seat))
        await store.put_enrollments((replace(DEVICE, last_seen=NOW - timedelta(days=1)),))
        if ok_at is not None:
            await store.note_ok((SEAT.key,), ok_at)
        for one in events:
            await Listener(store=store).absorb("acme", (one,))
        [view] = await all_views(store)
        return view

    return store, asyncio.run(hear())


def _enrolled_at(view: SeatView) -> datetime | None:
    return view.sight.enrollment.enrolled_at if view.sight.enrollment is not None else None


def test_an_event_that_comes_twice_is_taken_once() -> None:
    store = MemoryFleetStore()

    async def twice() -> list[tuple[str, ...]]:
        await employ(store, SEAT)
        listener, one = Listener(store=store), token_update(NOW)
        return [await listener.absorb("acme", (one,)), await listener.absorb("acme", (one, one))]

    assert asyncio.run(twice()) == [("UDID-0",), ()]
    assert len(asyncio.run(whole_history(store))) == 1


@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_in_whatever_order_an_enrollment_is_told_it_is_the_same_in_the_end(order: tuple[int, ...]) -> None:
    events = (authenticate(NOW), token_update(NOW + MINUTE), event(EventKind.SEEN, NOW + 2 * MINUTE))
    _, view = _heard(*(events[number] for number in order), ok_at=NOW - MINUTE)
    assert view.sight.enrollment is not None
    assert view.sight.enrollment.last_seen == NOW + 2 * MINUTE
    assert view.sight.enrollment.active
    enrolled = _enrolled_at(view)
    assert enrolled is not None
    assert NOW <= enrolled <= NOW + MINUTE
    assert view.sight.password_unknown_since is not None


def test_an_authenticate_alone_is_a_restore_perhaps() -> None:
    _, view = _heard(authenticate(NOW), ok_at=NOW - MINUTE)
    assert _enrolled_at(view) == NOW
    assert view.sight.password_unknown_since == NOW


def test_a_token_update_alone_is_one_too_if_it_is_the_first() -> None:
    _, first = _heard(token_update(NOW), ok_at=NOW - MINUTE)
    assert (_enrolled_at(first), first.sight.password_unknown_since) == (NOW, NOW)
    _, later = _heard(token_update(NOW, tally=2), ok_at=NOW - MINUTE)
    assert (_enrolled_at(later), later.sight.password_unknown_since) == (None, None)


def test_news_from_before_the_seat_was_right_cast_no_doubt_on_it() -> None:
    _, view = _heard(authenticate(NOW - 2 * MINUTE), token_update(NOW - 2 * MINUTE), ok_at=NOW - MINUTE)
    assert view.sight.password_unknown_since is None


def test_an_older_doubt_never_replaces_a_newer_one() -> None:
    _, view = _heard(token_update(NOW + MINUTE), authenticate(NOW), ok_at=NOW - MINUTE)
    assert view.sight.password_unknown_since == NOW + MINUTE


def test_where_nobody_types_a_password_there_is_nothing_to_doubt() -> None:
    _, view = _heard(authenticate(NOW), token_update(NOW), ok_at=NOW - MINUTE, route=SecretRoute.ENCRYPTED)
    assert view.sight.password_unknown_since is None


def test_enrolling_clears_what_was_queued_before_and_nothing_after() -> None:
    store = MemoryFleetStore()

    async def enrol() -> dict[str, CommandState]:
        await employ(store, SEAT)
        for name, at in (("before", NOW - MINUTE), ("after", NOW + MINUTE)):
            command = make_command(id=name, seat=SEAT.key, enrollment="UDID-0", stored_at=at, changed_at=at)
            await store.store_command(command)
        await Listener(store=store).absorb("acme", (authenticate(NOW),))
        return {command.id: command.state for command in await store.commands("acme", ("UDID-0",), tuple(CommandState))}

    assert asyncio.run(enrol()) == {"before": CommandState.GONE, "after": CommandState.QUEUED}


def test_an_answer_to_a_command_of_somebody_else_changes_nothing_but_when_it_was_seen() -> None:
    answer = event(EventKind.ANSWERED, NOW, command="THEIRS", state=CommandState.FAILED)
    store, view = _heard(answer)
    assert asyncio.run(store.commands("acme", ("UDID-0",), tuple(CommandState))) == ()
    assert asyncio.run(whole_history(store)) == []
    assert view.sight.enrollment is not None
    assert view.sight.enrollment.last_seen == NOW


def test_a_refusal_is_written_down_with_its_reason_and_a_late_acknowledgement_does_not_undo_it() -> None:
    store = MemoryFleetStore()
    link = ErrorLink(domain="MCInstallationErrorDomain", code=4001, text="no")
    refusal = event(EventKind.ANSWERED, NOW, command="C1", state=CommandState.FAILED, errors=(link,))
    late = event(EventKind.ANSWERED, NOW + MINUTE, command="C1", state=CommandState.ACKNOWLEDGED)

    async def answer() -> tuple[CommandState, ...]:
        await employ(store, SEAT)
        await store.store_command(make_command(seat=SEAT.key, enrollment="UDID-0"))
        for one in (refusal, late):
            await Listener(store=store).absorb("acme", (one,))
        return tuple(command.state for command in await store.commands("acme", ("UDID-0",), tuple(CommandState)))

    assert asyncio.run(answer()) == (CommandState.FAILED,)
    [line] = asyncio.run(whole_history(store))
    assert (line.kind, line.outcome) == (HistoryKind.ANSWER, "refused: MCInstallationErrorDomain 4001: no")


def test_an_older_inventory_that_comes_late_replaces_nothing() -> None:
    newer = make_inventory(enrollment="UDID-0", collected_at=NOW)
    older = make_inventory(enrollment="UDID-0", collected_at=NOW - MINUTE)
    told = [event(EventKind.ANSWERED, each.collected_at, inventory=each) for each in (newer, older)]
    _, view = _heard(*told)
    assert view.sight.inventory == newer


def test_who_left_the_mdm_is_gone_until_heard_of_again() -> None:
    gone = event(EventKind.CHECKED_OUT, NOW)
    _, left = _heard(gone, event(EventKind.SEEN, NOW - MINUTE))
    assert left.sight.enrollment is not None
    assert not left.sight.enrollment.active
    _, back = _heard(gone, authenticate(NOW + MINUTE), token_update(NOW + 2 * MINUTE))
    assert back.sight.enrollment is not None
    assert back.sight.enrollment.active
