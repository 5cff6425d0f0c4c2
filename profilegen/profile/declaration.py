"""
Mail accounts as declarations (declarative device management), made from the mail payloads of a profile.

Source: github.com/apple/device-management, folder declarative, commit b6202ca. What differs from a profile: user name
and password live in an asset the device fetches by itself, every server with a login needs one, there is no key for
TLS, and nothing happens without an activation.
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from profilegen.profile.plist import present

ACCOUNT_MAIL = "com.apple.configuration.account.mail"
ACTIVATION = "com.apple.activation.simple"
CREDENTIAL = "com.apple.asset.credential.userpassword"
PROPERTIES = "com.apple.management.properties"
SUBSCRIPTIONS = "com.apple.configuration.management.status-subscriptions"
USER_IDENTITY = "com.apple.asset.useridentity"

STATUS_ITEMS = ("account.list.mail.incoming", "account.list.mail.outgoing", "management.declarations")
SUBSCRIPTION_ID = "profilegen.mail.status"
"""The one declaration all people share: without it no device reports its accounts."""

REVISION, PROFILE, ORDER = "profilegen.revision", "profilegen.profile", "profilegen.order"
"""Keys of the properties declaration: what the accounts were made from."""

_REVISION = ".revision"
_ACCOUNT = re.compile(r"\.mail-[0-9]+$")
_MAIL = "com.apple.mail.managed"
_METHODS = {
    "EmailAuthNone": "None",
    "EmailAuthPassword": "Password",
    "EmailAuthCRAMMD5": "CRAMMD5",
    "EmailAuthNTLM": "NTLM",
    "EmailAuthHTTPMD5": "HTTPMD5",
}
_SERVER_TYPES = {"EmailTypeIMAP": "IMAP", "EmailTypePOP": "POP"}


class Direction(StrEnum):
    """Which server of an account."""

    INCOMING = "incoming"
    OUTGOING = "outgoing"


@dataclass(frozen=True, slots=True, kw_only=True)
class Declaration:
    """One declaration; the server adds its own token to it."""

    identifier: str
    type: str
    payload: Mapping[str, Any]

    def document(self) -> bytes:
        """Return it as JSON, the same bytes for the same content."""
        content = {"Identifier": self.identifier, "Type": self.type, "Payload": self.payload}
        return json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


@dataclass(frozen=True, slots=True, kw_only=True)
class CredentialReference:
    """
    Where a device fetches a login as JSON `{"UserName": …, "Password": …}`: an https URL, its size and SHA-256 in hex.

    `by_device_identity`: the device proves itself as it does to its MDM; otherwise the URL alone opens it.
    """

    url: str = field(repr=False)
    size: int
    sha256: str
    by_device_identity: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class NeededLogin:
    """
    A login that an account needs.

    `account` is the identifier of the mail payload, `username` as the profile has it, `address` the mailbox.
    """

    account: str
    direction: Direction
    username: str
    address: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DeclaredServer:
    """One server of an account as its declaration names it; None where the profile says nothing."""

    declaration: str
    direction: Direction
    host: str | None
    port: int | None
    username: str | None


References = Mapping[tuple[str, Direction], CredentialReference]
"""The credential of each login, by the mail payload's identifier and direction."""


def logins_of(profile: Mapping[str, Any]) -> tuple[NeededLogin, ...]:
    """Return the logins for which a profile's mail accounts need a credential."""
    return tuple(
        NeededLogin(
            account=mail["PayloadIdentifier"],
            direction=direction,
            username=str(mail.get(f"{direction.title()}MailServerUsername", "")),
            address=str(mail.get("EmailAddress", "")),
        )
        for mail in _mail_payloads(profile)
        for direction in Direction
        if _method(mail, direction) != "None"
    )


def servers_of(profile: Mapping[str, Any], *, base: str) -> tuple[DeclaredServer, ...]:
    """Return the servers of a profile's mail accounts, incoming before outgoing, as `declarations_of` names them."""
    return tuple(
        DeclaredServer(
            declaration=account_name(base, number),
            direction=direction,
            host=mail.get(f"{direction.title()}MailServerHostName"),
            port=mail.get(f"{direction.title()}MailServerPortNumber"),
            username=mail.get(f"{direction.title()}MailServerUsername"),
        )
        for number, mail in enumerate(_mail_payloads(profile), start=1)
        for direction in Direction
    )


def account_name(base: str, number: int) -> str:
    """Return the identifier of the declaration of a profile's account with that number, counted from 1."""
    return f"{base}.mail-{number}"


def is_account_name(identifier: str) -> bool:
    """Return whether a declaration is an account of ours, by its identifier."""
    return _ACCOUNT.search(identifier) is not None


def revision_name(base: str) -> str:
    """Return the identifier of the declaration that says what the accounts were made from."""
    return f"{base}{_REVISION}"


def base_of_revision(identifier: str) -> str | None:
    """Return what begins the identifiers beside such a declaration, None if the identifier is of another one."""
    return identifier.removesuffix(_REVISION) if identifier.endswith(_REVISION) else None


def declarations_of(
    profile: Mapping[str, Any], *, base: str, references: References, revision: str, order: str
) -> tuple[Declaration, ...]:
    """
    Return everything one person needs for the mail accounts of a profile, in the order in which it has to be uploaded.

    `base` begins every identifier and stays the same for the same person and device; `order` is the id of the wish, so
    that the same wish again changes nothing. Assets come before what refers to them, the activation last.
    """
    assets: list[Declaration] = []
    accounts: list[Declaration] = []
    for number, mail in enumerate(_mail_payloads(profile), start=1):
        own = account_name(base, number)
        assets += _assets(mail, own, references)
        accounts.append(Declaration(identifier=own, type=ACCOUNT_MAIL, payload=_account(mail, own, references)))
    wish = {REVISION: revision, PROFILE: str(profile.get("PayloadIdentifier", "")), ORDER: order}
    properties = Declaration(identifier=revision_name(base), type=PROPERTIES, payload=wish)
    names = [*(account.identifier for account in accounts), SUBSCRIPTION_ID]
    activation = Declaration(
        identifier=f"{base}.activation", type=ACTIVATION, payload={"StandardConfigurations": names}
    )
    return (*assets, *accounts, subscription(), properties, activation)


def subscription() -> Declaration:
    """Return the declaration that makes a device report its mail accounts and its declarations."""
    items = [{"Name": name} for name in STATUS_ITEMS]
    return Declaration(identifier=SUBSCRIPTION_ID, type=SUBSCRIPTIONS, payload={"StatusItems": items})


def faults_of(declarations: tuple[Declaration, ...]) -> tuple[str, ...]:
    """Return, as sentences, why a set of declarations cannot work: servers take dangling references without a word."""
    types = {declaration.identifier: declaration.type for declaration in declarations}
    found = [fault for one in declarations for fault in _faults(one, types)]
    activated = {
        name for one in declarations if one.type == ACTIVATION for name in one.payload["StandardConfigurations"]
    }
    idle = [name for name, kind in types.items() if kind == ACCOUNT_MAIL and name not in activated]
    found += [f"{name} is in no activation, so no device would use it." for name in idle]
    if len(types) < len(declarations):
        found.append("Two declarations have the same identifier.")
    return tuple(found)


def _faults(declaration: Declaration, types: Mapping[str, str]) -> Iterator[str]:
    name, payload = declaration.identifier, declaration.payload
    if declaration.type == ACTIVATION:
        missing = [one for one in payload["StandardConfigurations"] if one not in types]
        yield from (f"{name} activates {one}, which is not there." for one in missing)
    if declaration.type == CREDENTIAL and not payload["Reference"]["DataURL"].startswith("https://"):
        yield f"The data of {name} does not come from an https URL."
    if declaration.type == ACCOUNT_MAIL:
        identity = payload.get("UserIdentityAssetReference")
        if identity is not None and types.get(identity) != USER_IDENTITY:
            yield f"{name} refers to {identity}, which is no user identity of this set."
        for direction in Direction:
            yield from _server_faults(name, direction, payload[f"{direction.title()}Server"], types)


def _server_faults(
    name: str, direction: Direction, server: Mapping[str, Any], types: Mapping[str, str]
) -> Iterator[str]:
    reference = server.get("AuthenticationCredentialsAssetReference")
    if not server.get("HostName") or not isinstance(server.get("Port"), int):
        yield f"The {direction} server of {name} has no host name or no port."
    if server.get("AuthenticationMethod") is None:
        yield f"The {direction} server of {name} has no authentication method that a declaration knows."
    elif server["AuthenticationMethod"] == "None" and reference is not None:
        yield f"The {direction} server of {name} takes no login and has a credential."
    elif server["AuthenticationMethod"] != "None" and types.get(reference or "") != CREDENTIAL:
        yield f"The {direction} server of {name} needs a login and has no credential in this set."


def _mail_payloads(profile: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    payloads = profile.get("PayloadContent")
    found = [one for one in payloads if isinstance(one, dict)] if isinstance(payloads, list) else []
    return [one for one in found if one.get("PayloadType") == _MAIL and isinstance(one.get("PayloadIdentifier"), str)]


def _assets(mail: Mapping[str, Any], own: str, references: References) -> Iterator[Declaration]:
    who = present(FullName=mail.get("EmailAccountName"), EmailAddress=mail.get("EmailAddress"))
    yield Declaration(identifier=f"{own}.identity", type=USER_IDENTITY, payload=who)
    for direction in Direction:
        reference = references.get((mail["PayloadIdentifier"], direction))
        if reference is not None and _method(mail, direction) != "None":
            yield Declaration(identifier=f"{own}.{direction}", type=CREDENTIAL, payload=_credential(reference))


def _credential(reference: CredentialReference) -> Mapping[str, Any]:
    data = {
        "DataURL": reference.url,
        "ContentType": "application/json",
        "Size": reference.size,
        "Hash-SHA-256": reference.sha256,
    }
    return {"Reference": data, "Authentication": {"Type": "MDM" if reference.by_device_identity else "None"}}


def _account(mail: Mapping[str, Any], own: str, references: References) -> Mapping[str, Any]:
    incoming = present(
        ServerType=_SERVER_TYPES.get(mail.get("EmailAccountType", "")),
        IMAPPathPrefix=mail.get("IncomingMailServerIMAPPathPrefix"),
    )
    return present(
        VisibleName=mail.get("EmailAccountDescription"),
        UserIdentityAssetReference=f"{own}.identity",
        IncomingServer=incoming | _server(mail, own, Direction.INCOMING, references),
        OutgoingServer=_server(mail, own, Direction.OUTGOING, references),
    )


def _server(mail: Mapping[str, Any], own: str, direction: Direction, references: References) -> dict[str, Any]:
    key, method = direction.title(), _method(mail, direction)
    has_login = method != "None" and (mail["PayloadIdentifier"], direction) in references
    return present(
        HostName=mail.get(f"{key}MailServerHostName"),
        Port=mail.get(f"{key}MailServerPortNumber"),
        AuthenticationMethod=method,
        AuthenticationCredentialsAssetReference=f"{own}.{direction}" if has_login else None,
    )


def _method(mail: Mapping[str, Any], direction: Direction) -> str | None:
    return _METHODS.get(mail.get(f"{direction.title()}MailServerAuthentication", ""))
