"""What every memory of the fleet keeps for good: settings, the history, and of somebody forgotten nothing."""

from dataclasses import replace

import pytest

from profilegen.address import Address
from profilegen.errors import NotPossible
from profilegen.fleet.seat import Mailbox
from profilegen.fleet.seen import (
    CommandState,
    MailOnDevice,
)
from profilegen.ports.fleet import BATCH, FleetStore, HistoryKind, SettingsVersion
from profilegen.settings.document import SettingsDocument, parse_settings
from tests.storage.fleet_stores import Place, place
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

__all__ = ["place"]  # a fixture


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
        assert await store.commands(MDM, ["ada", "bob"], list(CommandState)) == ()
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
        mine = seat("ada", person="P-1", name="Ada Lovelace")
        await imported(store, mine)
        await store.append([line(seat=mine.key, why="Ada Lovelace asked", outcome="ada@example.com is right")])
        await store.drop_seats([mine.key])
        assert await store.forget_person("P-1", "forgotten-1") == 1
        (told,) = await history(store)
        assert (told.seat, told.why, told.outcome) == ("forgotten-1", "forgotten-1 asked", "forgotten-1 is right")

    place.run(scenario)


def test_forgetting_somebody_leaves_those_alone_who_share_an_address(place: Place) -> None:
    office = Mailbox(address=Address.parse("office@example.com"))

    async def scenario(store: FleetStore) -> None:
        ada = seat("ada", person="P-1", mailboxes=(*seat("ada").mailboxes, office))
        bob = seat("bob", person="P-2", mailboxes=(*seat("bob").mailboxes, office))
        await imported(store, ada, bob)
        await store.append([line(seat=ada.key), line(seat=bob.key, person="P-2")])
        assert await store.forget_person("office@example.com", "forgotten-0") == 0
        assert await store.forget_person("P-1", "forgotten-1") == 2
        assert [each.seat for each in await history(store)] == ["forgotten-1", bob.key]
        assert await keys(store, who=("office@example.com",)) == [bob.key]

    place.run(scenario)
