import hashlib
import json
import plistlib
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from profilegen.profile.read import read
from tests.cli.conftest import SETTINGS, Cli

PASSWORD = "a&b<c>\"'`=]]> ü"


def content(path: Path) -> dict[str, Any]:
    found = read(path.read_bytes()).content
    assert found is not None
    return found


def test_the_line_of_the_contract_describes_the_file(cli: Cli, settings: Path) -> None:
    answer = cli("build", "You@Example.com", "--settings", settings, "-o", "out/", "--json")

    line = answer.document
    assert answer.status == 0
    path = Path(line["path"])
    assert path == Path("out/you@example.com.mobileconfig")
    assert line["sha256"] == hashlib.sha256(path.read_bytes()).hexdigest()
    assert (line["ok"], line["row"], line["signed"]) == (True, None, True)
    assert line["payload_types"] == ["com.apple.mail.managed"]
    profile = content(path)
    assert (profile["PayloadIdentifier"], profile["PayloadUUID"]) == (line["identifier"], line["uuid"])
    assert line["revision"] in profile["PayloadDescription"]


def test_openssl_accepts_the_signature_over_the_unsigned_bytes(cli: Cli, settings: Path) -> None:
    cli("build", "you@example.com", "--settings", settings, "-o", "signed.mobileconfig")
    cli("build", "you@example.com", "--settings", settings, "-o", "plain.mobileconfig", "--unsigned")

    verified = subprocess.run(
        ["openssl", "cms", "-verify", "-inform", "der", "-noverify", "-purpose", "any", "-in", "signed.mobileconfig"],
        capture_output=True,
        check=True,
    )

    assert verified.stdout == Path("plain.mobileconfig").read_bytes()


def test_the_profile_sets_everything_the_broken_phone_lost(cli: Cli, settings: Path) -> None:
    cli("build", "you@example.com", "--settings", settings, "-o", "x.mobileconfig")

    payload = content(Path("x.mobileconfig"))["PayloadContent"][0]
    assert payload["OutgoingMailServerHostName"] == "smtp.example.com"
    assert payload["OutgoingMailServerPortNumber"] == 587
    assert payload["OutgoingMailServerUseSSL"] is True
    assert payload["OutgoingMailServerAuthentication"] == "EmailAuthPassword"
    assert payload["OutgoingMailServerUsername"] == "you@example.com"
    assert payload["OutgoingPasswordSameAsIncomingPassword"] is True


@pytest.mark.parametrize(
    "wrong", ["outgoing.port=25", "outgoing.security=none", "outgoing.security=tls", "outgoing.port=0"]
)
def test_settings_that_cannot_be_right_leave_no_file(cli: Cli, settings: Path, wrong: str) -> None:
    answer = cli("build", "you@example.com", "--settings", settings, "--set", wrong, "--json")

    assert (answer.status, answer.document["error"]["code"]) == (2, "invalid_settings")
    assert not list(Path().glob("*.mobileconfig"))


def test_standard_output_carries_the_profile_and_nothing_else(cli: Cli, settings: Path) -> None:
    answer = cli("build", "you@example.com", "--settings", settings, "-o", "-", "--unsigned", "--json")

    assert plistlib.loads(answer.out.encode())["PayloadType"] == "Configuration"


def test_an_account_never_silently_gets_a_second_identifier(cli: Cli, settings: Path) -> None:
    first = cli("build", "you@example.com", "--settings", settings, "--json").document
    refused = cli("build", "you@example.com", "--settings", settings, "--set", "identifier_prefix=org.other", "--json")
    allowed = cli(
        "build",
        "you@example.com",
        "--settings",
        settings,
        "--set",
        "identifier_prefix=org.other",
        "--new-identity",
        "--json",
    )

    assert (refused.status, refused.document["error"]["code"]) == (1, "identity_changed")
    assert first["identifier"] in refused.document["error"]["message"]
    assert allowed.document["identifier"].startswith("org.other.")


def test_a_change_of_key_is_told(cli: Cli, settings: Path) -> None:
    cli("key", "new", "first")
    cli("key", "new", "second")
    cli("build", "you@example.com", "--settings", settings)

    same = cli("build", "you@example.com", "--settings", settings, "--key", "first", "--json").document
    other = cli("build", "you@example.com", "--settings", settings, "--key", "second", "--json").document

    assert "signer_changed" not in {notice["code"] for notice in same["notices"]}
    assert "signer_changed" in {notice["code"] for notice in other["notices"]}


def test_mdm_without_a_password_says_in_one_line_what_will_be_typed(cli: Cli, settings: Path) -> None:
    line = cli("build", "you@example.com", "--settings", settings, "--delivery", "mdm", "--json").document

    [told] = [notice["text"] for notice in line["notices"] if notice["code"] == "mdm_password_missing"]
    assert "receiving and for sending" in told
    assert "\n" not in told


def test_a_password_goes_into_a_profile_only_if_somebody_insists(
    cli: Cli, settings: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MAIL_PASSWORD", PASSWORD)
    asked = (
        "build",
        "you@example.com",
        "--settings",
        settings,
        "--password-env",
        "MAIL_PASSWORD",
        "-o",
        "x.mobileconfig",
    )

    refused = cli(*asked, "--json")
    allowed = cli(*asked, "--allow-cleartext-password", "--json")

    assert (refused.status, refused.document["error"]["code"]) == (2, "cleartext_password")
    path = Path("x.mobileconfig")
    assert content(path)["PayloadContent"][0]["IncomingPassword"] == PASSWORD
    assert path.stat().st_mode & 0o777 == 0o600
    assert PASSWORD not in refused.out + refused.err + allowed.out + allowed.err


def test_a_relay_has_a_login_of_its_own_and_says_that_free_mail_never_authorises_it(cli: Cli) -> None:
    asked = ("build", "you@gmail.com", "--offline", "--outgoing", "smtp2go", "--json")

    nameless = cli(*asked)
    line = cli(*asked, "--outgoing-username", "acme", "--account-type", "password", "-o", "x.mobileconfig").document
    oauth = cli(*asked, "--outgoing-username", "acme", "--account-type", "oauth")

    assert nameless.document["error"]["code"] == "relay_username_missing"
    payload = content(Path("x.mobileconfig"))["PayloadContent"][0]
    assert payload["IncomingMailServerUsername"] == "you@gmail.com"
    assert payload["OutgoingMailServerUsername"] == "acme"
    assert payload["OutgoingMailServerHostName"] == "mail.smtp2go.com"
    assert "OutgoingPasswordSameAsIncomingPassword" not in payload
    assert "relay_not_authorised" in {notice["code"] for notice in line["notices"]}
    assert oauth.status == 1
    assert "relay service cannot be part of it" in oauth.document["error"]["message"]


def test_a_roster_builds_what_it_can_and_lists_the_rest(cli: Cli, tmp_path: Path) -> None:
    roster = tmp_path / "people.csv"
    roster.write_text(
        "address;name;person\na@gmx.de;Zoë & Bob;p1\na@gmail.com;Zoë;p1\nnobody;;\nA@GMX.de;;\nb@proton.me;;\n", "utf-8"
    )

    answer = cli("build", "--roster", roster, "--offline", "--allow-self-signed", "-o", "many", "--json")

    assert answer.status == 1
    assert [(line["row"], line["ok"]) for line in answer.documents] == [(2, True), (4, False), (5, False), (6, False)]
    assert [line["error"]["code"] for line in answer.documents[1:]] == [
        "invalid_address",
        "duplicate_address",
        "no_imap",
    ]
    types = [payload["PayloadType"] for payload in content(Path("many/a@gmx.de.mobileconfig"))["PayloadContent"]]
    assert types == ["com.apple.mail.managed", "com.apple.google-oauth"]


def test_a_self_made_key_is_refused_for_a_roster(cli: Cli, tmp_path: Path) -> None:
    roster = tmp_path / "people.csv"
    roster.write_text("address\na@gmx.de\n")

    answer = cli("build", "--roster", roster, "--offline", "--json")

    assert (answer.status, answer.document["error"]["code"]) == (3, "self_signed_roster")


def test_a_roster_line_of_ten_megabytes_is_one_clear_error(cli: Cli, tmp_path: Path) -> None:
    roster = tmp_path / "people.csv"
    roster.write_text("address,name\n" + "a" * 10_000_000 + "\n")

    answer = cli("build", "--roster", roster, "--offline", "--unsigned", "--json")

    errors = [json.loads(line).get("error", {}) for line in answer.out.splitlines()]
    assert answer.status in (1, 2)
    assert len(errors) == 1
    assert "longer than" in errors[0]["message"]
    assert len(answer.out + answer.err) < 2000


@pytest.mark.parametrize(
    ("arguments", "status", "code"),
    [
        (("build", "you@example.com", "--settings", "missing.json"), 2, "unreadable_input"),
        (("build", "other@example.com", "--settings", "SETTINGS"), 2, "no_settings"),
        (("build", "you@outlook.com", "--offline", "--account-type", "password"), 1, "no_such_account"),
        (("build", "you@example.com", "--settings", "SETTINGS", "--key", "nope"), 3, "unknown_key"),
        (("build", "you@example.com", "--settings", "SETTINGS", "-o", "/proc/nowhere/"), 3, "unwritable_output"),
        (("build", "you@example.com", "--expires", "soon"), 2, "bad_date"),
        (("build", "you@example.com", "--no-such-option"), 2, "usage"),
        (("build", "a@gmx.de", "b@gmx.de", "-o", "-"), 2, "several_outputs"),
    ],
)
def test_bad_input_gives_one_clear_error_and_its_exit_code(
    cli: Cli, settings: Path, arguments: tuple[str, ...], status: int, code: str
) -> None:
    given = [settings if argument == "SETTINGS" else argument for argument in arguments]

    as_json = cli(*given, "--json")
    as_text = cli(*given)

    assert (as_json.status, as_json.document["error"]["code"]) == (status, code)
    assert as_json.document["error"]["hint"]
    assert as_text.status == status
    assert as_text.out == ""
    assert "→" in as_text.err


def test_a_full_disk_leaves_nothing_half_written(cli: Cli, settings: Path, small_disk: Path) -> None:
    (small_disk / "filler").write_bytes(b"x" * 64 * 1024)

    answer = cli("build", "you@example.com", "--settings", settings, "-o", f"{small_disk}/out/", "--json")
    filler = [path.name for path in small_disk.glob("**/*") if path.is_file()]

    assert (answer.status, answer.document["error"]["code"]) == (3, "disk_full")
    assert filler == ["filler"]


def test_same_input_same_bytes_in_another_process(cli: Cli, settings: Path) -> None:
    cli("build", "you@example.com", "--settings", settings, "-o", "here/", "--unsigned")
    subprocess.run(
        [sys.executable, "-m", "profilegen", "build", "you@example.com", "--settings", str(settings), "--unsigned"],
        env={"PROFILEGEN_HOME": str(Path("other-home").absolute()), "TZ": "Asia/Kathmandu", "PYTHONHASHSEED": "7"},
        check=True,
        capture_output=True,
    )

    name = "you@example.com.mobileconfig"
    assert Path("here", name).read_bytes() == Path(name).read_bytes()


def test_settings_of_the_test_are_those_of_a_real_lookup(cli: Cli, tmp_path: Path) -> None:
    found = cli("lookup", "--offline", "you@gmx.de", "--json").out
    path = tmp_path / "found.json"
    path.write_text(found)

    line = cli("build", "you@gmx.de", "--settings", path, "--json").document

    assert line["ok"] is True
    assert SETTINGS["address"] == "you@example.com"
