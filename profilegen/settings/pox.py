"""
Autodiscover in plain old XML (MS-OXDSCLI, Outlook schemas 2006 and 2006a): one request, and what an answer says.

Untrusted bytes become values, tolerantly: namespaces are not looked at, illegal switches count as their default, and a
bad `Protocol` drops only itself. `Encryption` overrules `SSL`, and a well-known port overrules both as to how TLS
begins, because publishers write "TLS" for either way and the older schema cannot say STARTTLS at all.
"""

import html
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from profilegen.address import Address
from profilegen.errors import AddressProblem, InputProblem
from profilegen.settings.servers import SECURITY_OF_PORT, Auth, Protocol, Security, Server
from profilegen.settings.xmltree import BadXml, children, parse_xml

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

CONTENT_TYPE = "text/xml; charset=utf-8"
"""The media type of a request; some servers accept exactly this text."""

_REQUEST = """\
<?xml version="1.0" encoding="utf-8"?>
<Autodiscover xmlns="http://schemas.microsoft.com/exchange/autodiscover/outlook/requestschema/2006"><Request>\
<EMailAddress>{address}</EMailAddress>\
<AcceptableResponseSchema>http://schemas.microsoft.com/exchange/autodiscover/outlook/responseschema/2006a\
</AcceptableResponseSchema></Request></Autodiscover>
"""
_PROTOCOLS = {"imap": Protocol.IMAP, "pop3": Protocol.POP, "pop": Protocol.POP, "smtp": Protocol.SMTP}
_EXCHANGE = ("exch", "expr", "exhttp", "mobilesync")
_OFF = ("off", "false", "no", "0")
_MODES = {"ssl": Security.TLS, "tls": Security.STARTTLS, "auto": Security.TLS}


@dataclass(frozen=True, slots=True, kw_only=True)
class PoxServer:
    """One `Protocol` that can be used; `username` None where the answer leaves it to the address."""

    protocol: Protocol
    host: str
    port: int
    security: Security
    username: str | None = None

    def concrete(self, address: Address) -> Server:
        """Return the server for one address; raises SettingsProblem if it cannot be right."""
        return Server(
            protocol=self.protocol,
            host=self.host,
            port=self.port,
            security=self.security,
            auth=(Auth.PASSWORD,),
            username=self.username or str(address),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class PoxAnswer:
    """
    What one answer says: servers, where to ask instead, both or neither.

    `exchange`: it offers an Exchange account. `plain_text`: it names servers, all of them without encryption.
    """

    servers: tuple[PoxServer, ...] = ()
    redirect_url: str | None = None
    redirect_address: Address | None = None
    exchange: bool = False
    plain_text: bool = False


def pox_request(address: Address) -> bytes:
    """Return the body of a request, the address escaped; it carries nothing else."""
    return _REQUEST.format(address=html.escape(str(address), quote=False)).encode()


def parse_pox(data: bytes) -> PoxAnswer:
    """Return what the bytes say, an empty answer for an `Error`; raises InputProblem if they are no Autodiscover."""
    accounts = [account for response in children(_root(data), "Response") for account in children(response, "Account")]
    protocols = [protocol for account in accounts for protocol in children(account, "Protocol")]
    kinds = [_text(protocol, "Type").lower() for protocol in protocols]
    mail = [
        (_PROTOCOLS[kind], protocol)
        for kind, protocol in zip(kinds, protocols, strict=True)
        if kind in _PROTOCOLS and _text(protocol, "Server") and _port(protocol) is not None
    ]
    servers = [server for kind, protocol in mail if (server := _server(kind, protocol)) is not None]
    return PoxAnswer(
        servers=tuple(_with_shared_login(servers)),
        redirect_url=_first(accounts, "RedirectUrl"),
        redirect_address=_address(_first(accounts, "RedirectAddr")),
        exchange=any(kind in _EXCHANGE for kind in kinds),
        plain_text=bool(mail) and all(_security(protocol) is None for _, protocol in mail),
    )


def _root(data: bytes) -> "Element":
    try:
        return parse_xml(data, "Autodiscover")
    except BadXml as exc:
        raise InputProblem(
            f"This is not an Autodiscover answer: {exc}.",
            hint="It is what https://autodiscover.example.com/autodiscover/autodiscover.xml returns to a POST.",
            code="not_autodiscover",
        ) from exc


def _server(protocol: Protocol, element: "Element") -> PoxServer | None:
    port, security = _port(element), _security(element)
    unauthenticated = protocol is Protocol.SMTP and _text(element, "AuthRequired").lower() in _OFF
    if port is None or security is None or unauthenticated:
        return None
    login = _text(element, "LoginName") or None
    return PoxServer(protocol=protocol, host=_text(element, "Server"), port=port, security=security, username=login)


def _security(element: "Element") -> Security | None:
    """How TLS begins, None for no TLS at all; "Auto" on an unusual port is taken for TLS from the first byte."""
    encryption = _text(element, "Encryption").lower()
    if encryption == "none":
        return None
    well_known = SECURITY_OF_PORT.get(_port(element) or 0)
    if well_known is not None:
        return well_known
    if encryption in _MODES:
        return _MODES[encryption]
    return None if _text(element, "SSL").lower() in _OFF else Security.TLS


def _with_shared_login(servers: Iterable[PoxServer]) -> Iterator[PoxServer]:
    """SMTP without a login name uses the incoming one (`UsePOPAuth`)."""
    servers = tuple(servers)
    incoming = next((one.username for one in servers if one.protocol is not Protocol.SMTP), None)
    for one in servers:
        shared = one.protocol is Protocol.SMTP and one.username is None
        yield replace(one, username=incoming) if shared else one


def _port(element: "Element") -> int | None:
    text = _text(element, "Port")
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 5 else None


def _address(text: str | None) -> Address | None:
    try:
        return None if text is None else Address.parse(text)
    except AddressProblem:
        return None


def _first(accounts: "Iterable[Element]", name: str) -> str | None:
    return next((text for account in accounts if (text := _text(account, name))), None)


def _text(element: "Element", name: str) -> str:
    """The first usable text of a child, "" if there is none."""
    texts = ((child.text or "").strip() for child in children(element, name))
    return next((text for text in texts if text and text.isprintable()), "")
