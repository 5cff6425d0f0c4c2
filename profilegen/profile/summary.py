"""A profile in the words of a helpdesk: whose accounts, which servers, and what the device will ask for."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from profilegen.profile.dav import CALDAV, CARDDAV
from profilegen.profile.exchange import EXCHANGE_IOS, EXCHANGE_MACOS
from profilegen.profile.google import GOOGLE
from profilegen.profile.mail import APPLE_AUTH, MAIL
from profilegen.settings.servers import SECURITY_OF_PORT


class PasswordSource(StrEnum):
    """Where the password of a connection comes from."""

    NONE = "none"
    PROFILE = "profile"
    SAME_AS_INCOMING = "same_as_incoming"
    ASKED = "asked"
    SIGN_IN = "sign_in"
    """The person signs in on a page of the provider, after the installation."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Connection:
    """
    One server of an account exactly as it stands in the profile; None: not said.

    `role` is "incoming", "outgoing" or "server"; `security` is "tls", "starttls", "none", or "ssl" where the profile
    only says that there is some; `auth` is the word of `settings.servers.Auth` where there is one, else Apple's.
    """

    role: str
    host: str | None
    port: int | None
    security: str
    auth: str | None
    username: str | None
    password: PasswordSource


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountSummary:
    """One account: `kind` is "Mail", "Calendar" and so on; `asked` is what an installation by hand asks for."""

    path: str
    payload_type: str
    kind: str
    address: str | None
    name: str | None
    connections: tuple[Connection, ...]
    asked: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class OtherPayload:
    """A payload that is no account."""

    path: str
    payload_type: str
    name: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """All payloads of a profile: the accounts, and the rest."""

    accounts: tuple[AccountSummary, ...]
    others: tuple[OtherPayload, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Service:
    """The keys of an account payload with a single server (Apple: com.apple.caldav.account and its kin)."""

    kind: str
    host: str
    ssl: str
    username: str
    password: str
    port: str = ""


_SERVICES = {
    CALDAV: _Service(
        kind="Calendar",
        host="CalDAVHostName",
        port="CalDAVPort",
        ssl="CalDAVUseSSL",
        username="CalDAVUsername",
        password="CalDAVPassword",  # noqa: S106 - the name of a key
    ),
    CARDDAV: _Service(
        kind="Contacts",
        host="CardDAVHostName",
        port="CardDAVPort",
        ssl="CardDAVUseSSL",
        username="CardDAVUsername",
        password="CardDAVPassword",  # noqa: S106 - the name of a key
    ),
    "com.apple.ldap.account": _Service(
        kind="Directory",
        host="LDAPAccountHostName",
        ssl="LDAPAccountUseSSL",
        username="LDAPAccountUserName",
        password="LDAPAccountPassword",  # noqa: S106 - the name of a key
    ),
    "com.apple.subscribedcalendar.account": _Service(
        kind="Subscribed calendar",
        host="SubCalAccountHostName",
        ssl="SubCalAccountUseSSL",
        username="SubCalAccountUsername",
        password="SubCalAccountPassword",  # noqa: S106 - the name of a key
    ),
}
_EXCHANGE = _Service(
    kind="Exchange",
    host="Host",
    ssl="SSL",
    username="UserName",
    password="Password",  # noqa: S106 - the name of a key
)
_AUTH_WORDS = {apple: str(auth) for auth, apple in APPLE_AUTH.items()}
_SIGNS_IN = "sign-in with the provider, after the installation"


def summarise(content: Mapping[str, Any]) -> Summary:
    """Return what a readable profile holds; what is of the wrong type counts as not said."""
    accounts, others = list[AccountSummary](), list[OtherPayload]()
    payloads = content.get("PayloadContent")
    for index, payload in enumerate(payloads if isinstance(payloads, list) else []):
        if isinstance(payload, Mapping):
            path = f"PayloadContent[{index}]"
            found = account_summary(payload, path)
            if found is not None:
                accounts.append(found)
            else:
                name = _text(payload, "PayloadDisplayName")
                others.append(OtherPayload(path=path, payload_type=str(payload.get("PayloadType", "")), name=name))
    return Summary(accounts=tuple(accounts), others=tuple(others))


def account_summary(payload: Mapping[str, Any], path: str) -> AccountSummary | None:
    """Return the account of one payload, None if it is of a type that is no account."""
    match payload.get("PayloadType"):
        case str(kind) if kind == MAIL:
            return _mail(payload, path)
        case str(kind) if kind == GOOGLE:
            return _summary(payload, path, "Google", "AccountName", (), (_SIGNS_IN,))
        case str(kind) if kind in (EXCHANGE_IOS, EXCHANGE_MACOS):
            return _single(payload, path, _EXCHANGE)
        case str(kind) if kind in _SERVICES:
            return _single(payload, path, _SERVICES[kind])
    return None


def _mail(payload: Mapping[str, Any], path: str) -> AccountSummary:
    connections = tuple(_mail_server(payload, role) for role in ("incoming", "outgoing"))
    asked = [] if _text(payload, "EmailAddress") else ["mail address"]
    asked += [question for connection in connections for question in _questions(connection, f"{connection.role} ")]
    kind = "Mail (POP)" if payload.get("EmailAccountType") == "EmailTypePOP" else "Mail"
    return _summary(payload, path, kind, "EmailAccountName", connections, tuple(asked))


def _mail_server(payload: Mapping[str, Any], role: str) -> Connection:
    prefix = f"{role.capitalize()}MailServer"
    port = _port(payload, f"{prefix}PortNumber")
    auth = _text(payload, f"{prefix}Authentication")
    source = PasswordSource.ASKED
    if auth == "EmailAuthNone":
        source = PasswordSource.NONE
    elif _text(payload, f"{role.capitalize()}Password"):
        source = PasswordSource.PROFILE
    elif role == "outgoing" and payload.get("OutgoingPasswordSameAsIncomingPassword") is True:
        source = PasswordSource.SAME_AS_INCOMING
    return Connection(
        role=role,
        host=_text(payload, f"{prefix}HostName"),
        port=port,
        security=_security(port) if payload.get(f"{prefix}UseSSL") is True else "none",
        auth=_AUTH_WORDS.get(auth or "", auth),
        username=_text(payload, f"{prefix}Username"),
        password=source,
    )


def _single(payload: Mapping[str, Any], path: str, service: _Service) -> AccountSummary:
    oauth = payload.get("OAuth") is True
    inside = _text(payload, service.password) is not None
    source = PasswordSource.SIGN_IN if oauth else PasswordSource.PROFILE if inside else PasswordSource.ASKED
    connection = Connection(
        role="server",
        host=_text(payload, service.host),
        port=_port(payload, service.port),
        security="none" if payload.get(service.ssl) is False else "tls",  # the default is on, unlike that of mail
        auth="oauth2" if oauth else None,
        username=_text(payload, service.username),
        password=source,
    )
    return _summary(payload, path, service.kind, "", (connection,), tuple(_questions(connection, "")))


def _summary(
    payload: Mapping[str, Any],
    path: str,
    kind: str,
    name_key: str,
    connections: tuple[Connection, ...],
    asked: tuple[str, ...],
) -> AccountSummary:
    address = _text(payload, "EmailAddress")
    usernames = [connection.username for connection in connections if connection.username]
    return AccountSummary(
        path=path,
        payload_type=str(payload.get("PayloadType", "")),
        kind=kind,
        address=address or (usernames[0] if usernames else None),
        name=_text(payload, name_key),
        connections=connections,
        asked=asked,
    )


def _questions(connection: Connection, role: str) -> Iterator[str]:
    if connection.password is PasswordSource.SIGN_IN:
        yield _SIGNS_IN
        return
    if connection.username is None and connection.password is not PasswordSource.NONE:
        yield f"{role}user name"
    if connection.password is PasswordSource.ASKED:
        yield f"{role}password"


def _security(port: int | None) -> str:
    known = SECURITY_OF_PORT.get(port) if port is not None else None
    return "ssl" if known is None else str(known)


def _port(payload: Mapping[str, Any], key: str) -> int | None:
    port = payload.get(key)
    return port if isinstance(port, int) and not isinstance(port, bool) else None


def _text(payload: Mapping[str, Any], key: str) -> str | None:
    value = payload.get(key)
    return value if isinstance(value, str) and value else None
