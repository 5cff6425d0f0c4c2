"""
Profiles as other generators make them, written here after the descriptions of their output: judged by their habits.

Each is a whole profile in that tool's manner (identifiers, number types, ports), with only what its habit is about.
"""

import plistlib
from typing import Any

import pytest

from profilegen.profile.lint.fleet import fleet_member, lint_fleet
from profilegen.profile.read import read
from profilegen.profile.types import Delivery
from tests.profile.test_lint import judge

TOP, INNER, OTHER = (f"{digit * 8}-1111-4111-8111-111111111111" for digit in "ABC")


def mail(**keys: Any) -> dict[str, Any]:
    """Return a mail payload of the usual kind: IMAP on 993, submission on 465, the password typed once."""
    usual = {
        "EmailAccountDescription": "Example",
        "EmailAccountName": "You",
        "EmailAccountType": "EmailTypeIMAP",
        "EmailAddress": "you@example.com",
        "OutgoingPasswordSameAsIncomingPassword": True,
        "PayloadDisplayName": "Mail",
        "PayloadIdentifier": "com.example.you.email",
        "PayloadType": "com.apple.mail.managed",
        "PayloadUUID": INNER,
        "PayloadVersion": 1,
    }
    for direction, port in (("Incoming", 993), ("Outgoing", 465)):
        usual |= {
            f"{direction}MailServerAuthentication": "EmailAuthPassword",
            f"{direction}MailServerHostName": "mail.example.com",
            f"{direction}MailServerPortNumber": port,
            f"{direction}MailServerUseSSL": True,
            f"{direction}MailServerUsername": "you@example.com",
        }
    return usual | keys


def profile(*payloads: dict[str, Any], **keys: Any) -> bytes:
    """Return the property list around payloads."""
    usual = {
        "PayloadContent": list(payloads),
        "PayloadDescription": "Mail settings",
        "PayloadDisplayName": "Example mail you@example.com",
        "PayloadIdentifier": "com.example.you",
        "PayloadOrganization": "Example",
        "PayloadType": "Configuration",
        "PayloadUUID": TOP,
        "PayloadVersion": 1,
        "TargetDeviceType": 1,
    }
    return plistlib.dumps(usual | keys)


CALENDAR = {
    "CalDAVAccountDescription": "Calendar",
    "CalDAVHostName": "mail.example.com",
    "CalDAVPort": 443.0,
    "CalDAVUseSSL": True,
    "CalDAVUsername": "you@example.com",
    "PayloadDisplayName": "Calendar",
    "PayloadIdentifier": "com.example.you.caldav",
    "PayloadType": "com.apple.caldav.account",
    "PayloadUUID": OTHER,
    "PayloadVersion": 1,
}
NOTHING_SAID = {"OutgoingPasswordSameAsIncomingPassword": False}
STARTTLS_WITHOUT_SSL = {"OutgoingMailServerPortNumber": 587, "OutgoingMailServerUseSSL": False}

HABITS: dict[str, tuple[bytes, set[tuple[str, str]]]] = {
    "mailcow and forwardemail: implicit TLS in both directions": (profile(mail()), set()),
    "mail-in-a-box: the calendar's port is a real": (profile(mail(), CALENDAR), {("PG401", "error")}),
    "wdes: the version is a real, which devices were seen to take": (
        profile(mail(PayloadVersion=1.0), PayloadVersion=1.0),
        {("PG203", "warning")},
    ),
    "an old how-to: the version is a string": (profile(mail(), PayloadVersion="1"), {("PG203", "warning")}),
    "smartlyway: one UUID and one identifier for both, versions as reals": (
        profile(mail(PayloadUUID=TOP, PayloadIdentifier="com.example.you", PayloadVersion=1.0), PayloadVersion=1.0),
        {("PG203", "warning"), ("PG204", "error"), ("PG205", "warning")},
    ),
    "zone-eu and WildDuck: the payload has the profile's identifier": (
        profile(mail(PayloadIdentifier="com.example.you")),
        {("PG205", "warning")},
    ),
    "Modoboa: STARTTLS written as no SSL": (profile(mail(**STARTTLS_WITHOUT_SSL)), {("PG305", "error")}),
    "mailserver-admin: 143 and 587, both without SSL": (
        profile(mail(**STARTTLS_WITHOUT_SSL, IncomingMailServerPortNumber=143, IncomingMailServerUseSSL=False)),
        {("PG305", "error")},
    ),
    "mox: a challenge method where SSL protects the password anyway": (
        profile(mail(OutgoingMailServerAuthentication="EmailAuthCRAMMD5")),
        {("PG318", "warning")},
    ),
}


@pytest.mark.parametrize("habit", HABITS)
def test_a_generators_habit_is_judged_as_what_it_does_on_a_device(habit: str) -> None:
    data, expected = HABITS[habit]

    found = {(one.rule, str(one.severity)) for one in judge(data) if one.rule != "PG501"}

    assert expected <= found
    assert {rule for rule, severity in found - expected if severity == "error"} <= {"PG306"}
    if not expected:
        assert found == set()


def test_what_works_by_hand_leaves_the_outgoing_password_empty_over_mdm() -> None:
    same = {one.rule for one in judge(profile(mail()), delivery=Delivery.MDM)}
    silent = {one.rule for one in judge(profile(mail(**NOTHING_SAID)), delivery=Delivery.MDM)}

    assert "PG310" in same
    assert "PG328" in silent


def test_one_identifier_for_all_users_is_seen_side_by_side() -> None:
    users = [
        profile(mail(EmailAddress=f"{name}@example.com", OutgoingMailServerUsername=f"{name}@example.com"))
        for name in ("one", "two")
    ]

    found = lint_fleet([fleet_member(read(data), f"{number}.mobileconfig") for number, data in enumerate(users)])

    assert "PG206" in {finding.rule for findings in found for finding in findings}
