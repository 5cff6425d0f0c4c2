"""The subject of the message that proves a device sends, in the person's language: the words on the button."""

from functools import cached_property
from pathlib import Path

from profilegen.delivery.guide_pages import read_pages
from profilegen.delivery.guide_words import Languages


class ProofWords:
    """Reads the `templates` folder once; raises MachineProblem if something there is missing or broken."""

    def __init__(self, templates: Path) -> None:
        self._templates = templates
        self._languages = Languages(templates / "locale")

    def subject(self, language: str) -> str:
        """Return the subject in a language (BCP 47), in English where there is none."""
        return self._languages.best(language).say(self._english)

    @cached_property
    def _english(self) -> str:
        return read_pages(self._templates / "guides" / "pages.toml").common["proof_button"]
