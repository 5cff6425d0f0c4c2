"""What the tests of the fleet's story share: a clock that is set by hand, and a store with a few seats."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from profilegen.address import Address
from profilegen.fleet.seat import Mailbox, Seat, seat_key
from profilegen.fleet.seen import Enrollment
from profilegen.ports.fleet import FleetStore, HistoryLine, SeatQuery, SeatView
from tests.fleet.making import NOW, make_seat


@dataclass(slots=True)
class HandClock:
    """A clock that stands still until it is set."""

    at: datetime = NOW

    def now(self) -> datetime:
        return self.at


@dataclass(slots=True)
class FakeList:
    """A fake MDM of which only the list of enrollments is asked for."""

    listed: Sequence[Enrollment] = field(default_factory=tuple)
    name: str = "acme"

    async def enrollments(self) -> AsyncIterator[Enrollment]:
        for enrollment in self.listed:
            yield enrollment


def seat_of(number: int, **changes: Any) -> Seat:
    address = Address.parse(f"p{number}@example.com")
    udid, profile = f"UDID-{number}", f"mailbox:{address.account}"
    made = make_seat(
        key=seat_key(profile, "acme", udid),
        profile=profile,
        person=address.account,
        mailboxes=(Mailbox(address=address),),
        udid=udid,
    )
    return replace(made, **changes)


async def employ(store: FleetStore, *seats: Seat) -> None:
    number = await store.begin_import("test", NOW)
    await store.put_seats(number, seats)
    await store.finish_import(number)


async def all_views(store: FleetStore) -> list[SeatView]:
    return [view async for batch in store.seats(SeatQuery()) for view in batch]


async def whole_history(store: FleetStore) -> list[HistoryLine]:
    return [line async for line in store.history(since=None, who=None)]
