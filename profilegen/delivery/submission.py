"""One session on the submission server: opened when first needed, kept for many messages, opened anew when it drops."""

import asyncio
import re
import ssl
from collections.abc import Awaitable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from profilegen.address import Address, shorten
from profilegen.diagnosis.observation import Stage
from profilegen.diagnosis.replies import cause_of_verify_code
from profilegen.diagnosis.titles import TITLES
from profilegen.errors import NetworkProblem, NotPossible, ProfilegenError
from profilegen.net.dial import dial
from profilegen.ports import LoginBudget, Resolver
from profilegen.ports.sending import Submission
from profilegen.secret import Login, scrub
from profilegen.settings.servers import Auth, Security

if TYPE_CHECKING:
    import aiosmtplib

_ENHANCED = re.compile(r"([245]\.\d{1,3}\.\d{1,3})\b")
_CLOSING = 421


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """How long to wait, in seconds; `pauses` before each further attempt to connect."""

    greeting: float = 30.0
    reply: float = 60.0
    login: float = 40.0
    data: float = 300.0
    pauses: tuple[float, ...] = (0.5, 2.0, 5.0)


class Refused(Exception):
    """The server said no to this message; never leaves the room."""

    def __init__(self, stage: Stage, code: int | None, text: str) -> None:
        super().__init__(text)
        self.stage = stage
        self.code = code
        self.text = text

    @property
    def enhanced(self) -> str | None:
        """The enhanced status code (RFC 3463) in the reply."""
        found = _ENHANCED.match(self.text)
        return found[1] if found else None


class HungUp(Refused):
    """The connection is gone, or the server is about to close it; never leaves the room."""


class InDoubt(Exception):
    """The connection is gone after the message was on its way: nobody knows; never leaves the room."""


class SubmissionSession:
    """
    Submits message after message; raises ProfilegenError only for what concerns every further one too.

    `context` verifies chain, name and dates; a password goes over nothing else, with one mechanism and one attempt.
    """

    def __init__(
        self,
        submission: Submission,
        *,
        resolver: Resolver,
        context: ssl.SSLContext,
        budget: LoginBudget,
        patience: Patience | None = None,
    ) -> None:
        self._submission = submission
        self._resolver = resolver
        self._context = context
        self._budget = budget
        self._patience = patience or Patience()
        self._smtp: aiosmtplib.SMTP | None = None

    async def submit(self, message: bytes, recipient: Address) -> str:
        """
        Return the server's last answer to a message.

        A connection that is gone before the message was on its way is opened anew, once. Raises Refused, HungUp
        (twice in a row), InDoubt; NetworkProblem, ResolverProblem and NotPossible if there is no session at all.
        """
        try:
            return await self._submit_once(message, recipient)
        except HungUp:
            await self.close()
        try:
            return await self._submit_once(message, recipient)
        except HungUp:
            await self.close()
            raise

    async def close(self) -> None:
        """Say goodbye and close, whatever the server answers."""
        smtp, self._smtp = self._smtp, None
        if smtp is not None:
            await _leave(smtp)

    async def _submit_once(self, message: bytes, recipient: Address) -> str:
        smtp = self._smtp or await self._connected()
        self._smtp = smtp
        sender = str(self._submission.sender)
        wait = self._patience.reply
        options = self._options(smtp, sender, str(recipient), len(message))
        try:
            await _run(Stage.MAIL_FROM, smtp.mail(sender, options=options, encoding="utf-8", timeout=wait))
            await _run(Stage.RCPT_TO, smtp.rcpt(str(recipient), encoding="utf-8", timeout=wait))
        except HungUp:
            raise
        except Refused:
            await self._forget_envelope(smtp)
            raise
        return await self._hand_over(smtp, message)

    async def _hand_over(self, smtp: "aiosmtplib.SMTP", message: bytes) -> str:
        """From the first byte of the message on, a connection that breaks leaves everything open."""
        import aiosmtplib

        try:
            return await _run(Stage.DATA, smtp.data(message, timeout=self._patience.data))
        except HungUp as gone:
            if isinstance(gone.__cause__, aiosmtplib.SMTPDataError):
                raise  # it said so itself
            await self.close()
            raise InDoubt(gone.text) from gone
        except BaseException:
            if not smtp.is_connected:
                await self.close()
            raise

    def _options(self, smtp: "aiosmtplib.SMTP", sender: str, recipient: str, size: int) -> list[str]:
        options = [f"SIZE={size}"] if smtp.supports_extension("size") else []
        if not (sender + recipient).isascii():
            if not smtp.supports_extension("smtputf8"):
                raise Refused(Stage.RCPT_TO, None, "The server takes no address with such letters (no SMTPUTF8).")
            options.append("SMTPUTF8")
        return options

    async def _forget_envelope(self, smtp: "aiosmtplib.SMTP") -> None:
        try:
            await _run(Stage.RCPT_TO, smtp.rset(timeout=self._patience.reply))
        except Refused:
            await self.close()  # a server that cannot forget is left

    async def _connected(self) -> "aiosmtplib.SMTP":
        """Connect, with pauses where the network or the server is in trouble."""
        for pause in self._patience.pauses:
            try:
                return await self._open()
            except NetworkProblem:
                await asyncio.sleep(pause)
        return await self._open()

    async def _open(self) -> "aiosmtplib.SMTP":
        import aiosmtplib

        server = self._submission.server
        addresses = await self._resolver.addresses(server.host)
        if not addresses:
            raise _no_server(server.endpoint, "its name has no address")
        dialled = await dial(addresses, server.port)
        smtp = aiosmtplib.SMTP(
            hostname=server.host,
            sock=dialled.socket,
            local_hostname=dialled.local_literal,
            use_tls=server.security is Security.TLS,
            start_tls=False,
            tls_context=self._context,
            timeout=self._patience.greeting,
        )
        try:
            await self._greet(smtp)
        except BaseException:
            dialled.socket.close()
            await _leave(smtp)
            raise
        return smtp

    async def _greet(self, smtp: "aiosmtplib.SMTP") -> None:
        server = self._submission.server
        try:
            await _run(Stage.BANNER, smtp.connect())
            if server.security is Security.STARTTLS:
                await _run(Stage.STARTTLS, smtp.starttls())
            await _run(Stage.EHLO, smtp.ehlo())
        except ssl.SSLCertVerificationError as exc:
            raise _unsafe(server.endpoint, TITLES[cause_of_verify_code(exc.verify_code)]) from exc
        except Refused as refused:
            raise _no_server(server.endpoint, refused.text) from refused
        except OSError as exc:
            raise _no_server(server.endpoint, str(exc.strerror or exc)) from exc
        if smtp.get_transport_info("sslcontext") is not self._context:
            raise _unsafe(server.endpoint, "The session is not encrypted.")
        await self._log_in(smtp)

    async def _log_in(self, smtp: "aiosmtplib.SMTP") -> None:
        server, password = self._submission.server, self._submission.password
        key = (server.host, server.port, server.username)
        next_try = await self._budget.reserve(*key)
        if next_try is not None:
            raise _no_login(server.endpoint, f"two logins failed lately; the next try is at {next_try:%H:%M} UTC")
        try:
            await _run(Stage.AUTH, _present(smtp, Login(username=server.username, password=password), server.auth))
        except Refused as refused:
            text = scrub(refused.text, [Login(username=server.username, password=password)])
            if refused.code is None or refused.code < 500:
                await self._budget.release(*key)
                raise _no_server(server.endpoint, text) from None
            raise _no_login(server.endpoint, f"{refused.code} {text}") from None
        await self._budget.succeeded(*key)


def _present(smtp: "aiosmtplib.SMTP", login: Login, auth: tuple[Auth, ...]) -> "Awaitable[aiosmtplib.SMTPResponse]":
    """Choose one mechanism: the library's own login tries one after the other, and each counts as a failure."""
    offered = {name.upper() for name in smtp.server_auth_methods}
    if auth == (Auth.CRAM_MD5,):
        return smtp.auth_crammd5(login.username, login.password.reveal())
    if "PLAIN" in offered:
        return smtp.auth_plain(login.username, login.password.reveal())
    return smtp.auth_login(login.username, login.password.reveal())


async def _run(stage: Stage, talk: "Awaitable[aiosmtplib.SMTPResponse]") -> str:
    import aiosmtplib

    try:
        response = await talk
    except aiosmtplib.SMTPResponseException as refused:
        kind = HungUp if refused.code == _CLOSING else Refused
        raise kind(stage, refused.code, _one_line(refused.message)) from refused
    except aiosmtplib.SMTPException as broken:
        raise HungUp(stage, None, _one_line(broken.message)) from broken
    except ConnectionError as broken:
        raise HungUp(stage, None, str(broken.strerror or "the connection was broken")) from broken
    return f"{response.code} {_one_line(response.message)}"


async def _leave(smtp: "aiosmtplib.SMTP") -> None:
    import aiosmtplib

    transport = smtp.transport
    try:
        if smtp.is_connected:
            await smtp.quit(timeout=2.0)
    except (aiosmtplib.SMTPException, OSError):
        pass  # it is being left anyway
    finally:
        if isinstance(transport, asyncio.WriteTransport):
            transport.abort()  # a polite TLS shutdown would outlive the event loop
        smtp.close()
        await asyncio.sleep(0)  # lets the transport close its socket


def _one_line(text: str) -> str:
    return shorten(" / ".join(text.splitlines()), limit=1000)


def _no_server(endpoint: str, reason: str) -> ProfilegenError:
    return NetworkProblem(
        f"No session with {endpoint}, through which the mail is to go: {reason.rstrip('.')}.",
        hint="Run the same again later: whoever has got the mail is left out.",
        code="submission_unreachable",
    )


def _unsafe(endpoint: str, reason: str) -> ProfilegenError:
    return NotPossible(
        f"{endpoint}, through which the mail is to go, cannot be trusted. {reason}",
        hint="Nothing was sent, no password either. See profilegen relay HOST.",
        code="submission_unsafe",
    )


def _no_login(endpoint: str, reason: str) -> ProfilegenError:
    return NotPossible(
        f"{endpoint}, through which the mail is to go, takes no login: {reason}.",
        hint="Check send.username and its password.",
        code="submission_login",
    )
