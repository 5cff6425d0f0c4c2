"""What is said on which occasion, read from `templates/guides/pages.toml`: sentences and the facts they depend on."""

import tomllib
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from profilegen.delivery.guide_text import names_in
from profilegen.errors import MachineProblem
from profilegen.mailing.guide import Occasion


class Fact(StrEnum):
    """What a sentence may depend on: the device, where the page is read, what came with it, what is known."""

    IOS = "ios"
    MACOS = "macos"
    WINDOW = "window"
    SHEET = "sheet"
    THEFT = "theft"
    MAIL = "mail"
    PAGE = "page"
    PAPER = "paper"
    FILE = "file"
    URL = "url"
    MAILBOX = "mailbox"
    APP = "app"
    APP_PAGE = "app-page"
    SIGN_IN = "sign-in"
    INSIDE = "inside"
    TYPED = "typed"
    COMPARE = "compare"
    TRUSTED = "trusted"
    UNTRUSTED = "untrusted"
    UNSIGNED = "unsigned"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sentence:
    """One English sentence, said when all facts of `when` hold and none of `unless`."""

    text: str
    when: frozenset[Fact]
    unless: frozenset[Fact]

    def holds(self, facts: Collection[Fact]) -> bool:
        """Return whether it is to be said."""
        return self.when.issubset(facts) and self.unless.isdisjoint(facts)


Sentences = tuple[Sentence, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """
    One thing to do: `said` at once; `fold` is the title under which `folded` lies, closed at first where that can be.

    What is folded concerns few people; that they are those, and what they must not do before, is in the title.
    """

    said: Sentences
    fold: Sentences = ()
    folded: Sentences = ()

    def sentences(self) -> Sentences:
        """Return all sentences, in the order of the file."""
        return (*self.said, *self.fold, *self.folded)


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """One occasion in English."""

    subject: str
    title: str
    lead: Sentences
    steps: tuple[Step, ...]

    def texts(self) -> Iterator[str]:
        """Yield every text, in the order of the file."""
        yield from (self.subject, self.title)
        yield from (sentence.text for sentence in self.sentences())

    def sentences(self) -> Iterator[Sentence]:
        """Yield the sentences of the lead and of all steps."""
        yield from self.lead
        for step in self.steps:
            yield from step.sentences()


@dataclass(frozen=True, slots=True, kw_only=True)
class Pages:
    """All occasions, and what they share."""

    common: Mapping[str, str]
    occasions: Mapping[Occasion, Page]

    def texts(self) -> Iterator[str]:
        """Yield every English text there is to translate; some come more than once."""
        yield from self.common.values()
        for page in self.occasions.values():
            yield from page.texts()


def read_pages(path: Path) -> Pages:
    """Read all occasions; raises MachineProblem if the file is missing, broken or names an unknown fact."""
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
        pages = Pages(
            common=document["common"], occasions={occasion: _page(document[occasion]) for occasion in Occasion}
        )
        for text in pages.texts():
            names_in(text)
        return pages
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as exc:
        raise MachineProblem(
            f"The pages in {path} cannot be read: {exc}.", hint="Install profilegen again.", code="resources"
        ) from exc


def _page(table: Mapping[str, object]) -> Page:
    steps = table["steps"]
    if not isinstance(steps, list):
        raise TypeError("steps must be a list")
    return Page(
        subject=str(table["subject"]),
        title=str(table["title"]),
        lead=_sentences(_rows(table["lead"]), "text"),
        steps=tuple(_step(step) for step in steps),
    )


def _step(value: object) -> Step:
    rows = _rows(value)
    first = next((number for number, row in enumerate(rows) if "fold" in row), len(rows))
    titles = [row for row in rows if "fold" in row]
    return Step(
        said=_sentences(rows[:first], "text"),
        fold=_sentences(titles, "fold"),
        folded=_sentences(rows[first + len(titles) :], "text"),
    )


def _rows(value: object) -> list[Mapping[str, str]]:
    if not isinstance(value, list):
        raise TypeError("a step must be a list of sentences")
    return value


def _sentences(rows: list[Mapping[str, str]], key: str) -> Sentences:
    return tuple(_sentence(row[key], row.get("when", "")) for row in rows)


def _sentence(text: str, when: str) -> Sentence:
    words = when.split()
    return Sentence(
        text=text,
        when=frozenset(Fact(word) for word in words if not word.startswith("!")),
        unless=frozenset(Fact(word[1:]) for word in words if word.startswith("!")),
    )
