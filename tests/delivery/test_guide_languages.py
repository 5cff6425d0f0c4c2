"""Languages are files: complete, and found by anybody's tag."""

import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po

from profilegen.delivery.guide_text import names_in
from profilegen.delivery.guide_words import MENU, Languages
from profilegen.delivery.guides import GuideWriter
from profilegen.errors import MachineProblem
from tests.delivery.guide_catalogue import renewed, wanted, write
from tests.delivery.guide_orders import ORDER, TEMPLATES

CATALOGUES = sorted((TEMPLATES / "locale").glob("*.po"))
HEADER = 'msgid ""\nmsgstr ""\n"Language: {}\\n"\n"Content-Type: text/plain; charset=utf-8\\n"\n\n'


def read(path: Path) -> Catalog:
    with path.open("rb") as file:
        return read_po(file, locale=path.stem, abort_invalid=True)


def test_there_are_four_languages() -> None:
    assert GuideWriter(TEMPLATES).languages() == ("de", "en", "es", "fr")


@pytest.mark.parametrize("path", CATALOGUES, ids=lambda path: path.stem)
def test_a_catalogue_has_every_text_and_no_other(path: Path) -> None:
    there = {(message.context, message.id) for message in read(path) if message.id}

    assert set(wanted()) - there == set()
    assert there - set(wanted()) == set()
    assert path.read_bytes() == renewed(read(path), path.stem)


@pytest.mark.parametrize("path", CATALOGUES, ids=lambda path: path.stem)
def test_every_text_is_translated_and_certain(path: Path) -> None:
    messages = [message for message in read(path) if message.id]

    assert [message.id for message in messages if message.fuzzy] == []
    assert [message.id for message in messages if not message.string] == []
    assert list(read(path).obsolete) == []


@pytest.mark.parametrize("path", CATALOGUES, ids=lambda path: path.stem)
def test_a_translation_names_the_same_values(path: Path) -> None:
    differing = [
        message.id
        for message in read(path)
        if message.id and names_in(str(message.id)) != names_in(str(message.string))
    ]

    assert differing == []


@pytest.mark.parametrize("path", CATALOGUES, ids=lambda path: path.stem)
def test_every_menu_says_where_it_was_read_and_when(path: Path) -> None:
    menus = [message for message in read(path) if message.context == MENU]

    assert menus
    for message in menus:
        assert any(line.startswith("source: ") and "; checked 20" in line for line in message.user_comments), message.id


@pytest.mark.parametrize(
    ("tag", "found"),
    [
        ("de", "de"), ("DE", "de"), ("de-AT", "de"), ("de_CH", "de"), ("de-Latn-AT-1996", "de"), ("fr-CA", "fr"),
        ("en-GB", "en"), ("nl", "es"), ("", "es"), ("../../etc/passwd", "es"), ("deutsch", "es"),
    ],
)  # fmt: skip
def test_a_language_is_found_by_its_tag_or_else_the_brands(tag: str, found: str) -> None:
    assert Languages(TEMPLATES / "locale").best(tag, "es").tag == found


def test_with_no_language_there_is_english() -> None:
    assert Languages(TEMPLATES / "locale").best("nl", "xx-YY").tag == "en"


def test_a_regions_own_catalogue_comes_before_the_languages(tmp_path: Path) -> None:
    (tmp_path / "pt.po").write_text(HEADER.format("pt"))
    (tmp_path / "pt_BR.po").write_text(HEADER.format("pt_BR"))
    languages = Languages(tmp_path)

    assert languages.tags() == ("en", "pt", "pt-BR")
    assert languages.best("pt-br").tag == "pt-BR"
    assert languages.best("pt-PT").tag == "pt"


@pytest.mark.parametrize("tag", ["de", "fr", "es"])
def test_the_menus_are_those_of_the_persons_language(tag: str) -> None:
    ways = {
        "de": "Einstellungen > Profil geladen",
        "fr": "Réglages > Profil téléchargé",
        "es": "Ajustes > Perfil descargado",
    }

    assert ways[tag] in " ".join(GuideWriter(TEMPLATES).text(replace(ORDER, language=tag)).split())


def strange_templates(folder: Path, stem: str, entries: str) -> GuideWriter:
    shutil.copytree(TEMPLATES, folder / "templates")
    (folder / "templates" / "locale" / f"{stem}.po").write_text(HEADER.format(stem) + entries, encoding="utf-8")
    return GuideWriter(folder / "templates")


RIGHT_TO_LEFT = """
msgid "Hello {person},"
msgstr "שלום {person},"

msgctxt "menu"
msgid "Settings"
msgstr "הגדרות"
"""


def test_a_new_language_starts_as_a_file_with_every_text_empty(tmp_path: Path) -> None:
    write(tmp_path / "pt_BR.po")
    fresh = read(tmp_path / "pt_BR.po")

    assert {(message.context, message.id) for message in fresh if message.id} == set(wanted())
    assert not [message for message in fresh if message.id and message.string]
    assert Languages(tmp_path).best("pt-BR").say("Hello,") == "Hello,"


def test_a_right_to_left_language_is_one_more_file(tmp_path: Path) -> None:
    writer = strange_templates(tmp_path, "he", RIGHT_TO_LEFT)
    order = replace(ORDER, language="he-IL")

    assert "he" in writer.languages()
    assert "שלום \u2068Jane Doe\u2069," in writer.text(order)
    assert "\u2068הגדרות\u2069 > \u2068Profile Downloaded\u2069" in " ".join(writer.text(order).split())
    for html in (writer.html(order), writer.mail_html(order)):
        assert '<html lang="he" dir="rtl">' in html
        assert "<bdi>הגדרות</bdi>" in html


def test_what_a_catalogue_lacks_is_said_in_english(tmp_path: Path) -> None:
    text = strange_templates(tmp_path, "nl", 'msgid "Hello {person},"\nmsgstr "Hallo {person},"\n').text(
        replace(ORDER, language="nl")
    )

    assert "Hallo Jane Doe," in text
    assert "Type the password" in text


def test_what_is_not_certain_is_not_said(tmp_path: Path) -> None:
    writer = strange_templates(tmp_path, "nl", '#, fuzzy\nmsgid "Hello {person},"\nmsgstr "Tot ziens {person},"\n')

    assert "Hello Jane Doe," in writer.text(replace(ORDER, language="nl"))


@pytest.mark.parametrize(
    "entries",
    ['msgid "Hello {person},"\nmsgstr "Hallo {naam},"\n', 'msgid "Hello {person},"\nmsgstr "Hallo {",\n', "msgid"],
)
def test_a_broken_catalogue_is_named(tmp_path: Path, entries: str) -> None:
    writer = strange_templates(tmp_path, "nl", entries)

    with pytest.raises(MachineProblem) as broken:
        writer.text(replace(ORDER, language="nl"))

    assert broken.value.code == "resources"
    assert "nl" in broken.value.message


def test_a_catalogue_for_a_language_that_does_not_exist_is_named(tmp_path: Path) -> None:
    (tmp_path / "qqq_nowhere.po").write_text(HEADER.format("qqq"))

    with pytest.raises(MachineProblem, match="qqq_nowhere"):
        Languages(tmp_path).best("qqq-nowhere")
