"""The person's instructions on paper: one A4 page per person, with the letters it needs embedded."""

import unicodedata
from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from dataclasses import replace

from profilegen.delivery.guide_facts import Medium
from profilegen.delivery.guide_font import PrintFont, embed
from profilegen.delivery.guide_page import Fold, Guide, GuideStep
from profilegen.delivery.guide_pen import Paper, Sketch
from profilegen.delivery.guide_sheet import BOTTOM, Layout
from profilegen.delivery.guide_text import Kind, Phrase, Run, clean
from profilegen.delivery.guide_words import ENGLISH
from profilegen.delivery.guides import GuideWriter
from profilegen.errors import UsageProblem
from profilegen.mailing.brand import Logo
from profilegen.mailing.guide import GuideOrder

MISSING = "\ufffd"
_SIZES = (11.0, 10.5, 10.0, 9.5, 9.0, 8.5, 8.0, 7.0, 6.0)


def guide_pdf(orders: Sequence[GuideOrder], writer: GuideWriter) -> bytes:
    """
    Return a PDF with one A4 page per order.

    What the font lacks (docs/decisions/0010): a language is printed in English, a person is greeted without the name,
    any other letter becomes "\\ufffd"; the page says why. Raises UsageProblem without orders, and whatever
    `GuideWriter` raises.
    """
    if not orders:
        raise UsageProblem("There is nobody to print a page for.", hint="Name a person or a roster.")
    book = _Book(writer.print_font)
    for order in orders:
        person = unicodedata.normalize("NFC", clean(order.person or ""))
        shown = replace(order, person=person if book.has(person) and person else None)
        guide = writer.guide(shown, Medium.PAPER)
        if book.can_show(guide):
            book.add(guide, order.brand.logo)
        else:
            english = writer.guide(shown, Medium.PAPER, language=ENGLISH)
            book.add(english, order.brand.logo, english.in_english)
    return book.finished()


class _Book:
    """A document that grows by one page per person."""

    def __init__(self, font: PrintFont) -> None:
        from fpdf import FPDF

        self._font = font
        self._pdf = FPDF(format="A4")
        self._pdf.set_auto_page_break(False)
        embed(self._pdf)

    def has(self, text: str) -> bool:
        """Return whether the font has every letter of a text."""
        return self._font.letters >= set(text)

    def can_show(self, guide: Guide) -> bool:
        """Return whether the font has the words of the page, whatever it lacks of the names on it."""
        words = (run.text for phrase in guide.phrases() for run in phrase if run.kind in (Kind.WORDS, Kind.MENU))
        return self.has("".join((*words, *guide.labels())))

    def add(self, guide: Guide, logo: Logo | None, *notes: str) -> None:
        """Add one page, in the largest size in which everything fits; `notes` stand at its end."""
        shown = _Printable(self._font.letters).guide(guide)
        lost = (guide.note,) if shown != guide else ()
        self._pdf.add_page()
        self._fitting(shown, logo, (Run(text=" ".join((*notes, *lost))),)).inked(Paper(self._pdf))

    def finished(self) -> bytes:
        """Return the document."""
        return bytes(self._pdf.output())

    def _fitting(self, guide: Guide, logo: Logo | None, note: Phrase) -> Sketch:
        for size in _SIZES:
            sketch = Sketch()
            if Layout(sketch, self._font.width, size).draw(guide, logo, note) <= BOTTOM:
                break
        return sketch


class _Printable:
    """Puts a sign in place of every letter the font lacks."""

    def __init__(self, letters: AbstractSet[str]) -> None:
        self._letters = letters

    def guide(self, guide: Guide) -> Guide:
        """Return the same page, in letters that can be printed."""
        genuine = guide.genuine and replace(
            guide.genuine,
            lead=self.phrase(guide.genuine.lead),
            lines=tuple(self.phrase(line) for line in guide.genuine.lines),
            otherwise=self.phrase(guide.genuine.otherwise),
        )
        support = guide.support
        return replace(
            guide,
            brand=self.text(guide.brand),
            title=self.phrase(guide.title),
            greeting=self.phrase(guide.greeting),
            lead=self.phrase(guide.lead),
            steps=tuple(self.step(step) for step in guide.steps),
            genuine=genuine,
            proof=guide.proof and replace(guide.proof, lead=self.phrase(guide.proof.lead)),
            support=replace(
                support,
                name=self.phrase(support.name),
                links=tuple(self.phrase(line) for line in support.links),
                hours=self.phrase(support.hours),
            ),
        )

    def step(self, step: GuideStep) -> GuideStep:
        """Return the same step, in letters that can be printed."""
        fold = step.fold and Fold(title=self.phrase(step.fold.title), text=self.phrase(step.fold.text))
        return GuideStep(text=self.phrase(step.text), fold=fold)

    def phrase(self, phrase: Phrase) -> Phrase:
        """Return the same phrase, in letters that can be printed."""
        return tuple(replace(run, text=self.text(run.text)) for run in phrase)

    def text(self, text: str) -> str:
        """Return the same text, in letters that can be printed."""
        return "".join(char if char in self._letters else MISSING for char in text)
