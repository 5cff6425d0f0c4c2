"""Building: what must always be written, what differs between interactive and MDM, what is refused."""

import plistlib
from datetime import datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from profilegen.errors import ConfigProblem, NotPossible, ProfilegenError, SettingsProblem, TextProblem
from profilegen.profile.envelope import build_profile
from profilegen.profile.notices import build_notices
from profilegen.profile.order import ProfileOrder
from profilegen.profile.types import Delivery, Platform
from profilegen.secret import Secret
from profilegen.settings.servers import Auth, DavServer, Protocol
from tests.profile.orders import ROOT_CA, exchange, golden_orders, google, order, password_account, server

SAME = "OutgoingPasswordSameAsIncomingPassword"
ONE, TWO = Secret(text="one"), Secret(text="two")


def payload(wanted: ProfileOrder, index: int = 0) -> dict[str, Any]:
    found: dict[str, Any] = plistlib.loads(build_profile(wanted).content)["PayloadContent"][index]
    return found


@pytest.mark.parametrize(
    "name", ["imap-ios-interactive", "mdm-without-passwords", "pop", "icloud", "imap-macos-expiring"]
)
def test_both_directions_are_always_complete(name: str) -> None:
    keys = payload(golden_orders()[name])
    for direction in ("Incoming", "Outgoing"):
        assert type(keys[f"{direction}MailServerPortNumber"]) is int
        assert keys[f"{direction}MailServerUseSSL"] is True
        assert keys[f"{direction}MailServerUsername"]
        assert keys[f"{direction}MailServerAuthentication"].startswith("EmailAuth")


def test_icloud_keeps_its_two_user_names_and_asks_for_both_passwords() -> None:
    keys = payload(golden_orders()["icloud"])
    assert (keys["IncomingMailServerUsername"], keys["OutgoingMailServerUsername"]) == ("you", "you@icloud.com")
    assert SAME not in keys


@pytest.mark.parametrize(
    ("passwords", "delivery", "expected"),
    [
        ({}, Delivery.INTERACTIVE, (None, None, True)),
        ({}, Delivery.MDM, (None, None, None)),
        ({"incoming_password": ONE}, Delivery.INTERACTIVE, ("one", "one", None)),
        ({"incoming_password": ONE}, Delivery.MDM, ("one", "one", None)),
        ({"incoming_password": ONE, "outgoing_password": TWO}, Delivery.INTERACTIVE, ("one", "two", None)),
        ({"incoming_password": ONE, "outgoing_password": TWO}, Delivery.MDM, ("one", "two", None)),
        ({"outgoing_password": TWO}, Delivery.INTERACTIVE, (None, "two", None)),
    ],
)
def test_passwords_are_each_in_their_own_place(
    passwords: dict[str, Any], delivery: Delivery, expected: tuple[str | None, str | None, bool | None]
) -> None:
    keys = payload(order(password_account(**passwords), delivery=delivery))
    assert (keys.get("IncomingPassword"), keys.get("OutgoingPassword"), keys.get(SAME)) == expected


def test_a_relay_never_gets_the_mailbox_password() -> None:
    relay = server(Protocol.SMTP, "mail.relay.example", 587, "you@example.com")
    keys = payload(order(password_account(outgoing=relay, relay="relay", incoming_password=ONE)))
    assert "OutgoingPassword" not in keys
    assert SAME not in keys


def test_calendar_gets_the_mailbox_password_only_for_the_same_login() -> None:
    dav: dict[str, Any] = {
        "caldav": DavServer(host="dav.example.com", username="you@example.com"),
        "carddav": DavServer(host="dav.example.com", username="other"),
    }
    wanted = order(password_account(incoming_password=ONE, **dav))
    assert payload(wanted, 1)["CalDAVPassword"] == "one"
    assert "CardDAVPassword" not in payload(wanted, 2)


@pytest.mark.parametrize(
    ("offered", "word"),
    [
        ((Auth.CRAM_MD5, Auth.PASSWORD), "EmailAuthPassword"),
        ((Auth.OAUTH2, Auth.CRAM_MD5), "EmailAuthCRAMMD5"),
        ((Auth.NTLM,), "EmailAuthNTLM"),
    ],
)
def test_the_ordinary_password_is_preferred(offered: tuple[Auth, ...], word: str) -> None:
    outgoing = server(Protocol.SMTP, "smtp.example.com", 587, "you", auth=offered)
    assert payload(order(password_account(outgoing=outgoing)))["OutgoingMailServerAuthentication"] == word


def test_a_server_with_oauth_alone_cannot_stand_in_a_mail_payload() -> None:
    outgoing = server(Protocol.SMTP, "smtp.example.com", 587, "you", auth=(Auth.OAUTH2,))
    with pytest.raises(NotPossible, match="OAuth only"):
        build_profile(order(password_account(outgoing=outgoing)))


def test_google_on_a_mac_is_refused_with_the_reason() -> None:
    with pytest.raises(NotPossible, match="iOS only"):
        build_profile(order(google(), platform=Platform.MACOS))


def test_exchange_has_a_payload_of_its_own_on_each_platform() -> None:
    assert build_profile(order(exchange())).payload_types == ("com.apple.eas.account",)
    assert build_profile(order(exchange(), platform=Platform.MACOS)).payload_types == ("com.apple.ews.account",)
    assert payload(order(exchange()))["Host"] == "outlook.office365.com"
    assert "Password" not in payload(order(exchange()))


def test_platform_decides_scope_and_device_type() -> None:
    mac = plistlib.loads(build_profile(order(platform=Platform.MACOS)).content)
    phone = plistlib.loads(build_profile(order()).content)
    assert (mac["PayloadScope"], mac["TargetDeviceType"]) == ("User", 5)
    assert ("PayloadScope" in phone, phone["TargetDeviceType"]) == (False, 1)


def test_the_removal_date_is_written_in_utc() -> None:
    tree = plistlib.loads(build_profile(golden_orders()["imap-macos-expiring"]).content)
    assert tree["RemovalDate"] == datetime.fromisoformat("2026-12-31T23:30:00")


def test_names_survive_escaping_once() -> None:
    built = build_profile(order())
    assert b"&amp;amp;" not in built.content
    assert payload(order())["EmailAccountName"] == 'Zoë "Ø" & <Bob>'


BAD_TEXTS = ["a\rb", "a\0b", "a\x1fb", "a\ufffeb", "a\uffffb", "a\ud800b", "a\nb"]


@pytest.mark.parametrize("text", BAD_TEXTS, ids=ascii)
def test_text_a_property_list_would_corrupt_is_refused_by_field(text: str) -> None:
    with pytest.raises(TextProblem, match="EmailAccountName"):
        build_profile(order(password_account(display_name=text)))
    with pytest.raises(TextProblem, match="PayloadOrganization"):
        build_profile(order(organization=text))


@pytest.mark.parametrize("text", BAD_TEXTS, ids=ascii)
def test_a_refused_password_is_named_but_not_shown(text: str) -> None:
    with pytest.raises(TextProblem, match="OutgoingPassword") as caught:
        build_profile(order(password_account(outgoing_password=Secret(text=text))))
    assert "U+" not in str(caught.value)


any_text = st.text(max_size=12)


@given(name=any_text, incoming=any_text, outgoing=any_text)
def test_what_is_built_reads_back_exactly(name: str, incoming: str, outgoing: str) -> None:
    account = password_account(
        display_name=name, incoming_password=Secret(text=incoming), outgoing_password=Secret(text=outgoing)
    )
    try:
        keys = payload(order(account))
    except TextProblem:
        return
    assert keys.get("EmailAccountName", "") == name
    assert (keys["IncomingPassword"], keys["OutgoingPassword"]) == (incoming, outgoing)


REFUSED: list[tuple[dict[str, Any], type[ProfilegenError], str]] = [
    ({"accounts": ()}, SettingsProblem, "at least one account"),
    ({"accounts": (password_account(), password_account("YOU@example.com")), "person": "1"}, SettingsProblem, "twice"),
    ({"accounts": (password_account(), google())}, SettingsProblem, "need a person"),
    ({"expires": datetime.fromisoformat("2027-01-01")}, SettingsProblem, "time zone"),
    ({"seal": b"short"}, ConfigProblem, "too short"),
]


@pytest.mark.parametrize(("change", "error", "reason"), REFUSED, ids=[reason for _, _, reason in REFUSED])
def test_an_order_that_makes_no_sense_is_refused(change: dict[str, Any], error: type[Exception], reason: str) -> None:
    with pytest.raises(error, match=reason):
        order(**change)


def test_a_certificate_that_is_none_is_refused() -> None:
    with pytest.raises(SettingsProblem, match=r"X\.509"):
        build_profile(order(certificates=(b"no certificate",)))


def test_a_root_is_a_root_payload_and_stands_once() -> None:
    built = build_profile(order(certificates=(ROOT_CA, ROOT_CA)))
    assert built.payload_types == ("com.apple.security.root", "com.apple.mail.managed")
    assert payload(order(certificates=(ROOT_CA,)))["PayloadContent"] == ROOT_CA


def test_has_secrets_tells_who_must_keep_the_file_private() -> None:
    assert not build_profile(order()).has_secrets
    assert build_profile(order(password_account(incoming_password=ONE))).has_secrets


def test_no_repr_shows_a_password() -> None:
    wanted = order(password_account(incoming_password=Secret(text="hunter2"), outgoing_password=Secret(text="hunter2")))
    assert "hunter2" not in repr(wanted) + repr(build_profile(wanted)) + repr(build_notices(wanted))


NOTICES: list[tuple[ProfileOrder, list[str]]] = [
    (order(), []),
    (order(delivery=Delivery.MDM), ["mdm_password_missing"]),
    (order(password_account(incoming_password=ONE), delivery=Delivery.MDM), []),
    (golden_orders()["icloud"], ["two_passwords"]),
    (golden_orders()["aliases"], ["aliases_undocumented"]),
    (golden_orders()["dav-and-ca"], ["trust_certificate_by_hand"]),
    (order(google()), ["sign_in_on_device"]),
]


@pytest.mark.parametrize(("wanted", "codes"), NOTICES, ids=[",".join(codes) or "none" for _, codes in NOTICES])
def test_notices_say_what_the_person_has_to_do(wanted: ProfileOrder, codes: list[str]) -> None:
    assert [notice.code for notice in build_notices(wanted)] == codes
