"""The mail that carries a profile: plain text and HTML of the guide, the logo, the profile as it is."""

import base64
import binascii
import re
from datetime import datetime
from email.headerregistry import Address as HeaderAddress
from email.policy import SMTP, SMTPUTF8, EmailPolicy
from email.utils import format_datetime
from functools import lru_cache
from typing import Any, Protocol

from profilegen.address import Address
from profilegen.mailing.brand import Logo
from profilegen.mailing.guide import GuideOrder
from profilegen.ports.sending import Parcel

PROFILE_TYPE = "application/x-apple-aspen-config"
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

    `message_id` is its unique part alone. The profile, where one goes with the page, travels in base64, so that it
    arrives byte for byte.
    """
    guide = parcel.guide
    brand, logo = guide.brand, guide.brand.logo
    html = _text("html", words.mail_html(guide, logo_cid=None if logo is None else LOGO_ID))
    if logo is not None:
        html = _multipart("related", message_id, html, _picture(logo))
    whole = _multipart("alternative", message_id, _text("plain", words.text(guide)), html)
    if guide.occasion.carries_profile:
        whole = _multipart("mixed", message_id, whole, _attachment(parcel))
    head = (
        _address("From", brand.name, sender),
        _address("To", "", recipient),
        _address("Reply-To", "", brand.reply_to) if brand.reply_to is not None else "",
        _header("Subject", _one_line(words.subject(guide))),
        f"Date: {format_datetime(now)}\r\n",
        f"Message-ID: <{message_id}@{sender.domain}>\r\n",
        "Auto-Submitted: auto-generated\r\n",
        _header("Content-Language", _one_line(guide.language)),
        "MIME-Version: 1.0\r\n",
    )
    return ("".join(head) + whole).encode("utf-8", "replace")


@lru_cache(maxsize=64)  # all mails of a batch come from the same
def _address(header: str, name: str, address: Address) -> str:
    """
    Return "Header: Name <address>".

    Made of a value and not of a text: a text would be parsed once more, and then a name can become an address.
    """
    local = address.local
    plain = re.sub(r"\\(.)", r"\1", local[1:-1]) if local.startswith('"') else local
    mailbox = HeaderAddress(display_name=_one_line(name), username=plain, domain=address.domain)
    return _header(header, mailbox, SMTP if str(address).isascii() else SMTPUTF8)


def _header(name: str, value: str | HeaderAddress, policy: "EmailPolicy[Any]" = SMTP) -> str:
    """Return a header, folded and encoded (RFC 2047); with SMTPUTF8 as it is (RFC 6532)."""
    return str(policy.header_factory(name, value).fold(policy=policy))


def _multipart(kind: str, unique: str, *parts: str) -> str:
    """Join parts (RFC 2046 section 5.1); "=_" stands in no text that is quoted-printable or base64."""
    boundary = f"=_{kind}_{unique}"
    joined = "".join(f"--{boundary}\r\n{part}\r\n" for part in parts)
    return f'Content-Type: multipart/{kind}; boundary="{boundary}"\r\n\r\n{joined}--{boundary}--\r\n'


def _text(kind: str, text: str) -> str:
    """Return a part that stays readable in the source of the message (RFC 2045 section 6.7)."""
    lines = "\r\n".join(text.splitlines())
    body = binascii.b2a_qp(lines.encode("utf-8", "replace"), istext=True).decode("ascii")
    return (
        f'Content-Type: text/{kind}; charset="utf-8"\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n{body}\r\n'
    )


def _attachment(parcel: Parcel) -> str:
    return _bytes(PROFILE_TYPE, f'Content-Disposition: attachment; filename="{parcel.file_name}"\r\n', parcel.data)


def _picture(logo: Logo) -> str:
    return _bytes(logo.media_type, f"Content-Disposition: inline\r\nContent-ID: <{LOGO_ID}>\r\n", logo.data)


def _bytes(media_type: str, headers: str, data: bytes) -> str:
    body = base64.encodebytes(data).decode("ascii").replace("\n", "\r\n")
    return f"Content-Type: {media_type}\r\nContent-Transfer-Encoding: base64\r\n{headers}\r\n{body}"


def _one_line(text: str) -> str:
    """No header of ours may be ended by what somebody wrote into a name."""
    return " ".join("".join(char if char.isprintable() else " " for char in text).split())
