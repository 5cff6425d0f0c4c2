"""What every memory of the fleet does, whether it is in memory, in SQLite or in PostgreSQL."""

from dataclasses import replace
from datetime import timedelta

import pytest

from profilegen.address import Address
from profilegen.errors import NotPossible
from profilegen.fleet.seat import Effective, EnrollmentChannel, Mailbox, Seat, Wanted
from profilegen.fleet.seen import (
    CommandKind,
    CommandState,
    ErrorLink,
    InstalledProfile,
    Inventory,
    MailOnDevice,
)
from profilegen.ports.fleet import BATCH, FleetStore, HistoryKind, ImportTally, SeatQuery, SettingsVersion
from profilegen.profile.types import Platform
from profilegen.settings.document import SettingsDocument, parse_settings
from tests.storage.fleet_stores import Place, database, place
from tests.storage.fleet_values import (
    MDM,
    NOW,
    at,
    command,
    enrollment,
    episode,
    history,
    imported,
    inventory,
    keys,
    line,
    seat,
    view_of,
    views,
)

__all__ = ["database", "place"]  # fixtures

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


# --- episodes and commands ----------------------------------------------------------------------------------------


def test_an_episode_is_opened_once_and_closed_once(place: Place) -> None:
    async def scenario(store: FleetStore) -> None:
        mine = seat("ada")
        await imported(store, mine)
        assert [await store.open_episode(mine.key, episode(1)) for _ in range(2)] == [True, False]
        assert await store.open_episode("none", episode(1)) is False
        await store.close_episode(mine.key, 1, at(hours=1))
        await store.close_episode(mine.key, 1, at(hours=2))
        await store.close_episode(mine.key, 7, NOW)
        assert (await view_of(store, mine)).sight.episode == episode(1, closed_at=at(hours=1))
        assert await store.open_episode(mine.key, episode(10))
        assert await store.open_episode(mine.key, episode(9))
        assert (await view_of(store, mine)).sight.episode == episode(10)

    place.run(scenario)


def test_a_command_is_stored_once_per_enrollment(place: Place) -> None:
    async def scenario(store: FleetStore) -> None:
        other = command("ada", enrollment="another")
        assert [await store.store_command(one) for one in (command(), command(), other)] == [True, False, True]
        assert await store.commands(MDM, [CommandState.STORED]) == (command(), other)

    place.run(scenario)


def test_a_seat_shows_its_newest_order_and_its_newest_question(place: Place) -> None:
    async def scenario(store: FleetStore) -> None:
        mine = seat("ada")
        await imported(store, mine, seat("bob"))
        first, order = command(), command(id="C2", kind=CommandKind.REMOVE, revision=None)
        question = command(id="L", kind=CommandKind.LOOK, revision=None)
        for one in (first, order, command(id="L0", kind=CommandKind.LOOK), question):
            await store.store_command(one)
        sight = (await view_of(store, mine)).sight
        assert (sight.command, sight.look) == (order, question)
        assert (await view_of(store, seat("bob"))).sight.command is None

    place.run(scenario)


FORWARD = [
    (CommandState.STORED, CommandState.QUEUED, True),
    (CommandState.QUEUED, CommandState.UNPUSHED, True),
    (CommandState.UNPUSHED, CommandState.QUEUED, True),
    (CommandState.QUEUED, CommandState.WAITING, True),
    (CommandState.WAITING, CommandState.WAITING, True),
    (CommandState.WAITING, CommandState.QUEUED, False),
    (CommandState.QUEUED, CommandState.STORED, False),
    (CommandState.WAITING, CommandState.SILENT, True),
    (CommandState.SILENT, CommandState.WAITING, False),
    (CommandState.SILENT, CommandState.GONE, False),
    (CommandState.SILENT, CommandState.ACKNOWLEDGED, True),
    (CommandState.GONE, CommandState.FAILED, True),
    (CommandState.ACKNOWLEDGED, CommandState.FAILED, False),
    (CommandState.FAILED, CommandState.ACKNOWLEDGED, False),
    (CommandState.ACKNOWLEDGED, CommandState.GONE, False),
]


@pytest.mark.parametrize(("before", "after", "moves"), FORWARD)
def test_a_command_only_goes_forward_whatever_order_answers_come_in(
    place: Place, before: CommandState, after: CommandState, moves: bool
) -> None:
    async def scenario(store: FleetStore) -> None:
        await store.store_command(command(state=before))
        errors = (ErrorLink(domain="MDMErrorDomain", code=12021, text="Ä"),)
        assert await store.change_command("C-ada", "ada", after, at(hours=1), errors) is True
        (found,) = await store.commands(MDM, list(CommandState))
        changed = command(state=after, changed_at=at(hours=1), errors=errors)
        assert found == (changed if moves else command(state=before))

    place.run(scenario)


def test_an_answer_to_a_command_never_stored_is_said_to_be_one(place: Place) -> None:
    async def scenario(store: FleetStore) -> None:
        await store.store_command(command())
        assert await store.change_command("C-ada", "bob", CommandState.ACKNOWLEDGED, NOW) is False
        assert await store.change_command("C-bob", "ada", CommandState.ACKNOWLEDGED, NOW) is False

    place.run(scenario)


def test_commands_are_listed_by_mdm_and_state_oldest_first(place: Place) -> None:
    async def scenario(store: FleetStore) -> None:
        newest, oldest = command("ada", stored_at=at(hours=1)), command("bob", stored_at=at(hours=-1))
        sent, other = command("eve", state=CommandState.QUEUED), command("fay", mdm="jamf")
        for one in (newest, oldest, sent, other):
            await store.store_command(one)
        assert await store.commands(MDM, [CommandState.STORED]) == (oldest, newest)
        assert await store.commands(MDM, [CommandState.QUEUED, CommandState.STORED]) == (oldest, sent, newest)
        assert await store.commands(MDM, []) == ()

    place.run(scenario)


def test_an_event_is_new_once_a_week(place: Place) -> None:
    async def scenario(store: FleetStore) -> None:
        times = (NOW, NOW, at(days=7), at(days=8), at(days=8))
        assert [await store.event_is_new(MDM, "e", time) for time in times] == [True, False, False, True, False]
        assert await store.event_is_new("jamf", "e", NOW + timedelta(days=8))

    place.run(scenario)


# --- settings -----------------------------------------------------------------------------------------------------

SETTINGS = """
{"address": "canary@example.com", "name": "C", "aliases": ["c@example.com"], "notices": [{"code": "x", "text": "Say."}],
 "incoming": {"host": "imap.example.com", "port": 993, "security": "tls"},
 "outgoing": {"host": "HOST", "port": 587, "security": "starttls", "username": "c"}}
"""


def settings(host: str = "smtp.example.com") -> SettingsDocument:
    return parse_settings(SETTINGS.replace("HOST", host))[0]


def version(number: int, **changes: object) -> SettingsVersion:
    whole = SettingsVersion(domain="example.com", version=number, document=settings(), known_since=NOW, plan="p1")
    return replace(whole, **changes)  # type: ignore[arg-type] # fields of it


def test_a_domain_follows_the_version_put_last_and_keeps_the_others(place: Place) -> None:
    first, second = version(1), version(2, document=settings("mail.example.com"), held=True, plan=None)

    async def scenario(store: FleetStore) -> None:
        assert await store.settings_version("example.com") is None
        await store.put_settings_version(first)
        await store.put_settings_version(second)
        assert await store.settings_version("example.com") == second
        assert await store.settings_version("example.com", 1) == first
        assert await store.settings_version("example.com", 3) is None
        await store.put_settings_version(replace(first, known_since=at(hours=1)))
        assert await store.settings_version("example.com") == first

    place.run(scenario)


def test_a_number_never_stands_for_two_settings(place: Place) -> None:
    async def scenario(store: FleetStore) -> None:
        await store.put_settings_version(version(1))
        with pytest.raises(NotPossible) as caught:
            await store.put_settings_version(version(1, document=settings("mail.example.com")))
        assert caught.value.code == "version_taken"
        assert await store.settings_version("example.com") == version(1)

    place.run(scenario)


# --- history ------------------------------------------------------------------------------------------------------


def test_the_history_comes_back_word_for_word_oldest_first(place: Place) -> None:
    key = seat("ada").key
    second = line(
        at=at(hours=1),
        why="ada@example.com's iPhone \ue000 lost it, says <bob@bücher.example>, Ada Lovelace too: 100 %",
        outcome="",
        seat=key,
        person="ada@example.com",
        mdm=MDM,
        enrollment="ada",
        plan="p1",
    )

    async def scenario(store: FleetStore) -> None:
        await imported(store, seat("ada", name="Ada Lovelace"))
        await store.append([second, line(kind=HistoryKind.IMPORT)])
        await store.append([])
        assert await history(store) == [
            line(kind=HistoryKind.IMPORT),
            replace(second, why=second.why.replace("\ue000", "\ufffd")),
        ]
        assert [each.at for each in await history(store, since=at(hours=1))] == [at(hours=1)]

    place.run(scenario)


def test_the_history_of_a_person_is_found_by_whatever_the_person_is_called(place: Place) -> None:
    async def scenario(store: FleetStore) -> None:
        mine = seat("ada", person="P-1", serial="c02x")
        await imported(store, mine, seat("bob"))
        await store.put_enrollments([enrollment("ada-id", udid="ADA-1", serial="C02X")])
        await store.append(
            [
                line(outcome="by seat", seat=mine.key),
                line(outcome="by person", person="P-1"),
                line(outcome="by enrollment", enrollment="ada-id"),
                line(outcome="for ADA@example.com."),
                line(outcome="of another", seat=seat("bob").key),
            ]
        )
        for who, outcomes in {
            "ada@EXAMPLE.com": ["by seat", "by person", "for ADA@example.com."],
            "p-1": ["by seat", "by person"],
            "Ada-1": ["by seat", "by enrollment"],
            "c02X": ["by seat", "by enrollment"],
            "ADA-ID": ["by enrollment"],
            "nobody": [],
        }.items():
            assert [each.outcome for each in await history(store, who=who)] == outcomes, who
        await store.drop_seats([mine.key])
        assert len(await history(store, who="P-1")) == 2

    place.run(scenario)


def test_a_long_history_is_read_in_pages_without_a_gap(place: Place) -> None:
    async def scenario(store: FleetStore) -> None:
        lines = [line(at=at(seconds=number // 3), outcome=str(number)) for number in range(2 * BATCH + 5)]
        await store.append(lines)
        assert await history(store) == lines

    place.run(scenario)


# --- forgetting ---------------------------------------------------------------------------------------------------


def test_a_forgotten_person_is_nowhere_and_the_history_keeps_its_lines(place: Place) -> None:
    mailbox = Mailbox(
        address=Address.parse("Ada@example.com"), username="lovelace", aliases=(Address.parse("countess@example.com"),)
    )
    mine = seat("Ada", person="P-1", name="Ada Lovelace", mailboxes=(mailbox,))
    names = ("ada@", "lovelace", "countess", "p-1")

    async def scenario(store: FleetStore) -> None:
        await imported(store, mine, seat("bob"))
        emails = ("ADA@example.com", "bob@example.com")
        await store.put_enrollments([enrollment("ada", udid="ADA-1", emails=emails, sign_ins=("Lovelace",))])
        account = MailOnDevice(identifier="x", host="h", port=1, username="ada@example.com")
        await store.put_inventories([inventory("ada", mail=(account,))])
        await store.open_episode(mine.key, episode(1, reason="ada@example.com lost it"))
        await store.store_command(command("ada", seat=mine.key))
        await store.put_settings_version(version(1, document=replace(settings(), address=mailbox.address, name="Ada")))
        about = line(why="Ada Lovelace (lovelace) asked", seat=mine.key, person="P-1")
        await store.append([about, line(outcome="row 17: ada@example.com"), line(outcome="bob@example.com")])

        assert await store.forget_person("p-1", "forgotten-7") == 3  # a seat and two lines

        told = await history(store)
        assert [each.why for each in told] == ["forgotten-7 (forgotten-7) asked", "missing", "missing"]
        assert [each.outcome for each in told] == ["queued", "row 17: forgotten-7", "bob@example.com"]
        assert (told[0].seat, told[0].person) == ("forgotten-7", "forgotten-7")
        assert len(await history(store, who="FORGOTTEN-7")) == 2
        assert await history(store, who="ada@example.com") == []
        assert await keys(store) == [seat("bob").key]
        found, kept = await store.enrollment(MDM, "ada"), await store.settings_version("example.com")
        assert found is not None
        assert (found.emails, found.sign_ins) == (("bob@example.com",), ())
        assert kept is not None
        assert str(kept.document.address) == "forgotten-7@example.com"
        assert await store.commands(MDM, list(CommandState)) == ()
        everything = f"{told}{await views(store)}{found}{kept}".lower()
        assert [name for name in names if name in everything] == []

    place.run(scenario)


def test_a_person_who_comes_back_is_a_new_one(place: Place) -> None:
    mine = seat("ada")

    async def scenario(store: FleetStore) -> None:
        await imported(store, mine)
        await store.open_episode(mine.key, episode(1))
        await store.append([line(seat=mine.key)])
        await store.forget_person("ada@example.com", "forgotten-1")
        await imported(store, mine)
        assert (await view_of(store, mine)).sight.episode is None
        await store.append([line(outcome="again", seat=mine.key)])
        assert [each.seat for each in await history(store)] == ["forgotten-1", mine.key]
        assert await store.forget_person("ada@example.com", "forgotten-2") == 2
        assert [each.seat for each in await history(store)] == ["forgotten-1", "forgotten-2"]

    place.run(scenario)


def test_somebody_who_was_never_there_cannot_be_forgotten(place: Place) -> None:
    async def scenario(store: FleetStore) -> None:
        await imported(store, seat("ada"))
        assert await store.forget_person("nobody", "forgotten-1") == 0
        assert await keys(store) == [seat("ada").key]

    place.run(scenario)


def test_somebody_whose_seats_are_gone_can_still_be_forgotten(place: Place) -> None:
    async def scenario(store: FleetStore) -> None:
        mine = seat("ada", person="P-1")
        await imported(store, mine)
        await store.append([line(seat=mine.key, outcome="ada@example.com is right")])
        await store.drop_seats([mine.key])
        assert await store.forget_person("P-1", "forgotten-1") == 1
        (told,) = await history(store)
        assert (told.seat, told.outcome) == ("forgotten-1", "forgotten-1 is right")

    place.run(scenario)
