"""An IMAP mailbox through the standard library, in worker threads, on a socket we dialled."""

import asyncio
import imaplib
import re
import socket
import ssl
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import TypeVar

from profilegen.address import shorten
from profilegen.diagnosis.causes import Cause
from profilegen.diagnosis.replies import Observation, Stage, classify
from profilegen.probe.checklist import CheckFailed
from profilegen.probe.connect import dial_again, tls_failed
from profilegen.probe.examine import Examined, Tools
from profilegen.probe.message import TOKEN_HEADER
from profilegen.probe.target import Encryption
from profilegen.secret import Login

MAX_LITERAL = 1024 * 1024
MAX_SESSION = 16 * 1024 * 1024
MAX_HEADERS = 16 * 1024

_LIST_LINE = re.compile(rb'\((?P<flags>[^)]*)\) (?:"(?:[^"\\]|\\.)"|NIL) (?P<name>.+)')
_JUNK_NAMES = frozenset({"junk", "spam", "junk e-mail", "junk email", "bulk mail", "bulk"})

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrived:
    """A message found by its token: the folder, its UIDs there, and its trace headers as text."""

    folder: str
    uids: tuple[str, ...]
    headers: str


class ImapMailbox:
    """
    One IMAP session, from login to clean-up.

    Every method raises CheckFailed. The calls block and so run in threads; a cancelled call cuts the connection, which
    ends its thread at once.
    """

    def __init__(self, client: "_Client", sock: socket.socket) -> None:
        self._client = client
        self._socket = sock

    @classmethod
    async def open(cls, examined: Examined, tools: Tools) -> "ImapMailbox":
        """Connect, greet and encrypt, the certificate verified for the server's name."""
        dialled = await dial_again(examined, tools)
        dialled.socket.settimeout(tools.patience.login)
        try:
            client = await _in_thread(lambda: _connected(dialled.socket, examined, tools), dialled.socket)
        except BaseException:
            dialled.socket.close()
            raise
        return cls(client, client.sock)

    async def log_in(self, login: Login) -> str:
        """Present the login once and return the way it was done."""
        return await self._run(lambda: _log_in(self._client, login))

    async def find(self, token: str) -> Arrived | None:
        """Return the message with this token from INBOX or the junk folder, None if it is in neither."""
        return await self._run(lambda: _find(self._client, token))

    async def remove(self, arrived: Arrived) -> bool:
        """Delete exactly this message; False: marked as deleted only, because others wait to be expunged as well."""
        return await self._run(lambda: _remove(self._client, arrived))

    async def close(self) -> None:
        """Log out and close, whatever the server answers."""
        with suppress(CheckFailed):
            await self._run(lambda: _log_out(self._client))
        self._client.close_socket()

    async def _run(self, work: Callable[[], T]) -> T:
        return await _in_thread(work, self._socket)


class _Client(imaplib.IMAP4):
    """imaplib on a given socket, with an end to what the server may say."""

    def __init__(self, sock: socket.socket, host: str) -> None:
        self._given = sock
        self._heard = 0
        super().__init__(host)

    def _create_socket(self, timeout: float | None) -> socket.socket:
        del timeout
        return self._given

    def read(self, size: int) -> bytes:
        if size > MAX_LITERAL:
            raise self.abort("the server announced more than 1 MiB at once")
        return self._counted(super().read(size))

    def readline(self) -> bytes:
        return self._counted(super().readline())

    def _counted(self, data: bytes) -> bytes:
        self._heard += len(data)
        if self._heard > MAX_SESSION:
            raise self.abort("the server never stops talking")
        return data

    def close_socket(self) -> None:
        with suppress(OSError):
            self.shutdown()
        self.sock.close()


async def _in_thread(work: Callable[[], T], sock: socket.socket) -> T:
    try:
        return await asyncio.to_thread(work)
    except asyncio.CancelledError:
        with suppress(OSError):
            sock.shutdown(socket.SHUT_RDWR)
        raise
    except TimeoutError as silent:
        raise CheckFailed(Cause.CONNECT_TIMEOUT, "The server did not answer in time.") from silent
    except ssl.SSLError as problem:
        raise tls_failed(problem) from problem
    except (OSError, imaplib.IMAP4.error) as broken:
        raise CheckFailed(Cause.SERVER_TEMP_FAILURE, f"Broken off: {_words(broken)}") from broken
    except (ValueError, LookupError, TypeError) as strange:  # imaplib takes the server's grammar for granted
        raise CheckFailed(Cause.PROXY_INTERFERENCE, "The server does not answer as IMAP servers do.") from strange


def _connected(sock: socket.socket, examined: Examined, tools: Tools) -> _Client:
    host = examined.target.host
    if examined.encryption is Encryption.TLS:
        return _Client(tools.tls.verified.wrap_socket(sock, server_hostname=host), host)
    client = _Client(sock, host)
    try:
        client.starttls(tools.tls.verified)
    except BaseException:
        client.close_socket()
        raise
    return client


def _log_in(client: _Client, login: Login) -> str:
    if not isinstance(client.sock, ssl.SSLSocket):
        raise CheckFailed(Cause.AUTH_REQUIRES_TLS, "The session is not encrypted; no password is sent.")
    username, password = login.username, login.password.reveal()
    try:
        if "AUTH=PLAIN" in client.capabilities:
            client.authenticate("PLAIN", lambda _: f"\0{username}\0{password}".encode())
            return "PLAIN"
        if not (username + password).isascii():
            raise CheckFailed(Cause.AUTH_MECH_UNSUPPORTED, "The LOGIN command cannot carry such letters.")
        client.login(username, password)
    except client.abort:
        raise
    except client.error as refused:
        reply = f"NO {_words(refused)}"
        cause = classify(Observation(stage=Stage.IMAP_LOGIN, text=reply, login=True, tls=True))
        raise CheckFailed(cause or Cause.AUTH_BAD_CREDENTIALS, f"The server refuses: {reply}", reply=reply) from None
    return "LOGIN"


def _find(client: _Client, token: str) -> Arrived | None:
    for folder in ("INBOX", *_junk_folders(client)):
        if client.select(_quoted(folder), readonly=True)[0] != "OK":
            continue
        uids = _search(client, "OR", "HEADER", TOKEN_HEADER, token, "HEADER", "Message-ID", token)
        if uids:
            return Arrived(folder=folder, uids=uids, headers=_trace_headers(client, uids[0]))
    return None


def _search(client: _Client, *criteria: str) -> tuple[str, ...]:
    _, data = client.uid("SEARCH", *criteria)
    return tuple(data[0].decode("ascii", "replace").split()) if data and isinstance(data[0], bytes) else ()


def _trace_headers(client: _Client, uid: str) -> str:
    wanted = f"(BODY.PEEK[HEADER.FIELDS (RECEIVED AUTHENTICATION-RESULTS)]<0.{MAX_HEADERS}>)"
    _, data = client.uid("FETCH", uid, wanted)
    return b"".join(part[1] for part in data if isinstance(part, tuple)).decode("utf-8", "replace")


def _junk_folders(client: _Client) -> list[str]:
    """Return the folders marked \\Junk (RFC 6154) first, then those with a usual name."""
    marked: list[str] = []
    named: list[str] = []
    for line in client.list()[1]:
        match = _LIST_LINE.match(line) if isinstance(line, bytes) else None
        if match is None:
            continue
        name = _unquoted(match["name"].decode("ascii", "replace"))
        if b"\\junk" in match["flags"].lower():
            marked.append(name)
        elif re.split(r"[./]", name)[-1].lower() in _JUNK_NAMES:
            named.append(name)
    return (marked + named)[:4]


def _remove(client: _Client, arrived: Arrived) -> bool:
    client.select(_quoted(arrived.folder))
    uids = ",".join(arrived.uids)
    client.uid("STORE", uids, "+FLAGS.SILENT", r"(\Deleted)")
    client.capability()
    if "UIDPLUS" in _capabilities(client):
        client.uid("EXPUNGE", uids)
        return True
    if set(_search(client, "DELETED")) == set(arrived.uids):
        client.expunge()
        return True
    return False


def _capabilities(client: _Client) -> set[str]:
    _, data = client.capability()
    return set(data[-1].decode("ascii", "replace").upper().split()) if data and data[-1] else set()


def _log_out(client: _Client) -> None:
    with suppress(imaplib.IMAP4.error):
        client.logout()


def _quoted(folder: str) -> str:
    return '"' + folder.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _unquoted(name: str) -> str:
    if len(name) >= 2 and name.startswith('"') and name.endswith('"'):
        return re.sub(r"\\(.)", r"\1", name[1:-1])
    return name


def _words(problem: Exception) -> str:
    first = problem.args[-1] if problem.args else problem
    return shorten(first.decode("utf-8", "replace") if isinstance(first, bytes) else str(first), limit=1000)
