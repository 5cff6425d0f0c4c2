"""How a page is laid out on A4, from the top down; lengths in millimetres, letters in points."""

from collections.abc import Sequence

from profilegen.delivery.guide_lines import Measure, break_lines
from profilegen.delivery.guide_page import Genuine, Guide, GuideStep, Proof, spaced
from profilegen.delivery.guide_pen import ACCENT, INK, ON_ACCENT, SOFT, TINT, Colour, Pen
from profilegen.delivery.guide_text import Kind, Phrase, Run
from profilegen.mailing.brand import Logo

MARGIN, WIDTH, BOTTOM = 20.0, 170.0, 283.0
_POINT = 25.4 / 72
_LEADING, _INDENT, _PAD, _CODE = 1.45, 10.0, 5.0, 34.0


class Layout:
    """Lays one page out with one pen in one size; `measure` gives widths in points at size 1."""

    def __init__(self, pen: Pen, measure: Measure, size: float) -> None:
        self._pen, self._measure, self._size = pen, measure, size
        self._y = MARGIN

    def draw(self, guide: Guide, logo: Logo | None, note: Phrase) -> float:
        """Lay everything out; returns how far down it reaches."""
        self._head(guide, logo)
        self._write(guide.title, factor=1.8, style="B", after=4.0)
        self._write(guide.greeting, after=1.0)
        self._write(guide.lead, after=5.0)
        for number, step in enumerate(guide.steps, start=1):
            self._step(number, _open(step))
        if guide.genuine:
            self._genuine(guide.genuine)
        if guide.proof:
            self._proof(guide.proof)
        support = guide.support
        self._write((*bold(support.title), Run(text=" "), *support.name), after=0.5)
        self._write(_spaced(support.lines), colour=SOFT, after=2.0)
        self._write(note, factor=0.85, colour=SOFT)
        return self._y

    def _head(self, guide: Guide, logo: Logo | None) -> None:
        if logo is not None:
            self._pen.logo(MARGIN, self._y, 12.0, logo)
            self._y += 15.0
        self._write(bold(guide.brand), colour=SOFT, after=3.0)

    def _step(self, number: int, step: Phrase) -> None:
        line = self._size * _POINT * _LEADING
        self._pen.disc(MARGIN, self._y - 0.4, 6.4, colour=TINT)
        digits = str(number)
        middle = MARGIN + 3.2 - self._measure(digits, True) * 10.0 * _POINT / 2  # noqa: FBT003 - bold, as drawn
        self._pen.text(middle, self._y + 4.1, digits, style="B", size=10.0, colour=ACCENT)
        self._y += max(0.0, (5.6 - line) / 2)
        self._write(step, left=_INDENT, after=3.4)

    def _genuine(self, genuine: Genuine) -> None:
        phrases = [bold(genuine.title), genuine.lead, *genuine.lines, genuine.otherwise]
        self._y += 2.0
        height = sum(self._height(phrase, WIDTH - 2 * _PAD) for phrase in phrases) + 2 * _PAD + 2.0
        self._pen.box(MARGIN, self._y, WIDTH, height, radius=3.0, colour=TINT)
        end, self._y = self._y + height, self._y + _PAD
        for phrase in phrases:
            self._write(phrase, left=_PAD, right=_PAD, after=1.0 if phrase is genuine.lead else 0.0)
        self._y = end + 5.0

    def _proof(self, proof: Proof) -> None:
        top, right = self._y, 0.0
        if proof.scanned:
            self._pen.code(MARGIN + WIDTH - _CODE, top, _CODE, proof.href)
            right = _CODE + 6.0
        self._write(bold(proof.title), right=right, after=0.5)
        self._write(proof.lead, right=right, after=2.5)
        self._button(proof, WIDTH - right)
        self._y = max(self._y, top + _CODE if proof.scanned else 0.0) + 5.0

    def _button(self, proof: Proof, width: float) -> None:
        self._pen.box(MARGIN, self._y, width, 11.0, radius=3.0, colour=ACCENT)
        wide = self._measure(proof.button, True) * self._size * _POINT  # noqa: FBT003 - bold, as drawn
        self._pen.text(
            MARGIN + (width - wide) / 2, self._y + 7.0, proof.button, style="B", size=self._size, colour=ON_ACCENT
        )
        self._pen.link(MARGIN, self._y, width, 11.0, proof.href)
        self._y += 11.0

    def _height(self, phrase: Phrase, width: float, factor: float = 1.0) -> float:
        size = self._size * factor
        return len(break_lines(phrase, width / (size * _POINT), self._measure)) * size * _POINT * _LEADING

    def _write(
        self,
        phrase: Phrase,
        *,
        left: float = 0.0,
        right: float = 0.0,
        factor: float = 1.0,
        style: str = "",
        colour: Colour = INK,
        after: float = 0.0,
    ) -> None:
        size = self._size * factor
        unit, leading = size * _POINT, size * _POINT * _LEADING * (0.85 if factor > 1 else 1.0)
        runs = bold("".join(run.text for run in phrase)) if style == "B" else phrase
        for line in break_lines(runs, (WIDTH - left - right) / unit, self._measure):
            x = MARGIN + left
            for piece in line:
                wide = self._measure(piece.text, piece.bold) * unit
                shade = ACCENT if piece.href else colour
                mark = "B" if piece.bold else ""
                self._pen.text(x, self._y + unit, piece.text, style=mark, size=size, colour=shade)
                if piece.href:
                    self._pen.link(x, self._y, wide, leading, piece.href)
                x += wide
            self._y += leading
        self._y += after


def _open(step: GuideStep) -> Phrase:
    """Return a step with what is folded on a screen: paper shows everything."""
    if step.fold is None:
        return step.text
    title = "".join(run.text for run in step.fold.title)
    return spaced(step.text, bold(title), step.fold.text)


def bold(text: str) -> Phrase:
    """Return words in bold."""
    return (Run(text=text, kind=Kind.MENU),)


def _spaced(phrases: Sequence[Phrase]) -> Phrase:
    gap = Run(text="  ·  ")
    return tuple(run for number, phrase in enumerate(phrases) for run in ((gap, *phrase) if number else phrase))
