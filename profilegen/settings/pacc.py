"""
PACC documents and the DNS records that vouch for them (draft-ietf-mailmaint-pacc): untrusted bytes become values.

A document names hosts; every protocol runs over TLS on its own port, and the user name is the mail address. Revision
02 of the draft calls outgoing mail "smtp", revision 03 "submit"; both are published today, and "submit" is the newer
word. Unknown members are no error, and a bad host drops only itself.
"""

import base64
import binascii
import hmac
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from profilegen.address import Address
from profilegen.errors import InputProblem, SettingsProblem
from profilegen.settings.jsontext import BadJson, json_value
from profilegen.settings.servers import Auth, Protocol, Security, Server, clean_host

MAX_BYTES = 64 * 1024

_PORTS = {Protocol.IMAP: 993, Protocol.POP: 995, Protocol.SMTP: 465}
_MEMBERS = {Protocol.IMAP: ("imap",), Protocol.POP: ("pop3",), Protocol.SMTP: ("submit", "smtp")}


@dataclass(frozen=True, slots=True, kw_only=True)
class PaccDocument:
    """
    What one document says: host names by protocol, and how to log in.

    `auth` holds the password, OAuth or both, in this order; empty if the document rules both out.
    """

    hosts: tuple[tuple[Protocol, str], ...]
    auth: tuple[Auth, ...]

    @property
    def oauth_only(self) -> bool:
        """True if no password is accepted."""
        return self.auth == (Auth.OAUTH2,)

    def servers(self, address: Address) -> tuple[Server, ...]:
        """Return the servers for one address; none if they want something other than a password."""
        if Auth.PASSWORD not in self.auth:
            return ()
        return tuple(
            Server(
                protocol=protocol,
                host=host,
                port=_PORTS[protocol],
                security=Security.TLS,
                auth=self.auth,
                username=str(address),
            )
            for protocol, host in self.hosts
        )


def parse_pacc(data: bytes) -> PaccDocument:
    """Return what the bytes say; raises InputProblem if they are no PACC document."""
    if len(data) > MAX_BYTES:
        raise _refuse(f"it is larger than {MAX_BYTES // 1024} KiB")
    try:
        document = json_value(data.decode("utf-8-sig"))
    except (UnicodeDecodeError, BadJson) as exc:
        raise _refuse("it is not JSON") from exc
    members = _object(document)
    protocols = members.get("protocols")
    if not isinstance(protocols, dict):
        raise _refuse('it has no object "protocols"')
    return PaccDocument(
        hosts=tuple(_hosts(protocols)),
        auth=_auth(_object(members.get("authentication")), said="authentication" in members),
    )


def vouches(record: str, sha256: bytes) -> bool:
    """
    Return True if a TXT record such as "v=UAAC1; a=sha256; d=<base64>" holds this digest, compared in constant time.

    The order of the tags, white space, a last semicolon and unknown tags do not matter.
    """
    tags = {
        name.strip().lower(): value.strip() for name, _, value in (part.partition("=") for part in record.split(";"))
    }
    if tags.get("v", "").lower() != "uaac1" or tags.get("a", "").lower() != "sha256":
        return False
    try:
        digest = base64.b64decode(tags.get("d", ""), validate=True)
    except (binascii.Error, ValueError):
        return False
    return hmac.compare_digest(digest, sha256)


def _hosts(protocols: Mapping[str, object]) -> Iterator[tuple[Protocol, str]]:
    for protocol, members in _MEMBERS.items():
        endpoints = (_object(protocols.get(member)).get("host") for member in members)
        host = next((found for found in map(_host, endpoints) if found is not None), None)
        if host is not None:
            yield protocol, host


def _host(value: object) -> str | None:
    try:
        return clean_host(value) if isinstance(value, str) else None
    except SettingsProblem:
        return None


def _auth(authentication: Mapping[str, object], *, said: bool) -> tuple[Auth, ...]:
    """Without a word about it, a password; anything but `true` is none."""
    oauth = isinstance(_object(authentication.get("oauth-public")).get("issuer"), str)
    password = authentication.get("password") is True if said else True
    return tuple(method for method, offered in ((Auth.PASSWORD, password), (Auth.OAUTH2, oauth)) if offered)


def _object(value: object) -> Mapping[str, object]:
    return value if isinstance(value, dict) else {}


def _refuse(reason: str) -> InputProblem:
    return InputProblem(
        f"This is not a PACC document: {reason}.",
        hint="It is what https://ua-auto-config.example.com/.well-known/user-agent-configuration.json returns.",
        code="not_pacc",
    )
