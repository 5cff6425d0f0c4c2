"""The person's instructions: one order in, one page out, as HTML, as a message, as plain text."""

import base64
import re
import textwrap
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from profilegen.delivery.guide_devices import Devices, read_devices
from profilegen.delivery.guide_facts import Medium, Situation
from profilegen.delivery.guide_font import PrintFont
from profilegen.delivery.guide_page import Guide, compose
from profilegen.delivery.guide_pages import Pages, read_pages
from profilegen.delivery.guide_text import Phrase, plain
from profilegen.delivery.guide_words import Languages
from profilegen.errors import MachineProblem
from profilegen.mailing.brand import Logo
from profilegen.mailing.guide import GuideOrder

if TYPE_CHECKING:
    from jinja2 import Environment

_BREAKS = re.compile(r"(?<=[@._/=&-])(?=[^@._/=&-])")
_ONE_LINE = 24  # letters that fit beside a number on 320 pixels
_WIDTH = 72  # columns; what RFC 5322 section 2.1.1 advises, with room for quoting


class GuideWriter:
    """
    Writes what people are told; made once with the `templates` folder and used for many orders.

    Every method raises MachineProblem if a file below it is missing or broken, and UsageProblem `unknown_device`.
    """

    def __init__(self, templates: Path) -> None:
        self._templates = templates
        self._languages = Languages(templates / "locale")

    def html(self, order: GuideOrder) -> str:
        """Return one self-contained page for a browser: no script, nothing loaded from anywhere."""
        logo = order.brand.logo
        return self._render("page.html.j2", {"guide": self.guide(order, Medium.PAGE), "logo": _data_url(logo)})

    def mail_html(self, order: GuideOrder, *, logo_cid: str | None = None) -> str:
        """
        Return the HTML part of a message: inline styles only.

        `logo_cid` is the Content-ID, without angle brackets, of the logo in the same message (RFC 2392).
        """
        logo = f"cid:{logo_cid}" if logo_cid else None
        return self._render("mail.html.j2", {"guide": self.guide(order, Medium.MAIL), "logo": logo})

    def text(self, order: GuideOrder) -> str:
        """Return the plain part of a message, wrapped at 72 columns, "\\n" at the end of every line."""
        return _PlainPage(guide=self.guide(order, Medium.PLAIN_MAIL)).written()

    def subject(self, order: GuideOrder) -> str:
        """Return the subject of the message: one line."""
        return self.guide(order, Medium.MAIL).subject

    def languages(self) -> tuple[str, ...]:
        """Return the tags of the languages there are, sorted: ("de", "en", "es", "fr")."""
        return self._languages.tags()

    def guide(self, order: GuideOrder, medium: Medium, *, language: str | None = None) -> Guide:
        """Return the page before it takes any format, in the order's language unless another one is named."""
        words = self._languages.best(language or order.language, order.brand.language)
        row = self._devices.row(order.platform, order.device)
        return compose(self._pages, self._devices, Situation(order=order, row=row, words=words, medium=medium))

    @cached_property
    def _devices(self) -> Devices:
        return read_devices(self._templates / "steps" / "devices.toml")

    @cached_property
    def _pages(self) -> Pages:
        return read_pages(self._templates / "guides" / "pages.toml")

    @cached_property
    def print_font(self) -> PrintFont:
        """What pages are printed in."""
        return PrintFont()

    @cached_property
    def _world(self) -> "Environment":
        from jinja2 import Environment, FileSystemLoader, StrictUndefined

        world = Environment(
            loader=FileSystemLoader(self._templates / "guides"),
            undefined=StrictUndefined,
            autoescape=True,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        world.filters["parts"] = _parts
        return world

    def _render(self, template: str, values: Mapping[str, object]) -> str:
        from jinja2 import TemplateError

        try:
            return self._world.get_template(template).render(values)
        except (TemplateError, OSError) as exc:
            raise MachineProblem(
                f"The template {self._templates / 'guides' / template} cannot be used: {exc}.",
                hint="Install profilegen again.",
                code="resources",
            ) from exc


def _parts(text: str) -> list[str]:
    """Cut what is too long for a small screen behind its signs: it may break there, and is copied without the break."""
    return _BREAKS.split(text) if len(text) > _ONE_LINE else [text]


def _data_url(logo: Logo | None) -> str | None:
    if logo is None:
        return None
    return f"data:{logo.media_type};base64,{base64.b64encode(logo.data).decode('ascii')}"


@dataclass(frozen=True, slots=True, kw_only=True)
class _PlainPage:
    """Lays a page out in columns."""

    guide: Guide

    def written(self) -> str:
        guide = self.guide
        blocks = [self._lines(guide.title), self._lines(guide.greeting), self._lines(guide.lead)]
        blocks += [self._lines(step.whole(), f"{number}. ") for number, step in enumerate(guide.steps, start=1)]
        blocks += [*self._genuine(), *self._proof(), self._support()]
        return "\n\n".join(blocks) + "\n"

    def _lines(self, phrase: Phrase, mark: str = "") -> str:
        return self._wrapped(plain(phrase, direction=self.guide.direction), mark)

    def _wrapped(self, text: str, mark: str = "") -> str:
        return textwrap.fill(
            text,
            width=_WIDTH,
            initial_indent=mark,
            subsequent_indent=" " * len(mark),
            break_long_words=False,
            break_on_hyphens=False,
        )

    def _genuine(self) -> list[str]:
        genuine = self.guide.genuine
        if genuine is None:
            return []
        rows = [self._lines(line, "  ") for line in genuine.lines]
        return ["\n".join((genuine.title, self._lines(genuine.lead), *rows, self._lines(genuine.otherwise)))]

    def _proof(self) -> list[str]:
        proof = self.guide.proof
        return ["\n".join((proof.title, self._lines(proof.lead), f"<{proof.href}>"))] if proof else []

    def _support(self) -> str:
        support = self.guide.support
        name, *lines = (self._lines(line) for line in (support.name, *support.lines))
        return "\n".join((f"{support.title} {name}", *lines))
