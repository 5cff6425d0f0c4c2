"""Tokens survive what mail programs and people do to them, and nothing else passes for one."""

import email
import email.policy
from collections.abc import Callable
from email.header import Header
from email.message import EmailMessage
from urllib.parse import unquote, urlsplit

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from profilegen.address import Address
from profilegen.mailing.proof_token import ENTROPY_BYTES, MOST_TOKENS, find_tokens, new_token, proof_mailto

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
CHECK = Address.parse("check@example.com")
entropies = st.binary(min_size=ENTROPY_BYTES, max_size=ENTROPY_BYTES)
tokens = entropies.map(new_token)
words = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=60)
scripts = st.sampled_from(
    [
        "識別コード",
        "Код ",
        "رمز الإثبات ",
        "Ταυτότητα: ",
        "Mein iPhone sendet ",
        "\u200fקוד ",
        "ไอโฟน",
        "Re: AW: Fwd: [",
        "(",
        "«",
    ]
)


def in_full_width(text: str) -> str:
    return "".join(chr(ord(char) + 0xFEE0) if "!" <= char <= "~" else char for char in text)


def in_arabic_digits(text: str) -> str:
    return text.translate({ord("0") + value: chr(0x660 + value) for value in range(10)})


DISTORTIONS: dict[str, Callable[[str], str]] = {
    "capitalised": lambda text: text.capitalize(),
    "lower": lambda text: text.lower(),
    "en dashes": lambda text: text.replace("-", "–"),
    "hyphens that do not break": lambda text: text.replace("-", "\u2011"),
    "minus signs": lambda text: text.replace("-", "\u2212"),
    "blanks": lambda text: text.replace("-", " "),
    "nothing between": lambda text: text.replace("-", ""),
    "dashes with blanks": lambda text: text.replace("-", " - "),
    "wrapped and quoted": lambda text: text.replace("-", "-\n> ", 2),
    "full width": in_full_width,
    "Arabic digits": in_arabic_digits,
    "letters for digits": lambda text: text.replace("0", "O").replace("1", "l"),
    "capital I for 1": lambda text: text.replace("1", "I"),
    "dotless i for 1": lambda text: text.lower().replace("1", "ı"),
    "marks of direction": lambda text: "\u200f\u202a" + "\u200b".join(text) + "\u202c",
    "soft hyphens": lambda text: text[:9] + "\u00ad" + text[9:],
    "bold": lambda text: f"**{text}**",
    "HTML": lambda text: f"<div dir=auto>{text}</div>",
}


def test_a_token_can_be_read_aloud() -> None:
    assert new_token(bytes(9)) == "PG-0000-0000-0000-0000"
    assert new_token(b"\xff" * 9) == "PG-ZZZZ-ZZZZ-ZZZZ-ZZ4G"


@pytest.mark.parametrize("size", [0, 8, 10])
def test_a_token_is_made_of_neither_more_nor_less_randomness(size: int) -> None:
    with pytest.raises(ValueError, match="9 bytes"):
        new_token(bytes(size))


@given(st.lists(st.integers(0, 2**70 - 1), min_size=2, max_size=2, unique=True))
def test_different_randomness_makes_different_tokens(values: list[int]) -> None:
    first, second = (new_token((value << 2).to_bytes(9)) for value in values)
    assert first != second


@pytest.mark.parametrize("distortion", DISTORTIONS)
@given(
    token=tokens, before=scripts, after=st.sampled_from(["", ".", "]", " 你好", "»", "\n-- \nSent from my iPhone", "ж"])
)
def test_a_token_is_found_however_it_was_written(distortion: str, token: str, before: str, after: str) -> None:
    assert find_tokens(before + DISTORTIONS[distortion](token) + after) == (token,)


@given(tokens, scripts, st.sampled_from(["utf-8", "iso-8859-1", "koi8-r", "shift_jis", "utf-7"]), st.integers(20, 76))
def test_a_token_is_found_in_a_raw_folded_header(token: str, before: str, charset: str, width: int) -> None:
    try:
        f"{before} {token}".encode(charset)
    except UnicodeEncodeError:
        charset = "utf-8"
    raw = str(Header(f"{before} {token}", charset, maxlinelen=width, header_name="Subject").encode())
    assert token in find_tokens(raw)


@given(tokens, words, st.sampled_from(["quoted-printable", "base64", "8bit"]))
def test_a_token_is_found_in_every_encoding_of_a_body(token: str, before: str, how: str) -> None:
    message = EmailMessage(policy=email.policy.SMTP)
    message.set_content(f"{before}\n{token}\n", cte=how)
    read = email.message_from_bytes(message.as_bytes(), policy=email.policy.SMTP)
    assert isinstance(read, EmailMessage)
    assert token in find_tokens(read.get_content())


@given(tokens, st.integers(0, 15), st.sampled_from(ALPHABET))
def test_one_wrong_character_is_noticed(token: str, place: int, wrong: str) -> None:
    at = [index for index, char in enumerate(token) if index > 2 and char != "-"][place]
    assume(token[at] != wrong)
    assert find_tokens(token[:at] + wrong + token[at + 1 :]) == ()


@given(tokens, st.integers(0, 14))
def test_two_neighbours_that_changed_places_are_noticed(token: str, place: int) -> None:
    bare = list(token.replace("-", ""))
    at = place + 2
    assume(bare[at] != bare[at + 1])
    bare[at], bare[at + 1] = bare[at + 1], bare[at]
    assert find_tokens("".join(bare)) == ()


@given(tokens)
def test_a_lost_or_doubled_character_is_noticed(token: str) -> None:
    assert find_tokens(token[:-1]) == find_tokens(token + token[-1]) == find_tokens("X" + token) == ()


@given(st.text(max_size=400))
@example("PG-0000-0000-0000-0001")
@example("pages PG 1234 5678 9012 3456")
@example("=?utf-8?b?a?= =?x?q?=ZZ?= =?utf-8?B?!!!!?=")
@example("=?rot13?q?PG?= =?idna?q?xn--?=")
def test_other_text_holds_no_token_and_never_hurts(text: str) -> None:
    assert find_tokens(text) == ()


@given(st.lists(tokens, min_size=1, max_size=5, unique=True))
def test_several_tokens_come_in_order_and_each_once(many: list[str]) -> None:
    assert find_tokens(" ".join(many + many)) == tuple(many)


def test_a_flood_of_tokens_is_cut_off() -> None:
    flood = " ".join(new_token(number.to_bytes(9)) for number in range(0, 4_000, 4))
    assert len(find_tokens(flood)) == MOST_TOKENS


@given(tokens, words, words)
@example("PG-0000-0000-0000-0000", "50 % & more? #1 + ü", "Line\nother = line & ?")
@example("PG-0000-0000-0000-0000", "two\r\nlines", "")
def test_a_mail_program_gets_recipient_subject_and_body_back(token: str, subject: str, body: str) -> None:
    url = proof_mailto(token, CHECK, subject, body)

    parts = urlsplit(url)
    fields = dict(pair.split("=", 1) for pair in parts.query.split("&"))
    read = {name: unquote(value, errors="strict") for name, value in fields.items()}
    assert url.isascii()
    assert not set(url) & set(" \r\n\"'<>+")
    assert (parts.scheme, unquote(parts.path), parts.fragment) == ("mailto", "check@example.com", "")
    assert read["subject"] == f"{' '.join(subject.split())} {token}".lstrip()
    assert "\n" not in read["subject"]
    assert "\n" not in read["body"].replace("\r\n", "")
    assert read["body"].endswith(f"\r\n{token}\r\n")
    assert token in find_tokens(read["subject"])
    assert token in find_tokens(read["body"])


def test_a_mailbox_with_odd_letters_stays_one_recipient() -> None:
    odd = Address.parse('"a+b?c&d,e%"@bücher.example')
    parts = urlsplit(proof_mailto(new_token(bytes(9)), odd, "", ""))
    assert unquote(parts.path) == '"a+b?c&d,e%"@xn--bcher-kva.example'
    assert "," not in parts.path
    assert parts.query.startswith("subject=PG-")
