"""Planning: every seat judged as it is read, nothing changed, nothing remembered beyond the counts."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from typing import Protocol

from profilegen.diagnosis.evidence import EndpointPair
from profilegen.errors import ProfilegenError
from profilegen.fleet.drift import Action, Judgement, State, judge
from profilegen.fleet.evidence import Moment
from profilegen.fleet.installed import find_installed
from profilegen.fleet.seat import Seat
from profilegen.fleet.seen import MailOnDevice
from profilegen.fleet.tally import Tally
from profilegen.flow.fleet.settlement import Acceptance, Domain, Settlement
from profilegen.flow.fleet.tailor import Pattern, Patterns, Tailor, expected_of, lacks_pattern
from profilegen.flow.fleet.templating import TemplateBook, Templating
from profilegen.flow.fleet.values import Judged
from profilegen.flow.gate import Admission, Gate
from profilegen.ports import Clock
from profilegen.ports.fleet import FleetStore, SeatQuery, SeatView, SettingsVersion
from profilegen.settings.document import SettingsDocument


@dataclass(frozen=True, slots=True, kw_only=True)
class DomainPlan:
    """What a plan does about one mail domain; `pattern` None: nothing can be built for it, `problem` says why."""

    domain: Domain
    pattern: Pattern | None
    accepted: bool
    admission: Admission | None
    problem: ProfilegenError | None = None

    @property
    def moves(self) -> bool:
        """True if all its profiles change because the provider moved something that is followed."""
        return self.accepted and self.domain.followed is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class Survey:
    """
    Every mail domain of the fleet; `patterns` holds the settings of those that have any.

    `templates` are those of servers that take nothing else, once they were planned.
    """

    domains: tuple[DomainPlan, ...]
    patterns: Patterns
    templates: TemplateBook = field(default_factory=TemplateBook)

    def of(self, seat: Seat) -> tuple[DomainPlan, ...]:
        """Return the domains of a seat's mailboxes."""
        names = {mailbox.address.domain for mailbox in seat.mailboxes}
        return tuple(domain for domain in self.domains if domain.domain.name in names)


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """
    The difference between wanted and seen, counted.

    `id` names it in the history and for a rollback; `survey` says what moved at the providers and which of it is
    followed.
    """

    id: str
    survey: Survey
    tally: Tally

    @property
    def is_empty(self) -> bool:
        """True if every seat is right and no provider moved anything that is followed."""
        return self.tally.wrong == 0 and not any(domain.moves for domain in self.survey.domains)


class SecondCounter(Protocol):
    """Counts a part of the fleet at the same time, in a process of its own."""

    async def tally(self, query: SeatQuery, survey: Survey, moment: Moment) -> Tally | None:
        """Return what the seats of a query come to, None if there is no second process to be had."""
        ...


WORTH_TWO = 50_000
"""Seats from which on a second process is worth its start."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Planner:
    """
    Judges the fleet as it stands; reads the memory and the providers, and asks no device.

    `second` counts half of a fleet of `worth_two` seats or more.
    """

    store: FleetStore
    settlement: Settlement
    tailor: Tailor
    gate: Gate
    clock: Clock
    templating: Templating
    second: SecondCounter | None = None
    worth_two: int = WORTH_TWO

    async def with_templates(self, survey: Survey) -> Survey:
        """Return a survey with the templates for all seats that are known by now."""
        return replace(survey, templates=await self.templating.book(survey.patterns))

    async def survey(self, acceptance: Acceptance, allowed_because: str | None = None) -> Survey:
        """
        Return every mail domain with the settings its seats are judged by, and whether they are proved.

        A reason that was needed because they are not is recorded.
        """
        found = [domain async for domain in self.settlement.survey()]
        domains = tuple([await self._domain_plan(domain, acceptance, allowed_because) for domain in found])
        patterns = {domain.domain.name: domain.pattern for domain in domains if domain.pattern is not None}
        return Survey(domains=domains, patterns=patterns)

    async def plan(self, plan_id: str, query: SeatQuery, acceptance: Acceptance, moment: Moment) -> Plan:
        """Return the plan for the seats of a query."""
        survey = await self.with_templates(await self.survey(acceptance))
        return Plan(id=plan_id, survey=survey, tally=await self.counted(query, survey, moment))

    async def counted(self, query: SeatQuery, survey: Survey, moment: Moment) -> Tally:
        """Return what the seats of a query come to, counted by two processes where they are many."""
        cut = await self._cut(query, survey)
        if self.second is None or cut is None:
            return await self.tally(query, survey, moment)
        above = replace(query, after=cut)
        counting = asyncio.ensure_future(self.second.tally(above, survey, moment))
        try:
            tally = await self.tally(replace(query, up_to=cut), survey, moment)
            upper = await counting
        finally:
            counting.cancel()
            await asyncio.gather(counting, return_exceptions=True)
        tally.merge(await self.tally(above, survey, moment) if upper is None else upper)
        return tally

    async def tally(self, query: SeatQuery, survey: Survey, moment: Moment) -> Tally:
        """Return what the seats of a query come to, counted by this process."""
        tally = Tally()
        async for judged in self.judged(query, survey, moment):
            tally.add(judged.seat, judged.judgement)
        return tally

    async def _cut(self, query: SeatQuery, survey: Survey) -> str | None:
        """Return the key that halves the seats of a query, None if they are counted in one go."""
        if self.second is None or query.who or query.keys or survey.templates.served or survey.templates.refused:
            return None  # a book of templates names every seat: too much to hand over
        seats = await self.store.count(query)
        return await self.store.key_at(query, seats // 2) if seats >= self.worth_two else None

    async def judged(self, query: SeatQuery, survey: Survey, moment: Moment) -> AsyncIterator[Judged]:
        """Yield every seat of a query as it stands, by key."""
        async for batch in self.store.seats(query):
            for view in batch:
                yield await self.judge_one(view, survey, moment)

    async def judge_one(self, view: SeatView, survey: Survey, moment: Moment) -> Judged:
        """Return how one seat stands; its profile is built only where nothing else can tell."""
        if (unknown := lacks_pattern(view.seat, survey.patterns)) is not None:
            return Judged(view=view, judgement=_without_settings(view, unknown, survey, moment))
        seat = survey.templates.dressed(self.tailor.up_to_date(view.seat, survey.patterns), survey.patterns)
        if seat.wanted is None and _must_build(seat, view, moment) and not any(plan.moves for plan in survey.of(seat)):
            draft = await self.tailor.draft(seat, survey.patterns)
            seat = replace(seat, wanted=self.tailor.wanted(seat, survey.patterns, draft))
        expected = await self._expected(seat, view, survey)
        judgement = survey.templates.allows(seat, judge(seat, view.sight, moment, expected))
        view = view if seat is view.seat else SeatView(seat=seat, sight=view.sight)
        return Judged(view=view, judgement=judgement)

    async def _expected(self, seat: Seat, view: SeatView, survey: Survey) -> tuple[MailOnDevice, ...]:
        """Return what the device should say of its accounts; nothing is made for those that say nothing of them."""
        inventory = view.sight.inventory
        if seat.retired or inventory is None or inventory.mail is None or not _must_compare(seat, view):
            return ()
        return expected_of(seat, await self.tailor.draft(seat, survey.patterns))

    async def _domain_plan(self, domain: Domain, acceptance: Acceptance, allowed_because: str | None) -> DomainPlan:
        accepted = acceptance.takes(domain)
        settings = domain.followed
        if accepted and domain.found is not None:
            settings = SettingsVersion(
                domain=domain.name,
                version=1 if settings is None else settings.version + 1,
                document=domain.found,
                known_since=self.clock.now(),
            )
        if settings is None:
            return DomainPlan(domain=domain, pattern=None, accepted=False, admission=None, problem=domain.problem)
        return DomainPlan(
            domain=domain,
            pattern=Pattern.of(settings),
            accepted=accepted,
            admission=await self.gate.admit(f"@{domain.name}", endpoints_of(settings), allowed_because=allowed_because),
            problem=domain.problem,
        )


def endpoints_of(settings: SettingsVersion) -> EndpointPair | None:
    """Return the servers all seats of a domain share, None where people sign in on the device."""
    return pair_of(settings.document)


def pair_of(document: SettingsDocument) -> EndpointPair | None:
    """Return the servers of a settings document, None where people sign in on the device."""
    if document.payload is not None or document.incoming is None or document.outgoing is None:
        return None
    return EndpointPair.of(document.address, incoming=document.incoming.found, outgoing=document.outgoing.found)


def _must_build(seat: Seat, view: SeatView, moment: Moment) -> bool:
    return _must_compare(seat, view) or _must_compare_command(seat, view, moment)


def _must_compare(seat: Seat, view: SeatView) -> bool:
    return view.sight.inventory is not None and find_installed(seat, view.sight.inventory) is not None


def _must_compare_command(seat: Seat, view: SeatView, moment: Moment) -> bool:
    """Return whether nothing but the newest command tells what a device has."""
    return (seat.mdm, seat.channel) in moment.blind and view.sight.command is not None and not seat.retired


def _without_settings(view: SeatView, domain: str, survey: Survey, moment: Moment) -> Judgement:
    """Judge a seat nothing can be built for: it may be looked at and removed, never installed."""
    judgement = judge(view.seat, view.sight, moment)
    if judgement.action is not Action.INSTALL:
        return judgement
    problem = next((plan.problem for plan in survey.domains if plan.domain.name == domain), None)
    why = problem.message if problem is not None else f"the settings of {domain} are not known"
    return Judgement(state=State.UNKNOWN, action=Action.PERSON, why=why)
