"""
Repair: settle the settings, look, push in waves, look again. Kill it anywhere and run it again: it converges.

    repair = Repair(…)
    outcome = await repair.apply(order, progress)
"""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Protocol

from profilegen.fleet.drift import Action, State
from profilegen.fleet.evidence import Moment
from profilegen.fleet.tally import Tally
from profilegen.flow.fleet.due import PUSHED, UNDER_WAY, is_pending, is_to_push, was_pushed
from profilegen.flow.fleet.looking import Looker
from profilegen.flow.fleet.planning import Planner, Survey
from profilegen.flow.fleet.polling import Polls
from profilegen.flow.fleet.pushing import Pusher
from profilegen.flow.fleet.refusing import Refused, refused_in
from profilegen.flow.fleet.settlement import Settlement
from profilegen.flow.fleet.settling import INSTALLED, Settler
from profilegen.flow.fleet.values import Judged, RepairOrder
from profilegen.flow.gate import Gate
from profilegen.ports import Clock
from profilegen.ports.fleet import BATCH, FleetStore, HistoryKind, HistoryLine, SeatQuery

ENDED = frozenset({*INSTALLED, State.RETIRED})
"""States in which a push came to a good end."""

SHORTEST_REST = 0.05
"""Seconds."""

INTRODUCTION = timedelta(seconds=20)
"""How long devices we never heard of are waited for after they were woken."""

Progress = Callable[[str, int, int], None]
"""Called with what is being done, how many of it are through, and of how many."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """
    The end of a repair: how the seats stand now, and why it stopped before all of it was done, if it did.

    `pushed` counts commands that went out in this run, `refused` whose profile was not given out, and why.
    """

    plan: str
    tally: Tally
    pushed: int
    stopped: str | None = None
    refused: Refused = field(default_factory=Refused)


@dataclass(frozen=True, slots=True, kw_only=True)
class WaveEnd:
    """How the seats of a wave stand after it; `trouble` says why part of it was not done, where it was not."""

    states: Counter[State]
    pushed: int
    trouble: str | None = None


class Crew(Protocol):
    """Who looks and pushes: this very process, or workers on other machines."""

    async def look_around(self, order: RepairOrder, survey: Survey, progress: Progress) -> str | None:
        """Look at every seat of the order nothing is known of; returns why part of it was not done, None if it was."""
        ...

    async def wave(self, keys: Sequence[str], order: RepairOrder, survey: Survey, progress: Progress) -> WaveEnd:
        """Push what these seats still need, and wait for the answers as long as some may come."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Repair:
    """The engine, and the crew of one process; `moment` makes what every judgement of one round shares."""

    store: FleetStore
    planner: Planner
    settlement: Settlement
    gate: Gate
    looker: Looker
    pusher: Pusher
    settler: Settler
    clock: Clock
    moment: Callable[[datetime], Moment]

    async def apply(self, order: RepairOrder, progress: Progress, crew: Crew | None = None) -> Outcome:
        """
        Bring the seats of a query right, as far as their devices answer within the patience of the order.

        `crew` does the work, by default this process. Raises NotPossible `unverified` where servers are not proved
        freshly enough, `touches_more` before a server would touch more than was agreed; NetworkProblem where an MDM
        cannot be reached.
        """
        start = self.clock.now()
        survey = await self.prepare(order)
        await self.looker.refresh(sorted(self.looker.connectors) if order.query.mdm is None else [order.query.mdm])
        survey = await self.planner.with_templates(survey)
        crew = self if crew is None else crew
        pushed, stopped = 0, await crew.look_around(order, survey, progress)
        if stopped is None:
            keys, grouped, under_way = await self._to_push(order, survey)
            pushed, stopped = await self._waves(crew, keys, order, survey, progress)
            # a template reaches its whole group at once: waves would be a pretence; what an earlier run gave out is
            # waited for last, so that it keeps nobody else waiting
            for rest in (grouped, under_way):
                if stopped is None and rest:
                    end = await crew.wave(rest, order, survey, progress)
                    pushed, stopped = pushed + end.pushed, end.trouble
        tally = Tally()
        async for judged in self.planner.judged(order.query, survey, self.moment(order.proof_since)):
            tally.add(judged.seat, judged.judgement)
        refused = await refused_in(self.store, order.plan, since=start)
        return Outcome(plan=order.plan, tally=tally, pushed=pushed, stopped=stopped, refused=refused)

    async def prepare(self, order: RepairOrder) -> Survey:
        """Follow what moved at the providers as far as the order accepts it, and return how the domains stand."""
        survey = await self.planner.survey(order.acceptance)
        for plan in survey.domains:
            if plan.accepted:
                version = await self.settlement.settle(plan.domain, order.plan)
                moved = ", ".join(f"{change.field} {change.old} → {change.new}" for change in plan.domain.changes)
                await self._note(
                    order, HistoryKind.SETTINGS, moved or "first seen", f"{plan.domain.name} v{version.version}"
                )
        return await self.planner.survey(order.acceptance, order.allowed_because)

    async def survey(self, order: RepairOrder) -> Survey:
        """Return how the mail domains stand, and the templates; nothing new is followed."""
        return await self.planner.with_templates(await self.planner.survey(order.acceptance, order.allowed_because))

    async def step(
        self, keys: Sequence[str], order: RepairOrder, survey: Survey, polls: Polls | None = None
    ) -> tuple[Judged, ...]:
        """
        Take one batch of seats one step further and return how they stood before it.

        This is the whole of a worker's job: idempotent, and safe to run twice at once.
        """
        judged = await self.judge(keys, survey, order)
        await self.settler.settle(judged)
        await self.looker.look(judged, self.moment(order.proof_since), polls)
        return judged

    async def push(self, keys: Sequence[str], order: RepairOrder, survey: Survey) -> int:
        """Push the seats of a batch that still need it; returns how many commands went out."""
        judged = await self.judge(keys, survey, order)
        wanted = [each for each in judged if is_to_push(each, again=order.again)]
        self.refuse_unproved(wanted, survey)
        return await self.pusher.push(wanted, survey, order, self.moment(order.proof_since))

    async def judge(self, keys: Sequence[str], survey: Survey, order: RepairOrder) -> tuple[Judged, ...]:
        """Return how these seats stand now; nothing is changed."""
        query, moment = SeatQuery(keys=tuple(keys)), self.moment(order.proof_since)
        return tuple([each async for each in self.planner.judged(query, survey, moment)])

    async def look_around(self, order: RepairOrder, survey: Survey, progress: Progress) -> str | None:
        """Look at every seat nothing is known of, and wait for the answers as long as some still come."""
        total = await self.store.count(order.query)
        start = self.clock.now()
        strangers = passes = 0
        nudged, polls = set[str](), Polls()
        async for batch in self.batches(order, survey):
            strangers += await self.looker.introduce(batch)
        while True:
            open_looks = done = unknown = asked = 0
            polls.turn()
            async for batch in self.batches(order, survey):
                await self.settler.settle(batch)
                asked += await self.looker.look(batch, self.moment(order.proof_since), polls)
                await self.looker.nudge(batch, self.moment(order.proof_since), nudged)
                open_looks += sum(self._awaits_look(each, polls) for each in batch)
                unknown += sum(each.judgement.state is State.NOT_ENROLLED for each in batch)
                done += len(batch)
                progress("Looking", done - open_looks, total)
            waited = self.clock.now() - start
            expected = strangers > 0 and unknown > 0 and waited < INTRODUCTION
            if (open_looks == asked == 0 and not expected) or waited >= order.patience:
                return None
            await _rest(order, passes := passes + 1)

    async def wave(self, keys: Sequence[str], order: RepairOrder, survey: Survey, progress: Progress) -> WaveEnd:
        """Push what these seats still need, and wait for the answers as long as some may come."""
        pushed, due = 0, keys
        while True:
            sent = 0
            for part in range(0, len(due), BATCH):
                sent += await self.push(due[part : part + BATCH], order, survey)
            pushed, states = pushed + sent, await self.answers(keys, order, survey, progress)
            due, order = await self.deferred(keys, order, survey), replace(order, again=False)
            if sent == 0 or not due:
                return WaveEnd(states=states, pushed=pushed)

    async def deferred(self, keys: Sequence[str], order: RepairOrder, survey: Survey) -> list[str]:
        """Return the seats that had no push in this episode: their device was at another one's, which it is through."""
        left = list[str]()
        for part in range(0, len(keys), BATCH):
            judged = await self.judge(keys[part : part + BATCH], survey, order)
            left += [each.seat.key for each in judged if each.judgement.action in PUSHED and not was_pushed(each)]
        return left

    async def batches(self, order: RepairOrder, survey: Survey) -> AsyncIterator[tuple[Judged, ...]]:
        """Yield the seats of the order as they stand, in batches."""
        batch, moment = list[Judged](), self.moment(order.proof_since)
        async for judged in self.planner.judged(order.query, survey, moment):
            batch.append(judged)
            if len(batch) == BATCH:
                yield tuple(batch)
                batch = []
        yield tuple(batch)

    async def _to_push(self, order: RepairOrder, survey: Survey) -> tuple[list[str], list[str], list[str]]:
        """Return the keys of the seats to push, the most broken first; those a template brings it; those under way."""
        first, later, grouped, under_way = list[str](), list[str](), list[str](), list[str]()
        async for judged in self.planner.judged(order.query, survey, self.moment(order.proof_since)):
            if is_to_push(judged, again=order.again):
                own = later if judged.judgement.state is State.SIGNER_EXPIRING else first
                (own if survey.templates.of(judged.seat) is None else grouped).append(judged.seat.key)
            elif judged.judgement.state in UNDER_WAY:
                under_way.append(judged.seat.key)
        return first + later, grouped, under_way

    async def _waves(
        self, crew: Crew, keys: Sequence[str], order: RepairOrder, survey: Survey, progress: Progress
    ) -> tuple[int, str | None]:
        pushed = failed = ended = start = 0
        for number, size in enumerate(order.waves.sizes(len(keys))):
            wave = keys[start : start + size]
            start += size
            end = await crew.wave(wave, order, survey, progress)
            pushed += end.pushed
            failed += end.states[State.FAILED]
            ended += end.states[State.FAILED] + sum(end.states[state] for state in ENDED)
            if end.trouble is not None:
                return pushed, end.trouble
            if start < len(keys) and order.waves.must_stop(failed=failed, ended=ended, in_canary=number == 0):
                stopped = f"{failed} of {ended} failed; {len(keys) - start} were left as they are"
                await self._note(order, HistoryKind.PLAN, f"plan {order.plan}", f"stopped: {stopped}")
                return pushed, stopped
        return pushed, None

    async def answers(
        self, wave: Sequence[str], order: RepairOrder, survey: Survey, progress: Progress
    ) -> Counter[State]:
        """Wait until every one of these seats came to an end, or nothing more is to be expected in time."""
        until = self.clock.now() + order.patience
        passes, nudged, polls = 0, set[str](), Polls()
        while True:
            states, pending = Counter[State](), 0
            polls.turn()
            for part in range(0, len(wave), BATCH):
                judged = await self.step(wave[part : part + BATCH], order, survey, polls)
                await self.looker.nudge(judged, self.moment(order.proof_since), nudged)
                states.update(each.judgement.state for each in judged)
                pending += sum(is_pending(each) and not self.looker.has_said_all(each, polls) for each in judged)
            progress("Repairing", len(wave) - pending, len(wave))
            if pending == 0 or self.clock.now() >= until:
                return states
            await _rest(order, passes := passes + 1)

    def _awaits_look(self, each: Judged, polls: Polls) -> bool:
        """Return whether a device may still say something, and is worth waiting for."""
        look = each.view.sight.look
        asked = each.judgement.action is Action.LOOK and not self.looker.has_said_all(each, polls)
        waits = each.judgement.action is Action.WAIT and look is not None and look.state.is_open
        return (asked or waits or self.looker.is_described(each)) and each.judgement.state is not State.OFFLINE

    def refuse_unproved(self, judged: Sequence[Judged], survey: Survey) -> None:
        """Raise NotPossible `unverified` where the servers of a seat are not proved freshly enough."""
        domains = {plan.domain.name: plan for each in judged for plan in survey.of(each.seat)}
        self.gate.refuse(plan.admission for plan in domains.values() if plan.admission is not None)

    async def _note(self, order: RepairOrder, kind: HistoryKind, why: str, outcome: str) -> None:
        line = HistoryLine(at=self.clock.now(), actor=order.actor, kind=kind, why=why, outcome=outcome, plan=order.plan)
        await self.store.append((line,))


async def _rest(order: RepairOrder, passes: int) -> None:
    """Wait before looking again: shortly at first, because devices that are awake answer at once."""
    await asyncio.sleep(min(order.tick.total_seconds(), SHORTEST_REST * 2**passes))
