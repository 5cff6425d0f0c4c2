"""No false alarms: correct profiles of other tools, written by hand from Apple's documentation, never give an error."""

import plistlib
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from hypothesis import given
from hypothesis import strategies as st

from profilegen.profile.findings import Severity
from profilegen.profile.types import Delivery, Platform
from tests.profile.examples.files import OLD_CONTAINER
from tests.profile.examples.signatures import DEVICE, EC_SIGNER, MIDDLE, SAME_KEY, SIGNER, array, encrypted, envelope
from tests.profile.examples.specimen import ROOT, Tree
from tests.profile.signers import issue, signed_at
from tests.profile.test_lint import judge

IDENTITY = "5A1F0E0B-7D0B-4B0E-9C55-6B3E0B0E9A01"
MAIL: Tree = {
    "PayloadType": "com.apple.mail.managed",
    "EmailAccountDescription": "Work",
    "EmailAccountName": "Ann Example",
    "EmailAccountType": "EmailTypeIMAP",
    "EmailAddress": "ann@example.com",
    "IncomingMailServerAuthentication": "EmailAuthPassword",
    "IncomingMailServerHostName": "imap.example.com",
    "IncomingMailServerPortNumber": 993,
    "IncomingMailServerUseSSL": True,
    "IncomingMailServerUsername": "ann@example.com",
    "OutgoingMailServerAuthentication": "EmailAuthPassword",
    "OutgoingMailServerHostName": "smtp.example.com",
    "OutgoingMailServerPortNumber": 587,
    "OutgoingMailServerUseSSL": True,
    "OutgoingMailServerUsername": "ann@example.com",
    "PreventAppSheet": False,
    "PreventMove": False,
    "allowMailDrop": True,
    "disableMailRecentsSyncing": False,
}
FOR_MACS: Tree = {key: value for key, value in MAIL.items() if not key.startswith("Prevent")}
"""The same account without what only iPhones know."""

SMIME: Tree = {
    "SMIMESigningEnabled": True,
    "SMIMESigningCertificateUUID": IDENTITY,
    "SMIMEEncryptByDefault": True,
    "SMIMEEncryptionCertificateUUID": IDENTITY,
    "SMIMEEnableEncryptionPerMessageSwitch": True,
}
POP: Tree = {
    "EmailAccountType": "EmailTypePOP",
    "IncomingMailServerHostName": "pop.example.com",
    "IncomingMailServerPortNumber": 995,
    "OutgoingMailServerPortNumber": 465,
}
SCEP: Tree = {
    "PayloadType": "com.apple.security.scep",
    "PayloadUUID": IDENTITY,
    "PayloadContent": {"URL": "https://scep.example.com", "Keysize": 2048, "Key Type": "RSA"},
}
ACME: Tree = {
    "PayloadType": "com.apple.security.acme",
    "PayloadUUID": IDENTITY,
    "DirectoryURL": "https://acme.example.com",
}
PKCS12: Tree = {
    "PayloadType": "com.apple.security.pkcs12",
    "PayloadUUID": IDENTITY,
    "PayloadCertificateFileName": "ann.p12",
    "Password": "secret",
    "PayloadContent": OLD_CONTAINER,
}
CALDAV: Tree = {
    "PayloadType": "com.apple.caldav.account",
    "CalDAVAccountDescription": "Calendar",
    "CalDAVHostName": "dav.example.com",
    "CalDAVPort": 443,
    "CalDAVPrincipalURL": "/principals/ann/",
    "CalDAVUseSSL": True,
    "CalDAVUsername": "ann@example.com",
}
CARDDAV: Tree = {
    "PayloadType": "com.apple.carddav.account",
    "CardDAVAccountDescription": "Contacts",
    "CardDAVHostName": "dav.example.com",
    "CardDAVUsername": "ann@example.com",
}
EAS: Tree = {
    "PayloadType": "com.apple.eas.account",
    "EmailAddress": "ann@example.com",
    "EnableCalendars": True,
    "EnableMail": True,
    "Host": "outlook.office365.com",
    "MailNumberOfPastDaysToSync": 7,
    "OAuth": True,
    "OAuthSignInURL": "https://login.example.com/authorize",
    "SSL": True,
    "UserName": "ann@example.com",
}
EWS: Tree = {
    "PayloadType": "com.apple.ews.account",
    "EmailAddress": "ann@example.com",
    "Host": "mail.example.com",
    "Path": "/EWS/Exchange.asmx",
    "Port": 443,
    "SSL": True,
    "UserName": "ann",
}
GOOGLE: Tree = {
    "PayloadType": "com.apple.google-oauth",
    "AccountDescription": "Google",
    "AccountName": "Ann",
    "EmailAddress": "ann@gmail.com",
}
PEM_ROOT: Tree = {"PayloadType": "com.apple.security.pem", "PayloadContent": ROOT.pem}
DER_ROOT: Tree = {"PayloadType": "com.apple.security.root", "PayloadContent": ROOT.der}
DER_MIDDLE: Tree = {"PayloadType": "com.apple.security.pkcs1", "PayloadContent": MIDDLE.der}
UNKNOWN: Tree = {
    "PayloadType": "com.example.tool",
    "Anything": [1, 2.5, {"Deep": b"data"}],
    "OutgoingMailServerUseTLS": True,
}
WIFI: Tree = {"PayloadType": "com.apple.wifi.managed", "SSID_STR": "Office", "EncryptionType": "WPA3", "AutoJoin": True}
REMOVAL: Tree = {"PayloadType": "com.apple.profileRemovalPassword", "RemovalPassword": "secret"}
IDENTITIES = {"scep": SCEP, "acme": ACME, "pkcs12": PKCS12}
SIBLINGS = {
    "caldav": CALDAV,
    "carddav": CARDDAV,
    "pem root": PEM_ROOT,
    "der root": DER_ROOT,
    "der intermediate": DER_MIDDLE,
    "unknown": UNKNOWN,
    "wifi": WIFI,
}


def profile(*payloads: Tree, **top: Any) -> bytes:
    """A profile as an editor writes it: every key that Apple requires, and names for people."""
    contents = [
        {
            "PayloadDisplayName": "Part",
            "PayloadIdentifier": f"com.example.ann.part{number}",
            "PayloadUUID": f"5A1F0E0B-7D0B-4B0E-9C55-0000000000{number:02d}",
            "PayloadVersion": 1,
            **payload,
        }
        for number, payload in enumerate(payloads)
    ]
    return plistlib.dumps(
        {
            "PayloadContent": contents,
            "PayloadDescription": "Accounts of Ann",
            "PayloadDisplayName": "Ann Example",
            "PayloadIdentifier": "com.example.ann",
            "PayloadOrganization": "Example",
            "PayloadRemovalDisallowed": False,
            "PayloadType": "Configuration",
            "PayloadUUID": "5A1F0E0B-7D0B-4B0E-9C55-6B3E0B0E9A00",
            "PayloadVersion": 1,
            **top,
        }
    )


def errors(data: bytes, **how: Any) -> set[str]:
    return {one.rule for one in judge(data, anchors=(ROOT.der,), **how) if one.severity is Severity.ERROR}


def spoken(data: bytes, **how: Any) -> set[str]:
    """Return the rules of every error and warning."""
    return {one.rule for one in judge(data, anchors=(ROOT.der,), **how) if one.severity is not Severity.INFO}


CORRECT = {
    "imap": profile(MAIL),
    "pop": profile(MAIL | POP),
    "imap and calendars": profile(MAIL, CALDAV, CARDDAV),
    "exchange": profile(EAS),
    "google": profile(GOOGLE),
    "smime by scep": profile(MAIL | SMIME, SCEP),
    "smime by acme": profile(MAIL | SMIME, ACME),
    "smime by pkcs12": profile(MAIL | SMIME, PKCS12),
    "certificates": profile(PEM_ROOT, DER_ROOT, DER_MIDDLE),
    "unknown types": profile(UNKNOWN, WIFI),
    "several languages": profile(MAIL, ConsentText={"default": "Yes?", "de": "Ja?", "pt-BR": "Sim?", "zh_Hant": "好?"}),
}


@pytest.mark.parametrize("name", CORRECT)
def test_a_correct_profile_has_nothing_wrong_but_that_it_is_not_signed(name: str) -> None:
    assert spoken(CORRECT[name]) == {"PG501"}


@pytest.mark.parametrize("name", CORRECT)
@pytest.mark.parametrize("signer", [SIGNER, EC_SIGNER, SAME_KEY], ids=["RSA", "EC", "renewed RSA"])
def test_a_correct_profile_that_is_signed_has_nothing_wrong(name: str, signer: Any) -> None:
    assert spoken(signed_at(CORRECT[name], signer, chain=(MIDDLE,))) == set()


def test_a_profile_for_a_mac_in_the_user_scope_has_nothing_wrong() -> None:
    assert spoken(profile(FOR_MACS, EWS, CALDAV, PayloadScope="User"), platform=Platform.MACOS) == {"PG501"}


def test_an_encrypted_profile_has_nothing_wrong() -> None:
    data = encrypted(envelope(DEVICE, "-aes-128-cbc"))
    assert spoken(signed_at(data, SIGNER, chain=(MIDDLE,)), decrypted=array(), delivery=Delivery.MDM) == set()
    assert errors(encrypted(envelope(DEVICE, "-des3"))) == set()


def test_a_supervised_phone_may_be_locked_to_its_profile_over_mdm() -> None:
    data = profile(EAS, REMOVAL, PayloadRemovalDisallowed=True, HasRemovalPasscode=True)
    assert spoken(data, delivery=Delivery.MDM) == {"PG501"}


@pytest.mark.parametrize("bits", [2048, 3072, 4096])
def test_rsa_keys_of_every_usual_length_are_fine(bits: int) -> None:
    signer = issue("Long", ROOT, key=rsa.generate_private_key(65537, bits))
    assert spoken(signed_at(CORRECT["imap"], signer)) == set()


@given(
    mail=st.sampled_from([MAIL, MAIL | POP, MAIL | SMIME, None]),
    identity=st.sampled_from(sorted(IDENTITIES)),
    siblings=st.sets(st.sampled_from(sorted(SIBLINGS))),
    delivery=st.sampled_from(Delivery),
    platform=st.sampled_from(Platform),
    target=st.sampled_from([{}, {"TargetDeviceType": 0}, {"TargetDeviceType": 5}]),
)
def test_no_mixture_of_correct_payloads_gives_an_error(
    mail: Tree | None, identity: str, siblings: set[str], delivery: Delivery, platform: Platform, target: Tree
) -> None:
    parts = [*([mail] if mail else []), IDENTITIES[identity], *(SIBLINGS[name] for name in sorted(siblings))]
    assert errors(profile(*parts, PayloadScope="User", **target), delivery=delivery, platform=platform) == set()
