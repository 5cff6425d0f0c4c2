"""What the operator works with beside the bundles: an index, a checklist, and the words on a printed sheet."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from profilegen.delivery.bundles import Bundle
from profilegen.delivery.guide_words import Languages, Words
from profilegen.errors import MachineProblem
from profilegen.mailing.brand import Brand


@dataclass(frozen=True, slots=True, kw_only=True)
class HandoutWords:
    """The words of one language, by section and key of `templates/handout/words.toml`."""

    english: Mapping[str, Mapping[str, str]]
    words: Words

    def say(self, section: str, key: str, **values: object) -> str:
        """Return one text with its braces filled."""
        return self.words.say(self.english[section][key]).format(**values)


@dataclass(slots=True, kw_only=True)  # reads each language once
class Handout:
    """The texts under `templates/handout`; `templates` is the folder above it."""

    templates: Path
    _languages: Languages = field(init=False)
    _english: Mapping[str, Mapping[str, str]] = field(init=False)

    def __post_init__(self) -> None:
        folder = self.templates / "handout"
        self._languages = Languages(folder / "locale")
        try:
            self._english = tomllib.loads((folder / "words.toml").read_text("utf-8"))
        except (OSError, ValueError) as exc:
            raise _broken(folder / "words.toml", exc) from exc

    def words(self, *languages: str) -> HandoutWords:
        """Return the words of the first of these languages there is, else English."""
        return HandoutWords(english=self._english, words=self._languages.best(*languages))

    def index(self, brand: Brand, bundles: tuple[Bundle, ...], pages: Mapping[str, str], host: str | None) -> bytes:
        """Return the HTML list of all bundles; `pages` holds the URL of the page by the bundle's key."""
        return self._rendered("index.html.j2", brand, bundles=bundles, pages=pages, host=host).encode()

    def checklist(self, brand: Brand, bundles: tuple[Bundle, ...]) -> tuple[bytes, bytes]:
        """Return the AirDrop checklist as HTML and as plain text."""
        page = self._rendered("checklist.html.j2", brand, bundles=bundles)
        text = self._rendered("checklist.txt.j2", brand, bundles=bundles)
        return page.encode(), text.encode()

    def _rendered(self, name: str, brand: Brand, **values: Any) -> str:
        from jinja2 import Environment, FileSystemLoader, StrictUndefined, TemplateError

        world = Environment(
            undefined=StrictUndefined,
            autoescape=".html" in name,  # noqa: S701 - the other one is plain text
            loader=FileSystemLoader(self.templates / "handout"),
            trim_blocks=True,
            lstrip_blocks=True,
        )
        words = self.words(brand.language)
        try:
            return world.get_template(name).render(
                say=words.say, lang=words.words.tag, direction=words.words.direction, brand=brand, **values
            )
        except (OSError, UnicodeDecodeError, TemplateError) as exc:
            raise _broken(self.templates / "handout" / name, exc) from exc


def _broken(path: Path, why: Exception) -> MachineProblem:
    return MachineProblem(f"{path} cannot be read: {why}.", hint="Install profilegen again.", code="resources")
