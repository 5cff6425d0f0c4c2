"""The accounts a profile holds, exactly as they stand there, however broken."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from profilegen.address import Address
from profilegen.errors import AddressProblem
from profilegen.profile.mail import APPLE_AUTH, MAIL
from profilegen.secret import Secret
from profilegen.settings.servers import Auth, FoundServer, Protocol

_LONGEST_LIST = 10_000
_AUTH_OF_APPLE = {word: auth for auth, word in APPLE_AUTH.items()}


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundAccount:
    """
    One mail payload of a profile as it stands; None: not said, or not of a type that means anything.

    `outgoing_password` is the incoming one where the profile says they are the same.
    """

    path: str
    address: Address | None
    aliases: tuple[Address, ...]
    display_name: str | None
    incoming: FoundServer
    outgoing: FoundServer
    incoming_password: Secret | None = field(repr=False)
    outgoing_password: Secret | None = field(repr=False)


def found_accounts(content: Mapping[str, Any]) -> tuple[FoundAccount, ...]:
    """Return the account of every mail payload, in order; only UseSSL and port are known of the security."""
    payloads = content.get("PayloadContent")
    if not isinstance(payloads, list):
        return ()
    return tuple(
        _account(payload, f"PayloadContent[{index}]")
        for index, payload in enumerate(payloads)
        if isinstance(payload, Mapping) and payload.get("PayloadType") == MAIL
    )


def addresses_of(payload: Mapping[str, Any]) -> tuple[Address, ...]:
    """Return the addresses in EmailAddress (a comma list where there are aliases); what is none is left out."""
    found: list[Address] = []
    for part in (_text(payload, "EmailAddress") or "")[:_LONGEST_LIST].split(","):
        try:
            found.append(Address.parse(part))
        except AddressProblem:
            continue
    return tuple(found)


def _account(payload: Mapping[str, Any], path: str) -> FoundAccount:
    addresses = addresses_of(payload)
    protocol = Protocol.POP if payload.get("EmailAccountType") == "EmailTypePOP" else Protocol.IMAP
    incoming_password = _password(payload, "IncomingPassword")
    outgoing_password = _password(payload, "OutgoingPassword")
    if outgoing_password is None and payload.get("OutgoingPasswordSameAsIncomingPassword") is True:
        outgoing_password = incoming_password
    return FoundAccount(
        path=path,
        address=addresses[0] if addresses else None,
        aliases=addresses[1:],
        display_name=_text(payload, "EmailAccountName"),
        incoming=_server(payload, "Incoming", protocol),
        outgoing=_server(payload, "Outgoing", Protocol.SMTP),
        incoming_password=incoming_password,
        outgoing_password=outgoing_password,
    )


def _server(payload: Mapping[str, Any], direction: str, protocol: Protocol) -> FoundServer:
    port = payload.get(f"{direction}MailServerPortNumber")
    use_ssl = payload.get(f"{direction}MailServerUseSSL")
    return FoundServer(
        protocol=protocol,
        host=_text(payload, f"{direction}MailServerHostName"),
        port=port if isinstance(port, int) and not isinstance(port, bool) else None,
        use_ssl=use_ssl if isinstance(use_ssl, bool) else None,
        auth=_auth(payload, f"{direction}MailServerAuthentication"),
        username=_text(payload, f"{direction}MailServerUsername"),
    )


def _auth(payload: Mapping[str, Any], key: str) -> Auth | None:
    return _AUTH_OF_APPLE.get(_text(payload, key) or "")


def _password(payload: Mapping[str, Any], key: str) -> Secret | None:
    text = _text(payload, key)
    return None if text is None else Secret(text=text)


def _text(payload: Mapping[str, Any], key: str) -> str | None:
    value = payload.get(key)
    return value if isinstance(value, str) and value else None
