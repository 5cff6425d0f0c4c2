"""QR codes on paper: one bar for neighbouring dark modules of a row."""

import itertools
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from profilegen.delivery.qr import QUIET_ZONE, Modules

if TYPE_CHECKING:
    from fpdf import FPDF

_OVERLAP = 0.02  # millimetres between the rows, so that no viewer shows hairlines there


def draw_code(pdf: "FPDF", modules: Modules, x: float, y: float, width: float) -> None:
    """Draw a code on the current page, in a square `width` millimetres wide that includes the quiet zone."""
    side = width / (len(modules) + 2 * QUIET_ZONE)
    pdf.set_fill_color(0)
    for number, row in enumerate(modules, start=QUIET_ZONE):
        for start, length in _runs(row):
            left = x + (start + QUIET_ZONE) * side
            pdf.rect(left, y + number * side, length * side, side + _OVERLAP, style="F")


def _runs(row: Sequence[bool]) -> Iterator[tuple[int, int]]:
    """Where dark stretches begin and how many modules they have."""
    at = 0
    for dark, group in itertools.groupby(row):
        length = len(list(group))
        if dark:
            yield at, length
        at += length
