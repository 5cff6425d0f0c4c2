"""
The token that proves where a message came from: made to be guessed by nobody and typed by anybody.

It looks like `PG-7K3M-9QWX-2TRD-H5VN`: 14 letters and digits of Crockford's base 32, which has no I, L, O and U, then
two that check the others. Every single wrong character and every two neighbours that changed places are noticed.
"""

import re
import unicodedata
from collections.abc import Iterator
from email.errors import HeaderParseError
from email.header import decode_header
from urllib.parse import quote

from profilegen.address import Address

ENTROPY_BYTES = 9
"""How many bytes `new_token` takes; 70 of their bits stand in the token."""

LONGEST_TEXT = 64 * 1024
"""Characters of a text that are searched."""

MOST_TOKENS = 16
"""Tokens of one text that are returned; nobody's message has more than one or two."""

_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_VALUES = {symbol: value for value, symbol in enumerate(_ALPHABET)} | {"O": 0, "I": 1, "L": 1}
_DATA, _CHECK = 14, 2
_PRIME = 1021  # the largest below 32²: a wrong character or two swapped neighbours always change the remainder
_BETWEEN = r"[\s>-]{0,4}"  # a dash, a blank where one was lost, or a line that was wrapped and quoted there
_SYMBOL = "[0-9A-TV-Z]"
_WRITTEN = re.compile(rf"(?<![0-9A-Z])PG{_BETWEEN}((?:{_SYMBOL}{_BETWEEN}){{15}}{_SYMBOL})(?![0-9A-Z])")


def new_token(entropy: bytes) -> str:
    """Return the token made of 9 random bytes, or of 9 bytes of a keyed hash; raises ValueError for another number."""
    if len(entropy) != ENTROPY_BYTES:
        raise ValueError(f"a token is made of {ENTROPY_BYTES} bytes, not {len(entropy)}")
    value = int.from_bytes(entropy) >> 8 * ENTROPY_BYTES - 5 * _DATA
    symbols = _symbols(value, _DATA) + _symbols(value % _PRIME, _CHECK)
    return "-".join(("PG", *(symbols[at : at + 4] for at in range(0, len(symbols), 4))))


def proof_mailto(token: str, mailbox: Address, subject_words: str, body_words: str) -> str:
    """
    Return the `mailto:` URL (RFC 6068) of the message that proves a device sends, the token in subject and body.

    The words are in the person's language and of any length; the subject becomes one line.
    """
    subject = f"{' '.join(subject_words.split())} {token}".lstrip()
    lines = [*body_words.strip().splitlines(), "", token, ""]
    recipient = f"{quote(mailbox.local, safe='')}@{mailbox.domain}"
    return f"mailto:{recipient}?subject={quote(subject, safe='')}&body={quote(chr(10).join(lines), safe='')}".replace(
        "%0A", "%0D%0A"
    )


def find_tokens(text: str) -> tuple[str, ...]:
    """
    Return every sound token in a text or raw header, as `new_token` wrote it, in order and each once.

    Upper and lower case, full-width letters, other dashes, other scripts' digits, lost or added blanks, marks of
    writing direction and encoded words (RFC 2047) make no difference; I and L are read as 1, O as 0.
    """
    found = (token for reading in _readings(text[:LONGEST_TEXT]) for token in _tokens_in(_plain(reading)))
    return tuple(dict.fromkeys(found))[:MOST_TOKENS]


def _symbols(value: int, count: int) -> str:
    return "".join(_ALPHABET[value >> 5 * place & 31] for place in reversed(range(count)))


def _readings(text: str) -> Iterator[str]:
    yield text
    if "=?" in text:
        yield decoded_header(text)


def decoded_header(text: str) -> str:
    """Return a header with its encoded words (RFC 2047) as text; what cannot be decoded stays as it is."""
    try:
        parts = decode_header(text)
    except (HeaderParseError, ValueError):
        return text
    return "".join(part if isinstance(part, str) else _decoded(part, charset) for part, charset in parts)


def _decoded(part: bytes, charset: str | None) -> str:
    try:
        return part.decode(charset or "latin-1", "replace")
    except (LookupError, ValueError):  # a charset nobody knows, or one that is no text encoding
        return part.decode("latin-1")


def _plain(text: str) -> str:
    """Return a text in capital ASCII wherever it means the same: without accents, marks and dashes of its own."""
    return "".join(_plain_char(char) for char in unicodedata.normalize("NFKD", text)).upper()


def _plain_char(char: str) -> str:
    if char.isascii():
        return char
    kind = unicodedata.category(char)
    if kind == "Nd":
        return str(unicodedata.decimal(char))
    if kind == "Pd" or char == "\N{MINUS SIGN}":
        return "-"
    return "" if kind in ("Cf", "Mn") else char


def _tokens_in(plain: str) -> Iterator[str]:
    for match in _WRITTEN.finditer(plain):
        values = [_VALUES[symbol] for symbol in match[1] if symbol in _VALUES]
        number = 0
        for value in values:
            number = number << 5 | value
        data, check = number >> 5 * _CHECK, number & (1 << 5 * _CHECK) - 1
        if data % _PRIME == check:
            yield new_token((data << 8 * ENTROPY_BYTES - 5 * _DATA).to_bytes(ENTROPY_BYTES))
