"""One mailbox and the few words of IMAP (RFC 9051) a round trip needs: a fake, for the demo alone."""

import asyncio
import base64
import hmac
import re
import ssl
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import count

from profilegen.secret import Login

_QUOTED = re.compile(r'"((?:[^"\\]|\\.)*)"|(\S+)')
_UIDS = re.compile(r"\d+")


@dataclass(slots=True)  # the one thing here that changes: mail comes and goes
class Mailbox:
    """Messages by UID, and the UIDs marked as deleted."""

    messages: dict[int, bytes] = field(default_factory=dict)
    deleted: set[int] = field(default_factory=set)
    _uids: "count[int]" = field(default_factory=lambda: count(1))

    def deliver(self, message: bytes) -> None:
        """Put a message into the mailbox."""
        self.messages[next(self._uids)] = message

    def expunge(self) -> None:
        """Remove what is marked as deleted."""
        for uid in self.deleted:
            self.messages.pop(uid, None)
        self.deleted.clear()


class _Conversation:
    """One client; every method returns the untagged lines of a command."""

    def __init__(self, mailbox: Mailbox, login: Login) -> None:
        self._mailbox = mailbox
        self._login = login
        self.commands: dict[str, Callable[[list[str]], list[bytes] | None]] = {
            "CAPABILITY": lambda _: [b"* CAPABILITY IMAP4rev1 UIDPLUS AUTH=PLAIN"],
            "NOOP": lambda _: [],
            "LOGIN": self._log_in,
            "LIST": lambda _: [b'* LIST (\\HasNoChildren) "/" INBOX'],
            "SELECT": self._open,
            "EXAMINE": self._open,
            "UID": self._by_uid,
            "EXPUNGE": lambda _: self._expunge(),
            "CLOSE": lambda _: [],
            "LOGOUT": lambda _: [b"* BYE the demo says goodbye"],
        }

    def _open(self, words: list[str]) -> list[bytes] | None:
        del words  # there is one mailbox
        return [f"* {len(self._mailbox.messages)} EXISTS".encode(), b"* OK [UIDVALIDITY 1] UIDs valid"]

    def _log_in(self, words: list[str]) -> list[bytes] | None:
        given = "\0".join(words[:2]).encode()
        right = f"{self._login.username}\0{self._login.password.reveal()}".encode()
        return [] if hmac.compare_digest(given, right) else None

    def _by_uid(self, words: list[str]) -> list[bytes] | None:
        verb, rest = words[0].upper(), words[1:]
        if verb == "SEARCH":
            found = (str(uid) for uid, message in self._mailbox.messages.items() if rest[-1].encode() in message)
            return [("* SEARCH " + " ".join(found)).strip().encode()]
        uids = [int(uid) for uid in _UIDS.findall(rest[0]) if int(uid) in self._mailbox.messages]
        if verb == "FETCH":
            return [self._fetched(uid) for uid in uids]
        if verb == "STORE":
            self._mailbox.deleted.update(uids)
            return []
        return self._expunge() if verb == "EXPUNGE" else None

    def _fetched(self, uid: int) -> bytes:
        header = self._mailbox.messages[uid].partition(b"\r\n\r\n")[0] + b"\r\n\r\n"
        return b"* 1 FETCH (UID %d BODY[HEADER] {%d}\r\n%b)" % (uid, len(header), header)

    def _expunge(self) -> list[bytes]:
        self._mailbox.expunge()
        return []


async def start_imap(*, context: ssl.SSLContext, login: Login, mailbox: Mailbox) -> tuple[asyncio.Server, int]:
    """Start the server with implicit TLS on a free port of 127.0.0.1 and return it with its port."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await _serve(_Conversation(mailbox, login), reader, writer)
        except (ConnectionError, ssl.SSLError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=context)
    return server, int(server.sockets[0].getsockname()[1])


async def _serve(conversation: _Conversation, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(b"* OK profilegen demo IMAP\r\n")
    await writer.drain()
    while line := (await reader.readline()).decode("utf-8", "replace").strip():
        tag, _, command = line.partition(" ")
        verb, _, arguments = command.partition(" ")
        if verb.upper() == "AUTHENTICATE":
            verb, arguments = "LOGIN", await _sasl_plain(reader, writer)
        words = [
            quoted.replace('\\"', '"').replace("\\\\", "\\") or bare for quoted, bare in _QUOTED.findall(arguments)
        ]
        handler = conversation.commands.get(verb.upper())
        untagged = handler(words) if handler else None
        for part in untagged or []:
            writer.write(part + b"\r\n")
        status = "BAD unknown here" if handler is None else "NO refused" if untagged is None else "OK done"
        writer.write(f"{tag} {status}\r\n".encode())
        await writer.drain()
        if verb.upper() == "LOGOUT":
            return


async def _sasl_plain(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> str:
    """Ask for the SASL PLAIN response (RFC 4616) and return it as the arguments of LOGIN."""
    writer.write(b"+ \r\n")
    await writer.drain()
    response = base64.b64decode(await reader.readline()).decode("utf-8", "replace")
    return " ".join(f'"{part}"' for part in response.split("\0")[1:])
