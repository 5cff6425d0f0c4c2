"""What a device has beside what is right, field by field, in the words Settings uses."""

from collections.abc import Iterator
from dataclasses import dataclass

from profilegen.address import Address
from profilegen.diagnosis.causes import Cause
from profilegen.diagnosis.doctor.current import Current
from profilegen.settings.servers import SECURITY_OF_PORT, Auth, FoundServer, Security, Server

_METHODS = {
    Auth.NONE: "None",
    Auth.PASSWORD: "Password",
    Auth.CRAM_MD5: "MD5 Challenge-Response",
    Auth.NTLM: "NTLM",
    Auth.HTTP_MD5: "HTTP MD5 Digest",
    Auth.OAUTH2: "OAuth2",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Right:
    """
    What is right for an address: None for a direction nobody knows; `others` are further servers that work too.

    `sign_in`: the provider takes no passwords, so that neither server would ever log the device in with one.
    `owner` is whose server the device has now, where the catalogue knows it and it is not the account's provider.
    """

    address: Address
    outgoing: Server | None = None
    incoming: Server | None = None
    others: tuple[Server, ...] = ()
    sign_in: bool = False
    owner: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """
    One field: its name in Settings, what it shows and what is right; `cause` None: it fits.

    `weight` (0 to 1) is how well a wrong value explains that no mail goes out.
    """

    field: str
    label: str
    now: str
    right: str
    cause: Cause | None = None
    weight: float = 0.0
    why: str = ""

    @property
    def fits(self) -> bool:
        """True if the field may stay as it is."""
        return self.cause is None


def compare(current: Current, right: Right) -> tuple[Compared, ...]:
    """Return every field that the device shows, in the order of Settings; what was not said is left out."""
    return tuple(_fields(current, right))


def _fields(current: Current, right: Right) -> Iterator[Compared]:
    yield from _account(current, right)
    if right.outgoing is None:
        yield from _method(current.outgoing, right)
        return
    wanted = _nearest(current.outgoing, right)
    yield from _switch_and_host(current, wanted, right)
    yield from _login(current, wanted)
    yield from _connection(current.outgoing, wanted)
    yield from _method(current.outgoing, right)
    if current.only_this_server is False:
        yield Compared(
            field="outgoing.only_this_server",
            label="Use only this server",
            now="Off",
            right="On",
            cause=Cause.WRONG_SERVER_HOST,
            weight=0.25,
            why="Mail may try other outgoing servers in its list, which know nothing of this account.",
        )
    yield from _incoming(current, right)


def _nearest(now: FoundServer, right: Right) -> Server:
    """Return the server the device means, where several work; else the best one."""
    known = [server for server in (right.outgoing, *right.others) if server is not None]
    return next((server for server in known if (server.host, server.port) == (now.host, now.port)), known[0])


def _account(current: Current, right: Right) -> Iterator[Compared]:
    if current.mail_on is not None:
        yield _row("account.mail", "Mail", _on(current.mail_on), "On", Cause.AUTH_NOT_CONFIGURED, 0.3, _MAIL_OFF)
    if current.email is not None:
        address = str(right.address)
        now = address if current.email.casefold() == address.casefold() else current.email
        yield _row("account.email", "Email", now, address, Cause.SENDER_NOT_OWNED, 0.7, _OTHER_SENDER)


def _switch_and_host(current: Current, wanted: Server, right: Right) -> Iterator[Compared]:
    primary = current.primary
    if primary is not None:
        now = wanted.host if primary == wanted.host else primary
        yield _row("outgoing.primary", "Primary Server", now, wanted.host, Cause.WRONG_SERVER_HOST, 0.75, _PRIMARY)
    if current.outgoing_on is not None:
        yield _row("outgoing.on", "Server", _on(current.outgoing_on), "On", Cause.WRONG_SERVER_HOST, 0.7, _SERVER_OFF)
    host = current.outgoing.host
    if host is not None:
        yield _row("outgoing.host", "Host Name", host, wanted.host, Cause.WRONG_SERVER_HOST, 0.8, _whose(host, right))


def _whose(host: str, right: Right) -> str:
    if right.owner is not None:
        return f"{host} belongs to {right.owner}; without a login of theirs it passes nothing on for this account."
    return f"{host} is not the server of this account; after a move or a restore an old name often stays behind."


def _login(current: Current, wanted: Server) -> Iterator[Compared]:
    username = current.outgoing.username
    if username is not None:
        yield _username("outgoing.username", username, wanted.username)
    if current.password is not None:
        now = "filled in" if current.password else "empty"
        yield _row("outgoing.password", "Password", now, "filled in", Cause.AUTH_NOT_CONFIGURED, 0.9, _NO_PASSWORD)


def _username(field: str, now: str, right: str) -> Compared:
    if not now:
        why = "Without a user name the device never logs in."
        return _row(field, "User Name", "empty", right, Cause.AUTH_NOT_CONFIGURED, 0.9, why)
    local = {name.casefold().partition("@")[0] for name in (now, right)}
    if len(local) == 1:
        same = now.casefold() == right.casefold()
        why = f"The server knows this person as {right}."
        return _row(field, "User Name", right if same else now, right, Cause.AUTH_USERNAME_FORM, 0.7, why)
    why = "That is somebody else's user name, or an old one."
    return _row(field, "User Name", now, right, Cause.AUTH_BAD_CREDENTIALS, 0.6, why)


def _connection(now: FoundServer, wanted: Server) -> Iterator[Compared]:
    if now.use_ssl is not None:
        clash = now.use_ssl is False and now.port is not None and SECURITY_OF_PORT.get(now.port) is Security.TLS
        cause = Cause.TLS_MODE_MISMATCH if clash else Cause.TLS_REQUIRED_NOT_USED
        why = "Without SSL the server takes no password, so the device cannot log in."
        yield _row("outgoing.use_ssl", "Use SSL", _on(now.use_ssl), "On", cause, 0.8, why)
    if now.port is not None:
        cause, weight, why = _port(now.port, wanted)
        yield _row("outgoing.port", "Server Port", str(now.port), str(wanted.port), cause, weight, why)


def _port(now: int, wanted: Server) -> tuple[Cause, float, str]:
    if now == 25:
        why = "Port 25 is for mail between servers: it offers no login, and many networks block it."
        return Cause.AUTH_NOT_OFFERED, 0.8, why
    if now in (465, 587):
        return Cause.CONNECT_REFUSED, 0.2, f"{wanted.host} is known to take mail on port {wanted.port}."
    return Cause.CONNECT_REFUSED, 0.5, f"{wanted.host} takes mail on port {wanted.port}."


def _method(now: FoundServer, right: Right) -> Iterator[Compared]:
    if now.auth is None:
        return
    word = _METHODS[now.auth]
    if right.sign_in:
        wanted, cause, why = "sign-in on the provider's page", Cause.OAUTH_REQUIRED, _SIGN_IN
    elif now.auth is Auth.NONE:
        wanted, cause, why = "Password", Cause.AUTH_NOT_CONFIGURED, "With None the device never logs in."
    else:
        taken = right.outgoing.auth if right.outgoing is not None else (Auth.PASSWORD,)
        wanted = word if now.auth in taken else "Password"
        cause, why = Cause.AUTH_MECH_UNSUPPORTED, "The server is not known to take this kind of login."
    yield _row("outgoing.authentication", "Authentication", word, wanted, cause, 0.9, why)


def _incoming(current: Current, right: Right) -> Iterator[Compared]:
    now, wanted = current.incoming, right.incoming
    if wanted is None or now.protocol is not wanted.protocol:
        return
    if now.host is not None:
        why = "Mail is fetched from another server than the account's."
        yield _row("incoming.host", "Incoming Host Name", now.host, wanted.host, Cause.WRONG_SERVER_HOST, 0.2, why)
    if now.use_ssl is not None:
        why = "The incoming server takes no password without SSL."
        yield _row(
            "incoming.use_ssl", "Incoming Use SSL", _on(now.use_ssl), "On", Cause.TLS_REQUIRED_NOT_USED, 0.2, why
        )


def _row(field: str, label: str, now: str, right: str, cause: Cause, weight: float, why: str) -> Compared:
    if now == right:
        return Compared(field=field, label=label, now=now, right=right)
    return Compared(field=field, label=label, now=now, right=right, cause=cause, weight=weight, why=why)


def _on(switch: bool) -> str:  # noqa: FBT001 - the state of a switch, as a word
    return "On" if switch else "Off"


_MAIL_OFF = "With Mail switched off the account neither receives nor sends."
_OTHER_SENDER = "The device sends as an address that is not this account's."
_PRIMARY = "Another server stands first, so mail of this account goes out through it."
_SERVER_OFF = "With the account's own server off, Mail tries the other ones in its list, which refuse strangers."
_NO_PASSWORD = "Without a password the device never logs in; a restore from an unencrypted backup brings none back."  # noqa: S105 - a sentence
_SIGN_IN = "This provider takes no passwords any more; settings carried over by a restore still try one."
