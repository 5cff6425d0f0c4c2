"""One SMTP submission session over aiosmtplib, on a socket we dialled, its errors told as causes."""

import asyncio
from collections.abc import Awaitable
from typing import TYPE_CHECKING

from profilegen.address import shorten
from profilegen.diagnosis.causes import Cause
from profilegen.diagnosis.replies import Observation, Stage, classify
from profilegen.probe.checklist import CheckFailed
from profilegen.probe.connect import dial_again, tls_failed
from profilegen.probe.examine import Examined, Tools
from profilegen.probe.target import Encryption
from profilegen.secret import Login
from profilegen.settings.servers import Auth

if TYPE_CHECKING:
    import aiosmtplib


class Submission:
    """
    A session that logs in with one mechanism and one attempt, and sends.

    Every method raises CheckFailed with the server's reply where there is one. aiosmtplib's own `login` is not used: it
    tries one mechanism after the other, and every one counts as a failed login.
    """

    def __init__(self, smtp: "aiosmtplib.SMTP", examined: Examined, tools: Tools) -> None:
        self._smtp = smtp
        self._examined = examined
        self._tools = tools
        self._logged_in = False

    @classmethod
    async def open(cls, examined: Examined, tools: Tools) -> "Submission":
        """Connect, greet and encrypt, the certificate verified for the server's name."""
        import aiosmtplib

        dialled = await dial_again(examined, tools)
        smtp = aiosmtplib.SMTP(
            hostname=examined.target.host,
            sock=dialled.socket,
            local_hostname=dialled.local_literal,
            use_tls=examined.encryption is Encryption.TLS,
            start_tls=False,
            tls_context=tools.tls.verified,
            timeout=tools.patience.greeting,
        )
        submission = cls(smtp, examined, tools)
        try:
            await submission._run(Stage.BANNER, smtp.connect())
            if examined.encryption is Encryption.STARTTLS:
                await submission._run(Stage.STARTTLS, smtp.starttls())
            await submission._run(Stage.EHLO, smtp.ehlo())
        except BaseException:
            dialled.socket.close()
            await submission.close()
            raise
        return submission

    async def log_in(self, login: Login, auth: Auth) -> str:
        """Present the login once and return the mechanism used; refuses to do so over anything but verified TLS."""
        if self._smtp.get_transport_info("sslcontext") is not self._tools.tls.verified:
            raise CheckFailed(Cause.AUTH_REQUIRES_TLS, "The session is not encrypted; no password is sent.")
        seconds = self._tools.patience.login
        offered = {name.upper() for name in self._smtp.server_auth_methods}
        self._logged_in = True  # from here on a refusal means this login
        if auth is Auth.CRAM_MD5:
            await self._run(
                Stage.AUTH, self._smtp.auth_crammd5(login.username, login.password.reveal(), timeout=seconds)
            )
            return "CRAM-MD5"
        if "PLAIN" in offered:
            await self._run(Stage.AUTH, self._smtp.auth_plain(login.username, login.password.reveal(), timeout=seconds))
            return "PLAIN"
        await self._run(Stage.AUTH, self._smtp.auth_login(login.username, login.password.reveal(), timeout=seconds))
        return "LOGIN"

    async def mail_from(self, sender: str, *, size: int) -> str:
        """Name the sender; `size` is that of the message in bytes."""
        options = [f"SIZE={size}"] if self._smtp.supports_extension("size") else []
        if not sender.isascii():
            if not self._smtp.supports_extension("smtputf8"):
                raise CheckFailed(Cause.SENDER_DOMAIN_INVALID, "The server takes no address with such letters.")
            options.append("SMTPUTF8")
        return await self._run(Stage.MAIL_FROM, self._smtp.mail(sender, options=options, encoding="utf-8"))

    async def rcpt_to(self, recipient: str) -> str:
        """Name the recipient."""
        return await self._run(Stage.RCPT_TO, self._smtp.rcpt(recipient, encoding="utf-8"))

    async def data(self, message: bytes) -> str:
        """Hand the message over."""
        return await self._run(Stage.DATA, self._smtp.data(message, timeout=self._tools.patience.data))

    async def reset(self) -> None:
        """Forget sender and recipient."""
        await self._run(Stage.RCPT_TO, self._smtp.rset())

    async def close(self) -> None:
        """Say goodbye and close, whatever the server answers."""
        import aiosmtplib

        transport = self._smtp.transport
        try:
            if self._smtp.is_connected:
                await self._smtp.quit(timeout=2.0)
        except (aiosmtplib.SMTPException, OSError):
            pass  # it is being left anyway
        finally:
            if isinstance(transport, asyncio.WriteTransport):
                transport.abort()  # a polite TLS shutdown would outlive the event loop
            self._smtp.close()
            await asyncio.sleep(0)  # lets the transport close its socket

    async def _run(self, stage: Stage, talk: "Awaitable[aiosmtplib.SMTPResponse]") -> str:
        import aiosmtplib

        try:
            response = await talk
        except aiosmtplib.SMTPResponseException as refused:
            raise self._refused(stage, refused.code, refused.message) from None
        except aiosmtplib.SMTPTimeoutError as silent:
            raise CheckFailed(Cause.CONNECT_TIMEOUT, f"No answer: {silent.message}") from silent
        except aiosmtplib.SMTPException as broken:
            raise CheckFailed(Cause.SERVER_TEMP_FAILURE, f"Broken off: {broken.message}") from broken
        except OSError as problem:
            raise tls_failed(problem) from problem
        return f"{response.code} {_one_line(response.message)}"

    def _refused(self, stage: Stage, code: int, message: str) -> CheckFailed:
        reply = f"{code} {_one_line(message)}"
        seen = Observation(stage=stage, text=_one_line(message), code=code, login=self._logged_in, tls=True)
        return CheckFailed(classify(seen) or Cause.SERVER_TEMP_FAILURE, f"The server refuses: {reply}", reply=reply)


def _one_line(text: str) -> str:
    return shorten(" / ".join(text.splitlines()), limit=1000)
