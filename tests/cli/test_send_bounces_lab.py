"""Mail that Postfix takes and returns later, by reports of its own: `send --status` finds it, `send` remembers it."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import Answer, Cli
from tests.cli.test_fix_lab import ALICE, lab_cli
from tests.cli.test_send_lab import BOB, no_keyring, post
from tests.lab.mail import DOMAIN, MailLab, password_of

__all__ = ["lab_cli", "no_keyring", "post"]  # the fixtures

FULL, GONE = "jane@full.test", "jane@gone.test"
MAIL = ("--via", "email", "--password-env", "BOB", "--json")
pytestmark = pytest.mark.servers


@pytest.fixture
def desk(post: Cli, mail_lab: MailLab, monkeypatch: pytest.MonkeyPatch) -> Iterator[Cli]:
    """The command line of somebody whose mail comes from bob's mailbox, which is the check mailbox too."""
    monkeypatch.setenv("PROFILEGEN_BRAND__CHECK_MAILBOX", BOB)
    monkeypatch.setenv("PROFILEGEN_CHECK__PASSWORD_ENV", "BOB")
    for user in ("alice", "bob", "carol"):
        mail_lab.empty(user)
    yield post
    mail_lab.empty("bob")


def status(desk: Cli) -> tuple[Answer, dict[str, Any]]:
    answer = desk("send", "--status", "--json")
    [person] = answer.document["people"]
    return answer, person


def rows(tmp_path: Path) -> list[tuple[str, str]]:
    with closing(sqlite3.connect(tmp_path / "home/state.sqlite3")) as connection:
        return connection.execute("SELECT recipient, state FROM sending ORDER BY id").fetchall()


@pytest.mark.parametrize(
    ("recipient", "cause", "detail"),
    [
        (FULL, "recipient_mailbox_full", "said: 552 5.2.2 <jane@full.test>: Recipient address rejected: Mailbox full"),
        (GONE, "recipient_unknown", "said: 550 5.1.1 <jane@gone.test>: Recipient address rejected: No mailbox of"),
    ],
)
def test_what_comes_back_later_is_found_explained_and_remembered(
    desk: Cli, mail_lab: MailLab, tmp_path: Path, recipient: str, cause: str, detail: str
) -> None:
    sent = desk("send", ALICE, "--to", recipient, *MAIL)
    assert sent.document["state"] == "delivered", sent.out
    assert mail_lab.wait_for_messages("bob", 1) == 1

    (first, person), words = status(desk), desk("send", "--status")
    again = desk("send", ALICE, "--to", recipient, *MAIL)
    _, later = status(desk)

    assert (first.status, person["state"], person["cause"]) == (1, "bounced", cause)
    assert detail in person["detail"]
    assert person["remedy"] in words.out
    assert f"{cause}: " in words.out
    assert "0 of 1 send, 1 bounced." in words.out
    assert (person["sent"]["state"], person["sent"]["recipient"]) == ("bounced", recipient)
    assert rows(tmp_path) == [(recipient, "trying"), (recipient, "delivered"), (recipient, "bounced")]
    assert (again.status, again.document["state"], again.document["cause"]) == (1, "bounced", cause)
    assert detail in again.document["detail"]
    assert later == person
    assert len(mail_lab.messages("bob")) == 1


def test_what_came_back_goes_to_another_address_at_once_and_to_the_same_one_by_order(
    desk: Cli, mail_lab: MailLab, tmp_path: Path
) -> None:
    desk("send", ALICE, "--to", GONE, *MAIL)
    mail_lab.wait_for_messages("bob", 1)
    status(desk)

    elsewhere = desk("send", ALICE, "--to", ALICE, *MAIL)
    _, after = status(desk)
    desk("send", ALICE, "--to", GONE, "--again", *MAIL)
    mail_lab.wait_for_messages("bob", 2)
    _, returned = status(desk)

    assert (elsewhere.status, elsewhere.document["state"]) == (0, "delivered")
    assert mail_lab.wait_for_messages("alice", 1) == 1
    assert (after["state"], returned["state"]) == ("silent", "bounced")
    back = ["trying", "delivered", "bounced"]
    assert [state for _, state in rows(tmp_path)] == [*back, "trying", "delivered", *back]


def test_a_report_that_goes_to_another_mailbox_is_missed_and_that_is_said(
    desk: Cli, mail_lab: MailLab, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk("send", ALICE, "--to", GONE, *MAIL)
    mail_lab.wait_for_messages("bob", 1)
    together = desk("send", "--status", "--json")
    monkeypatch.setenv("PROFILEGEN_BRAND__CHECK_MAILBOX", f"carol@{DOMAIN}")
    monkeypatch.setenv("PROFILEGEN_CHECK__PASSWORD_ENV", "CAROL")
    monkeypatch.setenv("CAROL", password_of("carol"))
    apart = desk("send", "--status", "--json")

    assert (together.document["bounces_elsewhere"], apart.document["bounces_elsewhere"]) == (None, BOB)
    assert "comes back" not in together.err
    assert f"mail that comes back goes to {BOB}" in apart.err
