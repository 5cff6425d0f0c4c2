"""What a rehearsal leaves to be looked at."""

import email
import email.policy
from pathlib import Path

import pytest

from tests.cli.conftest import Cli
from tests.cli.test_send_batch import DOMAIN, Start, batch, mail, roster, start
from tests.cli.test_send_lab import no_keyring

__all__ = ["batch", "no_keyring", "start"]  # the fixtures

pytestmark = pytest.mark.servers


def test_no_mail_hides_another_whose_address_looks_the_same_in_ascii(batch: Cli, start: Start) -> None:
    people = {f"jürgen@{DOMAIN}", f"jörgen@{DOMAIN}"}
    with start():
        mail(batch, "--roster", roster(*people), "--rehearse", "--to-operator", "ops@lab.test", "-o", "rehearsal")

    mails = [
        email.message_from_bytes(path.read_bytes(), policy=email.policy.SMTP) for path in Path("rehearsal").iterdir()
    ]
    assert {str(message["To"]) for message in mails} == people
