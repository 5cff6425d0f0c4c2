"""
Writes a language's catalogue anew: `python -m tests.delivery.guide_catalogue pt_BR`.

Every text comes in the order of the data files, with the translation it had; new texts stay empty, texts nobody says
any more are dropped.
"""

import sys
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po, write_po

from profilegen.delivery.guide_pages import read_pages
from profilegen.delivery.guide_words import MENU
from tests.delivery.guide_orders import DEVICES, TEMPLATES


def wanted() -> Iterator[tuple[str | None, str]]:
    """Every (context, English) there is to translate, in the order of the data files."""
    texts = read_pages(TEMPLATES / "guides" / "pages.toml").texts()
    ways = [*DEVICES.names.values(), *(way for row in DEVICES.rows for way in row.menus.values())]
    yield from dict.fromkeys((None, text) for text in texts)
    yield from dict.fromkeys((MENU, level) for way in ways for level in way)


HEADER = """{comment}
msgid ""
msgstr ""
"Language: {language}\\n"
"MIME-Version: 1.0\\n"
"Content-Type: text/plain; charset=utf-8\\n"
"Content-Transfer-Encoding: 8bit\\n"

"""


def renewed(old: Catalog, language: str) -> bytes:
    """The catalogue with exactly the texts that are wanted, without dates or names of people."""
    new = Catalog(locale=language, fuzzy=False)
    for context, text in wanted():
        known = old.get(text, context)
        comments = known.user_comments if known else ["source: ; checked "] if context == MENU else []
        new.add(text, known.string if known else "", context=context, user_comments=comments)
        if known and known.fuzzy:
            new[text].flags.add("fuzzy")
    written = BytesIO()
    write_po(written, new, width=0, omit_header=True)
    comment = old.header_comment or f"# Texts for people in {language}."
    return HEADER.format(comment=comment, language=language).encode() + written.getvalue()


def write(path: Path) -> None:
    """Write the catalogue at a path anew, or for the first time."""
    data = path.read_bytes() if path.exists() else b""
    path.write_bytes(renewed(read_po(BytesIO(data), locale=path.stem, abort_invalid=True), path.stem))


if __name__ == "__main__":
    write(TEMPLATES / "locale" / f"{sys.argv[1]}.po")
