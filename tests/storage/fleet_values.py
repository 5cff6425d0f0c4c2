"""Seats, enrollments and commands of a small fleet."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from profilegen.address import Address
from profilegen.fleet.seat import EnrollmentChannel, Mailbox, Seat, SecretRoute, seat_key
from profilegen.fleet.seen import Command, CommandKind, CommandState, Enrollment, Episode, InstalledProfile, Inventory
from profilegen.ports.fleet import FleetStore, HistoryKind, HistoryLine, SeatQuery, SeatView
from profilegen.profile.types import Platform

NOW = datetime(2026, 3, 29, 0, 30, tzinfo=UTC)
MDM = "nano"


def at(**after: float) -> datetime:
    return NOW + timedelta(**after)


def seat(name: str = "ada", /, **changes: Any) -> Seat:
    """The seat of ada@example.com on the device ADA-1."""
    address = Address.parse(name if "@" in name else f"{name}@example.com")
    udid = changes.pop("udid", f"{address.local}-1".upper())
    profile = f"mailbox:{address.account}"
    whole = Seat(
        key=seat_key(profile, MDM, udid or changes.get("serial", "")),
        profile=profile,
        person=address.account,
        mailboxes=(Mailbox(address=address),),
        mdm=MDM,
        channel=EnrollmentChannel.DEVICE,
        platform=Platform.IOS,
        route=SecretRoute.ASK,
        identifier=f"com.example.mail.{address.local}",
        udid=udid,
    )
    return replace(whole, **changes)


def enrollment(name: str = "ada", /, **changes: Any) -> Enrollment:
    """The enrollment of the device ADA-1 under the id ada."""
    whole = Enrollment(mdm=MDM, id=name, channel=EnrollmentChannel.DEVICE, udid=f"{name}-1".upper())
    return replace(whole, **changes)


def inventory(name: str = "ada", /, **changes: Any) -> Inventory:
    profiles = (InstalledProfile(identifier=f"com.example.mail.{name}"),)
    whole = Inventory(mdm=MDM, enrollment=name, collected_at=NOW, complete=True, profiles=profiles)
    return replace(whole, **changes)


def command(name: str = "ada", /, **changes: Any) -> Command:
    whole = Command(
        id=f"C-{name}",
        seat=seat(name).key,
        mdm=MDM,
        enrollment=name,
        kind=CommandKind.INSTALL,
        episode=1,
        revision="0a1b2c3d",
        state=CommandState.STORED,
        stored_at=NOW,
        changed_at=NOW,
    )
    return replace(whole, **changes)


def episode(number: int = 1, **changes: Any) -> Episode:
    return replace(Episode(number=number, reason="missing", opened_at=NOW), **changes)


def line(**changes: Any) -> HistoryLine:
    whole = HistoryLine(at=NOW, actor="profilegen", kind=HistoryKind.PUSH, why="missing", outcome="queued")
    return replace(whole, **changes)


# --- short ways through the port ----------------------------------------------------------------------------


async def imported(store: FleetStore, *seats: Seat, source: str = "roster.csv") -> Any:
    """Import seats in one go; return the tally of the whole."""
    number = await store.begin_import(source, NOW)
    await store.put_seats(number, seats)
    return await store.finish_import(number)


async def views(store: FleetStore, **query: Any) -> list[SeatView]:
    return [view async for batch in store.seats(SeatQuery(**query)) for view in batch]


async def keys(store: FleetStore, **query: Any) -> list[str]:
    return [view.seat.key for view in await views(store, **query)]


async def view_of(store: FleetStore, whose: Seat) -> SeatView:
    (found,) = await views(store, keys=(whose.key,))
    return found


async def history(store: FleetStore, since: datetime | None = None, who: str | None = None) -> list[HistoryLine]:
    return [each async for each in store.history(since=since, who=who)]
