"""Several profiles side by side: what collides, what changed, and what is none of our business."""

import plistlib
from typing import Any

from profilegen.profile.envelope import build_profile
from profilegen.profile.lint.fleet import fleet_member, lint_fleet
from profilegen.profile.read import read
from profilegen.profile.types import Platform
from tests.profile.examples.specimen import Tree, change
from tests.profile.orders import exchange, google, order, password_account

YOU = build_profile(order(password_account("you@example.com"))).content
BOB = build_profile(order(password_account("bob@example.com"))).content


def side_by_side(*files: bytes) -> list[list[str]]:
    found = lint_fleet([fleet_member(read(data), str(number)) for number, data in enumerate(files)])
    return [[finding.rule for finding in findings] for findings in found]


def changed(data: bytes, inner: Tree | None = None, **top: Any) -> bytes:
    tree = plistlib.loads(data)
    change(tree, top)
    change(tree["PayloadContent"][0], inner or {})
    return plistlib.dumps(tree)


def test_profiles_of_different_people_do_not_meet() -> None:
    assert side_by_side(YOU, BOB, YOU) == [[], [], []]


def test_two_people_with_one_identifier_are_told_of_the_second() -> None:
    assert side_by_side(YOU, changed(BOB, PayloadIdentifier=plistlib.loads(YOU)["PayloadIdentifier"])) == [
        [],
        ["PG206"],
    ]


def test_an_exchange_account_and_its_mac_sibling_are_one_person() -> None:
    phone, mac = (build_profile(order(exchange(), platform=platform)).content for platform in Platform)
    assert side_by_side(phone, mac) == [[], []]


def test_two_google_accounts_with_one_identifier_collide() -> None:
    one, two = (build_profile(order(google(f"{name}@gmail.com"))).content for name in ("one", "two"))
    assert side_by_side(one, changed(two, PayloadIdentifier=plistlib.loads(one)["PayloadIdentifier"])) == [
        [],
        ["PG206"],
    ]


def test_an_account_that_moved_to_another_server_keeps_its_identifier() -> None:
    moved = {"IncomingMailServerHostName": "imap.example.net"}
    assert side_by_side(YOU, changed(YOU, moved)) == [[], []]
    assert side_by_side(YOU, changed(YOU, moved, PayloadIdentifier="com.example.new")) == [[], ["PG207"]]


def test_upper_and_lower_case_make_no_other_account() -> None:
    louder = changed(YOU, {"EmailAddress": "YOU@Example.com"}, PayloadIdentifier="com.example.new")
    assert side_by_side(YOU, louder) == [[], ["PG207"]]


def test_a_payload_with_a_new_uuid_is_told() -> None:
    assert side_by_side(YOU, changed(YOU, {"PayloadUUID": "0F8BE2A4-6E1B-4C5C-9C7C-2B5A3C1D9E10"})) == [[], ["PG208"]]
    lower = plistlib.loads(YOU)["PayloadContent"][0]["PayloadUUID"].lower()
    assert side_by_side(YOU, changed(YOU, {"PayloadUUID": lower})) == [[], []]


def test_files_that_are_no_profiles_meet_nobody() -> None:
    assert side_by_side(b"", b"<html>", YOU, b"\x30\x80") == [[], [], [], []]
