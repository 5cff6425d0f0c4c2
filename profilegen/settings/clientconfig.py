"""
Mozilla's clientConfig XML: untrusted bytes become values, tolerantly.

The format is that of draft-ietf-mailmaint-autoconfig (versions 1.1 and 1.2). Unknown elements are no error, a bad
server block drops only itself, and a file fails only if it is not well-formed or no clientConfig. User names and host
names are templates until `concrete` fills in an address.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from profilegen.address import Address
from profilegen.errors import InputProblem, SettingsProblem
from profilegen.settings.servers import Auth, Protocol, Security, Server
from profilegen.settings.xmltree import BadXml, children, name_of, parse_xml

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

_BLOCKS = ("incomingServer", "outgoingServer")
_PROTOCOLS = {"imap": Protocol.IMAP, "pop3": Protocol.POP, "smtp": Protocol.SMTP}
_SECURITIES = {"ssl": Security.TLS, "tls": Security.TLS, "starttls": Security.STARTTLS}
_AUTHS = {
    "password-cleartext": Auth.PASSWORD,
    "plain": Auth.PASSWORD,
    "login": Auth.PASSWORD,
    "password-encrypted": Auth.CRAM_MD5,
    "secure": Auth.CRAM_MD5,
    "cram-md5": Auth.CRAM_MD5,
    "ntlm": Auth.NTLM,
    "oauth2": Auth.OAUTH2,
    "oauth": Auth.OAUTH2,
    "xoauth2": Auth.OAUTH2,
    "oauthbearer": Auth.OAUTH2,
}
_PLACEHOLDER = re.compile(r"%([A-Z]+)(%?)")


class Defect(StrEnum):
    """Why a server block was dropped."""

    INCOMPLETE = "incomplete"
    PLAIN_TEXT = "plain_text"
    RESTRICTED = "restricted"
    NO_KNOWN_LOGIN = "no_known_login"


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfigServer:
    """One server block: `host` and `username` are templates, `auth` in the file's order and never empty."""

    protocol: Protocol
    host: str
    port: int
    security: Security
    auth: tuple[Auth, ...]
    username: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DroppedServer:
    """A server block that no mobile profile can use."""

    protocol: Protocol
    host: str
    defect: Defect


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """A page of the provider and what it is for, in English if there is a choice."""

    url: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientConfig:
    """
    What one file says, in the file's order.

    `enable` is where IMAP or POP has to be switched on first, `documentation` the provider's own pages.
    """

    provider: str
    name: str
    domains: tuple[str, ...]
    servers: tuple[ConfigServer, ...]
    dropped: tuple[DroppedServer, ...] = ()
    enable: Page | None = None
    documentation: tuple[Page, ...] = ()


def parse_client_config(data: bytes) -> ClientConfig:
    """Return what the bytes say; raises InputProblem if they are no clientConfig. The media type does not matter."""
    try:
        root = parse_xml(data, "clientConfig")
    except BadXml as exc:
        raise _refuse(str(exc)) from exc
    providers = [element for element in root if name_of(element) == "emailProvider"]
    blocks = [_server(element) for provider in providers for element in provider if name_of(element) in _BLOCKS]
    enables = [element for parent in (*providers, root) for element in children(parent, "enable")]
    guides = [element for provider in providers for element in children(provider, "documentation")]
    enable = [_page(element, "visiturl", "instruction") for element in enables]
    return ClientConfig(
        provider=next((provider.get("id", "").strip() for provider in providers), ""),
        name=next(_texts(providers, "displayName"), ""),
        domains=tuple(domain.lower() for domain in _texts(providers, "domain")),
        servers=tuple(block for block in blocks if isinstance(block, ConfigServer)),
        dropped=tuple(block for block in blocks if isinstance(block, DroppedServer)),
        enable=next((page for page in enable if page is not None), None),
        documentation=tuple(page for guide in guides if (page := _page(guide, "url", "descr")) is not None),
    )


def expand(template: str, address: Address) -> str:
    """
    Return the template with %EMAILADDRESS%, %EMAILLOCALPART% and %EMAILDOMAIN% replaced wherever they stand.

    Raises SettingsProblem for any other placeholder and for one that is not closed.
    """
    values = {"EMAILADDRESS": str(address), "EMAILLOCALPART": address.local, "EMAILDOMAIN": address.domain}

    def value(match: re.Match[str]) -> str:
        name, closing = match.groups()
        if not closing or name not in values:
            raise SettingsProblem(
                f'The settings file asks for "{match.group()[:40]}", which is no known placeholder.',
                hint="Use the settings the provider publishes on its help page.",
            )
        return values[name]

    return _PLACEHOLDER.sub(value, template)


def concrete(server: ConfigServer, address: Address) -> Server:
    """Return the server for one address; raises SettingsProblem if it cannot be right."""
    return Server(
        protocol=server.protocol,
        host=expand(server.host, address),
        port=server.port,
        security=server.security,
        auth=server.auth,
        username=expand(server.username, address),
    )


def _server(element: "Element") -> ConfigServer | DroppedServer | None:
    protocol = _PROTOCOLS.get(element.get("type", "").strip().lower())
    if protocol is None or (protocol is Protocol.SMTP) != (name_of(element) == "outgoingServer"):
        return None
    host, port, username = (next(_texts([element], tag), "") for tag in ("hostname", "port", "username"))
    security = next((_SECURITIES[text] for text in _lower(element, "socketType") if text in _SECURITIES), None)
    auth = tuple(dict.fromkeys(_AUTHS[text] for text in _authentications(element) if text in _AUTHS))
    if not (host and username and port.isascii() and port.isdigit() and len(port) <= 5):
        return DroppedServer(protocol=protocol, host=host, defect=Defect.INCOMPLETE)
    if "client-ip-address" in _lower(element, "restriction"):
        return DroppedServer(protocol=protocol, host=host, defect=Defect.RESTRICTED)
    if security is None:
        return DroppedServer(protocol=protocol, host=host, defect=Defect.PLAIN_TEXT)
    if not auth:
        return DroppedServer(protocol=protocol, host=host, defect=Defect.NO_KNOWN_LOGIN)
    return ConfigServer(protocol=protocol, host=host, port=int(port), security=security, auth=auth, username=username)


def _authentications(element: "Element") -> Iterator[str]:
    for child in children(element, "authentication"):
        if child.get("system", "").strip().lower() != "http":
            yield (child.text or "").strip().lower()


def _page(element: "Element", url: str, text: str) -> Page | None:
    address = element.get(url, "").strip()
    if not address.startswith(("https://", "http://")) or not address.isprintable():
        return None
    words = [child for child in children(element, text) if (child.text or "").strip()]
    words.sort(key=lambda child: child.get("lang", "") != "en")
    return Page(url=address, text=" ".join((words[0].text or "").split()) if words else "")


def _texts(parents: "list[Element]", tag: str) -> Iterator[str]:
    for parent in parents:
        for child in children(parent, tag):
            text = (child.text or "").strip()
            if text and text.isprintable():
                yield text


def _lower(element: "Element", tag: str) -> list[str]:
    return [text.lower() for text in _texts([element], tag)]


def _refuse(reason: str) -> InputProblem:
    return InputProblem(
        f"This is not a clientConfig file: {reason}.",
        hint="A clientConfig file is what https://autoconfig.example.com/mail/config-v1.1.xml returns.",
        code="not_client_config",
    )
