"""The planning side: a wave is sorted into batches, queued, and waited for."""

import asyncio
import contextlib
from collections import Counter
from collections.abc import AsyncIterator, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from profilegen.errors import WorldProblem
from profilegen.fleet.capabilities import Scope
from profilegen.fleet.drift import Action, State
from profilegen.flow.fleet.planning import Survey
from profilegen.flow.fleet.repair import Progress, Repair, WaveEnd
from profilegen.flow.fleet.values import Judged, RepairOrder, connector_of
from profilegen.ports import Clock
from profilegen.ports.fleet import BATCH, HistoryKind, SeatQuery
from profilegen.wiring.fleet import FleetParts
from profilegen.workers.admitting import admitted_of
from profilegen.workers.batches import Batch, Makings, Work, document_of
from profilegen.workers.making import makings_of
from profilegen.workers.queue import Fate, NewJob, Queue, opened, place_of, queue_of
from profilegen.workers.shards import Pile, Sorter

NOT_DONE = "batch not done: "
"""How the line of the history begins that says why a batch was given up."""

NOBODY = timedelta(minutes=2)
"""How long batches may lie untouched before it is said that no worker takes them."""

OUTAGE = timedelta(minutes=2)
"""How long the database may be away before the plan stops; its batches stay queued."""

PAUSES = (0.1, 0.2, 0.4, 1.0)
_SKEW = timedelta(hours=1)  # clocks of machines differ


@dataclass(frozen=True, slots=True, kw_only=True)
class QueuedCrew:
    """A `flow.fleet.repair.Crew` whose hands are worker processes, on as many machines as run some."""

    repair: Repair
    queue: Queue
    makings: Makings
    clock: Clock
    per_second: float | None = None
    nobody: timedelta = NOBODY

    async def look_around(self, order: RepairOrder, survey: Survey, progress: Progress) -> str | None:
        """Have workers look at every seat nothing is known of; what is known is settled here."""
        jobs, sorter = _Jobs(), Sorter()
        async for batch in self.repair.batches(order, survey):
            unknown = [each for each in batch if _is_to_look_at(each)]
            await self.repair.settler.settle([each for each in batch if not _is_to_look_at(each)])
            await self._queue(self._full(sorter, unknown), Work.LOOK, order, survey, jobs)
        await self._queue(sorter.rest(), Work.LOOK, order, survey, jobs)
        return await self._done(jobs, order, "Looking", progress)

    async def wave(self, keys: Sequence[str], order: RepairOrder, survey: Survey, progress: Progress) -> WaveEnd:
        """Have workers push what these seats still need, and wait for them."""
        jobs, sorter, before = _Jobs(), Sorter(), dict[str, str | None]()
        async for judged in self._judged(keys, order, survey):
            self.repair.refuse_unproved(judged, survey)
            before |= {each.seat.key: _sent(each) for each in judged}
            await self._queue(self._full(sorter, judged), Work.PUSH, order, survey, jobs)
        await self._queue(sorter.rest(), Work.PUSH, order, survey, jobs)
        trouble = await self._done(jobs, order, "Repairing", progress)
        states = Counter[State]()
        gone, pushed = set(before), 0
        async for judged in self._judged(keys, order, survey):
            states.update(each.judgement.state for each in judged)
            pushed += sum(_sent(each) not in (None, before.get(each.seat.key)) for each in judged)
            gone -= {each.seat.key for each in judged}
        states[State.RETIRED] += len(gone)  # removed from their devices, and from the fleet with that
        return WaveEnd(states=states, pushed=pushed + len(gone), trouble=trouble)

    async def _judged(
        self, keys: Sequence[str], order: RepairOrder, survey: Survey
    ) -> AsyncIterator[tuple[Judged, ...]]:
        for start in range(0, len(keys), BATCH):
            yield await self.repair.judge(keys[start : start + BATCH], survey, order)

    def _full(self, sorter: Sorter, judged: Sequence[Judged]) -> list[Pile]:
        piles = (sorter.add(each, self._scope(each.seat.mdm)) for each in judged)
        return [pile for pile in piles if pile is not None]

    def _domains(self, pile: Pile, survey: Survey) -> set[str]:
        """Return the mail domains a worker must know: all of them where templates are planned over all seats."""
        if connector_of(self.repair.looker.connectors, pile.mdm).capabilities.templates_only:
            return {plan.domain.name for plan in survey.domains}
        return pile.domains

    def _scope(self, mdm: str) -> Scope:
        return connector_of(self.repair.looker.connectors, mdm).capabilities.scope

    async def _queue(
        self, piles: Iterable[Pile], work: Work, order: RepairOrder, survey: Survey, jobs: "_Jobs"
    ) -> None:
        made = [(pile, self._job(pile, work, order, survey)) for pile in piles]
        if made:
            numbers = await self.queue.put([job for _, job in made])
            jobs.left |= {number: len(pile.keys) for number, (pile, _) in zip(numbers, made, strict=True)}

    def _job(self, pile: Pile, work: Work, order: RepairOrder, survey: Survey) -> NewJob:
        keys = tuple(pile.keys)
        batch = Batch(
            work=work,
            mdm=pile.mdm,
            keys=keys,
            order=replace(order, query=SeatQuery(keys=keys)),
            domains=admitted_of(survey, self._domains(pile, survey)),
            makings=self.makings,
            per_second=self.per_second,
        )
        return NewJob(queue=queue_of(pile.mdm), lock=pile.lock, arguments=document_of(batch))

    async def _done(self, jobs: "_Jobs", order: RepairOrder, what: str, progress: Progress) -> str | None:
        """Wait until all jobs ended; returns why some were not done."""
        total, moved_at, passes = sum(jobs.left.values()), self.clock.now(), 0
        try:
            while jobs.left:
                moved_at = await self._moved(jobs, moved_at)
                progress(what, total - sum(jobs.left.values()), total)
                if self.clock.now() - moved_at > self.nobody:
                    return f"no worker took {len(jobs.left)} batches; start profilegen worker, then run apply again"
                if jobs.left:
                    await asyncio.sleep(PAUSES[min(passes, len(PAUSES) - 1)])
                passes += 1
        finally:
            if jobs.left:
                await self.queue.withdraw(tuple(jobs.left))
        return await self._reason(order, jobs.failed) if jobs.failed else None

    async def _moved(self, jobs: "_Jobs", moved_at: datetime) -> datetime:
        """Cross out the jobs that ended; returns when something last went on."""
        try:
            fates = await self.queue.fates(tuple(jobs.left))
        except WorldProblem:
            if self.clock.now() - moved_at > OUTAGE:
                raise
            return moved_at
        ended = [number for number, fate in fates.items() if fate in (Fate.DONE, Fate.FAILED)]
        jobs.failed += sum(fates[number] is Fate.FAILED for number in ended)
        for number in ended:
            del jobs.left[number]
        return self.clock.now() if ended or Fate.RUNNING in fates.values() else moved_at

    async def _reason(self, order: RepairOrder, failed: int) -> str:
        reason = "see the log of the workers"
        async for line in self.repair.store.history(since=self.clock.now() - _SKEW, who=None):
            if line.kind is HistoryKind.PLAN and line.plan == order.plan and line.outcome.startswith(NOT_DONE):
                reason = f"{line.actor}: {line.outcome.removeprefix(NOT_DONE)}"
        return f"{failed} batches were not done; {reason}"


@dataclass(slots=True, kw_only=True)  # counted as they end
class _Jobs:
    """The jobs that did not end yet, with their seats, and how many failed."""

    left: dict[int, int] = field(default_factory=dict)
    failed: int = 0


@contextlib.asynccontextmanager
async def queued_crew(parts: FleetParts, per_second: float | None = None) -> AsyncIterator[QueuedCrew]:
    """
    Open the queue for one plan.

    Raises what `queue.place_of` and `queue.opened` raise, and WorldProblem `no_worker` where no worker runs.
    """
    async with opened(place_of(parts.house)) as queue:
        if not await queue.alive():
            raise WorldProblem(
                "No worker is running.",
                hint="Start profilegen worker on one machine at least, or leave --workers out.",
                code="no_worker",
            )
        yield QueuedCrew(
            repair=parts.repair,
            queue=queue,
            makings=makings_of(parts.house, parts.signer),
            clock=parts.house.clock,
            per_second=per_second,
        )


def _is_to_look_at(each: Judged) -> bool:
    """Return whether a worker can find out more: ask the device, wake it, or wait for what it was asked."""
    return each.judgement.action in (Action.LOOK, Action.WAIT) or each.judgement.state is State.NOT_ENROLLED


def _sent(each: Judged) -> str | None:
    """Return the newest command that left for a device."""
    command = each.view.sight.command
    return None if command is None or command.state.is_unsent else command.id
