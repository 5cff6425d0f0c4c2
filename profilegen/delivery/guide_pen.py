"""What draws a page: a pen on paper, and one that notes what to draw, to see first how much room is needed."""

from collections.abc import Callable
from io import BytesIO
from typing import TYPE_CHECKING, Protocol

from profilegen.delivery.guide_font import FONT
from profilegen.delivery.qr import qr_modules
from profilegen.delivery.qr_paper import draw_code
from profilegen.mailing.brand import Logo

if TYPE_CHECKING:
    from fpdf import FPDF

Colour = tuple[int, int, int]
INK: Colour = (29, 29, 31)
SOFT: Colour = (86, 86, 91)
ACCENT: Colour = (0, 88, 176)
ON_ACCENT: Colour = (255, 255, 255)
TINT: Colour = (238, 244, 251)


class Pen(Protocol):
    """Draws on the current page; lengths in millimetres from the top left, letters in points."""

    def text(self, x: float, baseline: float, text: str, *, style: str, size: float, colour: Colour) -> None:
        """Write one piece of a line; `style` is "" or "B"."""
        ...

    def box(self, x: float, y: float, width: float, height: float, *, radius: float, colour: Colour) -> None:
        """Fill a rounded box."""
        ...

    def disc(self, x: float, y: float, width: float, *, colour: Colour) -> None:
        """Fill a circle."""
        ...

    def link(self, x: float, y: float, width: float, height: float, href: str) -> None:
        """Make an area a link."""
        ...

    def code(self, x: float, y: float, width: float, text: str) -> None:
        """Draw the QR code of a text, quiet zone included."""
        ...

    def logo(self, x: float, y: float, height: float, logo: Logo) -> None:
        """Draw a picture, as wide as it is in proportion."""
        ...


class Sketch:
    """Notes what is drawn, for another pen to draw."""

    def __init__(self) -> None:
        self._strokes: list[Callable[[Pen], None]] = []

    def inked(self, pen: Pen) -> None:
        """Draw everything with another pen."""
        for stroke in self._strokes:
            stroke(pen)

    def text(self, x: float, baseline: float, text: str, *, style: str, size: float, colour: Colour) -> None:
        """Note one piece of a line."""
        self._strokes.append(lambda pen: pen.text(x, baseline, text, style=style, size=size, colour=colour))

    def box(self, x: float, y: float, width: float, height: float, *, radius: float, colour: Colour) -> None:
        """Note a rounded box."""
        self._strokes.append(lambda pen: pen.box(x, y, width, height, radius=radius, colour=colour))

    def disc(self, x: float, y: float, width: float, *, colour: Colour) -> None:
        """Note a circle."""
        self._strokes.append(lambda pen: pen.disc(x, y, width, colour=colour))

    def link(self, x: float, y: float, width: float, height: float, href: str) -> None:
        """Note a link."""
        self._strokes.append(lambda pen: pen.link(x, y, width, height, href))

    def code(self, x: float, y: float, width: float, text: str) -> None:
        """Note a QR code."""
        self._strokes.append(lambda pen: pen.code(x, y, width, text))

    def logo(self, x: float, y: float, height: float, logo: Logo) -> None:
        """Note a picture."""
        self._strokes.append(lambda pen: pen.logo(x, y, height, logo))


class Paper:
    """Draws with fpdf2."""

    def __init__(self, pdf: "FPDF") -> None:
        self._pdf = pdf

    def text(self, x: float, baseline: float, text: str, *, style: str, size: float, colour: Colour) -> None:
        """Write one piece of a line."""
        self._pdf.set_font(FONT, "B" if style == "B" else "", size)
        self._pdf.set_text_color(*colour)
        self._pdf.text(x, baseline, text)

    def box(self, x: float, y: float, width: float, height: float, *, radius: float, colour: Colour) -> None:
        """Fill a rounded box."""
        self._pdf.set_fill_color(*colour)
        self._pdf.rect(x, y, width, height, style="F", round_corners=True, corner_radius=radius)

    def disc(self, x: float, y: float, width: float, *, colour: Colour) -> None:
        """Fill a circle."""
        self._pdf.set_fill_color(*colour)
        self._pdf.ellipse(x, y, width, width, style="F")

    def link(self, x: float, y: float, width: float, height: float, href: str) -> None:
        """Make an area a link."""
        self._pdf.link(x, y, width, height, href)

    def code(self, x: float, y: float, width: float, text: str) -> None:
        """Draw a QR code."""
        draw_code(self._pdf, qr_modules(text), x, y, width)

    def logo(self, x: float, y: float, height: float, logo: Logo) -> None:
        """Draw a picture; an SVG that fpdf2 cannot read is left out, as the name stands beside it."""
        try:
            self._pdf.image(BytesIO(logo.data), x=x, y=y, h=height)
        except Exception:  # noqa: BLE001 - fpdf2's readers have no error of their own, and a page without logo is a page
            return
