"""Which account of a profile the doctor examines."""

import plistlib
from typing import Any

import pytest

from profilegen.address import Address
from profilegen.errors import NotPossible
from profilegen.flow.doctor import account_in


def mail(address: str, host: str) -> dict[str, Any]:
    return {
        "PayloadType": "com.apple.mail.managed",
        "EmailAddress": address,
        "EmailAccountType": "EmailTypeIMAP",
        "IncomingMailServerHostName": host,
        "OutgoingMailServerHostName": host,
    }


PROFILE = plistlib.dumps(
    {
        "PayloadType": "Configuration",
        "PayloadContent": [mail("you@example.com", "mail.example.com"), mail("me@example.net", "mail.example.net")],
    }
)


@pytest.mark.parametrize(
    ("wanted", "host"),
    [
        (None, "mail.example.com"),
        ("You@Example.com", "mail.example.com"),
        ("ME@example.net", "mail.example.net"),
        ("somebody@example.org", "mail.example.com"),
    ],
)
def test_the_account_of_the_address_is_examined_else_the_first(wanted: str | None, host: str) -> None:
    found, address = account_in(PROFILE, None if wanted is None else Address.parse(wanted))

    assert found.outgoing.host == host
    assert address.domain == host.removeprefix("mail.")


def test_a_profile_without_a_mail_account_says_so() -> None:
    with pytest.raises(NotPossible) as refused:
        account_in(plistlib.dumps({"PayloadType": "Configuration", "PayloadContent": []}))

    assert refused.value.code == "no_mail_account"
