"""What every memory of the fleet does, in memory, in SQLite and in PostgreSQL: imports, and finding seats again."""

from dataclasses import replace

from profilegen.address import Address
from profilegen.fleet.seat import Effective, EnrollmentChannel, Mailbox, Seat, Wanted
from profilegen.ports.fleet import BATCH, FleetStore, ImportTally, SeatQuery
from profilegen.profile.types import Platform
from tests.storage.fleet_stores import Place, place
from tests.storage.fleet_values import (
    MDM,
    NOW,
    episode,
    imported,
    keys,
    seat,
    view_of,
)

__all__ = ["place"]  # a fixture

WANTED = Wanted(uuid="U", revision="0a1b2c3d", basis="v1", settings_version=1)


# --- imports ------------------------------------------------------------------------------------------------------


def test_an_import_counts_what_it_added_changed_left_and_did_not_name(place: Place) -> None:
    async def scenario(store: FleetStore) -> None:
        assert await imported(store, seat("ada"), seat("bob"), seat("eve")) == ImportTally(added=3)
        tally = await imported(store, seat("ada"), seat("bob", name="Bob"), seat("fay"))
        assert tally == ImportTally(added=1, changed=1, same=1, gone=1)
        assert await keys(store, gone=True) == [seat("eve").key]
        assert await keys(store, gone=False) == [seat("ada").key, seat("bob").key, seat("fay").key]

    place.run(scenario)


def test_a_seat_comes_back_as_it_was_put_with_its_device_in_upper_case(place: Place) -> None:
    address = Address.parse("Ada@bücher.example")
    full = seat(
        "ada",
        udid="ada-1",
        serial="c02x",
        mailboxes=(
            Mailbox(
                address=address,
                name="Ada",
                username="a\x00da",
                outgoing_username="out",
                aliases=(Address.parse("a@example.com"), Address.parse("b@example.com")),
                outgoing="relay",
            ),
            Mailbox(address=Address.parse("second@example.org"), outgoing="relay"),
        ),
        channel=EnrollmentChannel.USER,
        platform=Platform.MACOS,
        user="ada-user",
        name="Ada Ä",
        language="de",
        recovery_email=Address.parse("ada@example.net"),
        group="team",
        forced="I have seen her use it",
    )

    async def scenario(store: FleetStore) -> None:
        await imported(store, full)
        assert (await view_of(store, full)).seat == replace(full, udid="ADA-1", serial="C02X")

    place.run(scenario)


def test_a_name_an_mdm_cannot_spell_does_not_stop_an_import(place: Place) -> None:
    async def scenario(store: FleetStore) -> None:
        await imported(store, seat("ada", name="A\x00da", group="\ud800"))
        found = (await view_of(store, seat("ada"))).seat
        assert (found.name, found.group) == ("A\ufffdda", "?")

    place.run(scenario)


def test_what_was_seen_and_wanted_survives_the_next_import(place: Place) -> None:
    async def scenario(store: FleetStore) -> None:
        mine = seat("ada")
        await imported(store, mine)
        await store.want([(mine.key, WANTED)])
        await store.keep_effective(mine.key, Effective(identifier="theirs", uuid="V", remote_id="7"))
        await store.retire([mine.key], NOW)
        await store.note_ok([mine.key], NOW)
        await imported(store, replace(mine, name="Ada"))
        view = await view_of(store, mine)
        assert (view.seat.name, view.seat.wanted, view.seat.retired) == ("Ada", WANTED, True)
        assert view.seat.effective == Effective(identifier="theirs", uuid="V", remote_id="7")
        assert view.sight.last_ok_at == NOW

    place.run(scenario)


def test_rows_of_one_person_become_one_seat_however_the_batches_fall(place: Place) -> None:
    first = seat("ada", person="P1", name="Ada")
    second = replace(first, mailboxes=(Mailbox(address=Address.parse("office@example.com")),), name="Office")
    third = replace(first, mailboxes=(Mailbox(address=Address.parse("sales@example.com")),), name="Sales")

    async def import_in(store: FleetStore, *batches: tuple[Seat, ...]) -> ImportTally:
        number = await store.begin_import("roster.csv", NOW)
        for batch in batches:
            await store.put_seats(number, batch)
        return await store.finish_import(number)

    async def scenario(store: FleetStore) -> None:
        whole = replace(third, mailboxes=(*first.mailboxes, *second.mailboxes, *third.mailboxes))
        assert await import_in(store, (first, second), (third,)) == ImportTally(added=1)
        assert (await view_of(store, first)).seat == whole
        assert await import_in(store, (first,), (second,), (third,)) == ImportTally(same=1)
        assert await import_in(store, (first, second, third)) == ImportTally(same=1)
        assert (await view_of(store, first)).seat == whole
        assert await import_in(store, (first,), (third,)) == ImportTally(changed=1)
        assert (await view_of(store, first)).seat.mailboxes == (*first.mailboxes, *third.mailboxes)
        assert await keys(store, who=("office@example.com",)) == []

    place.run(scenario)


def test_an_import_says_nothing_of_servers_it_does_not_name(place: Place) -> None:
    async def story(store: FleetStore) -> None:
        here, there = seat("ada"), replace(seat("bob"), key="bob elsewhere", mdm="other")
        await imported(store, here, there)
        assert await imported(store, replace(seat("eve"), key="eve elsewhere", mdm="other")) == ImportTally(
            added=1, gone=1
        )
        assert await keys(store, gone=True) == ["bob elsewhere"]

    place.run(story)


def test_an_import_that_never_ended_makes_nobody_gone(place: Place) -> None:
    async def scenario(store: FleetStore) -> None:
        await imported(store, seat("ada"), seat("bob"))
        await store.put_seats(await store.begin_import("roster.csv", NOW), [seat("ada")])
        assert await keys(store, gone=True) == []
        assert await imported(store, seat("ada")) == ImportTally(same=1, gone=1)

    place.run(scenario)


# --- finding ------------------------------------------------------------------------------------------------------


def test_a_person_is_found_by_any_name_without_regard_to_case(place: Place) -> None:
    alias = Mailbox(address=Address.parse("Ada@bücher.example"), aliases=(Address.parse("Lovelace@example.com"),))
    mine = seat("ada", person="P-1", mailboxes=(alias,), serial="c02x")

    async def scenario(store: FleetStore) -> None:
        await imported(store, mine, seat("bob"))
        for who in ("ada@BÜCHER.example", "LOVELACE@example.com", "p-1", "ada-1", "C02x", " ada@xn--bcher-kva.example"):
            assert await keys(store, who=(who,)) == [mine.key], who
            assert await store.count(SeatQuery(who=(who,))) == 1
        assert await keys(store, who=("nobody", "ada")) == []
        assert await keys(store, who=("P-1", "bob@example.com")) == [mine.key, seat("bob").key]

    place.run(scenario)


def test_all_conditions_of_a_query_hold_together(place: Place) -> None:
    async def scenario(store: FleetStore) -> None:
        ada, bob = seat("ada", group="team"), seat("bob@example.org", group="team")
        eve, fay = seat("eve", mdm="jamf", group="team"), seat("fay")
        await imported(store, ada, bob, eve, fay)
        await store.retire([fay.key], NOW)
        for query, found in (
            ({}, [ada, bob, eve, fay]),
            ({"group": "team"}, [ada, bob, eve]),
            ({"group": "team", "mdm": MDM}, [ada, bob]),
            ({"group": "team", "domain": "example.com"}, [ada, eve]),
            ({"retired": True}, [fay]),
            ({"retired": False, "mdm": MDM}, [ada, bob]),
            ({"who": ("ada-1", "eve-1"), "mdm": "jamf"}, [eve]),
            ({"keys": (ada.key, fay.key, "none"), "retired": False}, [ada]),
            ({"keys": (ada.key, fay.key), "who": ("fay-1",)}, [fay]),
            ({"mdm": "none"}, []),
        ):
            assert await keys(store, **query) == sorted(one.key for one in found), query
            assert await store.count(SeatQuery(**query)) == len(found), query

    place.run(scenario)


def test_a_large_fleet_comes_in_batches_by_key_each_seat_once(place: Place) -> None:
    async def scenario(store: FleetStore) -> None:
        seats = [seat(f"p{number}") for number in range(2 * BATCH + 1)]
        await imported(store, *seats)
        for query in (SeatQuery(), SeatQuery(keys=tuple(one.key for one in seats))):
            batches = [[view.seat.key for view in batch] async for batch in store.seats(query)]
            assert [len(batch) for batch in batches] == [BATCH, BATCH, 1]
            assert [key for batch in batches for key in batch] == sorted(one.key for one in seats)

    place.run(scenario)


def test_a_fleet_can_be_cut_at_any_key(place: Place) -> None:
    async def scenario(store: FleetStore) -> None:
        seats = [seat(name, group="team" if name != "bob" else None) for name in ("ada", "bob", "eve", "fay")]
        ada, bob, eve, fay = sorted(one.key for one in seats)
        await imported(store, *seats)
        assert await keys(store, up_to=bob) == [ada, bob]
        assert await keys(store, after=bob) == [eve, fay]
        assert await keys(store, after=ada, up_to=eve, group="team") == [eve]
        assert await keys(store, after=ada, who=("ada", "P-1", "fay@example.com")) == [fay]
        assert await store.count(SeatQuery(after=ada)) == 3
        assert [await store.key_at(SeatQuery(), place) for place in range(5)] == [ada, bob, eve, fay, None]
        assert await store.key_at(SeatQuery(group="team", after=ada), 0) == eve
        assert await store.key_at(SeatQuery(keys=(bob, fay)), 1) == fay

    place.run(scenario)


def test_a_stream_holds_no_lock_between_its_batches(place: Place) -> None:
    async def scenario(store: FleetStore) -> None:
        await imported(store, *(seat(f"p{number}") for number in range(BATCH + 1)))
        async for batch in store.seats(SeatQuery()):
            await store.drop_seats([view.seat.key for view in batch])
        assert await store.count(SeatQuery()) == 0

    place.run(scenario)


def test_a_dropped_seat_is_found_by_nothing_and_may_come_back(place: Place) -> None:
    async def scenario(store: FleetStore) -> None:
        mine = seat("ada", person="P-1")
        await imported(store, mine)
        await store.open_episode(mine.key, episode(1))
        await store.drop_seats([mine.key])
        assert await keys(store, who=("ada@example.com", "P-1", "ADA-1")) == []
        await imported(store, mine)
        assert await keys(store, who=("ada@example.com",)) == [mine.key]
        assert (await view_of(store, mine)).sight.episode == episode(1)  # its numbers are never used twice

    place.run(scenario)


def test_domains_are_counted_by_the_first_mailbox(place: Place) -> None:
    async def scenario(store: FleetStore) -> None:
        await imported(store, seat("ada"), seat("bob@example.org"), seat("eve"))
        assert await store.domains() == (("example.com", 2), ("example.org", 1))

    place.run(scenario)
