"""Whose profile is not given out: an account that uses other servers than those its domain was admitted for."""

import asyncio
from pathlib import Path

import pytest

from profilegen.address import Address
from profilegen.errors import NotPossible
from profilegen.fleet.roster import SeatDefaults, seat_of
from profilegen.flow.fleet.refusing import refuse_unproved
from profilegen.flow.fleet.settlement import Acceptance
from profilegen.flow.values import Draft
from profilegen.profile.order import OAuthAccount, PasswordAccount
from profilegen.profile.wish import LookupWish
from profilegen.settings.roster import RosterRow
from profilegen.storage.fleet.memory import MemoryFleetStore
from profilegen.wiring import open_house
from profilegen.wiring.fleet import FleetParts


async def _drafted(home: Path, platform: str, *, reason: str | None = None) -> Draft:
    """Build the profile of a Google account, refuse it if it is not proved, and return it."""
    house = open_house(environ={}, home=home)
    store = MemoryFleetStore()
    parts = FleetParts(
        house=house,
        store=store,
        connectors={},
        finder=house.finders.offline,
        lookup=LookupWish(offline=True),
        signer=None,
    )
    row = RosterRow(row=2, address=Address.parse("you@gmail.com"), udid="1", platform=platform)  # type: ignore[arg-type]
    seat = seat_of(row, SeatDefaults(mdm="acme"))
    number = await store.begin_import("test", house.clock.now())
    await store.put_seats(number, [seat])
    await store.finish_import(number)
    pusher = parts.repair.pusher
    survey = await parts.planner.survey(Acceptance())
    draft = await pusher.tailor.draft(seat, survey.patterns)
    await refuse_unproved(draft, survey, pusher.gate, reason)
    return draft


def test_who_signs_in_on_the_phone_uses_no_server_that_could_be_proved(tmp_path: Path) -> None:
    draft = asyncio.run(_drafted(tmp_path, "ios"))
    assert isinstance(draft.order.accounts[0], OAuthAccount)


def test_the_same_account_with_a_password_on_a_mac_needs_proof_or_a_word(tmp_path: Path) -> None:
    with pytest.raises(NotPossible) as caught:
        asyncio.run(_drafted(tmp_path, "macos"))
    assert caught.value.code == "unverified"
    draft = asyncio.run(_drafted(tmp_path, "macos", reason="Google is sound"))
    assert isinstance(draft.order.accounts[0], PasswordAccount)
