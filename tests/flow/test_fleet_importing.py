"""Importing from an MDM's own list: whose mailbox is on record gets a seat, and nobody is guessed."""

import asyncio
from dataclasses import replace
from typing import Any, cast

from hypothesis import given
from hypothesis import strategies as st

from profilegen.fleet.roster import SeatDefaults
from profilegen.fleet.seat import EnrollmentChannel
from profilegen.fleet.seen import Enrollment
from profilegen.flow.fleet.importing import NAMED, Imported, Importer
from profilegen.ports.mdm import MdmConnector
from profilegen.profile.types import Platform
from profilegen.storage.fleet.memory import MemoryFleetStore
from tests.fleet.making import make_enrollment
from tests.flow.fleet_world import FakeList, HandClock, all_views, whole_history

DOMAINS = ("example.com",)


def _import(store: MemoryFleetStore, *listed: Enrollment, domains: tuple[str, ...] = DOMAINS) -> Imported:
    importer = Importer(store=store, clock=HandClock(), defaults=SeatDefaults(mdm="acme"), actor="me")
    return asyncio.run(importer.from_mdm(cast(MdmConnector, FakeList(listed)), domains))


def _device(number: int, **changes: Any) -> Enrollment:
    made = make_enrollment(id=f"UDID-{number}", udid=f"UDID-{number}", emails=(f"p{number}@example.com",))
    return replace(made, **changes)


def test_a_sign_in_name_that_is_no_mailbox_is_listed_and_never_guessed() -> None:
    store = MemoryFleetStore()
    imported = _import(store, _device(1), _device(2, emails=(), sign_ins=("p2", "EXAMPLE\\p2")))
    assert [view.seat.person for view in asyncio.run(all_views(store))] == ["p1@example.com"]
    assert [(each.device, each.sign_ins) for each in imported.unclear] == [("UDID-2", ("p2", "EXAMPLE\\p2"))]
    assert imported.unclear_count == 1


def test_a_sign_in_name_that_is_the_mailbox_gets_a_seat() -> None:
    store = MemoryFleetStore()
    imported = _import(store, _device(1, emails=(), sign_ins=("P1@Example.com",)))
    assert [view.seat.person for view in asyncio.run(all_views(store))] == ["p1@example.com"]
    assert imported.unclear == []


def test_mailboxes_of_other_domains_devices_that_left_and_devices_without_anybody_get_none() -> None:
    store = MemoryFleetStore()
    _import(
        store,
        _device(1, emails=("p1@elsewhere.example",)),
        _device(2, active=False),
        _device(3, emails=()),
        _device(4, udid=None, serial=None),
    )
    assert asyncio.run(all_views(store)) == []


def test_a_mac_gets_its_mail_on_the_user_channel() -> None:
    store = MemoryFleetStore()
    _import(store, _device(1, platform=Platform.MACOS))
    [view] = asyncio.run(all_views(store))
    assert view.seat.channel is EnrollmentChannel.USER


def test_the_same_list_again_changes_nothing_and_who_is_not_in_it_stays() -> None:
    store = MemoryFleetStore()
    first = _import(store, _device(1), _device(2))
    again = _import(store, _device(1), _device(2))
    fewer = _import(store, _device(1))
    assert (first.tally.added, again.tally.added, again.tally.same) == (2, 0, 2)
    assert fewer.tally.gone == 1
    assert len(asyncio.run(all_views(store))) == 2
    outcomes = [line.outcome for line in asyncio.run(whole_history(store))]
    assert outcomes[-1] == "0 added, 0 changed, 1 same, 1 gone, 0 bad rows"


def test_very_many_unclear_sign_ins_are_counted_and_only_some_are_named() -> None:
    devices = [_device(number, emails=(), sign_ins=(f"user{number}",)) for number in range(NAMED + 5)]
    imported = _import(MemoryFleetStore(), *devices)
    assert (len(imported.unclear), imported.unclear_count) == (NAMED, NAMED + 5)


@given(st.lists(st.lists(st.text(alphabet="ab@.\\ ", max_size=12), max_size=3), max_size=6))
def test_every_seat_has_a_mailbox_that_stood_in_the_record(names: list[list[str]]) -> None:
    store = MemoryFleetStore()
    devices = [_device(number, emails=(), sign_ins=tuple(each)) for number, each in enumerate(names)]
    _import(store, *devices, domains=())
    on_record = {device.udid: {name.strip().casefold() for name in device.sign_ins} for device in devices}
    for view in asyncio.run(all_views(store)):
        assert str(view.seat.mailboxes[0].address).casefold() in on_record[view.seat.udid]
