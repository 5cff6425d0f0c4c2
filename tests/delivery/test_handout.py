"""The words on what the operator hands out."""

import string
import tomllib

import pytest
from babel.messages.pofile import read_po

from profilegen.delivery.handout import Handout
from tests.delivery.people import TEMPLATES

FOLDER = TEMPLATES / "handout"
ENGLISH = [text for section in tomllib.loads((FOLDER / "words.toml").read_text()).values() for text in section.values()]


@pytest.mark.parametrize("language", ["de", "es", "fr"])
def test_every_text_is_translated_and_keeps_its_blanks(language: str) -> None:
    with (FOLDER / "locale" / f"{language}.po").open("rb") as file:
        catalogue = {message.id: message.string for message in read_po(file) if message.id}
    assert set(catalogue) == set(ENGLISH)
    for english, translated in catalogue.items():
        assert isinstance(english, str)
        assert isinstance(translated, str)
        assert translated
        assert _blanks(english) == _blanks(translated), english


def test_an_unknown_language_is_answered_in_the_next_one() -> None:
    handout = Handout(templates=TEMPLATES)
    assert handout.words("xx", "de").say("sheet", "help", contact="0") == "Hilfe: 0"
    assert handout.words("xx").say("sheet", "help", contact="0") == "Help: 0"
    assert handout.words("pt-BR", "es-MX").say("sheet", "help", contact="0") == "Ayuda: 0"


def _blanks(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}
