"""Servers and accounts: `FoundServer` is what somebody says, `Server` is what we are willing to write."""

import ipaddress
import re
from dataclasses import dataclass
from enum import StrEnum

from profilegen.address import Address, a_label
from profilegen.errors import AddressProblem, SettingsProblem


class Protocol(StrEnum):
    """What a server speaks."""

    IMAP = "imap"
    POP = "pop3"
    SMTP = "smtp"


class Security(StrEnum):
    """How a connection becomes encrypted (RFC 8314): TLS from the first byte, or STARTTLS with mandatory upgrade."""

    TLS = "tls"
    STARTTLS = "starttls"


class Auth(StrEnum):
    """How a person proves who they are, in the words of Apple's `EmailAuth…` values; OAuth has no such value."""

    NONE = "none"
    PASSWORD = "password"  # noqa: S105 - the name of a method
    CRAM_MD5 = "cram-md5"
    NTLM = "ntlm"
    HTTP_MD5 = "http-md5"
    OAUTH2 = "oauth2"


SECURITY_OF_PORT = {
    25: Security.STARTTLS,
    110: Security.STARTTLS,
    143: Security.STARTTLS,
    465: Security.TLS,
    587: Security.STARTTLS,
    993: Security.TLS,
    995: Security.TLS,
}
"""The TLS mode of every well-known mail port; on all others both are possible."""

_HOST_LABEL = re.compile(r"(?!-)[a-z0-9_-]{1,63}(?<!-)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Flaw:
    """One reason why a found server is nothing we would write: the field and a sentence."""

    field: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundServer:
    """What a file or a device says about a server, however broken. None: not said."""

    protocol: Protocol
    host: str | None = None
    port: int | None = None
    use_ssl: bool | None = None
    security: Security | None = None
    auth: Auth | None = None
    username: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """
    A server we are willing to write into a profile.

    `host` is an A-label name or an IP literal, `port` 1-65535 and never 25, `auth` is never empty and never `none`, and
    well-known ports carry their own TLS mode. Raises SettingsProblem for anything else.
    """

    protocol: Protocol
    host: str
    port: int
    security: Security
    auth: tuple[Auth, ...]
    username: str

    def __post_init__(self) -> None:
        object.__setattr__(self, "host", clean_host(self.host))
        flaws = [*_port_flaws(self.port, self.security), *_login_flaws(self.auth, self.username)]
        if flaws:
            raise SettingsProblem(
                f"These {self.protocol} settings cannot be right: {flaws[0].reason}.",
                hint="Outgoing mail belongs on port 587 with STARTTLS or on port 465 with TLS.",
            )

    @property
    def endpoint(self) -> str:
        """The endpoint in one word, for example "smtp.example.com:587/starttls"."""
        return f"{self.host}:{self.port}/{self.security}"

    @property
    def found(self) -> FoundServer:
        """The server as a profile carries it: the method written is the password wherever it is among the offered."""
        auth = Auth.PASSWORD if Auth.PASSWORD in self.auth else self.auth[0]
        return FoundServer(
            protocol=self.protocol,
            host=self.host,
            port=self.port,
            use_ssl=True,
            security=self.security,
            auth=auth,
            username=self.username,
        )

    @classmethod
    def from_found(cls, found: FoundServer) -> "Server | tuple[Flaw, ...]":
        """Return the server if everything is there and right, else every flaw."""
        flaws = found_flaws(found)
        if flaws or found.host is None or found.port is None or found.auth is None or found.username is None:
            return flaws
        security = found.security or SECURITY_OF_PORT.get(found.port, Security.STARTTLS)
        return cls(
            protocol=found.protocol,
            host=found.host,
            port=found.port,
            security=security,
            auth=(found.auth,),
            username=found.username,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class DavServer:
    """A CalDAV or CardDAV server, always over TLS."""

    host: str
    username: str
    port: int = 443
    principal_url: str | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "host", clean_host(self.host))


@dataclass(frozen=True, slots=True, kw_only=True)
class MailSettings:
    """
    One account as it shall be on the device.

    Incoming and outgoing user names may differ (iCloud). `relay` is the catalogue id of a relay service that carries
    outgoing mail instead of the mailbox provider; `aliases` are further sender addresses of the same mailbox.
    """

    address: Address
    display_name: str | None
    incoming: Server
    outgoing: Server
    relay: str | None = None
    aliases: tuple[Address, ...] = ()
    caldav: DavServer | None = None
    carddav: DavServer | None = None

    @property
    def one_login(self) -> bool:
        """True only when both directions really share provider, user name and password."""
        return self.relay is None and self.incoming.username == self.outgoing.username


def clean_host(host: str) -> str:
    """
    Return a host name as it is written and dialled: lower-case A-label without trailing dot, or an IP literal.

    Raises SettingsProblem for a scheme, port, path, space or anything else that is no host name.
    """
    try:
        return str(ipaddress.ip_address(host))
    except ValueError:
        pass
    try:
        name = host.rstrip(".").lower() if host.isascii() else a_label(host)
    except AddressProblem:
        name = ""
    if not name or len(name) > 253 or not all(_HOST_LABEL.fullmatch(label) for label in name.split(".")):
        raise SettingsProblem(
            f'"{host[:80]}" is not a host name.',
            hint="Write the name alone, like smtp.example.com: no scheme, no port, no path.",
        )
    return name


def found_flaws(found: FoundServer) -> tuple[Flaw, ...]:
    """Return every reason why a found server is nothing we would write, in the order of the fields."""
    flaws: list[Flaw] = []
    if found.host is None:
        flaws.append(Flaw(field="host", reason="no host name is given"))
    else:
        try:
            clean_host(found.host)
        except SettingsProblem as problem:
            flaws.append(Flaw(field="host", reason=problem.message.rstrip(".")))
    if found.port is None:
        flaws.append(Flaw(field="port", reason="no port is given, so a device tries 25, 587 and 465 in turn"))
    else:
        flaws.extend(_port_flaws(found.port, found.security))
    if not found.use_ssl:
        flaws.append(Flaw(field="use_ssl", reason="SSL is off"))
    if found.auth in (None, Auth.NONE):
        flaws.append(Flaw(field="auth", reason="no authentication is set"))
    if not found.username:
        flaws.append(Flaw(field="username", reason="no user name is given"))
    return tuple(flaws)


def _port_flaws(port: int, security: Security | None) -> list[Flaw]:
    if type(port) is not int or not 1 <= port <= 65535:  # a Boolean is an int, and a real becomes <real>
        return [Flaw(field="port", reason=f"port {port} does not exist")]
    if port == 25:
        return [Flaw(field="port", reason="port 25 is for mail between servers and refuses to relay for people")]
    expected = SECURITY_OF_PORT.get(port)
    if security is not None and expected is not None and security is not expected:
        return [Flaw(field="security", reason=f"port {port} speaks {expected}, not {security}")]
    return []


def _login_flaws(auth: tuple[Auth, ...], username: str) -> list[Flaw]:
    if not auth or Auth.NONE in auth:
        return [Flaw(field="auth", reason="a server without login does not relay")]
    if not username:
        return [Flaw(field="username", reason="the user name is empty")]
    return []
