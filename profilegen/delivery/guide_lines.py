"""Breaking phrases into lines by the widths of a font; lengths are in any one unit."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from profilegen.delivery.guide_text import Kind, Phrase

Measure = Callable[[str, bool], float]
"""The width of a text, bold or not."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """A stretch of one line in one style."""

    text: str
    bold: bool
    href: str | None


Line = tuple[Piece, ...]
_Word = list[Piece]


def break_lines(phrase: Phrase, width: float, measure: Measure) -> tuple[Line, ...]:
    """Return the lines of a phrase, none wider than `width`; a word that is too long alone is cut."""
    lines: list[list[Piece]] = [[]]
    used = 0.0
    for word in _words(phrase, width, measure):
        taken = sum(measure(piece.text, piece.bold) for piece in word)
        space = measure(" ", word[0].bold) if lines[-1] else 0.0
        if lines[-1] and used + space + taken > width:
            lines.append([])
            used = space = 0.0
        elif lines[-1]:
            _add(lines[-1], replace(word[0], text=" ") if _same(lines[-1][-1], word[0]) else _SPACE)
        for piece in word:
            _add(lines[-1], piece)
        used += space + taken
    return tuple(tuple(line) for line in lines)


_SPACE = Piece(text=" ", bold=False, href=None)


def _same(left: Piece, right: Piece) -> bool:
    return (left.bold, left.href) == (right.bold, right.href)


def _add(line: list[Piece], piece: Piece) -> None:
    if line and _same(line[-1], piece):
        line[-1] = replace(line[-1], text=line[-1].text + piece.text)
    else:
        line.append(piece)


def _words(phrase: Phrase, width: float, measure: Measure) -> Iterator[_Word]:
    word: _Word = []
    for run in phrase:
        bold, href = run.kind in (Kind.MENU, Kind.NAME), run.href
        for number, text in enumerate(run.text.split(" ")):
            if number and word:
                yield word
                word = []
            for part in _fitting(text, bold, width, measure):
                if sum(measure(piece.text, piece.bold) for piece in word) + measure(part, bold) > width:
                    yield word
                    word = []
                word.append(Piece(text=part, bold=bold, href=href))
    if word:
        yield word


def _fitting(text: str, bold: bool, width: float, measure: Measure) -> Iterator[str]:  # noqa: FBT001 - a style, no switch
    while text:
        end = len(text)
        while end > 1 and measure(text[:end], bold) > width:
            end -= 1
        yield text[:end]
        text = text[end:]
