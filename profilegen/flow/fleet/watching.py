"""
Watching: for weeks, in bounded memory.

Webhooks only shorten the wait; every round asks again what is true. A server that cannot be reached is reported once,
tried again with growing pauses, and reported once more when it answers.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from profilegen.errors import ProfilegenError, WorldProblem
from profilegen.fleet.drift import State
from profilegen.fleet.tally import EXAMPLES, RIGHT
from profilegen.flow.fleet.instructing import InstructingCrew, Instructor
from profilegen.flow.fleet.planning import Survey
from profilegen.flow.fleet.repair import Outcome, Progress, Repair
from profilegen.flow.fleet.sending_evidence import SendingEvidence
from profilegen.flow.fleet.snapshots import keep_snapshot
from profilegen.flow.fleet.values import RepairOrder
from profilegen.ports import Clock
from profilegen.ports.fleet import BATCH, SeatQuery

LARGEST_PAUSE = timedelta(minutes=15)
MOST_WAITING = 10_000
"""Devices that may wait to be looked at; beyond that the next round finds them anyway."""


@dataclass(frozen=True, slots=True, kw_only=True)
class News:
    """One thing worth a message: more seats in a bad state than before, a server gone or back, or a sign of life."""

    at: datetime
    title: str
    text: str
    is_bad: bool


Notify = Callable[[News], Awaitable[None]]


@dataclass(slots=True)  # a queue
class Concerned:
    """The devices events spoke of since they were last looked at."""

    devices: dict[str, None] = field(default_factory=dict)
    pulse: asyncio.Event = field(default_factory=asyncio.Event)

    def add(self, names: Sequence[str]) -> None:
        """Remember devices, up to a bound."""
        for name in names:
            if len(self.devices) < MOST_WAITING:
                self.devices[name] = None
        if names:
            self.pulse.set()

    def take(self) -> tuple[str, ...]:
        """Return and forget up to one batch of them."""
        taken = tuple(self.devices)[:BATCH]
        for name in taken:
            del self.devices[name]
        if not self.devices:
            self.pulse.clear()
        return taken


@dataclass(slots=True)  # what was told changes from round to round
class _Told:
    """Which problem of each kind was met last."""

    last: dict[str, str | None] = field(default_factory=dict)

    def is_new(self, kind: str, problem: ProfilegenError | None) -> bool:
        """Remember the problem of a kind, None for none; returns whether it was another one before."""
        code = None if problem is None else problem.code
        is_new = self.last.get(kind) != code
        self.last[kind] = code
        return is_new


@dataclass(frozen=True, slots=True, kw_only=True)
class Watch:
    """Keeps a fleet right; `interval` lies between two rounds, `alive` between two signs of life."""

    repair: Repair
    evidence: SendingEvidence
    clock: Clock
    interval: timedelta
    alive: timedelta
    notify: Notify
    concerned: Concerned = field(default_factory=Concerned)
    instructor: Instructor | None = None

    async def run(
        self, new_order: Callable[[], RepairOrder], progress: Progress, *, rounds: int | None = None
    ) -> Outcome | None:
        """
        Go round after round until cancelled, or for so many; `new_order` names the plan of each.

        Returns how the last round ended, None if it came to no end.
        """
        before: Outcome | None = None
        last: Outcome | None = None
        told = _Told()
        spoke_at, failures, done = self.clock.now(), 0, 0
        while rounds is None or done < rounds:
            done += 1
            order = new_order()
            outcome, last = before, None
            needs_you: ProfilegenError | None = None
            unread = (await self.evidence.gather()).problem
            try:
                outcome = last = await self._round(order, progress)
                await keep_snapshot(self.repair.store, self.clock, order, outcome)
            except WorldProblem as problem:
                failures += 1
                await self._tell_failure(problem, failures)
                if rounds is None or done < rounds:
                    await asyncio.sleep(self._pause(failures).total_seconds())
                continue
            except ProfilegenError as problem:
                needs_you = problem
            untold = None if self.instructor is None else self.instructor.stopped
            await self._tell_once(told, needs_you, unread, untold)
            if failures:
                await self._tell("The MDM answers again", f"after {failures} rounds without", is_bad=False)
                failures = 0
            spoke_at = await self._tell_changes(before, outcome, spoke_at)
            before = outcome
            if rounds is None or done < rounds:
                await self._between_rounds(order)
        return last

    async def _round(self, order: RepairOrder, progress: Progress) -> Outcome:
        """Bring the fleet right once, and tell people who have to type a password."""
        if self.instructor is None:
            return await self.repair.apply(order, progress)
        await self.instructor.begin()
        crew = InstructingCrew(crew=self.repair, instructor=self.instructor)
        try:
            outcome = await self.repair.apply(order, progress, crew)
            await self.instructor.instruct(order.query, await self.repair.survey(order), order)
        finally:
            await self.instructor.end()
        return outcome

    async def _between_rounds(self, order: RepairOrder) -> None:
        """See to devices as soon as something is heard of them, until the next round is due."""
        until = self.clock.now() + self.interval
        survey: Survey | None = None
        while (left := (until - self.clock.now()).total_seconds()) > 0:
            try:
                async with asyncio.timeout(left):
                    await self.concerned.pulse.wait()
            except TimeoutError:
                return
            survey = survey or await self.repair.survey(order)
            try:
                await self._see_to(self.concerned.take(), order, survey)
            except ProfilegenError:
                return  # the next round meets the same, and says so

    async def _see_to(self, devices: Sequence[str], order: RepairOrder, survey: Survey) -> None:
        async for batch in self.repair.store.seats(SeatQuery(who=tuple(devices))):
            keys = [view.seat.key for view in batch]
            await self.repair.step(keys, order, survey)
            await self.repair.push(keys, order, survey)
            if self.instructor is not None:
                await self.instructor.instruct(SeatQuery(keys=tuple(keys)), survey, order)
                await self.instructor.end()

    async def _tell_changes(self, before: Outcome | None, now: Outcome | None, spoke_at: datetime) -> datetime:
        """Report states that more seats are in than before; a sign of life where there was nothing to say for long."""
        if now is None:
            return spoke_at
        worse = _worse(before, now)
        if worse:
            await self._tell(f"{now.tally.wrong} of {now.tally.total} seats are not right", worse, is_bad=True)
            return self.clock.now()
        if self.clock.now() - spoke_at >= self.alive:
            await self._tell("profilegen fleet watch is alive", _summary(now), is_bad=False)
            return self.clock.now()
        return spoke_at

    async def _tell_failure(self, problem: WorldProblem, failures: int) -> None:
        if failures == 1:
            await self._tell("An MDM cannot be reached", f"{problem.message} {problem.hint}", is_bad=True)

    async def _tell_once(
        self,
        told: "_Told",
        needs_you: ProfilegenError | None,
        unread: ProfilegenError | None,
        untold: ProfilegenError | None,
    ) -> None:
        """Report what somebody has to see to when it begins, not in every round that meets it again."""
        if told.is_new("needs_you", needs_you) and needs_you is not None:
            await self._tell("profilegen fleet watch needs you", f"{needs_you.message} {needs_you.hint}", is_bad=True)
        if told.is_new("unread", unread) and unread is not None:
            await self._tell("The check mailbox cannot be read", f"{unread.message} {unread.hint}", is_bad=True)
        if told.is_new("untold", untold) and untold is not None:
            await self._tell("People were not told", f"{untold.message} {untold.hint}", is_bad=True)

    async def _tell(self, title: str, text: str, *, is_bad: bool) -> None:
        await self.notify(News(at=self.clock.now(), title=title, text=text, is_bad=is_bad))

    def _pause(self, failures: int) -> timedelta:
        return min(LARGEST_PAUSE, self.interval, timedelta(seconds=2 ** min(failures, 12)))


def _worse(before: Outcome | None, now: Outcome) -> str:
    lines = []
    for state, count in sorted(now.tally.states.items()):
        earlier = 0 if before is None else before.tally.states[state]
        if state in RIGHT or state in _PASSING or count <= earlier:
            continue
        named = now.tally.examples.get(state, [])[:EXAMPLES]
        who = ", ".join(str(example.seat.mailboxes[0].address) for example in named)
        lines.append(f"{count} {state} (before: {earlier}): {who}{' …' if count > len(named) else ''}")
    return "\n".join(lines)


_PASSING = frozenset({State.UNKNOWN, State.IN_FLIGHT, State.RETIRING})
"""States a seat is in on its way, not worth a message."""


def _summary(outcome: Outcome) -> str:
    return ", ".join(f"{count} {state}" for state, count in sorted(outcome.tally.states.items()))
