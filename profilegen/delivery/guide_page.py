"""One page in one language: every sentence that is said, still free of any format."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from profilegen.delivery.guide_devices import Devices
from profilegen.delivery.guide_facts import Medium, Situation, facts_of, values_of
from profilegen.delivery.guide_pages import Fact, Pages, Step
from profilegen.delivery.guide_text import Phrase, Run, clean, fill, link, name
from profilegen.delivery.guide_words import Words
from profilegen.errors import MachineProblem
from profilegen.profile.types import Platform


@dataclass(frozen=True, slots=True, kw_only=True)
class Genuine:
    """What Settings must show: (label, value) pairs between two sentences; `lines` are the same, one phrase each."""

    title: str
    lead: Phrase
    rows: tuple[tuple[str, Phrase], ...]
    lines: tuple[Phrase, ...]
    otherwise: Phrase


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """
    The button that proves the device sends; `href` is a `mailto:` URL.

    `scanned`: on paper, where the device has a camera that opens codes. A Mac has none, and a phone that scans its
    page would prove the wrong device.
    """

    title: str
    lead: Phrase
    button: str
    href: str
    scanned: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Support:
    """Whom to ask; `lines` are the phone, the address and the hours, as far as they are known."""

    title: str
    name: Phrase
    lines: tuple[Phrase, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Guide:
    """The page; `tag` and `direction` are those of its language."""

    tag: str
    direction: str
    brand: str
    subject: str
    title: Phrase
    greeting: Phrase
    lead: Phrase
    steps: tuple[Phrase, ...]
    genuine: Genuine | None
    proof: Proof | None
    support: Support
    note: str

    def phrases(self) -> Iterator[Phrase]:
        """Yield every phrase of the page."""
        yield from (self.title, self.greeting, self.lead, *self.steps)
        if self.genuine:
            yield from (self.genuine.lead, *self.genuine.lines, self.genuine.otherwise)
        if self.proof:
            yield self.proof.lead
        yield from (self.support.name, *self.support.lines)

    def labels(self) -> Iterator[str]:
        """Yield every text of the page that stands alone."""
        if self.genuine:
            yield from (self.genuine.title, *(label for label, _ in self.genuine.rows))
        if self.proof:
            yield from (self.proof.title, self.proof.button)
        yield from (self.support.title, self.note)


def compose(pages: Pages, devices: Devices, here: Situation) -> Guide:
    """Return the page for one order; raises MachineProblem for a text whose names in braces stand for nothing."""
    device = pages.common[here.row.platform]
    scribe = _Scribe(common=pages.common, words=here.words, values=values_of(here, devices, device=device), here=here)
    page, facts = pages.occasions[here.order.occasion], facts_of(here)
    steps = (scribe.step(step, facts) for step in page.steps)
    return Guide(
        tag=here.words.tag,
        direction=here.words.direction,
        brand=clean(here.order.brand.name),
        subject=clean("".join(run.text for run in scribe.write(page.subject))),
        title=scribe.write(page.title),
        greeting=scribe.greeting(),
        lead=scribe.step(page.lead, facts),
        steps=tuple(step for step in steps if step),
        genuine=scribe.genuine() if Fact.COMPARE in facts and _compares(page.steps, facts) else None,
        proof=scribe.proof(),
        support=scribe.support(),
        note=scribe.words.say(pages.common["not_printable"]),
    )


def _compares(steps: tuple[Step, ...], facts: frozenset[Fact]) -> bool:
    return any(Fact.COMPARE in sentence.when and sentence.holds(facts) for step in steps for sentence in step)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Scribe:
    """Writes in one language, with the values of one order."""

    common: Mapping[str, str]
    words: Words
    values: Mapping[str, Phrase]
    here: Situation

    def write(self, english: str, **more: Phrase) -> Phrase:
        text = self.words.say(english)
        try:
            return fill(text, {**self.values, **more})
        except ValueError as exc:
            raise MachineProblem(
                f"A text in the language {self.words.tag} cannot be used: {exc}.",
                hint="Mend its catalogue, or install profilegen again.",
                code="resources",
            ) from exc

    def step(self, step: Step, facts: frozenset[Fact]) -> Phrase:
        said = [self.write(sentence.text) for sentence in step if sentence.holds(facts)]
        return tuple(run for number, phrase in enumerate(said) for run in ((*_SPACE, *phrase) if number else phrase))

    def greeting(self) -> Phrase:
        if self.here.order.person is None:
            return self.write(self.common["greeting_nobody"])
        return self.write(self.common["greeting"], person=name(self.here.order.person))

    def genuine(self) -> Genuine:
        order = self.here.order
        values = (
            ("profile", name(order.profile_name) if order.profile_name else None),
            ("organization", name(order.organization or order.brand.name)),
            ("signer", self._signer()),
            ("revision", self._revision()),
        )
        rows = tuple((self._label(key), value) for key, value in values if value is not None)
        row = self.common["genuine_row"]
        return Genuine(
            title=self._label("genuine_title"),
            lead=self.write(self.common["genuine_lead"]),
            rows=rows,
            lines=tuple(self.write(row, label=(Run(text=label),), value=value) for label, value in rows),
            otherwise=self.write(self.common["genuine_else"]),
        )

    def proof(self) -> Proof | None:
        order, medium = self.here.order, self.here.medium
        if order.proof is None:
            return None
        platform = self.here.row.platform
        scanned = medium is Medium.PAPER and platform is Platform.IOS
        lead = "proof_paper" if scanned else "proof_text" if medium is Medium.PLAIN_MAIL else f"proof_{platform}"
        return Proof(
            title=self._label("proof_title"),
            lead=self.write(self.common[lead]),
            button=self._label("proof_button"),
            href=order.proof,
            scanned=scanned,
        )

    def support(self) -> Support:
        brand = self.here.order.brand
        lines = (
            link(brand.support_phone, f"tel:{_dialled(brand.support_phone)}") if brand.support_phone else None,
            link(brand.support_email.display, f"mailto:{brand.support_email}") if brand.support_email else None,
            name(brand.support_hours) if brand.support_hours else None,
        )
        return Support(
            title=self._label("support_title"),
            name=self.write(self.common["support_name"]),
            lines=tuple(line for line in lines if line is not None),
        )

    def _label(self, key: str) -> str:
        return "".join(run.text for run in self.write(self.common[key]))

    def _signer(self) -> Phrase | None:
        order = self.here.order
        if order.signer is None:
            return None
        key = "signer_trusted" if order.trusted else "signer_untrusted"
        return self.write(self.common[key], signer=name(order.signer))

    def _revision(self) -> Phrase | None:
        order = self.here.order
        return self.write(self.common["revision_value"], revision=name(order.revision)) if order.revision else None


_SPACE = fill(" ", {})


def _dialled(phone: str) -> str:
    return "".join(char for char in phone if char.isdecimal() or char == "+")
