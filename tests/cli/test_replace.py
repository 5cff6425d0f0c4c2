"""build --replaces and the column previous_address: a device replaces, and never ends up with a twin."""

import plistlib
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import Cli

MAIL = "com.apple.mail.managed"


def hoster_profile(**mail: object) -> dict[str, Any]:
    """A profile as a hoster's panel makes one: readable identifiers, its own UUIDs, one more payload."""
    return {
        "PayloadType": "Configuration",
        "PayloadVersion": 1,
        "PayloadIdentifier": "de.hoster.mail.you",
        "PayloadUUID": "11111111-1111-4111-8111-111111111111",
        "PayloadContent": [
            {
                "PayloadType": "com.apple.wifi.managed",
                "PayloadIdentifier": "de.hoster.wifi",
                "PayloadUUID": "22222222-2222-4222-8222-222222222222",
            },
            {
                "PayloadType": MAIL,
                "PayloadVersion": 1,
                "PayloadIdentifier": "de.hoster.mail.you.account",
                "PayloadUUID": "33333333-3333-4333-8333-333333333333",
                "EmailAddress": "You@example.com",
                **mail,
            },
        ],
    }


@pytest.fixture
def old(cli: Cli) -> Path:
    Path("old.mobileconfig").write_bytes(plistlib.dumps(hoster_profile()))
    return Path("old.mobileconfig")


def build(cli: Cli, settings: Path, *options: object) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return what build said, and the profile it wrote."""
    asked = ("build", "you@example.com", "--settings", settings, "-o", "x.mobileconfig", "--unsigned", "--json")
    answer = cli(*asked, *options)
    assert answer.status == 0, answer.out + answer.err
    return answer.document, plistlib.loads(Path("x.mobileconfig").read_bytes())


def identity(payload: dict[str, Any]) -> tuple[str, str]:
    return payload["PayloadIdentifier"], payload["PayloadUUID"]


def codes(document: dict[str, Any]) -> list[str]:
    return [notice["code"] for notice in document["notices"]]


def test_identifier_of_the_profile_and_identity_of_the_account_are_taken_over(
    cli: Cli, settings: Path, old: Path
) -> None:
    document, profile = build(cli, settings, "--replaces", old)

    assert document["identifier"] == profile["PayloadIdentifier"] == "de.hoster.mail.you"
    assert [identity(payload) for payload in profile["PayloadContent"]] == [
        ("de.hoster.mail.you.account", "33333333-3333-4333-8333-333333333333")
    ]
    assert profile["PayloadUUID"] != "11111111-1111-4111-8111-111111111111"


def test_what_the_old_profile_held_beside_is_said_to_disappear(cli: Cli, settings: Path, old: Path) -> None:
    document, _ = build(cli, settings, "--replaces", old)

    [notice] = [notice for notice in document["notices"] if notice["code"] == "payload_left_out"]
    assert "com.apple.wifi.managed" in notice["text"]


def test_later_builds_keep_the_identity_without_being_told_again(cli: Cli, settings: Path, old: Path) -> None:
    first, _ = build(cli, settings, "--replaces", old)

    second, profile = build(cli, settings, "--name", "Your Name")
    third, _ = build(cli, settings)

    assert second["identifier"] == third["identifier"] == "de.hoster.mail.you"
    assert identity(profile["PayloadContent"][0])[1] == "33333333-3333-4333-8333-333333333333"
    assert third["uuid"] == first["uuid"] != second["uuid"]


def test_a_new_identity_forgets_the_one_taken_over(cli: Cli, settings: Path, old: Path) -> None:
    own, _ = build(cli, settings, "--new-identity")
    build(cli, settings, "--replaces", old, "--new-identity")

    again, _ = build(cli, settings, "--new-identity")

    assert again["identifier"] == own["identifier"]
    assert build(cli, settings)[0]["identifier"] == own["identifier"]


def test_an_account_that_has_a_profile_of_ours_is_not_given_a_second_one_silently(
    cli: Cli, settings: Path, old: Path
) -> None:
    build(cli, settings)

    answer = cli(
        *("build", "you@example.com", "--settings", settings, "-o", "y.mobileconfig", "--unsigned", "--json"),
        *("--replaces", old),
    )

    assert (answer.status, answer.document["error"]["code"]) == (1, "identity_changed")


@pytest.mark.parametrize(
    ("mail", "taken_over"),
    [
        ({"EmailAddress": "", "IncomingMailServerUsername": "you@example.com"}, True),
        ({"EmailAddress": ""}, True),
        ({"EmailAddress": "other@example.com"}, False),
        ({"PayloadUUID": ""}, False),
    ],
)
def test_accounts_are_matched_by_address_user_name_or_by_being_the_only_one(
    cli: Cli, settings: Path, mail: dict[str, object], taken_over: bool
) -> None:
    Path("old.mobileconfig").write_bytes(plistlib.dumps(hoster_profile(**mail)))

    _, profile = build(cli, settings, "--replaces", "old.mobileconfig")

    found = profile["PayloadContent"][0]["PayloadIdentifier"] == "de.hoster.mail.you.account"
    assert found is taken_over


def test_another_signer_is_warned_about_and_the_same_one_is_not(cli: Cli, settings: Path, old: Path) -> None:
    for name in ("ours", "theirs"):
        cli("key", "new", name)
    cli("sign", old, "-o", "signed.mobileconfig", "--key", "theirs")
    asked = ("build", "you@example.com", "--settings", settings, "-o", "x.mobileconfig", "--json")

    other = cli(*asked, "--replaces", "signed.mobileconfig", "--key", "ours").document
    same = cli(*asked, "--replaces", "signed.mobileconfig", "--key", "theirs").document
    unsigned = cli(*asked, "--replaces", old, "--key", "ours").document

    assert "replaces_other_signer" in codes(other)
    assert not {"replaces_other_signer", "replaces_unsigned"} & set(codes(same))
    assert "replaces_unsigned" in codes(unsigned)


def test_payloads_that_cannot_be_read_are_said(cli: Cli, settings: Path, old: Path) -> None:
    subprocess.run(
        [
            *("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=device"),
            *("-addext", "basicConstraints=CA:FALSE", "-keyout", "device.key", "-out", "device.pem"),
        ],
        check=True,
        capture_output=True,
    )
    cli("encrypt", old, "--to", "device.pem", "-o", "e.mobileconfig", "--unsigned")

    document, _ = build(cli, settings, "--replaces", "e.mobileconfig")

    assert document["identifier"] == "de.hoster.mail.you"
    assert "replaces_encrypted" in codes(document)


def test_words_of_the_old_profile_cannot_move_the_cursor_of_a_terminal(cli: Cli, settings: Path) -> None:
    content = hoster_profile()
    content["PayloadContent"][0]["PayloadType"] = "evil\u009b31m"
    Path("old.mobileconfig").write_bytes(plistlib.dumps(content))

    document, _ = build(cli, settings, "--replaces", "old.mobileconfig")

    [notice] = [notice for notice in document["notices"] if notice["code"] == "payload_left_out"]
    assert "evil?31m" in notice["text"]


def test_a_profile_without_identifier_and_a_roster_are_refused(cli: Cli, settings: Path, old: Path) -> None:
    Path("none.mobileconfig").write_bytes(plistlib.dumps({"PayloadContent": []}))
    asked = ("build", "you@example.com", "--settings", settings, "--json")

    nothing = cli(*asked, "--replaces", "none.mobileconfig")
    many = cli(*asked, "me@example.com", "-o", "many", "--replaces", old)

    assert (nothing.status, nothing.document["error"]["code"]) == (2, "no_identifier")
    assert (many.status, many.document["error"]["code"]) == (2, "one_profile")


def roster(cli: Cli, settings: Path, text: str) -> dict[str, Any]:
    Path("people.csv").write_text(text)
    built = cli("build", "--roster", "people.csv", "--offline", "-o", "out", "--unsigned", "--json")
    assert built.status == 0, built.out + built.err
    return built.document


def test_a_rename_is_a_new_account_and_the_removal_of_the_old_one(cli: Cli, settings: Path) -> None:
    before = roster(cli, settings, "address\nold.name@gmx.de\n")

    after = roster(cli, settings, "address,previous_address\nnew.name@gmx.de,Old.Name@gmx.de\n")

    [notice] = [notice for notice in after["notices"] if notice["code"] == "remove_previous"]
    assert after["identifier"] != before["identifier"]
    assert before["identifier"] in notice["text"]
    assert "not recorded" not in notice["text"]


def test_a_rename_of_somebody_never_seen_names_the_identifier_there_would_have_been(cli: Cli, settings: Path) -> None:
    after = roster(cli, settings, "address,previous_address\nnew.name@gmx.de,old.name@gmx.de\n")
    would = roster(cli, settings, "address\nold.name@gmx.de\n")

    [notice] = [notice for notice in after["notices"] if notice["code"] == "remove_previous"]
    assert would["identifier"] in notice["text"]
    assert "not recorded" in notice["text"]


def test_a_rename_inside_a_persons_profile_replaces_the_account_in_place(cli: Cli, settings: Path) -> None:
    rows = "third@gmx.de,p3,{}\n{},p3,{}\n"
    before = roster(cli, settings, "address,person,previous_address\n" + rows.format("", "old@gmx.de", ""))
    after = roster(cli, settings, "address,person,previous_address\n" + rows.format("", "new@gmx.de", "old@gmx.de"))

    assert before["identifier"] == after["identifier"]
    assert "renamed_in_place" in codes(after)


def test_only_another_spelling_of_the_same_mailbox_is_no_rename(cli: Cli, settings: Path) -> None:
    after = roster(cli, settings, "address,previous_address\nyou@gmx.de,YOU@gmx.de\n")

    assert not {"remove_previous", "renamed_in_place"} & set(codes(after))
