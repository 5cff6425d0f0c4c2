"""What a device has: the account as its settings show it, however broken."""

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import TypeVar

from profilegen.diagnosis.doctor.labels import EMPTY, NONE, OFF, ON, PASSWORD
from profilegen.errors import UsageProblem
from profilegen.settings.servers import Auth, FoundServer, Protocol

ValueT = TypeVar("ValueT", FoundServer, "Current")

NO_SMTP = FoundServer(protocol=Protocol.SMTP)
NO_IMAP = FoundServer(protocol=Protocol.IMAP)


@dataclass(frozen=True, slots=True, kw_only=True)
class Current:
    """
    An account on a device; None: not said, "" for a user name that is seen to be empty.

    `outgoing_on` is the switch of the outgoing server, `primary` the host of the server that stands first among
    several, `password` whether the outgoing server has one (the password itself is never read), `mail_on` the account's
    Mail switch, `only_this_server` the choice of that name on macOS.
    """

    outgoing: FoundServer = NO_SMTP
    incoming: FoundServer = NO_IMAP
    email: str | None = None
    outgoing_on: bool | None = None
    primary: str | None = None
    password: bool | None = None
    mail_on: bool | None = None
    only_this_server: bool | None = None


_SERVER_KEYS = ("host", "port", "use_ssl", "authentication", "username")
KEYS = (
    *(f"outgoing.{key}" for key in (*_SERVER_KEYS, "on", "primary", "password", "only_this_server")),
    *(f"incoming.{key}" for key in (*_SERVER_KEYS, "protocol")),
    *("account.email", "account.mail"),
)
"""The keys of `--current KEY=VALUE`."""

_ALIASES = {"ssl": "use_ssl", "auth": "authentication", "user": "username", "server": "on"}
_FILLED = frozenset({"set", "present", "filled", "yes", "true"})
_AUTH = {
    **dict.fromkeys(PASSWORD, Auth.PASSWORD),
    **dict.fromkeys(NONE, Auth.NONE),
    "md5 challenge-response": Auth.CRAM_MD5,
    "cram-md5": Auth.CRAM_MD5,
    "ntlm": Auth.NTLM,
    "http md5 digest": Auth.HTTP_MD5,
    "http-md5": Auth.HTTP_MD5,
    "oauth2": Auth.OAUTH2,
}


def pair(text: str) -> tuple[str, str]:
    """Return key and value of "outgoing.port=25"; raises UsageProblem `bad_current` for all else, without the value."""
    key, equals, value = text.partition("=")
    key = canonical(key.strip().casefold())
    if not equals or key not in KEYS:
        raise UsageProblem(
            f'"{key[:40]}" is nothing a device shows about a mail account.',
            hint=f"The keys are: {', '.join(KEYS)}.",
            code="bad_current",
        )
    if key == "outgoing.password" and value.strip().casefold() not in EMPTY | _FILLED:
        raise UsageProblem(
            "A password does not belong on the command line.",
            hint="Write outgoing.password=set or outgoing.password=empty: only whether there is one matters.",
            code="password_in_current",
        )
    return key, value.strip()


def canonical(key: str) -> str:
    """Return a key with its short forms spelled out."""
    part, dot, name = key.partition(".")
    return f"{part}{dot}{_ALIASES.get(name, name)}"


def current_of(words: Mapping[str, str]) -> Current:
    """Return the account that words by key describe; raises UsageProblem `bad_current` for a meaningless word."""
    primary = words.get("outgoing.primary")
    outgoing = _server(words, "outgoing", Protocol.SMTP)
    return Current(
        outgoing=outgoing,
        incoming=_server(words, "incoming", _incoming_protocol(words)),
        email=words.get("account.email"),
        outgoing_on=_switch(words, "outgoing.on"),
        primary=primary.lower() if primary else None,
        password=_present(words.get("outgoing.password")),
        mail_on=_switch(words, "account.mail"),
        only_this_server=_switch(words, "outgoing.only_this_server"),
    )


def auth_of(word: str) -> Auth | None:
    """Return the method behind a word of the settings, None for one that is none."""
    return _AUTH.get(word.strip().casefold())


def is_switch(word: str) -> bool:
    """Return whether a word says on or off."""
    return word.strip().casefold() in ON | OFF


def _incoming_protocol(words: Mapping[str, str]) -> Protocol:
    return Protocol.POP if words.get("incoming.protocol", "").casefold().startswith("pop") else Protocol.IMAP


def _server(words: Mapping[str, str], direction: str, protocol: Protocol) -> FoundServer:
    host, port = words.get(f"{direction}.host"), words.get(f"{direction}.port")
    method = words.get(f"{direction}.authentication")
    username = words.get(f"{direction}.username")
    return FoundServer(
        protocol=protocol,
        host=host.lower().rstrip(".") if host else None,
        port=None if port is None else _port(f"{direction}.port", port),
        use_ssl=_switch(words, f"{direction}.use_ssl"),
        auth=None if method is None else _method(f"{direction}.authentication", method),
        username="" if username is not None and username.casefold() in EMPTY else username,
    )


def _port(key: str, word: str) -> int:
    if not (word.isascii() and word.isdigit() and 1 <= int(word[:6]) <= 65535):
        raise _meaningless(key, word, "a port from 1 to 65535")
    return int(word)


def _method(key: str, word: str) -> Auth:
    method = auth_of(word)
    if method is None:
        raise _meaningless(key, word, "password, none, cram-md5, ntlm, http-md5 or oauth2")
    return method


def _switch(words: Mapping[str, str], key: str) -> bool | None:
    word = words.get(key)
    if word is None:
        return None
    if not is_switch(word):
        raise _meaningless(key, word, "on or off")
    return word.strip().casefold() in ON


def _present(word: str | None) -> bool | None:
    return None if word is None else word.strip().casefold() not in EMPTY


def _meaningless(key: str, word: str, wanted: str) -> UsageProblem:
    return UsageProblem(f'"{word[:40]}" means nothing as {key}.', hint=f"Write {wanted}.", code="bad_current")


def merged(base: Current | None, over: Current | None) -> Current | None:
    """Return what both say together; where both say something, `over` is newer."""
    if base is None or over is None:
        return base if over is None else over
    return replace(
        _known(base, over),
        outgoing=_known(base.outgoing, over.outgoing),
        incoming=_known(base.incoming, over.incoming),
    )


def _known(base: ValueT, over: ValueT) -> ValueT:
    said = {field.name: getattr(over, field.name) for field in fields(over)}
    return replace(base, **{name: value for name, value in said.items() if value is not None})
