"""One page in one language: every sentence that is said, still free of any format."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from profilegen.delivery.guide_devices import Devices
from profilegen.delivery.guide_facts import Medium, Situation, facts_of, values_of
from profilegen.delivery.guide_pages import Fact, Pages, Sentences, Step
from profilegen.delivery.guide_text import Phrase, Run, clean, fill, link, name
from profilegen.delivery.guide_words import Words
from profilegen.errors import MachineProblem
from profilegen.mailing.guide import Occasion
from profilegen.profile.types import Platform


@dataclass(frozen=True, slots=True, kw_only=True)
class Fold:
    """What concerns few people: the title they know themselves by, and what lies under it."""

    title: Phrase
    text: Phrase


@dataclass(frozen=True, slots=True, kw_only=True)
class GuideStep:
    """One thing to do; `text` is empty where everything is under a fold."""

    text: Phrase
    fold: Fold | None

    def whole(self) -> Phrase:
        """Return everything in order, for what cannot fold."""
        return self.text if self.fold is None else spaced(self.text, self.fold.title, self.fold.text)


@dataclass(frozen=True, slots=True, kw_only=True)
class Genuine:
    """
    What Settings must show: (label, value) pairs between two sentences; `lines` are the same, one phrase each.

    `folded`: on this page a step names what counts most, so that the list may lie under its title.
    """

    title: str
    lead: Phrase
    rows: tuple[tuple[str, Phrase], ...]
    lines: tuple[Phrase, ...]
    otherwise: Phrase
    folded: bool


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
    """Whom to ask; `links` are the phone and the address, as far as they and the hours are known."""

    title: str
    name: Phrase
    links: tuple[Phrase, ...]
    hours: Phrase

    @property
    def lines(self) -> tuple[Phrase, ...]:
        """What stands below the name: the phone, the address, the hours."""
        return (*self.links, self.hours) if self.hours else self.links


@dataclass(frozen=True, slots=True, kw_only=True)
class Guide:
    """
    The page; `tag` and `direction` are those of its language.

    `note` explains a letter that cannot be printed, `in_english` a page that is not in the person's language.
    """

    tag: str
    direction: str
    brand: str
    person: str | None
    subject: str
    title: Phrase
    greeting: Phrase
    lead: Phrase
    steps: tuple[GuideStep, ...]
    genuine: Genuine | None
    proof: Proof | None
    support: Support
    note: str
    in_english: str

    def phrases(self) -> Iterator[Phrase]:
        """Yield every phrase of the page."""
        yield from (self.title, self.greeting, self.lead, *(step.whole() for step in self.steps))
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
    steps = tuple(scribe.step(step, facts) for step in page.steps)
    return Guide(
        tag=here.words.tag,
        direction=here.words.direction,
        brand=clean(here.order.brand.name),
        person=clean(here.order.person) if here.order.person else None,
        subject=clean("".join(run.text for run in scribe.write(page.subject))),
        title=scribe.write(page.title),
        greeting=scribe.greeting(),
        lead=scribe.said(page.lead, facts),
        steps=tuple(step for step in steps if step.whole()),
        genuine=scribe.genuine() if Fact.COMPARE in facts and here.order.occasion.names_signer else None,
        proof=scribe.proof(),
        support=scribe.support(),
        note=scribe.words.say(pages.common["not_printable"]),
        in_english=scribe.words.say(pages.common["not_in_language"]),
    )


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

    def said(self, sentences: Sentences, facts: frozenset[Fact]) -> Phrase:
        return spaced(*(self.write(sentence.text) for sentence in sentences if sentence.holds(facts)))

    def step(self, step: Step, facts: frozenset[Fact]) -> GuideStep:
        title, text = self.said(step.fold, facts), self.said(step.folded, facts)
        return GuideStep(text=self.said(step.said, facts), fold=Fold(title=title, text=text) if text else None)

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
            folded=order.occasion is not Occasion.NOT_VERIFIED,
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
        links = (
            link(brand.support_phone, f"tel:{_dialled(brand.support_phone)}") if brand.support_phone else None,
            link(brand.support_email.display, f"mailto:{brand.support_email}") if brand.support_email else None,
        )
        return Support(
            title=self._label("support_title"),
            name=name(brand.name),
            links=tuple(line for line in links if line is not None),
            hours=name(brand.support_hours) if brand.support_hours else (),
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


def spaced(*phrases: Phrase) -> Phrase:
    """Return phrases as one, a space between them; empty ones are left out."""
    said = [phrase for phrase in phrases if phrase]
    gap = (Run(text=" "),)
    return tuple(run for number, phrase in enumerate(said) for run in ((*gap, *phrase) if number else phrase))


def _dialled(phone: str) -> str:
    return "".join(char for char in phone if char.isdecimal() or char == "+")
