"""Mail as declarations, against the key facts of Apple's schema."""

import json
from dataclasses import replace
from typing import Any

import pytest

from profilegen.profile.declaration import (
    ACCOUNT_MAIL,
    ACTIVATION,
    CREDENTIAL,
    PROPERTIES,
    SUBSCRIPTION_ID,
    USER_IDENTITY,
    CredentialReference,
    Declaration,
    Direction,
    NeededLogin,
    References,
    declarations_of,
    faults_of,
    logins_of,
    subscription,
)

MAIL: dict[str, Any] = {
    "PayloadType": "com.apple.mail.managed",
    "PayloadIdentifier": "com.example.ann.mail",
    "EmailAccountType": "EmailTypeIMAP",
    "EmailAccountName": "Ann Example",
    "EmailAccountDescription": "Example Mail",
    "EmailAddress": "ann@example.com",
    "IncomingMailServerHostName": "imap.example.com",
    "IncomingMailServerPortNumber": 993,
    "IncomingMailServerUseSSL": True,
    "IncomingMailServerAuthentication": "EmailAuthPassword",
    "IncomingMailServerUsername": "ann",
    "OutgoingMailServerHostName": "smtp.example.com",
    "OutgoingMailServerPortNumber": 587,
    "OutgoingMailServerUseSSL": True,
    "OutgoingMailServerAuthentication": "EmailAuthPassword",
    "OutgoingMailServerUsername": "ann@example.com",
}
PROFILE: dict[str, Any] = {"PayloadIdentifier": "com.example.ann", "PayloadContent": [MAIL, {"PayloadType": "other"}]}
INCOMING = CredentialReference(url="https://mdm.example.com/a", size=40, sha256="aa")
OUTGOING = CredentialReference(url="https://mdm.example.com/b", size=41, sha256="bb", by_device_identity=False)
REFERENCES: References = {
    ("com.example.ann.mail", Direction.INCOMING): INCOMING,
    ("com.example.ann.mail", Direction.OUTGOING): OUTGOING,
}


def made(profile: dict[str, Any] = PROFILE, references: References = REFERENCES) -> tuple[Declaration, ...]:
    return declarations_of(profile, base="b", references=references, revision="3f2a01bc", order="order-1")


def of_type(kind: str, declarations: tuple[Declaration, ...]) -> list[Declaration]:
    return [one for one in declarations if one.type == kind]


def test_an_account_has_both_servers_its_owner_and_its_logins() -> None:
    (account,) = of_type(ACCOUNT_MAIL, made())
    assert account.payload == {
        "VisibleName": "Example Mail",
        "UserIdentityAssetReference": "b.mail-1.identity",
        "IncomingServer": {
            "ServerType": "IMAP",
            "HostName": "imap.example.com",
            "Port": 993,
            "AuthenticationMethod": "Password",
            "AuthenticationCredentialsAssetReference": "b.mail-1.incoming",
        },
        "OutgoingServer": {
            "HostName": "smtp.example.com",
            "Port": 587,
            "AuthenticationMethod": "Password",
            "AuthenticationCredentialsAssetReference": "b.mail-1.outgoing",
        },
    }
    (identity,) = of_type(USER_IDENTITY, made())
    assert identity.payload == {"FullName": "Ann Example", "EmailAddress": "ann@example.com"}


def test_a_credential_is_an_asset_the_device_fetches_over_https() -> None:
    incoming, outgoing = of_type(CREDENTIAL, made())
    assert incoming.payload == {
        "Reference": {
            "DataURL": "https://mdm.example.com/a",
            "ContentType": "application/json",
            "Size": 40,
            "Hash-SHA-256": "aa",
        },
        "Authentication": {"Type": "MDM"},
    }
    assert outgoing.payload["Authentication"] == {"Type": "None"}


def test_assets_come_before_what_refers_to_them_and_the_activation_last() -> None:
    types = [one.type for one in made()]
    assert types.index(ACCOUNT_MAIL) > max(
        index for index, kind in enumerate(types) if kind.startswith("com.apple.asset")
    )
    assert types[-1] == ACTIVATION


def test_the_activation_names_every_account_and_the_subscription() -> None:
    second = MAIL | {"PayloadIdentifier": "com.example.ann.mail2", "IncomingMailServerAuthentication": "EmailAuthNone"}
    second["OutgoingMailServerAuthentication"] = "EmailAuthNone"
    declarations = made(PROFILE | {"PayloadContent": [MAIL, second]})
    (activation,) = of_type(ACTIVATION, declarations)
    assert activation.payload == {"StandardConfigurations": ["b.mail-1", "b.mail-2", SUBSCRIPTION_ID]}
    assert faults_of(declarations) == ()


def test_the_wish_is_written_beside_the_accounts() -> None:
    (properties,) = of_type(PROPERTIES, made())
    assert properties.payload == {
        "profilegen.revision": "3f2a01bc",
        "profilegen.profile": "com.example.ann",
        "profilegen.order": "order-1",
    }


def test_the_same_wish_gives_the_same_bytes() -> None:
    assert [one.document() for one in made()] == [one.document() for one in made()]
    assert json.loads(made()[0].document()).keys() == {"Identifier", "Type", "Payload"}


def test_the_subscription_asks_for_the_accounts_the_device_really_has() -> None:
    names = [item["Name"] for item in subscription().payload["StatusItems"]]
    assert {"account.list.mail.incoming", "account.list.mail.outgoing"} <= set(names)


ACCOUNT = "com.example.ann.mail"


def test_logins_are_needed_where_a_server_asks_for_one() -> None:
    assert logins_of(PROFILE) == (
        NeededLogin(account=ACCOUNT, direction=Direction.INCOMING, username="ann", address="ann@example.com"),
        NeededLogin(
            account=ACCOUNT, direction=Direction.OUTGOING, username="ann@example.com", address="ann@example.com"
        ),
    )
    none = MAIL | {"OutgoingMailServerAuthentication": "EmailAuthNone"}
    assert [login.direction for login in logins_of(PROFILE | {"PayloadContent": [none]})] == [Direction.INCOMING]


def test_a_login_without_a_credential_is_a_fault_and_one_too_many_is_not_made() -> None:
    assert [fault for fault in faults_of(made(references={})) if "needs a login" in fault] == [
        "The incoming server of b.mail-1 needs a login and has no credential in this set.",
        "The outgoing server of b.mail-1 needs a login and has no credential in this set.",
    ]
    open_relay = MAIL | {"OutgoingMailServerAuthentication": "EmailAuthNone"}
    declarations = made(PROFILE | {"PayloadContent": [open_relay]})
    assert [one.identifier for one in of_type(CREDENTIAL, declarations)] == ["b.mail-1.incoming"]
    assert faults_of(declarations) == ()


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"IncomingMailServerPortNumber": None}, "The incoming server of b.mail-1 has no host name or no port."),
        ({"OutgoingMailServerHostName": None}, "The outgoing server of b.mail-1 has no host name or no port."),
        (
            {"OutgoingMailServerAuthentication": "EmailAuthKerberos"},
            "The outgoing server of b.mail-1 has no authentication method that a declaration knows.",
        ),
    ],
)
def test_what_a_device_would_refuse_is_said_before_it_is_sent(change: dict[str, Any], fault: str) -> None:
    mail = {key: value for key, value in (MAIL | change).items() if value is not None}
    assert fault in faults_of(made(PROFILE | {"PayloadContent": [mail]}))


def test_dangling_references_are_found() -> None:
    declarations = made()
    for missing, fault in (
        ("b.mail-1", "b.activation activates b.mail-1, which is not there."),
        ("b.mail-1.identity", "b.mail-1 refers to b.mail-1.identity, which is no user identity of this set."),
        ("b.activation", "b.mail-1 is in no activation, so no device would use it."),
    ):
        assert faults_of(tuple(one for one in declarations if one.identifier != missing)) == (fault,)
    assert faults_of((*declarations, declarations[0])) == ("Two declarations have the same identifier.",)


def test_a_credential_without_https_is_found() -> None:
    plain = dict(REFERENCES) | {
        ("com.example.ann.mail", Direction.INCOMING): replace(INCOMING, url="http://mdm.example.com/a")
    }
    assert faults_of(made(references=plain)) == ("The data of b.mail-1.incoming does not come from an https URL.",)


def test_where_a_credential_lies_is_not_shown() -> None:
    assert "mdm.example.com" not in repr(INCOMING)
