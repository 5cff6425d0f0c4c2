"""The review without any server: saved output, saved logs, and how the command is called."""

import csv
import io
import json
import sys
from pathlib import Path

import pytest

from profilegen.cli.relay_options import with_postfix_here
from tests.cli.conftest import Cli

CLIENT = "unknown[192.0.2.9]"
HEAD = "2031-03-01T10:00:0{second}+00:00 mail postfix/{service}[7]: "


def log_of(
    address: str, reply: str = "554 5.7.1 <x@example.org>: Relay access denied", helo: str = "[10.0.0.2]"
) -> str:
    messages = [
        f"connect from {CLIENT}",
        f"NOQUEUE: reject: RCPT from {CLIENT}: {reply}; from=<{address}> to=<x@example.org> proto=ESMTP helo=<{helo}>",
        f"disconnect from {CLIENT} ehlo=1 mail=1 rcpt=0/1 quit=1 commands=3/4",
    ]
    return "".join(
        HEAD.format(second=second, service="smtpd") + message + "\n" for second, message in enumerate(messages)
    )


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["--postfix"], ["--postfix="]),
        (["--postfix", "mail.example.com"], ["--postfix=", "mail.example.com"]),
        (["--postfix", "--json"], ["--postfix=", "--json"]),
        (["--postfix", "/etc/postfix", "host"], ["--postfix", "/etc/postfix", "host"]),
        (["--postfix=/etc/postfix"], ["--postfix=/etc/postfix"]),
    ],
)
def test_postfix_may_stand_alone_or_before_a_folder(words: list[str], expected: list[str]) -> None:
    assert with_postfix_here(words) == expected


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("--json",), "no_host"),
        (("mail.example.com", "--roster", "x.csv", "--json"), "bad_roster"),
        (("mail.example.com", "--username", "you@example.com", "--json"), "not_permitted"),
        (("mail.example.com", "--username", "you", "--i-run-this-server", "--json"), "no_password"),
        (("--log", "none", "--who-is-broken", "--since", "soon", "--json"), "bad_since"),
        (("--log", "none", "--who-is-broken", "--json"), "unreadable_log"),
        (("--postfix", "./none", "--json"), "no_postfix"),
        (("--postfix", "./" + 300 * "x", "--json"), "no_postfix"),  # the system refuses to look, as where one may not
        (("--mailenable", ".", "--json"), "no_mailenable"),
        (("--mailenable", "./" + 300 * "x", "--json"), "unreadable_folder"),
        (("--log", "none", "--who-is-broken", "--since", "0001-01-01", "--json"), "bad_since"),
        (("mail.invalid", "--dnsbl", "not a zone", "--json"), "bad_zone"),
        (("mail.invalid", "--rhsbl", "bl", "--json"), "bad_zone"),
        (("--postfix", "--who-is-broken", "--fail2ban", "none.sqlite3", "--json"), "no_fail2ban"),
        (("--log", "-", "--follow", "you@example.com", "--json"), "no_log"),
    ],
)
def test_what_cannot_be_asked_is_wrong_usage(cli: Cli, arguments: tuple[str, ...], code: str) -> None:
    answer = cli("relay", *arguments)

    assert (answer.status, answer.document["error"]["code"]) == (2, code)


def test_people_are_found_in_a_saved_log_and_their_clients_bans_are_named(cli: Cli) -> None:
    Path("mail.log").write_text(log_of("you@example.com"))
    Path("fail2ban.log").write_text("2031-03-01 10:00:00,000 fail2ban.actions [1]: NOTICE [postfix] Ban 192.0.2.9\n")

    answer = cli(
        *("relay", "--log", "mail.log", "--who-is-broken", "--since", "2031-03-01", "--json"),
        *("--domain", "example.com", "--fail2ban", "fail2ban.log"),
    )

    [person] = answer.document["people"]
    [finding] = answer.document["findings"]
    assert answer.status == 1
    assert (person["address"], person["cause"], person["clients"]) == (
        "you@example.com",
        "auth_not_configured",
        ["192.0.2.9"],
    )
    assert person["banned"] == {"192.0.2.9": "postfix"}
    assert person["last"] == "2031-03-01T10:00:01Z"
    assert (finding["check"], finding["outcome"]) == ("people.not_logged_in", "fail")


def test_what_happened_before_the_time_asked_for_does_not_count(cli: Cli) -> None:
    Path("mail.log").write_text(log_of("you@example.com"))

    answer = cli(
        "relay", "--log", "mail.log", "--who-is-broken", "--since", "2031-03-02", "--domain", "example.com", "--json"
    )

    assert (answer.status, answer.document["people"]) == (0, [])


def test_the_log_may_come_from_standard_input(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    stdin = io.TextIOWrapper(io.BytesIO(log_of("you@example.com").encode()))
    monkeypatch.setattr(sys, "stdin", stdin)

    answer = cli("relay", "--log", "-", "--who-is-broken", "--since", "2031-03-01", "--domain", "example.com", "--json")

    assert [person["address"] for person in answer.document["people"]] == ["you@example.com"]


def test_a_hostile_name_reaches_neither_the_terminal_nor_the_roster(cli: Cli) -> None:
    hostile = "\x1b[2J\u202eyou\x07@example.com"
    formula = "=1+1@example.com"
    Path("mail.log").write_text(log_of(hostile) + log_of(formula) + log_of("you@example.com"))

    answer = cli(
        *("relay", "--log", "mail.log", "--who-is-broken", "--since", "2031-03-01", "--domain", "example.com"),
        *("--roster", "out.csv"),
    )

    assert all(char.isprintable() or char == "\n" for char in answer.out + answer.err)
    with Path("out.csv").open() as file:
        addresses = [row["address"] for row in csv.DictReader(file)]
    assert "you@example.com" in addresses
    assert formula not in addresses
    assert Path("out.csv").stat().st_mode & 0o777 == 0o600


def test_saved_output_of_postfix_is_reviewed_anywhere(cli: Cli) -> None:
    folder = Path("saved")
    folder.mkdir()
    (folder / "postconf").write_text("mynetworks = 0.0.0.0/0\nsmtpd_relay_restrictions = permit_mynetworks\n")
    waiting = {"queue_id": "A", "arrival_time": 1, "sender": "you@example.com", "recipients": []}
    (folder / "postqueue").write_text(json.dumps(waiting) + "\n")
    (folder / "mail.log").write_text(log_of("you@example.com"))

    answer = cli("relay", "--postfix", "saved/", "--json")

    checks = {found["check"]: found["outcome"] for found in answer.document["findings"]}
    assert answer.status == 1
    assert (checks["postfix.networks"], checks["postfix.relay"]) == ("fail", "fail")
    assert checks["queue.size"] == "pass"
    assert checks["log"] == "pass"
    assert [one["id"] for one in answer.document["advice"]][:2] == ["authenticated_senders", "privileged_networks"]


def test_a_mailenable_that_sends_spam_is_named_with_the_way_out(cli: Cli) -> None:
    """Folders and columns as its documentation describes them; no installation was at hand."""
    queue = Path("Mail Enable/Queues/SMTP/Outgoing/Messages")
    logs = Path("Mail Enable/Logging/SMTP")
    queue.mkdir(parents=True)
    logs.mkdir(parents=True)
    for number in range(60):
        (queue / f"{number:032X}.MAI").write_text(f"From: <spam{number}@x.example>\r\n\r\nspam\r\n")
    rows = []
    for number in range(30):
        head = f"03/01/31 10:00:00\tSMTP-IN\t{number:032X}.MAI\t88\t198.51.100.{number}\t"
        said = [
            ("AUTH", "{blank}", "235 Authenticated"),
            ("MAIL", f"MAIL FROM:<spam{number}@x.example>", "250 ok"),
            *[("RCPT", f"RCPT TO:<v{victim}@y.example>", "250 ok") for victim in range(20)],
            ("DATA", "DATA", "354 go on"),
        ]
        rows += [head + "\t".join((*columns, "1", "1", "you@example.com")) for columns in said]
    (logs / "SMTP-Activity-310301.log").write_text("\n".join(rows))

    answer = cli("relay", "--mailenable", "Mail Enable", "--since", "2031-03-01", "--json")

    findings = {found["check"]: found for found in answer.document["findings"]}
    assert answer.status == 1
    assert "you@example.com: 30 foreign sender addresses" in findings["log.stolen_credentials"]["detail"]
    assert findings["queue.growth"]["outcome"] == "fail"
    steps = [one["id"] for one in answer.document["advice"]]
    assert steps[-5:] == ["lock", "password", "queue", "delist", "devices"]
    assert all(one["where"] for one in answer.document["advice"] if one["id"] in ("lock", "password", "queue"))


def test_an_empty_file_is_not_judged_as_a_server_that_leaves_everything_open(cli: Cli) -> None:
    Path("empty").write_text("# nothing is set\n")

    answer = cli("relay", "--postfix", "./empty", "--json")

    assert (answer.status, answer.document["error"]["code"]) == (2, "no_postfix")
    assert "sets nothing" in answer.document["error"]["message"]


@pytest.mark.parametrize("content", ["", "nothing that a mail server writes\n" * 3])
def test_a_log_that_tells_nothing_is_not_taken_for_good_news(cli: Cli, content: str) -> None:
    Path("other.log").write_text(content)
    answer = cli("relay", "--log", "other.log", "--who-is-broken", "--domain", "example.com")
    assert answer.status == 0
    assert "nothing in them is of a mail or a login since 7d; is it the mail server's?" in answer.err
    Path("mail.log").write_text(log_of("you@example.com"))
    answer = cli("relay", "--log", "mail.log", "--who-is-broken", "--since", "2031-03-01", "--domain", "example.com")
    assert "nothing in them" not in answer.err
