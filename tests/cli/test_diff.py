"""diff: what another profile would change, by meaning."""

import plistlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import Answer, Cli

Compare = Callable[[dict[str, Any]], Answer]


def built(cli: Cli, settings: Path, name: str, *options: str) -> dict[str, Any]:
    """Build an unsigned profile as a file, and return its content."""
    assert cli("build", "you@example.com", "--settings", settings, "-o", name, "--unsigned", *options).status == 0
    content = plistlib.loads(Path(name).read_bytes())
    assert isinstance(content, dict)
    return content


@pytest.fixture
def changed(cli: Cli, settings: Path) -> Callable[..., Answer]:
    """Compare a profile with itself after something was done to its mail payload or its top."""

    def compare(change: Callable[[dict[str, Any], dict[str, Any]], object], *options: str) -> Answer:
        content = built(cli, settings, "old.mobileconfig")
        change(content, content["PayloadContent"][0])
        Path("new.mobileconfig").write_bytes(plistlib.dumps(content, sort_keys=False))
        return cli("diff", "old.mobileconfig", "new.mobileconfig", *options)

    return compare


def test_signing_alone_is_no_difference(cli: Cli, settings: Path) -> None:
    built(cli, settings, "plain.mobileconfig")
    cli("sign", "plain.mobileconfig", "-o", "signed.mobileconfig")

    answer = cli("diff", "plain.mobileconfig", "signed.mobileconfig")

    assert answer.status == 0
    assert "Both profiles do the same." in answer.out
    assert "not signed with the same key" in answer.out
    assert cli("diff", "plain.mobileconfig", "signed.mobileconfig", "--json").document["same"] is True


def test_the_order_of_keys_and_payloads_is_no_difference(changed: Callable[..., Answer]) -> None:
    def reorder(top: dict[str, Any], mail: dict[str, Any]) -> None:
        other = {"PayloadType": "com.apple.wifi.managed", "PayloadIdentifier": "w", "PayloadUUID": "W"}
        top["PayloadContent"] = [other, dict(reversed(list(mail.items())))]
        Path("old.mobileconfig").write_bytes(plistlib.dumps({**top, "PayloadContent": [mail, other]}))

    assert changed(reorder).status == 0


def test_a_new_uuid_and_revision_of_the_whole_are_no_difference_by_themselves(changed: Callable[..., Answer]) -> None:
    answer = changed(
        lambda top, _mail: top.update(
            PayloadUUID="X", PayloadDescription="Mail settings for you@example.com. Revision 00000000."
        )
    )

    assert answer.status == 0, answer.out


def test_accounts_and_keys_are_named_in_words_people_know(cli: Cli, settings: Path) -> None:
    built(cli, settings, "old.mobileconfig")
    built(cli, settings, "new.mobileconfig", "--set", "outgoing.port=465", "--set", "outgoing.security=tls")

    answer = cli("diff", "old.mobileconfig", "new.mobileconfig")

    assert answer.status == 1
    assert "Mail you@example.com:\n  ~ outgoing port: 587 → 465" in answer.out


def test_a_lost_login_and_ssl_are_said(changed: Callable[..., Answer]) -> None:
    def lose(_top: dict[str, Any], mail: dict[str, Any]) -> None:
        del mail["OutgoingMailServerUseSSL"]
        mail["OutgoingMailServerAuthentication"] = "EmailAuthNone"

    text = changed(lose).out

    assert "- outgoing SSL: on → not set" in text
    assert "~ outgoing login: password → none" in text


def test_a_changed_secret_is_said_and_never_shown(cli: Cli) -> None:
    for name, password in (("old", "first-Secret"), ("new", "second-Secret")):
        payload = {"PayloadType": "com.apple.mail.managed", "EmailAddress": "a@b.example", "IncomingPassword": password}
        Path(f"{name}.mobileconfig").write_bytes(plistlib.dumps({"PayloadContent": [payload]}))

    text, document = (cli("diff", "old.mobileconfig", "new.mobileconfig", *form) for form in ((), ("--json",)))

    [difference] = document.document["differences"]
    assert "incoming password: changed" in text.out
    assert (difference["secret"], difference["old"], difference["new"]) == (True, "[secret]", "[secret]")
    assert "Secret" not in text.out + document.out


@pytest.mark.parametrize(
    ("change", "effect"),
    [
        (lambda top, _mail: top.update(PayloadIdentifier="other"), "beside the old one instead of replacing"),
        (lambda _top, mail: mail.update(PayloadUUID="other"), "anew instead of updating"),
        (lambda _top, mail: mail.update(PayloadIdentifier="other"), "anew instead of updating"),
    ],
)
def test_what_a_device_makes_of_a_changed_identity_is_said(
    changed: Callable[..., Answer], change: Callable[..., object], effect: str
) -> None:
    answer = changed(change)

    assert answer.status == 1
    assert effect in answer.out


def test_whole_accounts_come_and_go(changed: Callable[..., Answer]) -> None:
    def swap(top: dict[str, Any], mail: dict[str, Any]) -> None:
        top["PayloadContent"] = [
            {**mail, "PayloadIdentifier": "1", "EmailAddress": "third@example.com"},
            {"PayloadType": "com.apple.google-oauth", "EmailAddress": "you@gmail.com"},
            {**mail, "PayloadIdentifier": "2", "EmailAddress": "fourth@example.com"},
        ]

    document = changed(swap, "--json").document

    found = {(difference["where"], difference["change"]) for difference in document["differences"]}
    assert found == {
        ("Mail you@example.com", "removed"),
        ("Mail third@example.com", "added"),
        ("Mail fourth@example.com", "added"),
        ("Google you@gmail.com", "added"),
    }


def test_a_port_that_became_another_kind_of_number_differs(changed: Callable[..., Answer]) -> None:
    answer = changed(lambda _top, mail: mail.update(OutgoingMailServerPortNumber=587.0), "--json")

    [difference] = answer.document["differences"]
    assert (difference["old"], difference["new"]) == (587, 587.0)


def test_a_renamed_account_is_the_same_account_with_another_address(changed: Callable[..., Answer]) -> None:
    answer = changed(lambda _top, mail: mail.update(EmailAddress="me@example.com"), "--json")

    [difference] = answer.document["differences"]
    assert (difference["what"], difference["change"]) == ("mail address", "changed")


def test_a_file_that_is_no_profile_is_exit_2(cli: Cli) -> None:
    Path("x").write_bytes(b"<html>")

    assert cli("diff", "x", "x").status == 2
