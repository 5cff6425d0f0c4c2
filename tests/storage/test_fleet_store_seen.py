"""What every memory of the fleet keeps of what was seen: enrollments, inventories, and when a seat was right."""

from dataclasses import replace

from profilegen.fleet.seat import EnrollmentChannel, Seat
from profilegen.fleet.seen import (
    InstalledProfile,
    Inventory,
    MailOnDevice,
)
from profilegen.ports.fleet import FleetStore
from profilegen.profile.types import Platform
from tests.storage.fleet_stores import Place, place
from tests.storage.fleet_values import (
    MDM,
    NOW,
    at,
    enrollment,
    imported,
    inventory,
    seat,
    view_of,
    views,
)

__all__ = ["place"]  # a fixture


# --- enrollments --------------------------------------------------------------------------------------------------


def test_what_an_enrollment_does_not_say_keeps_what_is_known(place: Place) -> None:
    full = enrollment(
        udid="ada-1",
        serial="c02x",
        platform=Platform.IOS,
        os_version="26.1",
        build="23B85",
        model="iPhone",
        emails=("ada@example.com",),
        sign_ins=("ada",),
        groups=("team",),
        full_name="Ada Lovelace",
        enrolled_at=NOW,
        last_seen=NOW,
        tally=1,
    )

    async def scenario(store: FleetStore) -> None:
        await store.put_enrollments([full])
        assert await store.enrollment(MDM, "ada") == replace(full, udid="ADA-1", serial="C02X")
        await store.put_enrollments([enrollment(udid=None, last_seen=at(hours=1), active=False)])
        after = replace(full, udid="ADA-1", serial="C02X", last_seen=at(hours=1), active=False)
        assert await store.enrollment(MDM, "ada") == after
        assert await store.enrollment("jamf", "ada") is None

    place.run(scenario)


def test_older_news_of_an_enrollment_only_fills_gaps(place: Place) -> None:
    async def scenario(store: FleetStore) -> None:
        newer = enrollment(os_version="26.2", last_seen=at(hours=1))
        older = enrollment(os_version="26.1", model="iPhone", last_seen=NOW, active=False)
        await store.put_enrollments([newer, older])
        assert await store.enrollment(MDM, "ada") == replace(newer, model="iPhone")

    place.run(scenario)


def test_names_an_mdm_cannot_spell_are_stored_all_the_same(place: Place) -> None:
    async def scenario(store: FleetStore) -> None:
        await store.put_enrollments([enrollment(model="i\x00Phone", build="\ud800", emails=("\x00@\ud800",))])
        found = await store.enrollment(MDM, "ada")
        assert found is not None
        assert (found.model, found.build, found.emails) == ("i\ufffdPhone", "?", ("\x00@\ud800",))

    place.run(scenario)


def test_a_seat_is_matched_by_udid_and_else_by_serial_in_its_own_mdm(place: Place) -> None:
    async def scenario(store: FleetStore) -> None:
        ada, bob = seat("ada", udid="ada-1", serial="s1"), seat("bob", udid=None, serial="s2")
        eve = seat("eve", udid=None, serial="S3")
        await imported(store, ada, bob, eve)
        by_udid, by_serial = enrollment("a", udid="Ada-1"), enrollment("b", udid="OTHER", serial="S2")
        await store.put_enrollments([by_udid, enrollment("c", udid=None, serial="S1"), by_serial])
        await store.put_enrollments([enrollment("d", mdm="jamf", udid="ADA-1"), enrollment("e", serial="s3")])
        await store.put_enrollments([enrollment("f", serial="s3")])
        sights = {view.seat.key: view.sight for view in await views(store)}
        assert [(sight.enrollment.id, sight.candidates) for sight in sights.values() if sight.enrollment] == [
            ("a", 1),
            ("b", 1),
            ("f", 2),
        ]

    place.run(scenario)


def test_a_device_that_left_counts_only_where_there_is_no_other(place: Place) -> None:
    async def scenario(store: FleetStore) -> None:
        await imported(store, seat("ada"))
        await store.put_enrollments([enrollment("left", udid="ADA-1", active=False, last_seen=at(hours=1))])
        sight = (await view_of(store, seat("ada"))).sight
        assert (sight.enrollment is not None and sight.enrollment.active, sight.candidates) == (False, 1)
        await store.put_enrollments([enrollment("back", udid="ADA-1", last_seen=NOW)])
        sight = (await view_of(store, seat("ada"))).sight
        assert (sight.enrollment and sight.enrollment.id, sight.candidates) == ("back", 1)

    place.run(scenario)


def test_mail_on_a_mac_goes_to_the_user_of_its_person(place: Place) -> None:
    mac = seat("ada", channel=EnrollmentChannel.USER, platform=Platform.MACOS)
    named = seat("bob", udid="ADA-1", channel=EnrollmentChannel.USER, user="EVE")

    async def found(store: FleetStore, whose: Seat = mac) -> tuple[str | None, int]:
        sight = (await view_of(store, whose)).sight
        return (sight.enrollment.id if sight.enrollment else None), sight.candidates

    async def scenario(store: FleetStore) -> None:
        await imported(store, mac, named)
        await store.put_enrollments([enrollment("device", udid="ADA-1")])
        assert await found(store) == ("device", 1)  # nobody signed in yet
        user = replace(enrollment("u1", udid=None), channel=EnrollmentChannel.USER, parent="device")
        await store.put_enrollments([user])
        assert await found(store) == ("u1", 1)
        await store.put_enrollments([replace(user, id="u2", sign_ins=("eve",), last_seen=NOW)])
        assert await found(store) == ("u2", 2)
        assert await found(store, named) == ("u2", 1)
        await store.put_enrollments([replace(user, id="u1", emails=("ADA@example.com",))])
        assert await found(store) == ("u1", 1)
        await store.put_enrollments([replace(user, id="u1", active=False), replace(user, id="u2", active=False)])
        assert await found(store) == ("device", 1)

    place.run(scenario)


# --- inventories, notes -------------------------------------------------------------------------------------------


def test_an_inventory_comes_back_whole_with_its_seat(place: Place) -> None:
    full = inventory(
        complete=False,
        profiles=(
            InstalledProfile(
                identifier="a",
                uuid="U",
                revision="0a1b2c3d",
                mail_uuids=("1", "2"),
                has_mail=True,
                signer_sha256="ff",
                signer_not_after=at(days=1),
                managed=False,
                source="MDM",
            ),
            InstalledProfile(identifier="b", managed=True),
            InstalledProfile(identifier="c"),
        ),
        mail=(MailOnDevice(identifier="x", host="h", port=587, username="u", declaration="d"),),
    )

    async def scenario(store: FleetStore) -> None:
        await imported(store, seat("ada"), seat("bob"))
        await store.put_enrollments([enrollment("ada"), enrollment("bob")])
        await store.put_inventories([full])
        assert (await view_of(store, seat("ada"))).sight.inventory == full
        assert (await view_of(store, seat("bob"))).sight.inventory is None

    place.run(scenario)


def test_the_newest_inventory_stays_and_of_one_moment_the_complete_one(place: Place) -> None:
    async def kept(store: FleetStore, *inventories: Inventory) -> Inventory | None:
        await store.put_inventories(inventories)
        return (await view_of(store, seat("ada"))).sight.inventory

    async def scenario(store: FleetStore) -> None:
        await imported(store, seat("ada"))
        await store.put_enrollments([enrollment("ada")])
        first = inventory()
        assert await kept(store, first, inventory(collected_at=at(hours=-1))) == first
        assert await kept(store, inventory(complete=False)) == first
        corrected = inventory(profiles=())
        assert await kept(store, corrected) == corrected
        later = inventory(complete=False, collected_at=at(hours=1))
        assert await kept(store, later, corrected) == later
        whole = inventory(collected_at=at(hours=1))
        assert await kept(store, whole) == whole

    place.run(scenario)


def test_being_right_is_remembered_with_the_system_and_enrolment_of_then(place: Place) -> None:
    async def scenario(store: FleetStore) -> None:
        mine = seat("ada")
        await imported(store, mine, seat("bob"))
        await store.put_enrollments([enrollment("ada", os_version="26.1", build="23B85", enrolled_at=at(days=-9))])
        await store.note_ok([mine.key, seat("bob").key, "none"], NOW)
        await store.put_enrollments([enrollment("ada", os_version="26.2", enrolled_at=NOW)])
        sight = (await view_of(store, mine)).sight
        assert (sight.last_ok_at, sight.last_ok_os, sight.last_ok_enrolled_at) == (NOW, "26.1 (23B85)", at(days=-9))
        await store.note_ok([mine.key], at(hours=-1))
        assert (await view_of(store, mine)).sight.last_ok_at == NOW
        sight = (await view_of(store, seat("bob"))).sight
        assert (sight.last_ok_at, sight.last_ok_os) == (NOW, None)

    place.run(scenario)


def test_sending_and_the_unknown_password_are_remembered_apart(place: Place) -> None:
    async def scenario(store: FleetStore) -> None:
        mine = seat("ada")
        await imported(store, mine)
        await store.note_sends([mine.key], NOW)
        await store.note_sends([mine.key], at(hours=-1))
        await store.note_password_unknown([mine.key, "none"], at(hours=1))
        sight = (await view_of(store, mine)).sight
        assert (sight.sends_since, sight.password_unknown_since) == (NOW, at(hours=1))
        await store.note_password_unknown([mine.key], None)
        assert (await view_of(store, mine)).sight.password_unknown_since is None

    place.run(scenario)
