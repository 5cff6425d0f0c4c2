"""What differs between SMTP, IMAP and POP before a login: how replies end, and how abilities are asked for and told."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from profilegen.settings.servers import Protocol

_SMTP_LINE = re.compile(r"(\d{3})(?:[ -](.*))?$", re.DOTALL)
_TAGGED = re.compile(r"a\d+ (?:OK|NO|BAD)\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """A whole reply: its lines as received, whether it is a yes, and the code where there is one (SMTP only)."""

    lines: tuple[str, ...]
    ok: bool
    code: int | None = None

    @property
    def text(self) -> str:
        """The reply in one line, as a report quotes it."""
        if self.code is None:
            return " / ".join(self.lines)
        return f"{self.code} " + " / ".join(line[4:] for line in self.lines)


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """A line to say (None: only listen) and how its answer ends (`complete`) and is understood (`read`)."""

    line: str | None
    complete: Callable[[Sequence[str]], bool]
    read: Callable[[Sequence[str]], Reply]


@dataclass(frozen=True, slots=True, kw_only=True)
class Capabilities:
    """
    What a server says it can do.

    `mechanisms` are SASL names in upper case; `plain_command` is True where a user name and password may be given by
    the protocol's own command (IMAP LOGIN without LOGINDISABLED, POP USER).
    """

    words: tuple[str, ...] = ()
    starttls: bool = False
    mechanisms: tuple[str, ...] = ()
    plain_command: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialect:
    """One protocol up to the login; `hello` takes the client's name and asks for the capabilities."""

    protocol: Protocol
    greeting: Command
    hello: Callable[[str], Command]
    starttls: Command
    quit: Command
    capabilities: Callable[[Reply], Capabilities]


def dialect_of(protocol: Protocol) -> Dialect:
    """Return the dialect of a protocol."""
    return _DIALECTS[protocol]


# --- SMTP (RFC 5321, 3207, 4954) -------------------------------------------------------------------------


def smtp_command(line: str | None) -> Command:
    """Return any SMTP command with its reply's form."""
    return Command(line=line, complete=_smtp_complete, read=_smtp_reply)


def _smtp_complete(lines: Sequence[str]) -> bool:
    return lines[-1][3:4] != "-"


def _smtp_reply(lines: Sequence[str]) -> Reply:
    match = _SMTP_LINE.match(lines[-1])
    code = int(match[1]) if match else None
    return Reply(lines=tuple(lines), ok=code is not None and 200 <= code < 300, code=code)


def _smtp_capabilities(reply: Reply) -> Capabilities:
    words = tuple(line[4:].strip() for line in reply.lines[1:])
    mechanisms: list[str] = []
    for word in words:
        name, _, rest = word.replace("=", " ", 1).partition(" ")  # "AUTH=LOGIN" is an old form some still send
        if name.upper() == "AUTH":
            mechanisms += rest.upper().split()
    return Capabilities(
        words=words,
        starttls=any(word.upper() == "STARTTLS" for word in words),
        mechanisms=tuple(dict.fromkeys(mechanisms)),
    )


# --- IMAP (RFC 3501, 9051) -------------------------------------------------------------------------------


def _imap_command(line: str) -> Command:
    return Command(line=line, complete=lambda lines: bool(_TAGGED.match(lines[-1])), read=_imap_reply)


def _imap_reply(lines: Sequence[str]) -> Reply:
    return Reply(lines=tuple(lines), ok=lines[-1].split(" ")[1:2] in (["OK"], ["PREAUTH"]))


def _imap_capabilities(reply: Reply) -> Capabilities:
    words: list[str] = []
    for line in reply.lines:
        head, _, rest = line.partition(" ")
        if head == "*" and rest.upper().startswith("CAPABILITY "):
            words += rest.upper().split()[1:]
    return Capabilities(
        words=tuple(words),
        starttls="STARTTLS" in words,
        mechanisms=tuple(word.removeprefix("AUTH=") for word in words if word.startswith("AUTH=")),
        plain_command="LOGINDISABLED" not in words,
    )


# --- POP (RFC 1939, 2449, 2595, 5034) --------------------------------------------------------------------


def pop_command(line: str) -> Command:
    """Return a POP command with a reply of one line."""
    return Command(line=line, complete=lambda _: True, read=_pop_reply)


def _pop_reply(lines: Sequence[str]) -> Reply:
    return Reply(lines=tuple(lines), ok=lines[0].upper().startswith("+OK"))


def _pop_complete_list(lines: Sequence[str]) -> bool:
    return not lines[0].upper().startswith("+OK") or lines[-1] == "."


def _pop_capabilities(reply: Reply) -> Capabilities:
    words = tuple(line.strip().upper() for line in reply.lines[1:] if line != ".")
    mechanisms = [name for word in words if word.startswith("SASL ") for name in word.split()[1:]]
    return Capabilities(
        words=words,
        starttls="STLS" in words,
        mechanisms=tuple(mechanisms),
        plain_command="USER" in words or not reply.ok,  # a server without CAPA still has USER (RFC 1939)
    )


_DIALECTS = {
    Protocol.SMTP: Dialect(
        protocol=Protocol.SMTP,
        greeting=smtp_command(None),
        hello=lambda name: smtp_command(f"EHLO {name}"),
        starttls=smtp_command("STARTTLS"),
        quit=smtp_command("QUIT"),
        capabilities=_smtp_capabilities,
    ),
    Protocol.IMAP: Dialect(
        protocol=Protocol.IMAP,
        greeting=Command(line=None, complete=lambda _: True, read=_imap_reply),
        hello=lambda _: _imap_command("a1 CAPABILITY"),
        starttls=_imap_command("a2 STARTTLS"),
        quit=_imap_command("a9 LOGOUT"),
        capabilities=_imap_capabilities,
    ),
    Protocol.POP: Dialect(
        protocol=Protocol.POP,
        greeting=Command(line=None, complete=lambda _: True, read=_pop_reply),
        hello=lambda _: Command(line="CAPA", complete=_pop_complete_list, read=_pop_reply),
        starttls=pop_command("STLS"),
        quit=pop_command("QUIT"),
        capabilities=_pop_capabilities,
    ),
}
