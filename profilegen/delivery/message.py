"""The mail that carries a profile: plain text and HTML of the guide, the logo, the profile as it is."""

import re
from datetime import datetime
from email.headerregistry import Address as HeaderAddress
from email.message import EmailMessage
from email.policy import SMTP, SMTPUTF8
from typing import Protocol, cast

from profilegen.address import Address
from profilegen.mailing.brand import Logo
from profilegen.mailing.guide import GuideOrder
from profilegen.ports.sending import Parcel

PROFILE_TYPE = ("application", "x-apple-aspen-config")
"""What iOS and macOS hand over to Settings (Apple: Configuration Profile Reference)."""

LOGO_ID = "logo"
"""The Content-ID of the logo (RFC 2392); a message holds one."""


class MailWords(Protocol):
    """The words of a mail."""

    def subject(self, order: GuideOrder) -> str:
        """Return the subject."""
        ...

    def text(self, order: GuideOrder) -> str:
        """Return the plain text."""
        ...

    def mail_html(self, order: GuideOrder, *, logo_cid: str | None = None) -> str:
        """Return the HTML, the logo shown from the part with this Content-ID."""
        ...


def profile_mail(
    parcel: Parcel, recipient: Address, *, words: MailWords, sender: Address, message_id: str, now: datetime
) -> bytes:
    """
    Return the message as it goes over the wire (RFC 5322; RFC 3834 for the automatic mark).

    `message_id` is its unique part alone. The profile travels in base64, so that it arrives byte for byte.
    """
    guide = parcel.guide
    ascii_only = str(sender).isascii() and str(recipient).isascii()
    message = EmailMessage(policy=SMTP if ascii_only else SMTPUTF8)
    message["From"] = _mailbox(guide.brand.name, sender)
    message["To"] = _mailbox("", recipient)
    if guide.brand.reply_to is not None:
        message["Reply-To"] = _mailbox("", guide.brand.reply_to)
    message["Subject"] = _one_line(words.subject(guide))
    message["Date"] = now
    message["Message-ID"] = f"<{message_id}@{sender.domain}>"
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(words.text(guide), cte="quoted-printable")
    logo = guide.brand.logo
    html = words.mail_html(guide, logo_cid=None if logo is None else LOGO_ID)
    message.add_alternative(html, subtype="html", cte="quoted-printable")
    if logo is not None:
        _add_logo(message, logo)
    main, sub = PROFILE_TYPE
    message.add_attachment(parcel.data, maintype=main, subtype=sub, filename=parcel.file_name)
    message["Content-Language"] = guide.language  # last: what is said of content before there are parts moves into one
    return message.as_bytes()


def _add_logo(message: EmailMessage, logo: Logo) -> None:
    html = cast(EmailMessage, list(message.iter_parts())[-1])
    main, _, sub = logo.media_type.partition("/")
    html.add_related(logo.data, maintype=main, subtype=sub, cid=f"<{LOGO_ID}>", disposition="inline")


def _mailbox(name: str, address: Address) -> HeaderAddress:
    """
    Return "Name <address>".

    As a value and not as text: a text is parsed once more, and then a name can become an address.
    """
    local = address.local
    plain = re.sub(r"\\(.)", r"\1", local[1:-1]) if local.startswith('"') else local
    return HeaderAddress(display_name=_one_line(name), username=plain, domain=address.domain)


def _one_line(text: str) -> str:
    """No header of ours may be ended by what somebody wrote into a name."""
    return " ".join("".join(char if char.isprintable() else " " for char in text).split())
