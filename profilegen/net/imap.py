"""An IMAP conversation on a socket we dialled, in worker threads, with an end to what the server may say."""

import asyncio
import imaplib
import re
import socket
import ssl
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import TypeVar

from profilegen.address import shorten
from profilegen.diagnosis.causes import Cause
from profilegen.diagnosis.replies import Observation, Stage, cause_of_verify_code, classify
from profilegen.errors import ConfigProblem, NetworkProblem
from profilegen.net.dial import dial
from profilegen.secret import Login
from profilegen.settings.servers import Security, Server

SECONDS = 60.0
"""How long one command may take, answer included."""

MAX_LITERAL = 64 * 1024
MAX_ANSWER = 8 * 1024 * 1024

_LIST_LINE = re.compile(rb'\((?P<flags>[^)]*)\) (?:"(?:[^"\\]|\\.)"|NIL) (?P<name>.+)')
_JUNK_NAMES = frozenset({"junk", "spam", "junk e-mail", "junk email", "bulk mail", "bulk"})
_TRY_LATER = frozenset(
    {
        Cause.AUTH_TEMP_FAILURE,
        Cause.SERVER_TEMP_FAILURE,
        Cause.TOO_MANY_CONNECTIONS,
        Cause.TOO_MANY_AUTH_FAILURES,
        Cause.RATE_LIMITED,
    }
)

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class ImapEndpoint:
    """A server, and how to encrypt; one command there may take so many `seconds`, answer included."""

    host: str
    port: int
    security: Security
    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Presented:
    """The way a login was presented, and what the server says against it and why; None where it is welcome."""

    mechanism: str
    refusal: str | None = None
    cause: Cause | None = None


class BoundedImap(imaplib.IMAP4):
    """imaplib on a given socket; an answer is at most 8 MiB, one piece of it at most 64 KiB."""

    def __init__(self, sock: socket.socket, host: str) -> None:
        self._given = sock
        self.heard = 0
        super().__init__(host)

    def _create_socket(self, timeout: float | None) -> socket.socket:
        del timeout
        return self._given

    def read(self, size: int) -> bytes:
        """Read one literal."""
        if size > MAX_LITERAL:
            raise self.abort("the server sent more than was asked for")
        return self._counted(super().read(size))

    def readline(self) -> bytes:
        """Read one line."""
        return self._counted(super().readline())

    def _counted(self, data: bytes) -> bytes:
        self.heard += len(data)
        if self.heard > MAX_ANSWER:
            raise self.abort("the server never stops talking")
        return data


class ImapSession:
    """
    One encrypted IMAP connection, the certificate verified for the server's name.

    Everything raises NetworkProblem, coded as the causes of the diagnosis are; a cancelled call cuts the connection.
    """

    def __init__(self, client: BoundedImap, line: "_Line") -> None:
        self._client = client
        self._line = line

    @classmethod
    async def open(cls, server: Server, addresses: Sequence[str], context: ssl.SSLContext) -> "ImapSession":
        """Connect to one of `addresses` (IP literals) and encrypt as the server's settings say."""
        endpoint = ImapEndpoint(host=server.host, port=server.port, security=server.security, seconds=SECONDS)
        if not addresses:
            raise _broken(endpoint, Cause.DNS_FAILURE, "the name does not exist or has no address")
        try:
            sock = (await dial(addresses, server.port)).socket
        except NetworkProblem as problem:
            message = f"{server.host} cannot be reached. {problem.message}"
            raise NetworkProblem(message, hint=problem.hint, code=problem.code) from problem
        return await cls.over(sock, endpoint, context)

    @classmethod
    async def over(cls, sock: socket.socket, endpoint: ImapEndpoint, context: ssl.SSLContext) -> "ImapSession":
        """Encrypt on a connected socket, which is the session's from now on."""
        sock.settimeout(endpoint.seconds)
        line = _Line(sock.dup(), endpoint)  # TLS takes the socket itself
        try:
            return cls(await line.run(lambda: _connected(sock, endpoint, context)), line)
        except BaseException:
            sock.close()
            line.close()
            raise

    async def log_in(self, login: Login) -> None:
        """Present the login once; raises ConfigProblem `login_refused` if the server refuses it."""
        presented = await self.present(login)
        if presented.refusal is None:
            return
        refusal = shorten(presented.refusal, limit=200)
        if presented.cause in _TRY_LATER:
            raise _broken(self._line.endpoint, Cause(presented.cause), f"the login is refused for now: {refusal}")
        raise ConfigProblem(
            f"{self._line.endpoint.host} refuses the login of {shorten(login.username)}: {refusal}",
            hint="Check user name and password; some providers want an app password here.",
            code="login_refused",
        )

    async def present(self, login: Login) -> Presented:
        """Present the login once, and return how it went."""
        return await self.run(lambda client: _present(client, login))

    async def run(self, work: Callable[[BoundedImap], T]) -> T:
        """Run a few commands in a thread and return what they return."""
        self._client.heard = 0
        return await self._line.run(lambda: work(self._client))

    async def close(self) -> None:
        """Log out and close, whatever the server answers."""
        with suppress(NetworkProblem):
            await self.run(lambda client: client.logout())
        with suppress(OSError):
            self._client.shutdown()
        self._line.close()


class _Line:
    """The connection seen from outside its thread: it can be cut, and its troubles get names."""

    def __init__(self, sock: socket.socket, endpoint: ImapEndpoint) -> None:
        self.endpoint = endpoint
        self._sock = sock

    async def run(self, work: Callable[[], T]) -> T:
        try:
            async with asyncio.timeout(self.endpoint.seconds):
                return await self._in_thread(work)
        except TimeoutError as silent:
            raise _broken(self.endpoint, Cause.CONNECT_TIMEOUT, "it did not answer in time") from silent
        except ssl.SSLCertVerificationError as problem:
            cause, reason = cause_of_verify_code(problem.verify_code), problem.verify_message
            raise _broken(self.endpoint, cause, f"its certificate is refused: {reason}") from problem
        except ssl.SSLError as problem:
            tls = classify(Observation(stage=Stage.TLS, text=str(problem))) or Cause.TLS_SERVER_PROBLEM
            raise _broken(self.endpoint, Cause(tls), f"TLS fails: {problem}") from problem
        except (OSError, imaplib.IMAP4.error) as problem:
            reason = f"the conversation broke off: {_reply_of(problem)}"
            raise _broken(self.endpoint, Cause.SERVER_TEMP_FAILURE, reason) from problem
        except (ValueError, LookupError, TypeError) as strange:  # imaplib takes the server's grammar for granted
            raise _broken(self.endpoint, Cause.PROXY_INTERFERENCE, "it does not answer as IMAP servers do") from strange

    async def _in_thread(self, work: Callable[[], T]) -> T:
        try:
            return await asyncio.to_thread(work)
        except asyncio.CancelledError:
            with suppress(OSError):
                self._sock.shutdown(socket.SHUT_RDWR)  # which ends the thread
            raise

    def close(self) -> None:
        self._sock.close()


def _connected(sock: socket.socket, endpoint: ImapEndpoint, context: ssl.SSLContext) -> BoundedImap:
    if endpoint.security is Security.TLS:
        return BoundedImap(context.wrap_socket(sock, server_hostname=endpoint.host), endpoint.host)
    client = BoundedImap(sock, endpoint.host)
    try:
        client.starttls(context)
    except BaseException:
        with suppress(OSError):
            client.shutdown()
        raise
    return client


def _present(client: BoundedImap, login: Login) -> Presented:
    username, password = login.username, login.password.reveal()
    mechanism = "PLAIN" if "AUTH=PLAIN" in client.capabilities else "LOGIN"
    if mechanism == "LOGIN" and not (username + password).isascii():
        refusal = "the LOGIN command, the only one it knows, cannot carry such letters"
        return Presented(mechanism=mechanism, refusal=refusal, cause=Cause.AUTH_MECH_UNSUPPORTED)
    try:
        if mechanism == "PLAIN":
            client.authenticate("PLAIN", lambda _: f"\0{username}\0{password}".encode())
        else:
            client.login(quoted(username), password)
    except client.abort:
        raise
    except client.error as refused:
        reply = _reply_of(refused)
        cause = classify(Observation(stage=Stage.IMAP_LOGIN, text=f"NO {reply}", login=True, tls=True))
        return Presented(mechanism=mechanism, refusal=reply, cause=cause)
    return Presented(mechanism=mechanism)


def junk_folders(client: imaplib.IMAP4) -> list[str]:
    """Return at most four folders: those marked \\Junk (RFC 6154) first, then those with a usual name."""
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


def quoted(text: str) -> str:
    """Return a text as an IMAP quoted string (RFC 9051 section 4.3)."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _unquoted(name: str) -> str:
    if len(name) >= 2 and name.startswith('"') and name.endswith('"'):
        return re.sub(r"\\(.)", r"\1", name[1:-1])
    return name


def _reply_of(problem: Exception) -> str:
    """Return what an exception of imaplib quotes from the server, fit for an error line."""
    first = problem.args[-1] if problem.args else problem
    return shorten(first.decode("utf-8", "replace") if isinstance(first, bytes) else str(first), limit=1000)


def _broken(endpoint: ImapEndpoint, cause: Cause, reason: str) -> NetworkProblem:
    return NetworkProblem(
        f"The mailbox on {endpoint.host} port {endpoint.port} cannot be read: {reason}.",
        hint="Try again later; profilegen test shows what is wrong with a server.",
        code=str(cause),
    )
