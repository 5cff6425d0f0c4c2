"""Sentences made of runs: what is a menu, a name or a link stays known until it becomes HTML, plain text or PDF."""

import string
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

_CONTROLS = {"Cc", "Cs", "Zl", "Zp"}
_BIDI_CONTROLS = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_FIRST_STRONG_ISOLATE, _POP_ISOLATE = "\u2068", "\u2069"
_RIGHT_TO_LEFT = {"R", "AL"}


class Kind(StrEnum):
    """What a run is: words of ours, one level of a menu, or something that came from outside."""

    WORDS = "words"
    MENU = "menu"
    NAME = "name"
    LINK = "link"


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """A stretch of text of one kind; `href` only where `kind` is LINK."""

    text: str
    kind: Kind = Kind.WORDS
    href: str | None = None


Phrase = tuple[Run, ...]


def fill(template: str, values: Mapping[str, Phrase]) -> Phrase:
    """Replace `{name}` in a template by runs; raises ValueError for a name without a value or a stray brace."""
    runs: list[Run] = []
    for words, name, spec, conversion in string.Formatter().parse(template):
        if words:
            runs.append(Run(text=words))
        if name is None:
            continue
        if spec or conversion or name not in values:
            raise ValueError(f'"{{{name}}}" stands for nothing in "{template}"')
        runs.extend(values[name])
    return tuple(runs)


def names_in(template: str) -> frozenset[str]:
    """Return the names in braces; raises ValueError for a stray brace."""
    return frozenset(name for _, name, _, _ in string.Formatter().parse(template) if name is not None)


def name(text: str) -> Phrase:
    """Return text from outside as a run."""
    return (Run(text=clean(text), kind=Kind.NAME),)


def link(text: str, href: str) -> Phrase:
    """Return a link; the caller has checked the scheme of `href`."""
    return (Run(text=clean(text), kind=Kind.LINK, href=href),)


def menu(levels: Iterable[str]) -> Phrase:
    """Return the way through a menu, one run per level."""
    return join((Run(text=level, kind=Kind.MENU) for level in levels), " > ")


def join(runs: Iterable[Run], words: str) -> Phrase:
    """Return runs with words between them."""
    joined: list[Run] = []
    for run in runs:
        if joined:
            joined.append(Run(text=words))
        joined.append(run)
    return tuple(joined)


def clean(text: str) -> str:
    """Return text from outside on one line, without control characters and without anything that turns text around."""
    kept = (" " if unicodedata.category(char) in _CONTROLS else char for char in text if char not in _BIDI_CONTROLS)
    return " ".join("".join(kept).split())


def plain(phrase: Phrase, *, direction: str) -> str:
    """Return a phrase as plain text; what runs against `direction` ("ltr", "rtl") is isolated (UAX #9)."""
    return "".join(run.text if run.kind is Kind.WORDS else _isolated(run.text, direction) for run in phrase)


def _isolated(text: str, direction: str) -> str:
    turned = any(unicodedata.bidirectional(char) in _RIGHT_TO_LEFT for char in text)
    if direction == "rtl" or turned:
        return f"{_FIRST_STRONG_ISOLATE}{text}{_POP_ISOLATE}"
    return text
