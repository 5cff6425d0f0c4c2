"""From the log of a server to a rehearsal for those whose devices fail."""

import email
import email.policy
from pathlib import Path

import pytest

from tests.cli.conftest import Cli
from tests.cli.test_relay import log_of
from tests.cli.test_send_batch import DOMAIN, Start, batch, person, start
from tests.cli.test_send_lab import no_keyring

__all__ = ["batch", "no_keyring", "start"]  # the fixtures

pytestmark = pytest.mark.servers

OPERATOR = "ops@lab.test"
REHEARSED = ("send", "--roster", "broken.csv", "--via", "email", "--rehearse", "--to-operator", OPERATOR)


@pytest.fixture
def broken(batch: Cli) -> Cli:
    """The command line beside a roster of two people whose refusals stood in a log."""
    Path("mail.log").write_text(log_of(person(1)) + log_of(person(2)))
    answer = batch(
        *("relay", "--log", "mail.log", "--who-is-broken", "--since", "2031-03-01", "--domain", DOMAIN),
        *("--roster", "broken.csv", "--json"),
    )
    assert {one["address"] for one in answer.document["people"]} == {person(1), person(2)}, answer.out
    return batch


def test_who_is_broken_in_the_log_gets_a_mail_in_the_rehearsal(broken: Cli, start: Start) -> None:
    with start() as relay:
        answer = broken(*REHEARSED, "--password-env", "RELAY", "--allow-self-signed", "-o", "rehearsal", "--json")

    assert answer.status == 0, answer.out + answer.err
    mails = [
        email.message_from_bytes(path.read_bytes(), policy=email.policy.SMTP) for path in Path("rehearsal").iterdir()
    ]
    assert {str(message["To"]) for message in mails} == {person(1), person(2)}
    assert list(relay.accepted) == [OPERATOR]


def test_a_rehearsal_that_knows_no_password_names_the_server_and_how_to_give_it(broken: Cli, start: Start) -> None:
    with start():
        answer = broken(*REHEARSED, "--allow-self-signed", "--json")

    error = answer.document["error"]
    assert (answer.status, error["code"]) == (3, "no_password")
    assert "relay.lab.test" in error["message"]
    assert all(option in error["hint"] for option in ("--password-file", "--password-env", "--keep-password"))
