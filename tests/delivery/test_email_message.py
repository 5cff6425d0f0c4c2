"""The mail itself, as a mail client reads it."""

import email
import email.policy
from dataclasses import replace
from datetime import UTC, datetime
from email.message import EmailMessage

import pytest
from hypothesis import given
from hypothesis import strategies as st

from profilegen.address import Address
from profilegen.delivery.guides import GuideWriter
from profilegen.delivery.message import profile_mail
from profilegen.errors import AddressProblem
from profilegen.mailing.brand import Logo
from profilegen.ports.sending import Parcel
from tests.delivery.people import BRAND, TEMPLATES, parcel

NOW = datetime(2026, 11, 23, 18, 17, 34, tzinfo=UTC)
SENDER, RECIPIENT = Address.parse("helpdesk@example.com"), Address.parse("jane@example.net")
WRITER = GuideWriter(TEMPLATES)
PIXEL = b"\x89PNG\r\n\x1a\n--a boundary\r\n.\r\n\0"
DATA = bytes(range(256)) * 5 + b"\r\n.\r\n\nlast"


def branded(
    one: Parcel, *, name: str = "Example Works", logo: Logo | None = None, reply_to: Address | None = None
) -> Parcel:
    brand = replace(BRAND, name=name, logo=logo, reply_to=reply_to)
    return replace(one, guide=replace(one.guide, brand=brand))


def written(one: Parcel, recipient: Address = RECIPIENT, sender: Address = SENDER) -> EmailMessage:
    raw = profile_mail(one, recipient, words=WRITER, sender=sender, message_id="0123abc", now=NOW)
    assert b"\n" not in raw.replace(b"\r\n", b"")
    assert max(len(line) for line in raw.split(b"\r\n")) <= 998
    message = email.message_from_bytes(raw, policy=email.policy.default)
    assert isinstance(message, EmailMessage)
    assert not message.defects
    return message


def only_attachment(message: EmailMessage) -> EmailMessage:
    [attachment] = list(message.iter_attachments())
    assert isinstance(attachment, EmailMessage)
    return attachment


def test_the_headers_say_who_writes_to_whom_and_that_a_program_did() -> None:
    message = written(branded(parcel(), reply_to=Address.parse("support@example.com")))

    assert message["From"] == "Example Works <helpdesk@example.com>"
    assert (message["To"], message["Reply-To"]) == ("jane@example.net", "support@example.com")
    assert message["Message-ID"] == "<0123abc@example.com>"
    assert message["Date"].datetime == NOW
    assert (message["Auto-Submitted"], message["Content-Language"]) == ("auto-generated", "en")
    assert not [name for name in message if name.lower().startswith(("list-", "precedence", "bcc"))]


def test_the_profile_is_attached_byte_for_byte_under_a_plain_name() -> None:
    attachment = only_attachment(written(parcel(data=DATA)))

    assert attachment.get_content_type() == "application/x-apple-aspen-config"
    assert attachment.get_filename() == "person1@example.com.mobileconfig"
    assert attachment.get_content_disposition() == "attachment"
    assert attachment["Content-Transfer-Encoding"] == "base64"
    assert attachment.get_content() == DATA


def test_text_and_html_say_the_same_in_the_persons_language() -> None:
    message = written(parcel(language="de", name="Jürgen Ärmel"))

    plain, html = message.get_body(("plain",)), message.get_body(("html",))
    assert plain is not None
    assert html is not None
    for part in (plain, html):
        text = part.get_content()
        assert "Jürgen Ärmel" in text
        assert "deadbeef" in text
        assert "person1@example.com" in text
    assert "mailto:check@example.com?subject=PG" in plain.get_content()
    assert message["Content-Language"] == "de"


def test_the_logo_is_shown_from_within_the_message() -> None:
    logo = Logo(data=PIXEL, media_type="image/png")
    message = written(branded(parcel(), logo=logo))

    html = message.get_body(("html",))
    [picture] = [part for part in message.walk() if part.get_content_maintype() == "image"]
    assert html is not None
    assert f"cid:{picture['Content-ID'].strip('<>')}" in html.get_content()
    assert (picture.get_content_type(), picture.get_content()) == ("image/png", PIXEL)
    assert picture.get_content_disposition() == "inline"
    assert [part.get_content_type() for part in message.walk()] == [
        "multipart/mixed",
        "multipart/alternative",
        "text/plain",
        "multipart/related",
        "text/html",
        "image/png",
        "application/x-apple-aspen-config",
    ]


@given(name=st.text(max_size=60), person=st.text(max_size=60))
def test_nothing_written_into_a_name_becomes_a_header(name: str, person: str) -> None:
    evil = f"{name}\r\nBcc: evil@example.org\r\n\r\n{person}"
    message = written(branded(parcel(name=evil.encode("utf-8", "replace").decode()), name=evil))

    assert message["Bcc"] is None
    assert [address.addr_spec for address in message["From"].addresses] == ["helpdesk@example.com"]
    assert only_attachment(message).get_content() == b"signed profile"


def as_text(shown: str) -> str:
    """The parser of Python leaves UTF-8 in headers (RFC 6532) as the bytes they were."""
    return shown.encode("utf-8", "surrogateescape").decode()


locals_ = st.one_of(
    st.text(min_size=1, max_size=12),
    st.sampled_from(['"a b"', '"a\\"b"', "a'b", "a+b", "ü", "a" * 64, "$$", "a/b=c", "!#%&*?^`{|}~"]),
)


@given(local=locals_, domain=st.sampled_from(["example.com", "bücher.example", "x." * 30 + "example"]))
def test_every_address_there_is_can_be_written_to(local: str, domain: str) -> None:
    try:
        address = Address.parse(f"{local}@{domain}")
    except AddressProblem:
        return

    message = written(parcel(), recipient=address)

    [shown] = message["To"].addresses
    assert as_text(shown.addr_spec) == str(address)


@pytest.mark.parametrize("sender", ["ü@example.com", "ops@bücher.example", "o'hara+mail@example.com"])
def test_our_own_address_may_be_an_unusual_one(sender: str) -> None:
    address = Address.parse(sender)
    message = written(branded(parcel(), name="Büro, Mail & Co."), sender=address)

    [shown] = message["From"].addresses
    assert as_text(shown.addr_spec) == str(address)
    assert as_text(shown.display_name) == "Büro, Mail & Co."
    assert message["Message-ID"] == f"<0123abc@{address.domain}>"
