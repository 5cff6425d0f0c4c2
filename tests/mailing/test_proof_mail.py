"""What a message to the check mailbox says, from real mail programs and from people who mean no good."""

import random
from base64 import encodebytes
from datetime import UTC, datetime

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from profilegen.mailing.proof_mail import Verdict, device_words, read_head, tokens_of_text
from profilegen.mailing.proof_token import new_token

TOKEN = new_token(bytes(range(9)))
IPHONE = f"""\
Received: from mail.example.com (mail.example.com [192.0.2.1])
\tby mx.example.com with ESMTPSA id 1234; Mon, 23 Nov 2026 19:17:34 +0100 (CET)
Received: from [192.0.2.7] by relay; Mon, 01 Jan 2001 00:00:00 +0000
Authentication-Results: mx.example.com; dkim=pass header.d=example.com; dmarc=pass
From: =?utf-8?Q?J=C3=B6rg?= <Joerg@Example.com>
Content-Type: text/plain; charset=utf-8
Content-Transfer-Encoding: base64
Mime-Version: 1.0 (1.0)
Subject: =?utf-8?Q?Mein_iPhone_sendet_{TOKEN[:9]}?= =?utf-8?Q?{TOKEN[9:]}?=
X-Mailer: iPhone Mail (22A3354)
""".replace("\n", "\r\n").encode()


def from_field(value: bytes) -> str:
    return read_head(b"From: " + value + b"\r\n").sender


def verdict(value: str) -> Verdict:
    return read_head(f"Authentication-Results: mx.example.com; {value}\r\n".encode()).verdict


def test_the_head_of_a_message_from_an_iphone() -> None:
    head = read_head(IPHONE)

    assert head.tokens == (TOKEN,)
    assert head.sender == "joerg@example.com"
    assert head.program == "iPhone Mail (22A3354)"
    assert head.verdict is Verdict.GENUINE
    assert head.received_at == datetime(2026, 11, 23, 18, 17, 34, tzinfo=UTC)


@pytest.mark.parametrize(
    ("program", "words"),
    [
        ("iPhone Mail (22A3354)", "from an iPhone (iPhone Mail (22A3354))"),
        ("iPad Mail (21E236)", "from an iPad (iPad Mail (21E236))"),
        ("Apple Mail (2.3826.200.121)", "from a Mac (Apple Mail (2.3826.200.121))"),
        ("Microsoft Outlook 16.0", "from another program: Microsoft Outlook 16.0"),
        ("not an iPhone Mail", "from another program: not an iPhone Mail"),
        ("", "from a program that does not name itself"),
    ],
)
def test_programs_are_named(program: str, words: str) -> None:
    assert device_words(program) == words


@pytest.mark.parametrize(
    ("value", "sender"),
    [
        (b"anna@example.com", "anna@example.com"),
        (b"Anna@EXAMPLE.com (work)", "anna@example.com"),
        (b'"ben@example.com" <anna@example.com>', "anna@example.com"),
        (b"ben@example.com <anna@example.com>", "anna@example.com"),
        (b'"A \\" <ben@example.com>" <anna@example.com>', "anna@example.com"),
        ("Jürgen <anna@bücher.example>".encode(), "anna@xn--bcher-kva.example"),
        (b"anna@example.com, ben@example.com", ""),
        (b"<anna@example.com>, <ben@example.com>", ""),
        (b"undisclosed-recipients:;", ""),
        (b"anna@[192.0.2.1]", ""),
        (b"(" * 9000 + b"anna@example.com", "anna@example.com"),
        (b"\xff\xfe", ""),
        (b"", ""),
    ],
)
def test_exactly_one_sender_counts(value: bytes, sender: str) -> None:
    assert from_field(value) == sender


def test_two_from_fields_are_no_sender() -> None:
    assert read_head(b"From: anna@example.com\r\nFrom: ben@example.com\r\n").sender == ""


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("dmarc=pass", Verdict.GENUINE),
        ("spf=fail; dkim=fail; dmarc=pass", Verdict.GENUINE),
        ("spf=pass; dkim=pass; dmarc=fail (p=reject)", Verdict.FALSE),
        ("spf=fail smtp.mailfrom=x; dkim=none", Verdict.FALSE),
        ("spf=fail; dkim=pass", Verdict.UNSAID),
        ("spf=softfail; dkim=none", Verdict.UNSAID),
        ("spf=pass", Verdict.UNSAID),
        ("none", Verdict.UNSAID),
    ],
)
def test_what_our_own_server_found_out_about_the_sender(said: str, expected: Verdict) -> None:
    assert verdict(said) is expected


def test_only_the_topmost_verdict_is_our_servers() -> None:
    below = b"Authentication-Results: mx; dmarc=fail\r\nAuthentication-Results: forged; dmarc=pass\r\n"
    assert read_head(below).verdict is Verdict.FALSE


def test_a_program_cannot_write_over_the_terminal() -> None:
    program = read_head(b"X-Mailer: iPhone\x1b[2J Mail " + b"x" * 500 + b"\r\n").program
    assert program.isprintable()
    assert len(program) <= 121


@pytest.mark.parametrize("cut", [0, 1, 2, 3])
def test_the_text_may_be_cut_off_anywhere(cut: int) -> None:
    text = encodebytes(f"Hallo\n{TOKEN}\n{'x' * 300}".encode()).replace(b"\n", b"\r\n")
    assert tokens_of_text(IPHONE, text[: -20 - cut]) == (TOKEN,)


def test_a_token_is_found_in_any_text_part_and_in_no_other() -> None:
    head = b"Content-Type: multipart/mixed; boundary=b\r\n"
    plain = "--b\r\nContent-Type: text/plain; charset=no-such\r\n\r\nhello\r\n"
    html = f"--b\r\nContent-Type: text/html\r\n\r\n<p>{TOKEN}</p>\r\n"
    image = f"--b\r\nContent-Type: image/png\r\n\r\n{TOKEN}\r\n"

    assert tokens_of_text(head, (plain + html).encode()) == (TOKEN,)
    assert tokens_of_text(head, image.encode()) == ()


@pytest.mark.parametrize(
    "layer",
    [
        b"--b\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n",
        b"--b\r\nContent-Type: message/rfc822\r\n\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n",
    ],
)
def test_parts_within_parts_without_end_are_no_trouble(layer: bytes) -> None:
    head = b"Content-Type: multipart/mixed; boundary=b\r\n"
    assert tokens_of_text(head, (layer * 400)[: 8 * 1024]) == ()


@given(st.binary(max_size=400), st.binary(max_size=400))
@example(b"Content-Type: text/plain; charset*=utf-8'x'%ff\r\n", b"x")
@example(b"Content-Type: text/plain; charset=rot13\r\n", b"x")
@example(b"Content-Type: text/plain; charset*0*=%; charset*9999999999=x\r\n", b"x")
@example(b"Received: by x; Mon, 99 Nov 9999999999 99:99:99 +9999\r\n", b"")
@example(b"Subject: =?utf-8?b?////?= =?x?q?=?=\r\n", b"")
def test_any_bytes_are_a_message_that_says_nothing(head: bytes, text: bytes) -> None:
    read_head(head)
    assert tokens_of_text(head, text) == ()


def test_damaged_messages_never_hurt() -> None:
    chance = random.Random(7)
    names = [line.split(b":")[0] for line in IPHONE.split(b"\r\n") if b":" in line]
    junk = [b"\x00", b"\xff", b"=?", b"?=", b";", b"boundary=", b"charset*0*=", b"(", b"<", b"\r\n ", b"\r\n\r\n"]
    for _ in range(1500):
        damaged = bytearray(IPHONE)
        for _ in range(chance.randint(1, 8)):
            at = chance.randrange(len(damaged))
            damaged[at : at + chance.choice([0, 0, 1, 30])] = chance.choice([*junk, *names])
        head = read_head(bytes(damaged))
        assert set(head.tokens) <= {TOKEN}
        assert (head.sender + head.program).isprintable()
        assert set(tokens_of_text(bytes(damaged), bytes(damaged[::-1]))) <= {TOKEN}
