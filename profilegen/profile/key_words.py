"""Apple's keys and values in the words people know them by."""

import re
from typing import Any

from profilegen.profile.mail import APPLE_AUTH
from profilegen.secret import MASK

_WORDS = {
    "PayloadIdentifier": "identifier",
    "PayloadUUID": "UUID",
    "PayloadDisplayName": "name on the device",
    "PayloadDescription": "description",
    "PayloadOrganization": "organisation",
    "PayloadScope": "scope on a Mac",
    "PayloadRemovalDisallowed": "removal forbidden",
    "PayloadVersion": "format version",
    "TargetDeviceType": "kind of device",
    "RemovalDate": "removed by itself on",
    "DurationUntilRemoval": "removed by itself after (seconds)",
    "EmailAccountDescription": "account name on the device",
    "EmailAccountName": "sender name",
    "EmailAccountType": "kind of mailbox",
    "EmailAddress": "mail address",
    "OutgoingPasswordSameAsIncomingPassword": "outgoing password same as incoming",
    "IncomingMailServerIMAPPathPrefix": "IMAP path prefix",
    "PreventMove": "moving mail to other accounts forbidden",
    "PreventAppSheet": "sending from other apps forbidden",
    "Host": "server",
    "SSL": "SSL",
    "UserName": "user name",
    "OAuth": "sign-in with OAuth",
}
_PARTS = {
    "MailServerHostName": "server",
    "MailServerPortNumber": "port",
    "MailServerUseSSL": "SSL",
    "MailServerAuthentication": "login",
    "MailServerUsername": "user name",
    "HostName": "server",
    "Port": "port",
    "UseSSL": "SSL",
    "Username": "user name",
    "Password": "password",
    "PrincipalURL": "address of the collection",
    "AccountDescription": "account name on the device",
}
_DIRECTIONS = {"Incoming": "incoming ", "Outgoing": "outgoing ", "CalDAV": "calendar ", "CardDAV": "contacts ", "": ""}
_KEY = re.compile(r"([A-Za-z0-9_-]+)(?:\[\d+\])*$")
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_VALUES = {apple: str(auth) for auth, apple in APPLE_AUTH.items()} | {"EmailTypeIMAP": "IMAP", "EmailTypePOP": "POP"}


def key_words(path: str) -> str:
    """Return what people call the last key of a path: "outgoing port" for "…OutgoingMailServerPortNumber"."""
    found = _KEY.search(path)
    key = found[1] if found else path
    if key in _WORDS:
        return _WORDS[key]
    for prefix, direction in _DIRECTIONS.items():
        part = _PARTS.get(key.removeprefix(prefix)) if key.startswith(prefix) else None
        if part is not None:
            return direction + part
    return _CAMEL.sub(" ", key)


def value_words(value: Any) -> str:
    """Return a masked JSON value for people: "on" for true, "none" for a login that is none, nothing as "not set"."""
    match value:
        case None:
            return "not set"
        case bool():
            return "on" if value else "off"
        case {"bytes": int(length), "sha256": str(digest)}:
            return f"{length} bytes ({digest[:8]}…)"
        case str() if value == MASK:
            return "a secret"
        case str():
            return _VALUES.get(value, f'"{value}"')
    return str(value)
