"""What an operator decides: much of the fleet needs the number typed, and a rollback takes back one plan."""

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from profilegen.errors import NotPossible
from profilegen.flow.fleet.upkeep import LARGEST_SHARE, Upkeep
from profilegen.ports.fleet import FleetStore, HistoryKind, SeatQuery, SettingsVersion
from profilegen.settings.document import SettingsDocument
from profilegen.storage.fleet.memory import MemoryFleetStore
from tests.fleet.making import NOW
from tests.flow.fleet_world import HandClock, all_views, employ, seat_of, whole_history
from tests.flow.test_fleet_settlement import EFFECTIVE, IDENTITY, OLD


def _upkeep(store: FleetStore) -> Upkeep:
    return Upkeep(store=store, clock=HandClock(), actor="me", new_token=lambda: "token")


def _who(count: int) -> SeatQuery:
    return SeatQuery(who=tuple(f"p{number}@example.com" for number in range(count)))


@given(st.integers(1, 120), st.data())
def test_more_than_two_percent_needs_exactly_their_number(total: int, data: st.DataObject) -> None:
    count = data.draw(st.integers(1, total))
    agreed = data.draw(st.none() | st.integers(count - 1, count + 1))
    store = MemoryFleetStore()
    asyncio.run(employ(store, *(seat_of(number) for number in range(total))))
    much = count > 1 and 100 * count > LARGEST_SHARE * total
    if much and agreed != count:
        with pytest.raises(NotPossible) as refused:
            asyncio.run(_upkeep(store).retire(_who(count), agreed))
        assert refused.value.code == "too_many"
        assert str(count) in refused.value.hint
        retired = 0
    else:
        assert asyncio.run(_upkeep(store).retire(_who(count), agreed)) == count
        retired = count
    assert sum(view.seat.retired for view in asyncio.run(all_views(store))) == retired


def test_nobody_is_retired_twice() -> None:
    store = MemoryFleetStore()
    asyncio.run(employ(store, seat_of(0)))
    asyncio.run(_upkeep(store).retire(_who(1), None))
    with pytest.raises(NotPossible) as refused:
        asyncio.run(_upkeep(store).retire(_who(1), None))
    assert refused.value.code == "no_seat"


def _followed(store: FleetStore) -> SettingsVersion:
    version = asyncio.run(store.settings_version("example.com"))
    assert version is not None
    return version


def _settle(store: FleetStore, number: int, document: SettingsDocument, plan: str) -> None:
    version = SettingsVersion(domain="example.com", version=number, document=document, known_since=NOW, plan=plan)
    asyncio.run(store.put_settings_version(version))


def test_a_rollback_takes_back_what_its_plan_moved_and_holds_it() -> None:
    store = MemoryFleetStore()
    asyncio.run(employ(store, seat_of(0)))
    _settle(store, 1, OLD, "first")
    _settle(store, 2, EFFECTIVE, "second")
    asyncio.run(_upkeep(store).roll_back("second"))
    now = _followed(store)
    assert (now.document, now.version, now.held) == (OLD, 3, True)
    assert [line.kind for line in asyncio.run(whole_history(store))] == [HistoryKind.ROLLBACK]


@pytest.mark.parametrize("plan", ["first", "second", "nobody's"])
def test_a_plan_nobody_follows_any_more_cannot_be_taken_back(plan: str) -> None:
    store = MemoryFleetStore()
    asyncio.run(employ(store, seat_of(0)))
    _settle(store, 1, OLD, "first")
    _settle(store, 2, EFFECTIVE, "second")
    _settle(store, 3, IDENTITY, "third")
    with pytest.raises(NotPossible) as refused:
        asyncio.run(_upkeep(store).roll_back(plan))
    assert refused.value.code == "no_such_plan"
    assert _followed(store).version == 3


def test_a_person_with_two_devices_is_confirmed_by_the_device() -> None:
    store = MemoryFleetStore()
    other = seat_of(0, key="other", udid="UDID-99")
    asyncio.run(employ(store, seat_of(0), other))
    with pytest.raises(NotPossible) as refused:
        asyncio.run(_upkeep(store).confirm(_who(1), "said so"))
    assert refused.value.code == "several_devices"
    assert "UDID-99" in refused.value.hint
    asyncio.run(_upkeep(store).confirm(SeatQuery(who=("UDID-99",)), "said so"))
    sends = {view.seat.udid: view.sight.sends_since for view in asyncio.run(all_views(store))}
    assert sends == {"UDID-0": None, "UDID-99": NOW}
    [line] = asyncio.run(whole_history(store))
    assert (line.kind, line.why, line.actor) == (HistoryKind.CONFIRMED, "said so", "me")
