"""The test message: short, plain, marked as automatic, and found again by its token."""

from datetime import datetime
from email.message import EmailMessage
from email.policy import SMTP, SMTPUTF8

from profilegen.address import Address

TOKEN_HEADER = "X-Profilegen-Probe"  # noqa: S105 - the name of a header

_BODY = """\
This message tests the mail settings of {sender}.

It was sent with exactly the settings of the mail profile and is deleted again as soon as it has arrived.
If you find it here, you can delete it.
"""


def probe_message(*, sender: Address, recipient: Address, token: str, now: datetime) -> bytes:
    """Return the message as it goes over the wire (RFC 5322; RFC 3834 for the automatic mark)."""
    ascii_only = str(sender).isascii() and str(recipient).isascii()
    message = EmailMessage(policy=SMTP if ascii_only else SMTPUTF8)
    message["From"] = str(sender)
    message["To"] = str(recipient)
    message["Subject"] = "Test of your mail settings"
    message["Date"] = now
    message["Message-ID"] = f"<{token}@{sender.domain}>"
    message["Auto-Submitted"] = "auto-generated"
    message[TOKEN_HEADER] = token
    message.set_content(_BODY.format(sender=sender))
    return message.as_bytes()
