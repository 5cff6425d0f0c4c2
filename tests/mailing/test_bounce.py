"""Mail of ours that came back: the reports of several servers, and what is no report of ours whoever writes it."""

import email.policy
from collections.abc import Mapping
from email.message import EmailMessage

import pytest
from hypothesis import given
from hypothesis import strategies as st

from profilegen.diagnosis.explain import explain
from profilegen.diagnosis.observation import Observation
from profilegen.mailing.bounce import LONGEST_REPLY, MOST_PARTS, Bounce, Mailed, message_id, read_bounce
from profilegen.mailing.proof_mail import read_head
from profilegen.mailing.proof_token import new_token

TOKEN = new_token(bytes(range(9)))
OURS = message_id(TOKEN)
TO = "Jane@example.com"
MAILED = {OURS: Mailed(token=TOKEN, recipient=TO)}
RETURNED = f"Return-Path: <desk@lab.test>\nReceived: from x\nMessage-ID: <{OURS}@lab.test>\nTo: {TO}\n\nHello Jane"
REPORT = """\
Reporting-MTA: dns; mail.lab.test

Final-Recipient: rfc822; jane@example.com
Action: failed
Status: 5.2.2
Remote-MTA: dns; mx.example.com
Diagnostic-Code: smtp; 552 5.2.2 <jane@example.com>:
    Mailbox full
"""
HEADER = b'From: Mail Delivery <MAILER-DAEMON@lab.test>\nContent-Type: multipart/report; boundary="b"; '
HEADER += b"report-type=delivery-status\n\n"
PLAIN = b"From: MAILER-DAEMON@mx.example.com\nSubject: failure notice\n\n"
QMAIL = f"""\
Hi. This is the qmail-send program at mx.example.com.
I'm afraid I wasn't able to deliver your message to the following addresses.
This is a permanent error; I've given up. Sorry it didn't work out.

<{TO}>:
192.0.2.1 does not like recipient.
Remote host said: 550 5.1.1 no such user
Giving up on 192.0.2.1.

--- Below this line is a copy of the message.

{RETURNED}
"""
EXIM = f"""\
This message was created automatically by mail delivery software.

A message that you sent could not be delivered to one or more of its
recipients. This is a permanent error. The following address(es) failed:

  {TO}
    SMTP error from remote mail server after RCPT TO:<{TO}>:
    host mx.example.com [192.0.2.1]: 550 5.1.1 User unknown

------ This is a copy of the message, including all the headers. ------

{RETURNED}
"""


def multipart(report: str = REPORT, returned: str = RETURNED, kind: str = "message/rfc822") -> bytes:
    parts = [
        "Content-Type: text/plain\n\nIt could not be delivered.\n",
        f"Content-Type: message/delivery-status\n\n{report}",
        f"Content-Type: {kind}\n\n{returned}\n",
    ]
    return ("This is MIME.\n\n" + "".join(f"--b\n{part}\n" for part in parts) + "--b--\n").encode()


def read(text: bytes, header: bytes = HEADER, mailed: Mapping[str, Mailed] = MAILED) -> Bounce | None:
    return read_bounce(header, text, mailed=mailed)


def cause(bounce: Bounce | None) -> str:
    assert bounce is not None
    return str(explain(Observation(text=bounce.words)).causes[0].cause)


def test_a_message_id_tells_deliveries_apart_and_not_the_token() -> None:
    assert OURS == message_id(TOKEN) != message_id(new_token(bytes(9)))
    assert len(OURS) == 32
    assert TOKEN.replace("-", "").lower() not in OURS


def test_a_delivery_status_names_the_server_its_reply_and_the_recipient() -> None:
    found = read(multipart())

    assert found == Bounce(
        token=TOKEN,
        about_recipient=True,
        reply="552 5.2.2 <jane@example.com>: Mailbox full",
        server="mx.example.com",
    )
    assert found.words == "mx.example.com said: 552 5.2.2 <jane@example.com>: Mailbox full"
    assert cause(found) == "recipient_mailbox_full"


@pytest.mark.parametrize("kind", ["message/rfc822", "text/rfc822-headers", "message/global"])
@pytest.mark.parametrize("newline", [b"\n", b"\r\n"])
def test_the_returned_mail_may_be_whole_or_its_header_alone(kind: str, newline: bytes) -> None:
    assert read(multipart(kind=kind).replace(b"\n", newline)) == read(multipart())


@pytest.mark.parametrize(
    ("status", "diagnostic", "reply"),
    [
        ("5.1.1", "smtp; 550 no such user", "550 5.1.1 no such user"),
        ("5.0.0", "smtp; 550 no such user", "550 no such user"),
        ("5.1.1 (unknown)", "X-Postfix; unknown user", "5.1.1 unknown user"),
        ("5.1.1", "", "5.1.1"),
        ("5.1.1", "smtp; 550 5.7.1 blocked", "550 5.7.1 blocked"),
    ],
)
def test_the_status_stands_in_the_reply_where_it_says_more(status: str, diagnostic: str, reply: str) -> None:
    text = f"Final-Recipient: rfc822;{TO}\nAction: failed\nStatus: {status}\nDiagnostic-Code: {diagnostic}\n"
    found = read(multipart(f"Reporting-MTA: dns; mail.lab.test\n\n{text}"))
    assert found is not None
    assert (found.reply, found.server) == (reply, "mail.lab.test")


def test_the_original_recipient_will_do_and_any_other_is_somewhere_else() -> None:
    passed_on = REPORT.replace("rfc822; jane@", "rfc822; jd@")
    named = passed_on.replace("Action", f"Original-Recipient: rfc822;{TO}\nAction")
    both = f"{passed_on}\n{REPORT.partition(chr(10) * 2)[2].replace('Mailbox full', 'this one')}"

    found = [read(multipart(report)) for report in (passed_on, named, both)]

    assert [one and one.about_recipient for one in found] == [False, True, True]
    assert found[2] is not None
    assert "this one" in found[2].reply


@pytest.mark.parametrize("action", ["delayed", "delivered", "relayed", "expanded", ""])
def test_a_report_on_anything_but_failure_is_no_bounce(action: str) -> None:
    assert read(multipart(REPORT.replace("failed", action))) is None


@pytest.mark.parametrize("letter", [QMAIL, EXIM], ids=["qmail", "exim"])
def test_a_plain_letter_is_read_up_to_the_mail_it_returns(letter: str) -> None:
    found = read(letter.encode(), PLAIN)

    assert found is not None
    assert (found.token, found.about_recipient) == (TOKEN, True)
    assert "550 5.1.1" in found.reply
    assert "Hello Jane" not in found.reply
    assert cause(found) == "recipient_unknown"


def test_a_plain_letter_in_quoted_printable_or_base64_is_read_as_well() -> None:
    for encoding in ("quoted-printable", "base64"):
        message = EmailMessage(policy=email.policy.SMTP)
        message.set_content(QMAIL, cte=encoding)
        header, _, text = message.as_bytes().partition(b"\r\n\r\n")
        assert read(text, header + b"\r\n\r\n") == read(QMAIL.encode(), PLAIN)


def test_an_exchange_report_without_a_status_part_is_read_by_its_text() -> None:
    letter = f"Your message did not reach some or all of the intended recipients.\n\n{TO}\n#550 5.1.1 not found ##\n"
    text = f"--b\nContent-Type: text/plain\n\n{letter}\n--b\nContent-Type: message/rfc822\n\n{RETURNED}\n--b--\n"
    found = read(text.encode(), b"From: postmaster@x\nContent-Type: multipart/mixed; boundary=b\n\n")
    assert found is not None
    assert (found.about_recipient, cause(found)) == (True, "recipient_unknown")


def test_a_letter_about_somebody_else_is_not_about_our_recipient() -> None:
    for other in ("other@example.net", f"mary{TO}", f"{TO}.example"):
        found = read(QMAIL.replace(f"<{TO}>:", f"<{other}>:").encode(), PLAIN)
        assert found is not None
        assert not found.about_recipient, other
        assert "550 5.1.1" in found.reply or "permanent" in found.reply


def test_a_warning_that_it_takes_longer_is_no_bounce() -> None:
    letter = f"The following message is delayed. No action is required.\n\n{TO}\n 451 4.7.1 greylisted\n\n{RETURNED}"
    assert read(letter.encode(), PLAIN) is None


@pytest.mark.parametrize(
    "text",
    [
        multipart(returned=RETURNED.replace(OURS, "0" * 32)),
        multipart(returned=f"Subject: x\n\nMessage-ID: <{OURS}@lab.test>"),
        multipart(REPORT + f"Message-ID: <{OURS}@lab.test>", returned="Subject: x"),
        multipart(returned=f"Message-ID: <{OURS}@lab.test>\nMessage-ID: <{message_id('other')}@lab.test>\n\n"),
        multipart().replace(b"failed", b"fail ed"),
        b"",
        b"--b\n" * 100,
    ],
    ids=["another id", "id in the body", "id in the status", "two of ours", "no failure", "empty", "empty parts"],
)
def test_what_does_not_return_one_mail_of_ours_says_nothing(text: bytes) -> None:
    other = {message_id("other"): Mailed(token="other", recipient=TO)}
    assert read(text, mailed=MAILED | other) is None
    assert message_id("other").encode() in text or read(text) is None


def test_an_address_and_a_reply_of_a_stranger_are_bounded_and_printable() -> None:
    hostile = REPORT.replace("Mailbox full", "\x1b[31m" + "x" * 5000).replace("mx.example.com", "m\x07" * 400)
    found = read(multipart(hostile))
    assert found is not None
    assert len(found.reply) <= LONGEST_REPLY + 1
    assert found.words.isprintable()


def test_parts_and_fields_beyond_the_bound_are_not_read() -> None:
    status = f"--b\nContent-Type: message/delivery-status\n\n{REPORT}"
    returned = f"\n--b\nContent-Type: message/rfc822\n\n{RETURNED}\n"
    filler = "--b\n\nx\n"
    assert read(f"{filler * (MOST_PARTS - 2)}{status}{returned}".encode()) is not None
    assert read(f"{filler * MOST_PARTS}{status}{returned}".encode()) is None
    assert read(multipart("X: y\n" * 50 + REPORT.partition("\n\n")[2])) is None


@pytest.mark.parametrize(
    ("header", "reports"),
    [
        (HEADER, True),
        (PLAIN, True),
        (b"From: Postmaster <postmaster@x>\n\n", True),
        (b"From: a@b.c\nX-Failed-Recipients: jane@example.com\n\n", True),
        (b"From: Jane <jane@example.com>\nSubject: undelivered\n\n", False),
    ],
)
def test_only_what_a_mail_server_wrote_is_looked_at(header: bytes, reports: bool) -> None:
    assert read_head(header).reports is reports


pieces = st.sampled_from(
    [b"--b\n", b"--b--\n", b"\n", b"\n\n", *multipart().split(b"\n"), *QMAIL.encode().split(b"\n"), b"\xff", b"\x00"]
)
texts = st.lists(pieces | st.binary(max_size=20), max_size=40).map(b"\n".join) | st.binary(max_size=400)
headers = st.sampled_from([HEADER, PLAIN, b"Content-Transfer-Encoding: base64\n\n", b"Content-Type: multipart/x\n\n"])


@given(texts, headers | st.binary(max_size=200))
def test_whatever_arrives_is_a_bounce_of_ours_or_nothing(text: bytes, header: bytes) -> None:
    found = read(text, header)

    assert read(text, header, mailed={}) is None
    if found is not None:
        assert OURS.encode() in text.lower() or b"base64" in header.lower() + text.lower()
        assert (found.token, len(found.reply) <= LONGEST_REPLY + 1, found.words.isprintable()) == (TOKEN, True, True)


@given(st.integers(0, len(multipart())), st.sampled_from([b"\r\n", b"\n"]))
def test_a_report_that_is_cut_off_says_the_same_or_nothing(length: int, newline: bytes) -> None:
    whole = multipart().replace(b"\n", newline)
    assert read(whole[:length]) in (None, read(whole))


def test_a_report_of_megabytes_is_read_no_further_than_its_beginning() -> None:
    body = b"a: b\n" * 1_000_000
    assert read(multipart() + body) == read(multipart())
    assert read(body + multipart()) is None


def test_a_comment_after_the_action_changes_nothing() -> None:
    assert read(multipart(REPORT.replace("Action: failed", "Action: failed (bad address)"))) == read(multipart())
    assert read(multipart(REPORT.replace("Action: failed", "Action: delayed (not failed)"))) is None
