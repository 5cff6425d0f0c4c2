"""A fake submission server (RFC 6409) on aiosmtpd: STARTTLS, AUTH, and no relaying for strangers."""

import asyncio
import hmac
import ssl

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from profilegen.demo.mailbox import Mailbox
from profilegen.secret import Login

RELAY_DENIED = "554 5.7.1 <{recipient}>: Relay access denied"


class _Handler:
    """What Postfix answers with `permit_sasl_authenticated, reject_unauth_destination`."""

    def __init__(self, *, domain: str, mailbox: Mailbox) -> None:
        self._domain = domain
        self._mailbox = mailbox

    async def handle_RCPT(  # noqa: N802 - aiosmtpd looks the hook up by this name
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """Accept any recipient after AUTH, none before."""
        del server, options
        if not session.authenticated:
            return RELAY_DENIED.format(recipient=address)
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 Ok"

    async def handle_DATA(  # noqa: N802 - aiosmtpd looks the hook up by this name
        self, server: SMTP, session: Session, envelope: Envelope
    ) -> str:
        """Deliver mail for our own domain into the mailbox; swallow the rest."""
        del server
        protocol = "ESMTPSA" if session.ssl else "ESMTPA"
        received = f"Received: from {session.host_name} by mail.{self._domain} with {protocol}\r\n".encode("ascii")
        content = envelope.content if isinstance(envelope.content, bytes) else b""
        if any(str(recipient).endswith(f"@{self._domain}") for recipient in envelope.rcpt_tos):
            self._mailbox.deliver(received + content)
        return "250 2.0.0 Ok: queued as DEMO"


async def start_submission(
    *, context: ssl.SSLContext, domain: str, login: Login, mailbox: Mailbox
) -> tuple[asyncio.Server, int]:
    """Start the server on a free port of 127.0.0.1 and return it with its port."""
    handler = _Handler(domain=domain, mailbox=mailbox)

    def authenticate(server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: object) -> AuthResult:
        del server, session, envelope
        given = data if isinstance(data, LoginPassword) else LoginPassword(b"", b"")
        right = LoginPassword(login.username.encode(), login.password.reveal().encode())
        same = hmac.compare_digest(given.login, right.login) and hmac.compare_digest(given.password, right.password)
        return AuthResult(success=same and mechanism in ("PLAIN", "LOGIN"), handled=False)

    def factory() -> SMTP:
        return SMTP(
            handler, hostname=f"mail.{domain}", ident="profilegen demo", tls_context=context, authenticator=authenticate
        )

    server = await asyncio.get_running_loop().create_server(factory, host="127.0.0.1", port=0)
    return server, int(server.sockets[0].getsockname()[1])
