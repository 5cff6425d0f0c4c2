"""The demo's world: two small servers on 127.0.0.1, their certificates, and one mailbox."""

import logging
import ssl
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from profilegen.address import Address
from profilegen.demo.certificates import DemoCertificates, make_certificates
from profilegen.demo.mailbox import Mailbox, start_imap
from profilegen.demo.submission import start_submission
from profilegen.secret import Login, Secret
from profilegen.settings.document import SettingsDocument
from profilegen.settings.servers import Auth, Protocol, Security, Server

DOMAIN = "demo.test"
HOST = f"mail.{DOMAIN}"
ADDRESS = Address(local="you", domain=DOMAIN)
PASSWORD = Secret(text="only-for-the-demo")


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """The running servers: their settings as a lookup would find them, and the authority to trust."""

    settings: SettingsDocument
    authority: bytes
    mailbox: Mailbox


@asynccontextmanager
async def open_world(now: datetime) -> AsyncIterator[World]:
    """Start both servers on free ports; leaving stops them."""
    logging.getLogger("mail.log").setLevel(logging.ERROR)  # aiosmtpd warns about its own internals
    certificates = make_certificates(HOST, now)
    context = _server_context(certificates)
    mailbox, login = Mailbox(), Login(username=str(ADDRESS), password=PASSWORD)
    submission, submission_port = await start_submission(context=context, domain=DOMAIN, login=login, mailbox=mailbox)
    imap, imap_port = await start_imap(context=context, login=login, mailbox=mailbox)
    try:
        yield World(
            settings=SettingsDocument(
                address=ADDRESS,
                incoming=_server(Protocol.IMAP, imap_port, Security.TLS),
                outgoing=_server(Protocol.SMTP, submission_port, Security.STARTTLS),
            ),
            authority=certificates.authority,
            mailbox=mailbox,
        )
    finally:
        for server in (submission, imap):
            server.close()
            await server.wait_closed()


def _server(protocol: Protocol, port: int, security: Security) -> Server:
    return Server(
        protocol=protocol, host=HOST, port=port, security=security, auth=(Auth.PASSWORD,), username=str(ADDRESS)
    )


def _server_context(certificates: DemoCertificates) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    with tempfile.TemporaryDirectory(prefix="profilegen-demo-") as folder:
        path = Path(folder) / "server.pem"  # OpenSSL loads a key from files only
        path.touch(mode=0o600)
        path.write_bytes(certificates.server_key + certificates.server)
        context.load_cert_chain(path)
    return context
