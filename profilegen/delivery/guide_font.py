"""The letters pages are printed in: which there are, and how wide they are."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fpdf import FPDF
    from fpdf.fonts import TTFFont

FONT = "open sans"


class PrintFont:
    """Open Sans, regular and bold: read once, to lay out any number of documents."""

    def __init__(self) -> None:
        from fpdf import FPDF

        document = FPDF()
        embed(document)
        self._regular, self._bold = _widths(document, FONT), _widths(document, f"{FONT}B")
        self.letters = self._regular.keys() & self._bold.keys()
        """What can be printed."""

    def width(self, text: str, bold: bool) -> float:  # noqa: FBT001 - a style, no switch
        """Return the width in points at size 1 of a text whose letters can be printed."""
        widths = self._bold if bold else self._regular
        return sum(widths[char] for char in text)


def embed(document: "FPDF") -> None:
    """Make FONT known to a document; it will hold the letters it shows."""
    import ttf_opensans

    document.add_font(FONT, "", ttf_opensans.OPENSANS_REGULAR.path)
    document.add_font(FONT, "B", ttf_opensans.OPENSANS_BOLD.path)
    for name in (FONT, f"{FONT}B"):
        # letters are embedded as they are: their bounds are right, and to compute them anew is half the work
        _loaded(document, name).ttfont.recalcBBoxes = False


def _widths(document: "FPDF", name: str) -> dict[str, float]:
    font = _loaded(document, name)
    font.ttfont.close()
    return {chr(code): font.cw[code] / 1000 for code in font.cmap}


def _loaded(document: "FPDF", name: str) -> "TTFFont":
    from fpdf.fonts import TTFFont

    font = document.fonts[name]
    assert isinstance(font, TTFFont)  # noqa: S101 - it was added from a file
    return font
