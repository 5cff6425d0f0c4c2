"""
What a sentence is about, whatever its language: the few dozen notions that error messages of mail are made of.

Servers and clients say the same thing in twenty languages and a thousand ways: "does not support authentication",
"unterstützt keine Authentifizierung". `vocabulary` holds stems of words for each concept; a sentence becomes the set of
its concepts, and rules look for combinations: login + not + supported. Word order, inflection and what stands between
do not matter.
"""

from dataclasses import dataclass
from enum import StrEnum, auto
from functools import cache

from profilegen.diagnosis import words

_HEAD = 3
"""Characters of a stem it is found by; none has fewer than one less."""


class Concept(StrEnum):
    """A notion of mail's error messages."""

    NOT = auto()
    SERVER = auto()
    HOST = auto()
    NETWORK = auto()
    CONNECT = auto()
    LOGIN = auto()
    METHOD = auto()
    PASSWORD = auto()
    USER = auto()
    CREDENTIALS = auto()
    ACCOUNT = auto()
    MAILBOX = auto()
    RECIPIENT = auto()
    SENDER = auto()
    ADDRESS = auto()
    DOMAIN = auto()
    MESSAGE = auto()
    SEND = auto()
    ATTACHMENT = auto()
    CERTIFICATE = auto()
    ISSUER = auto()
    TLS = auto()
    STARTTLS = auto()
    ENCRYPTION = auto()
    PLAIN = auto()
    RELAY = auto()
    STORAGE = auto()
    FULL = auto()
    LIMIT = auto()
    RATE = auto()
    MANY = auto()
    BIG = auto()
    SIZE = auto()
    EXPIRED = auto()
    WRONG = auto()
    VALID = auto()
    UNKNOWN = auto()
    FOUND = auto()
    REFUSED = auto()
    FAILED = auto()
    ALLOWED = auto()
    REQUIRED = auto()
    SUPPORTED = auto()
    DISABLED = auto()
    LOCKED = auto()
    TIMEOUT = auto()
    TEMPORARY = auto()
    LATER = auto()
    UNAVAILABLE = auto()
    SPAM = auto()
    LISTED = auto()
    TRUSTED = auto()
    VERIFIED = auto()
    MATCH = auto()
    OWN = auto()
    SYNTAX = auto()
    BROWSER = auto()
    TOKEN = auto()
    APP = auto()
    APPLICATION = auto()
    INTERRUPTED = auto()
    ATTEMPTS = auto()
    REACHED = auto()


_DENIED = {Concept.NOT, Concept.VALID}
"""What is not valid is wrong, whatever the language's word for it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Meaning:
    """Concepts a sentence must hold, one of each group, and those it must not."""

    wanted: tuple[frozenset[Concept], ...]
    unwanted: frozenset[Concept]

    def fits(self, said: frozenset[Concept]) -> bool:
        """Return whether a sentence with these concepts means this."""
        return not self.unwanted & said and all(group & said for group in self.wanted)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """A text as the rules see it: folded, and sentence by sentence the concepts in it."""

    folded: str
    sentences: tuple[tuple[str, frozenset[Concept]], ...]

    def find(self, meanings: tuple[Meaning, ...]) -> str | None:
        """Return the first sentence that has one of the meanings, None if none has."""
        for sentence, said in self.sentences:
            if any(meaning.fits(said) for meaning in meanings):
                return sentence
        return None


def read(text: str) -> Reading:
    """Return a text folded and with the concepts of its sentences."""
    folded = tuple(words.fold(sentence) for sentence in words.sentences(text))
    return Reading(folded=words.fold_text(text), sentences=tuple((one.strip(), concepts(one)) for one in folded))


def concepts(folded: str) -> frozenset[Concept]:
    """Return the concepts in a folded sentence."""
    stems = _stems()
    anywhere = stems.inner + stems.wide if words.is_wide(folded) else stems.inner
    said = {concept for stem, concept in anywhere if stem in folded}
    place = 0
    while (place := folded.find(" ", place) + 1) and place < len(folded):
        for head in (folded[place : place + _HEAD], folded[place : place + _HEAD - 1]):
            said.update(concept for stem, concept in stems.heads.get(head, ()) if folded.startswith(stem, place))
    if said >= _DENIED:
        said.add(Concept.WRONG)
    return frozenset(said)


@cache
def meanings(text: str) -> tuple[Meaning, ...]:
    """Return the meanings written as "login not supported/allowed !method; certificate expired"."""
    return tuple(_meaning(part.split()) for part in text.split(";") if part.strip())


def _meaning(parts: list[str]) -> Meaning:
    return Meaning(
        wanted=tuple(frozenset(Concept(name) for name in part.split("/")) for part in parts if part[0] != "!"),
        unwanted=frozenset(Concept(part[1:]) for part in parts if part[0] == "!"),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Stems:
    """Stems at the beginning of a word, by their first letters, those found anywhere, those of wide scripts."""

    heads: dict[str, tuple[tuple[str, Concept], ...]]
    inner: tuple[tuple[str, Concept], ...]
    wide: tuple[tuple[str, Concept], ...]


@cache
def _stems() -> _Stems:
    from profilegen.diagnosis.vocabulary import VOCABULARY

    heads: dict[str, list[tuple[str, Concept]]] = {}
    inner: list[tuple[str, Concept]] = []
    wide: list[tuple[str, Concept]] = []
    for concept, listed in VOCABULARY.items():
        for entry in listed.split():
            stem = words.stem(entry)
            if words.is_wide(stem):
                wide.append((stem, concept))
            elif entry.startswith("~"):
                inner.append((stem, concept))
            else:
                heads.setdefault(stem[:_HEAD], []).append((stem, concept))
    by_head = {head: tuple(found) for head, found in heads.items()}
    return _Stems(heads=by_head, inner=tuple(inner), wide=tuple(wide))
