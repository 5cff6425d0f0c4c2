"""The languages people are told things in: a gettext catalogue each, `templates/locale/*.po`; English needs none."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from profilegen.errors import MachineProblem

ENGLISH = "en"
MENU = "menu"
"""The message context of a menu's names."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """
    One language: `tag` is its BCP 47 tag, `direction` "ltr" or "rtl".

    `messages` maps (context, English) to the translation; what it lacks is said in English.
    """

    tag: str
    direction: str
    messages: Mapping[tuple[str | None, str], str]

    def say(self, english: str, context: str | None = None) -> str:
        """Return the text in this language."""
        return self.messages.get((context, english), english)


class Languages:
    """The catalogues of one folder, each read when it is first asked for."""

    def __init__(self, folder: Path) -> None:
        self._files = {path.stem.replace("_", "-").lower(): path for path in sorted(folder.glob("*.po"))}
        self._read: dict[str, Words] = {}

    def tags(self) -> tuple[str, ...]:
        """Return the tags of all languages, sorted, such as ("de", "en", "pt-BR")."""
        return tuple(sorted({ENGLISH, *(path.stem.replace("_", "-") for path in self._files.values())}))

    def best(self, *wanted: str) -> Words:
        """
        Return the first wanted language there is, a region's own before the language's ("de-AT": de-at, then de).

        English if there is none of them (RFC 4647 section 3.4). Raises MachineProblem for a broken catalogue.
        """
        for tag in wanted:
            parts = tag.strip().replace("_", "-").lower().split("-")
            for length in range(len(parts), 0, -1):
                found = "-".join(parts[:length])
                if found in self._files or found == ENGLISH:
                    return self._words(found)
        return self._words(ENGLISH)

    def _words(self, tag: str) -> Words:
        if tag not in self._read:
            path = self._files.get(tag)
            self._read[tag] = _catalogue(path) if path else Words(tag=ENGLISH, direction="ltr", messages={})
        return self._read[tag]


def _catalogue(path: Path) -> Words:
    from babel import Locale, UnknownLocaleError
    from babel.messages.pofile import PoFileError, read_po

    try:
        locale = Locale.parse(path.stem)
        with path.open("rb") as file:
            catalogue = read_po(file, locale=locale, abort_invalid=True)
    except (OSError, ValueError, UnknownLocaleError, PoFileError) as exc:
        raise MachineProblem(
            f"The texts in {path} cannot be read: {exc}.",
            hint="Mend the catalogue, or install profilegen again.",
            code="resources",
        ) from exc
    messages = {
        (message.context, message.id): message.string
        for message in catalogue
        if isinstance(message.id, str) and isinstance(message.string, str) and message.string and not message.fuzzy
    }
    return Words(tag=path.stem.replace("_", "-"), direction=locale.text_direction, messages=messages)
