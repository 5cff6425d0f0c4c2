"""Driving the lab's Postfix and Dovecot into the states a mail log tells of, with the clients Python brings along."""

import imaplib
import smtplib
import ssl
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

from tests.lab.mail import DOMAIN, MailLab, password_of

PHONE = "127.0.0.9"
"""Where the devices of the tests sit; the helpdesk is elsewhere."""
DEVICE = "[192.168.1.7]"
"""What a phone calls itself."""


@contextmanager
def smtp(
    lab: MailLab, host: str = "good", port: int = 587, *, client: str = PHONE, helo: str = DEVICE, tls: bool = True
) -> Iterator[smtplib.SMTP]:
    """A greeted session with a host of the lab."""
    context = ssl.create_default_context(cadata=lab.ca_pem.decode())
    session = smtplib.SMTP(timeout=30, source_address=(client, 0), local_hostname=helo)
    session.connect(lab.hosts[f"{host}.{DOMAIN}"][0], port)
    session._host = f"{host}.{DOMAIN}"  # type: ignore[attr-defined] # whose certificate is expected
    try:
        if tls:
            session.starttls(context=context)
        session.ehlo()
        yield session
    finally:
        with suppress(smtplib.SMTPException, OSError):
            session.quit()
        session.close()


def offer(session: smtplib.SMTP, sender: str, recipient: str) -> bytes:
    """Name sender and recipient and return the last answer."""
    session.mail(sender)
    return session.rcpt(recipient)[1]


def log_in_once(session: smtplib.SMTP, user: str, password: str) -> int:
    """Try one login with one mechanism; returns the server's code."""
    session.user, session.password = f"{user}@{DOMAIN}", password
    with suppress(smtplib.SMTPAuthenticationError):
        return session.auth("PLAIN", session.auth_plain)[0]
    return 535


def log_in_to_imap(lab: MailLab, user: str, *, client: str = PHONE) -> None:
    """Look into a mailbox, as every device does all day."""
    context = ssl.create_default_context(cadata=lab.ca_pem.decode())
    context.check_hostname = False  # dialled by its address
    box = _BoundImap(lab.hosts[f"good.{DOMAIN}"][0], 993, ssl_context=context, client=client)
    try:
        box.login(f"{user}@{DOMAIN}", password_of(user))
    finally:
        box.logout()


def wait_for(read: Callable[[], str], words: str) -> str:
    """Return a log once it holds some words."""
    deadline = time.monotonic() + 20
    while words not in (text := read()):
        if time.monotonic() > deadline:
            raise AssertionError(f"the log never said {words!r}:\n{text[-2000:]}")
        time.sleep(0.02)
    return text


class _BoundImap(imaplib.IMAP4_SSL):
    """An IMAP client that comes from a certain address."""

    def __init__(self, host: str, port: int, *, ssl_context: ssl.SSLContext, client: str) -> None:
        self._client = client
        super().__init__(host, port, ssl_context=ssl_context)

    def _create_socket(self, timeout: float | None):  # type: ignore[no-untyped-def] # as in the library
        import socket

        plain = socket.create_connection((self.host, self.port), timeout or 30, source_address=(self._client, 0))
        return self.ssl_context.wrap_socket(plain)
