"""Identity: the same account is the same to a device for ever, and two accounts are never one."""

import plistlib
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from profilegen.address import Address
from profilegen.errors import SettingsProblem, TextProblem
from profilegen.profile import identity
from profilegen.profile.envelope import build_profile
from profilegen.profile.order import ProfileOrder
from profilegen.profile.types import Delivery, Platform
from profilegen.secret import Secret
from profilegen.settings.servers import Protocol
from tests.profile.orders import google, order, password_account, server

locals_ = st.from_regex(r"[a-zA-Z0-9+_'-]{1,8}(\.[a-zA-Z0-9+_'-]{1,8}){0,2}", fullmatch=True)


def content(wanted: ProfileOrder) -> dict[str, Any]:
    tree: dict[str, Any] = plistlib.loads(build_profile(wanted).content)
    return tree


def inner_ids(wanted: ProfileOrder) -> list[tuple[str, str]]:
    return [(one["PayloadIdentifier"], one["PayloadUUID"]) for one in content(wanted)["PayloadContent"]]


@given(locals_, locals_)
def test_two_mailboxes_never_share_an_identifier(first: str, second: str) -> None:
    addresses = [Address(local=local, domain="example.com") for local in (first, second)]
    ids = {identity.top_identifier("com.example", identity.mailbox_key(address)) for address in addresses}
    assert len(ids) == len({first.lower(), second.lower()})


@pytest.mark.parametrize("local", ["a.b", "a-b", "a+b", "ab", "a_b", "a'b", "ä.b"])
def test_look_alike_addresses_have_identifiers_of_their_own(local: str) -> None:
    seen = identity.top_identifier("com.example", identity.mailbox_key(Address(local="A.B", domain="example.com")))
    own = identity.top_identifier("com.example", identity.mailbox_key(Address(local=local, domain="example.com")))
    assert (own == seen) is (local == "a.b")
    assert re.fullmatch(r"com\.example\.profile\.[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", own)


CHANGES: list[dict[str, Any]] = [
    {"platform": Platform.MACOS},
    {"delivery": Delivery.MDM},
    {"organization": "Renamed Ltd"},
    {"accounts": (password_account(display_name="Married Name"),)},
    {"accounts": (password_account(outgoing=server(Protocol.SMTP, "relay.example.net", 465, "you@example.com")),)},
    {"accounts": (password_account(incoming_password=Secret(text="pw")),)},
    {"accounts": (password_account("YOU@Example.COM"),)},
    {"seal": b"another seal of thirty-two bytes"},
]


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: next(iter(change)))
def test_no_change_of_content_changes_who_the_account_is(change: dict[str, Any]) -> None:
    assert build_profile(order(**change)).identifier == build_profile(order()).identifier
    assert inner_ids(order(**change)) == inner_ids(order())


@pytest.mark.parametrize("change", CHANGES[:-1], ids=lambda change: next(iter(change)))
def test_every_change_of_content_makes_a_new_uuid(change: dict[str, Any]) -> None:
    assert build_profile(order(**change)).uuid != build_profile(order()).uuid


def test_the_seal_alone_changes_nothing_in_a_profile_without_passwords() -> None:
    assert build_profile(order(**CHANGES[-1])) == build_profile(order())


def with_password(text: str, **changes: Any) -> str:
    return build_profile(order(password_account(incoming_password=Secret(text=text)), **changes)).uuid


def test_another_password_makes_another_uuid() -> None:
    assert with_password("one") != with_password("two")
    assert with_password("one") == with_password("one")


def test_without_the_seal_the_uuid_does_not_confirm_a_guessed_password() -> None:
    assert with_password("one") != with_password("one", seal=b"what an attacker can only guess")


def test_the_uuid_is_not_that_of_the_content_with_the_password_in_it() -> None:
    built = build_profile(order(password_account(incoming_password=Secret(text="one"))))
    tree = plistlib.loads(built.content)
    tree.pop("PayloadUUID")
    tree["PayloadDescription"] = tree["PayloadDescription"].partition(" Revision")[0]
    assert identity.content_uuid(plistlib.dumps(tree, sort_keys=True)) != built.uuid


def test_revision_stands_in_the_description() -> None:
    built = build_profile(order())
    assert built.revision == built.uuid[:8].lower()
    assert content(order())["PayloadDescription"].endswith(f" Revision {built.revision}.")


def test_uuids_are_upper_case_and_all_different() -> None:
    tree = content(order(password_account(), google(), person="4711"))
    uuids = [tree["PayloadUUID"], *(one["PayloadUUID"] for one in tree["PayloadContent"])]
    assert len(set(uuids)) == 3
    assert all(re.fullmatch(r"[0-9A-F]{8}(-[0-9A-F]{4}){3}-[0-9A-F]{12}", uuid) for uuid in uuids)


def test_a_person_with_several_accounts_keeps_each_accounts_inner_identity() -> None:
    together = order(password_account(), google(), person="4711")
    assert build_profile(together).identifier != build_profile(order()).identifier
    assert inner_ids(together) == inner_ids(order()) + inner_ids(order(google()))


def test_a_person_with_one_account_is_its_mailbox() -> None:
    assert build_profile(order(person="4711")).identifier == build_profile(order()).identifier


@pytest.mark.parametrize("prefix", ["", "com example", "com..example", ".com", "com.exämple", "com.example\n", "a@b"])
def test_a_prefix_that_is_no_reverse_domain_is_refused(prefix: str) -> None:
    with pytest.raises(SettingsProblem, match="not an identifier prefix"):
        build_profile(order(identifier_prefix=prefix))


def test_the_default_prefix_is_the_domain_in_reverse() -> None:
    assert identity.default_prefix(Address.parse("you@mail.bücher.example")) == "example.xn--bcher-kva.mail"


def test_an_address_with_a_lone_surrogate_is_refused_by_name() -> None:
    broken = Address(local="y\ud800u", domain="example.com")
    with pytest.raises(TextProblem, match="account name"):
        identity.top_identifier("com.example", identity.mailbox_key(broken))
