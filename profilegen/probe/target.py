"""What to examine: the server a profile names, with what a device makes of everything it does not say."""

from dataclasses import dataclass
from enum import StrEnum

from profilegen.diagnosis.causes import Cause
from profilegen.errors import SettingsProblem
from profilegen.probe.dialects import Capabilities
from profilegen.settings.servers import SECURITY_OF_PORT, Auth, FoundServer, Protocol, Security, Server, clean_host


class Encryption(StrEnum):
    """How to encrypt: as `Security` says, not at all, or whichever of the two the server speaks."""

    TLS = "tls"
    STARTTLS = "starttls"
    NONE = "none"
    EITHER = "either"


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """
    One server to examine; `auth` are the ways to log in of which one must be offered, none if nobody will log in.

    `host_flaw` says why there is no host to examine.
    """

    protocol: Protocol
    host: str
    port: int
    encryption: Encryption
    auth: tuple[Auth, ...] = ()
    host_flaw: str | None = None


_PORTS = {  # with and without SSL, as Apple's clients assume them
    Protocol.SMTP: (25, 25),  # a device then tries 25, 587 and 465 in turn
    Protocol.IMAP: (993, 143),
    Protocol.POP: (995, 110),
}
_MECHANISMS = {
    Auth.PASSWORD: ("PLAIN", "LOGIN"),
    Auth.CRAM_MD5: ("CRAM-MD5",),
    Auth.NTLM: ("NTLM",),
    Auth.HTTP_MD5: ("DIGEST-MD5",),
    Auth.OAUTH2: ("XOAUTH2", "OAUTHBEARER"),
}
_OAUTH_ONLY = frozenset({"XOAUTH2", "OAUTHBEARER"})


def target_of_server(server: Server) -> Target:
    """Return what to examine of a server we are willing to write."""
    return Target(
        protocol=server.protocol,
        host=server.host,
        port=server.port,
        encryption=Encryption(server.security),
        auth=server.auth,
    )


def target_of_found(found: FoundServer) -> Target:
    """Return what to examine of a server as a profile has it, however broken."""
    host, flaw = "", None
    try:
        host = clean_host(found.host or "")
    except SettingsProblem as problem:
        flaw = problem.message if found.host else "The profile names no server."
    with_ssl, without_ssl = _PORTS[found.protocol]
    port = found.port if found.port is not None else with_ssl if found.use_ssl else without_ssl
    return Target(
        protocol=found.protocol,
        host=host,
        port=port,
        encryption=_encryption(found, port),
        auth=() if found.auth in (None, Auth.NONE) else (found.auth,),
        host_flaw=flaw,
    )


def login_obstacle(target: Target, offered: Capabilities) -> tuple[Cause, str] | None:
    """Return why nobody can log in the configured way with what is offered under TLS, None if one can."""
    if not target.auth or any(_can_log_in(auth, offered) for auth in target.auth):
        return None
    wanted = " or ".join(target.auth)
    if not offered.mechanisms:
        return Cause.AUTH_NOT_OFFERED, f"The server offers no login on port {target.port}, not even after TLS."
    if _OAUTH_ONLY.issuperset(offered.mechanisms):
        return Cause.OAUTH_REQUIRED, f"The server takes no password here, only {_list(offered.mechanisms)}."
    return Cause.AUTH_MECH_UNSUPPORTED, f"The server offers {_list(offered.mechanisms)}, but nothing for {wanted}."


def _can_log_in(auth: Auth, offered: Capabilities) -> bool:
    if auth is Auth.PASSWORD and offered.plain_command:
        return True
    return any(mechanism in offered.mechanisms for mechanism in _MECHANISMS.get(auth, ()))


def _encryption(found: FoundServer, port: int) -> Encryption:
    security: Security | None = found.security
    if security is None and found.use_ssl:
        security = SECURITY_OF_PORT.get(port)
    if security is not None:
        return Encryption(security)
    return Encryption.EITHER if found.use_ssl else Encryption.NONE


def _list(words: tuple[str, ...]) -> str:
    return ", ".join(words[:8])
