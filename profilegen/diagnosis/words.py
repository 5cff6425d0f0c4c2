"""
The words of a reply in one plain form, and phrases found in it.

Servers write the same thing as "Authentication-Failed", "authentication  failed:" or "AuthenticationFailed". So a text
is folded once: lower case, accents off, everything but letters and digits a space, a few spellings unified. Phrases of
the rules pass through the same folding, are whole words and have three signs: `/` between words that may stand for
each other, `*` for a gap of up to 60 characters, `~` at an end of a word for "may go on here".

Nothing here is a regular expression of a rule, so no text can make reading slow.
"""

import re
import unicodedata
from functools import cache
from itertools import product
from typing import TypeAlias

LONGEST = 4096
"""Characters of one reply that are read; RFC 5321 allows 512 a line."""

_GAP = 60
_SCRIPT_CHANGE = re.compile(r"(?<=[a-z0-9])(?=[\u2e80-\U0010ffff])|(?<=[\u2e80-\U0010ffff])(?=[a-z0-9])")
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")
_NEGATION = re.compile(r" (\w+)n t(?= )")
_SPELLINGS = (
    (" can t ", " cannot "),
    (" can not ", " cannot "),
    (" won t ", " will not "),
    (" start tls ", " starttls "),
    (" e mail", " email"),
    (" log in", " login"),
    (" log on ", " login "),
    (" logon ", " login "),
    (" mail box", " mailbox"),
    (" user name", " username"),
    (" black list", " blacklist"),
    (" block list", " blocklist"),
    (" gray", " grey"),
    (" grey list", " greylist"),
    (" timed out ", " timeout "),
    (" time out ", " timeout "),
    (" over quota ", " overquota "),
    (" rate limit", " ratelimit"),
    (" oauth 2 ", " oauth2 "),
    ("authoris", "authoriz"),
    ("recognis", "recogniz"),
    (" self signed ", " selfsigned "),
)
_FIRST_WIDE = "\u2e80"
_UNDIVIDED = str.maketrans({"ł": "l", "ø": "o", "ı": "i", "đ": "d", "æ": "ae", "œ": "oe"})
"""Letters whose stroke Unicode counts as part of them, not as an accent."""
_SENTENCE_END = re.compile(r"[.!?;]+(?=\s)|[。！？；\n]+")
_MOST_SENTENCES = 40
_FULL_STOP = re.compile(r"[.!?]+(?=\s)|[。！？]+")
"""What ends a gap. A line does not: mail programs and servers break them anywhere."""
_STOP = "\x00"
"""Between the sentences of a folded text; folding leaves no such character."""

Phrase: TypeAlias = tuple[tuple[str, ...], ...]


def fold(text: str) -> str:
    """Return the words of `text`, at most LONGEST characters of it, between single spaces, one at either end."""
    split = _CAMEL.sub(" ", text[:LONGEST])
    plain = (char for char in unicodedata.normalize("NFKD", split.casefold()) if not unicodedata.combining(char))
    letters = "".join(char if char.isalnum() else " " for char in plain).translate(_UNDIVIDED)
    words = (_SCRIPT_CHANGE.sub(" ", letters) if is_wide(letters) else letters).split()
    return _unified(f" {' '.join(words)} ")


def fold_text(text: str) -> str:
    """Return a text folded, sentence by sentence, so that no gap of a phrase runs from one into the next."""
    return _STOP.join(fold(part) for part in _FULL_STOP.split(text[:LONGEST])) if text else fold(text)


def sentences(text: str) -> list[str]:
    """Return the sentences of `text`, at most LONGEST characters of it; a line ends one as well."""
    return [part for part in _SENTENCE_END.split(text[:LONGEST], _MOST_SENTENCES) if part.strip()]


def stem(entry: str) -> str:
    """Return a stem of the vocabulary (`_` a space, `~` before it, `.` after it) in the form of a folded text."""
    folded = fold(entry.strip("~.").replace("_", " "))
    if is_wide(folded):
        return folded.strip()
    return folded[1:] if entry.endswith(".") else folded[1:-1]


def is_wide(text: str) -> bool:
    """Return whether a text is of a script that puts no space between words."""
    return any(char >= _FIRST_WIDE for char in text)


def find(phrases: str, folded: str) -> str | None:
    """Return what the first of `phrases` (semicolons between) found in a folded text, None if none is there."""
    for pieces in parse(phrases):
        found = _find(pieces, folded)
        if found is not None:
            return found
    return None


@cache
def parse(phrases: str) -> tuple[Phrase, ...]:
    """Return every phrase as the pieces between its gaps, each piece as the choices there are for it."""
    return tuple(
        tuple(_choices(part) for part in phrase.split(" * ")) for phrase in phrases.split(";") if phrase.strip()
    )


def _choices(part: str) -> tuple[str, ...]:
    return tuple(_piece(" ".join(words)) for words in product(*(word.split("/") for word in part.split())))


def _piece(text: str) -> str:
    front, back = text.startswith("~"), text.endswith("~")
    folded = fold(text)
    if is_wide(folded):
        return folded.strip()
    return folded[1 if front else 0 : -1 if back else None]


def _find(pieces: Phrase, folded: str) -> str | None:
    for first in pieces[0]:
        start = folded.find(first)
        while start >= 0:
            end = _end_of(pieces[1:], folded, start + len(first))
            if end is not None:
                return folded[start:end].strip()
            start = folded.find(first, start + 1)
    return None


def _end_of(pieces: Phrase, folded: str, end: int) -> int | None:
    for choices in pieces:
        window = folded[end - 1 : end + _GAP].partition(_STOP)[0]
        places = [(window.find(choice), len(choice)) for choice in choices]
        found = min((place + length for place, length in places if place >= 0), default=None)
        if found is None:
            return None
        end += found - 1
    return end


def _unified(folded: str) -> str:
    for spelling, plain in _SPELLINGS:
        if spelling in folded:
            folded = folded.replace(spelling, plain)
    return _NEGATION.sub(r" \1 not", folded)
