"""show: what a profile does, in words, and never a secret but with --xml."""

import plistlib
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import Cli

PASSWORD = "Geheim-4711"


@pytest.fixture
def profile(cli: Cli, settings: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("MAIL", PASSWORD)
    built = cli(
        *("build", "you@example.com", "--settings", settings, "--name", "Your Name", "-o", "x.mobileconfig"),
        *("--password-env", "MAIL", "--allow-cleartext-password"),
    )
    assert built.status == 0, built.err
    return Path("x.mobileconfig")


def write(path: str, content: dict[str, Any]) -> Path:
    Path(path).write_bytes(plistlib.dumps(content))
    return Path(path)


def test_the_account_comes_first_who_servers_security_login_and_what_is_asked(cli: Cli, settings: Path) -> None:
    cli("build", "you@example.com", "--settings", settings, "--name", "Your Name", "-o", "x.mobileconfig")

    text = cli("show", "x.mobileconfig").out

    assert text.splitlines()[1] == 'Mail: you@example.com as "Your Name"'
    assert "incoming    imap.example.com:993  TLS  you@example.com  password not in the profile" in text
    assert "outgoing    smtp.example.com:587  STARTTLS  you@example.com  same password" in text
    assert "asked       incoming password" in text
    assert "signed by   CN=profilegen self-signed" in text


def test_passwords_are_masked_everywhere_but_in_the_property_list_itself(cli: Cli, profile: Path) -> None:
    readable, document, xml = cli("show", profile), cli("show", profile, "--json"), cli("show", profile, "--xml")

    assert PASSWORD not in readable.out + document.out
    [payload] = document.document["content"]["PayloadContent"]
    assert payload["IncomingPassword"] == payload["OutgoingPassword"] == "[secret]"
    assert plistlib.loads(xml.out.encode())["PayloadContent"][0]["IncomingPassword"] == PASSWORD


def test_the_json_carries_accounts_signer_and_revision(cli: Cli, profile: Path) -> None:
    document = cli("show", profile, "--json").document

    [account] = document["accounts"]
    assert account["kind"] == "Mail"
    assert [connection["security"] for connection in account["connections"]] == ["tls", "starttls"]
    assert [connection["password"] for connection in account["connections"]] == ["profile", "profile"]
    assert account["asked"] == []
    assert document["revision"] == document["uuid"][:8].lower()
    assert document["signer"]["subject"] == "CN=profilegen self-signed"


def test_the_revision_survives_a_server_that_rewrites_the_uuid(cli: Cli) -> None:
    content = {"PayloadUUID": "0" * 8 + "-x", "PayloadDescription": "Mail settings for you. Revision 1a2b3c4d."}

    assert cli("show", write("x.mobileconfig", content), "--json").document["revision"] == "1a2b3c4d"


def test_accounts_of_every_kind_and_the_rest_are_named(cli: Cli) -> None:
    payloads: list[dict[str, Any]] = [
        {
            "PayloadType": "com.apple.mail.managed",
            "EmailAccountType": "EmailTypePOP",
            "OutgoingMailServerPortNumber": 25,
        },
        {"PayloadType": "com.apple.caldav.account", "CalDAVHostName": "dav.example", "CalDAVPassword": PASSWORD},
        {"PayloadType": "com.apple.eas.account", "Host": "m.example", "EmailAddress": "you@example.com", "OAuth": True},
        {"PayloadType": "com.apple.google-oauth", "EmailAddress": "you@gmail.com"},
        {"PayloadType": "com.apple.security.pkcs12", "PayloadContent": b"private key", "PayloadDisplayName": "Key"},
        {"PayloadType": "com.apple.wifi.managed", "Password": PASSWORD, "Since": datetime(2026, 1, 2, tzinfo=UTC)},
    ]
    path = write("x.mobileconfig", {"PayloadContent": payloads})

    text, document = cli("show", path), cli("show", path, "--json")

    kinds = [account["kind"] for account in document.document["accounts"]]
    assert kinds == ["Mail (POP)", "Calendar", "Exchange", "Google"]
    assert document.document["accounts"][0]["asked"][:2] == ["mail address", "incoming user name"]
    assert document.document["accounts"][2]["connections"][0]["password"] == "sign_in"
    assert document.document["content"]["PayloadContent"][4]["PayloadContent"] == "[secret]"
    assert document.document["content"]["PayloadContent"][5]["Since"] == "2026-01-02T00:00:00Z"
    assert "no host:25  no encryption" in text.out
    assert "com.apple.security.pkcs12: Key" in text.out
    assert PASSWORD not in text.out + document.out


def test_a_name_cannot_move_the_cursor_of_a_terminal(cli: Cli) -> None:
    path = write("x.mobileconfig", {"PayloadDisplayName": "a\u202eb\u009b31m", "PayloadContent": []})

    assert "a?b?31m" in cli("show", path).out


@pytest.mark.parametrize("data", [b"", b"<html>", b"\x30\x80\x00", bytes(1000)])
def test_what_is_no_profile_is_said_in_one_line(cli: Cli, data: bytes) -> None:
    Path("x.mobileconfig").write_bytes(data)

    answer = cli("show", "x.mobileconfig", "--json")

    assert (answer.status, answer.document["error"]["code"]) == (2, "unreadable_input")


def test_a_binary_property_list_is_printed_as_xml(cli: Cli) -> None:
    Path("x.mobileconfig").write_bytes(plistlib.dumps({"PayloadDisplayName": "Zoë"}, fmt=plistlib.FMT_BINARY))

    assert plistlib.loads(cli("show", "x.mobileconfig", "--xml").out.encode()) == {"PayloadDisplayName": "Zoë"}
