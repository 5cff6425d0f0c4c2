"""A PDF sheet of many people: cards to cut out, with name, account, QR code and a line on what to do."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from profilegen.delivery.bundles import Bundle
from profilegen.delivery.guide_text import clean
from profilegen.delivery.handout import Handout, HandoutWords
from profilegen.delivery.qr import QrCode, qr_code
from profilegen.delivery.qr_paper import draw_code
from profilegen.delivery.upload import Hosting
from profilegen.mailing.brand import Brand

if TYPE_CHECKING:
    from fpdf import FPDF

# millimetres on A4
_MARGIN, _HEAD, _COLUMNS, _ROWS = 10.0, 26.0, 2, 5
_CARD_WIDTH, _CARD_HEIGHT = (210.0 - 2 * _MARGIN) / _COLUMNS, (297.0 - _HEAD - _MARGIN - 6.0) / _ROWS
_PADDING, _CODE, _BOX = 4.0, 34.0, 3.2
_LEADING = 0.46  # millimetres of line height per point of type
_SMALLEST = 6.0
_ACCOUNTS = 2  # of more, all but the first are counted
_INK, _SOFT, _LINE = 29, 96, 190
_FONT = "OpenSans"
_MISSING = "\ufffd"


@dataclass(frozen=True, slots=True, kw_only=True)
class CardSheet:
    """Prints the cards of all bundles in the order given, in each person's own language."""

    handout: Handout
    brand: Brand

    def pdf(self, bundles: Sequence[Bundle], hosting: Hosting | None) -> bytes:
        """Return the document, ten cards a page; a card without a hosted page names the file instead of a code."""
        paper = _Paper(_document(), brand=self.brand, words=self.handout.words(self.brand.language))
        pages = [bundles[at : at + _COLUMNS * _ROWS] for at in range(0, len(bundles), _COLUMNS * _ROWS)]
        for number, people in enumerate(pages, start=1):
            paper.begin(number, len(pages))
            for place, bundle in enumerate(people):
                words = self.handout.words(bundle.language, self.brand.language)
                paper.card(place, bundle, words, _code(bundle, hosting))
        return paper.finished()


def _code(bundle: Bundle, hosting: Hosting | None) -> QrCode | None:
    return None if hosting is None or bundle.token is None else qr_code(hosting.page_url(bundle.token))


def _document() -> "FPDF":
    import ttf_opensans
    from fpdf import FPDF

    document = FPDF(format="A4")
    document.set_auto_page_break(False)
    document.set_margin(0)
    document.c_margin = 0
    document.add_font(_FONT, "", ttf_opensans.OPENSANS_REGULAR.path)
    document.add_font(_FONT, "B", ttf_opensans.OPENSANS_BOLD.path)
    return document


class _Paper:
    """Draws; everything is placed by its upper left corner."""

    def __init__(self, document: "FPDF", *, brand: Brand, words: HandoutWords) -> None:
        self._pdf, self._brand, self._words = document, brand, words
        font = document.fonts[_FONT.lower()]
        self._known = frozenset(getattr(font, "cmap", ()))

    def begin(self, number: int, count: int) -> None:
        """Begin a page with the organisation and what the sheet is."""
        self._pdf.add_page()
        wide = 210.0 - 2 * _MARGIN
        self._line(_MARGIN, 9.0, wide, self._brand.name, size=9, grey=_SOFT)
        self._line(_MARGIN, 13.5, wide, self._words.say("sheet", "title"), size=14, style="B")
        page = self._words.say("sheet", "page", page=number, pages=count)
        self._line(_MARGIN, 297.0 - 11.0, wide, page, size=8, grey=_SOFT)

    def card(self, place: int, bundle: Bundle, words: HandoutWords, code: QrCode | None) -> None:
        """Draw one card; `place` counts from the upper left, row by row."""
        row, column = divmod(place, _COLUMNS)
        left, top = _MARGIN + column * _CARD_WIDTH, _HEAD + row * _CARD_HEIGHT
        self._pdf.set_draw_color(_LINE)
        self._pdf.set_line_width(0.15)
        self._pdf.set_dash_pattern(dash=1, gap=1)
        self._pdf.rect(left, top, _CARD_WIDTH, _CARD_HEIGHT)
        self._pdf.set_dash_pattern()
        x, y, width = left + _PADDING, top + _PADDING, _CARD_WIDTH - 2 * _PADDING
        title = self._printable(bundle.title) or next(iter(bundle.accounts), bundle.label)
        y = self._line(x, y, width, title, size=11, style="B")
        if code is not None:
            right, bottom = left + _CARD_WIDTH - 2.0, top + _CARD_HEIGHT - 2.0
            draw_code(self._pdf, code.modules, right - _CODE, bottom - _CODE, _CODE)
            width -= _CODE
        y = self._accounts(x, y, width, [account for account in bundle.accounts if account != title])
        y = self._advice(x, y + 1.5, width, bundle, words, hosted=code is not None)
        self._support(x, y + 1.0, width, words)
        self._ticks(x, top + _CARD_HEIGHT - _PADDING - _BOX, words)

    def finished(self) -> bytes:
        """Return the document."""
        return bytes(self._pdf.output())

    def _accounts(self, x: float, y: float, width: float, accounts: Sequence[str]) -> float:
        shown = list(accounts)
        if len(shown) > _ACCOUNTS:
            shown[1:] = [f"+{len(shown) - 1}"]
        for account in shown:
            y = self._line(x, y, width, account, size=8.5)
        return y

    def _advice(self, x: float, y: float, width: float, bundle: Bundle, words: HandoutWords, *, hosted: bool) -> float:
        if not hosted:
            return self._block(x, y, width, words.say("sheet", "file", file=bundle.profile))
        y = self._block(x, y, width, words.say("sheet", "scan"))
        return self._block(x, y + 1.0, width, words.say("sheet", "private"))

    def _support(self, x: float, y: float, width: float, words: HandoutWords) -> None:
        parts = [str(part) for part in (self._brand.support_phone, self._brand.support_email) if part is not None]
        if parts:
            parts[0] = words.say("sheet", "help", contact=parts[0])
        for part in parts:
            y = self._line(x, y, width, part, size=8, grey=_SOFT)

    def _ticks(self, x: float, y: float, words: HandoutWords) -> None:
        self._pdf.set_draw_color(_SOFT)
        for key in ("installed", "sends"):
            self._pdf.rect(x, y, _BOX, _BOX)
            text = words.say("sheet", key)
            self._line(x + _BOX + 1.2, y - 0.4, 40.0, text, size=8)
            x += _BOX + 5.0 + self._pdf.get_string_width(text)

    def _line(
        self,
        x: float,
        y: float,
        width: float,
        text: str,
        *,
        size: float,
        style: Literal["", "B"] = "",
        grey: int = _INK,
    ) -> float:
        """Write one line, smaller or at last shortened where it is too long; return what is below."""
        pdf, text = self._pdf, self._replaced(text)
        pdf.set_font(_FONT, style, size)
        pdf.set_text_color(grey)
        wide = pdf.get_string_width(text)
        if wide > width:
            pdf.set_font(_FONT, style, max(_SMALLEST, size * width / wide))
            while len(text) > 1 and pdf.get_string_width(text) > width:
                text = text[:-2] + "…"
        height = size * _LEADING
        pdf.set_xy(x, y)
        pdf.cell(width, height, text)
        return y + height

    def _block(self, x: float, y: float, width: float, text: str, *, grey: int = _INK) -> float:
        """Write wrapped text; return what is below."""
        self._pdf.set_font(_FONT, "", 8)
        self._pdf.set_text_color(grey)
        self._pdf.set_xy(x, y)
        self._pdf.multi_cell(width, 8 * _LEADING, self._replaced(text), align="L", new_x="LEFT", new_y="NEXT")
        return float(self._pdf.get_y())

    def _printable(self, text: str) -> str | None:
        """The text if the font has all its letters."""
        return text if all(ord(char) in self._known for char in text) else None

    def _replaced(self, text: str) -> str:
        return "".join(char if ord(char) in self._known else _MISSING for char in clean(text))
