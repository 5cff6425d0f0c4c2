"""The working side: one batch at a time through the engine's own coroutines."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from profilegen.errors import ProfilegenError
from profilegen.flow.fleet.planning import Survey
from profilegen.flow.fleet.repair import Repair
from profilegen.flow.fleet.values import RepairOrder, connector_of
from profilegen.ports.fleet import BATCH, HistoryKind, HistoryLine
from profilegen.wiring.fleet import FleetParts
from profilegen.workers.admitting import survey_of
from profilegen.workers.batches import Batch, Work, batch_of
from profilegen.workers.crew import NOT_DONE
from profilegen.workers.making import SignerRing, makings_of, refuse_other_makings
from profilegen.workers.problems import GivenBack, pause_before
from profilegen.workers.queue import Queue
from profilegen.workers.servers import Servers

ResultT = TypeVar("ResultT")
Tell = Callable[[str], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """
    Where a worker does its jobs.

    `closing` is set when it shall stop: what only waits is given back at once, a push is finished. `tell` takes lines
    about what was done, `crashed` mistakes of ours, `host` is the name it goes by in the history.
    """

    parts: FleetParts
    queue: Queue
    ring: SignerRing
    servers: Servers
    closing: asyncio.Event
    host: str
    tell: Tell
    crashed: Callable[[Exception], None]

    async def work(self, document: Mapping[str, Any], attempts: int) -> None:
        """Do one batch; raises what `pause_before` judges."""
        try:
            batch = batch_of(document)
            await self._do(batch)
            self.tell(f"{batch.work} {len(batch.keys)} seats in {batch.mdm}: done (plan {batch.order.plan})")
        except GivenBack:
            self.tell("a batch was given back")
            raise
        except ProfilegenError as problem:
            await self._note(document, problem, attempts)
            raise
        except Exception as bug:  # told and raised again: the queue would keep it to itself
            mistake = ProfilegenError(
                f"profilegen made a mistake of its own ({type(bug).__name__}).", hint="See the log of the worker."
            )
            await self._note(document, mistake, attempts)
            self.crashed(bug)
            raise

    async def unless_closing(self, work: Awaitable[ResultT]) -> ResultT:
        """Return what the work returns; raises GivenBack, the work cancelled, when this worker stops."""
        doing, closing = asyncio.ensure_future(work), asyncio.ensure_future(self.closing.wait())
        try:
            await asyncio.wait((doing, closing), return_when=asyncio.FIRST_COMPLETED)
        finally:
            closing.cancel()
            finished = doing.done()
            if not finished:
                doing.cancel()
                await asyncio.wait((doing,))
        if not finished:
            raise GivenBack
        return doing.result()

    async def _do(self, batch: Batch) -> None:
        house, order = self.parts.house, batch.order
        refuse_other_makings(batch.makings, makings_of(house, None))
        signer = self.ring.get(batch.makings.signer)
        servers = await self.servers.shared(await self.queue.alive(), batch.per_second)
        repair = replace(self.parts, signer=signer, connectors=servers).repair
        survey = await survey_of(batch, self.parts.store, house.proving.policy, house.clock.now())
        if connector_of(servers, batch.mdm).capabilities.templates_only:
            survey = await repair.planner.with_templates(survey)
        match batch.work:
            case Work.LOOK:
                await self.unless_closing(repair.look_around(order, survey, _silent))
            case Work.PUSH:
                await self._push(batch.keys, repair, order, survey)

    async def _push(self, keys: Sequence[str], repair: Repair, order: RepairOrder, survey: Survey) -> None:
        """Do what `Repair.wave` does, and stop between two parts of it when the worker is to end."""
        due = keys
        while due:
            sent = 0
            for part in range(0, len(due), BATCH):
                sent += await repair.push(due[part : part + BATCH], order, survey)
                if self.closing.is_set():
                    raise GivenBack
            await self.unless_closing(repair.answers(keys, order, survey, _silent))
            order = replace(order, again=False)
            due = await repair.deferred(keys, order, survey) if sent else ()

    async def _note(self, document: Mapping[str, Any], problem: ProfilegenError, attempts: int) -> None:
        if pause_before(problem, attempts) is not None:
            self.tell(f"a batch will be tried again: {problem.message}")
            return
        self.tell(f"a batch was not done: {problem.message} {problem.hint}")
        plan = str(document.get("plan"))
        line = HistoryLine(
            at=self.parts.house.clock.now(),
            actor=self.host,
            kind=HistoryKind.PLAN,
            why=f"plan {plan}",
            outcome=f"{NOT_DONE}{problem.message} {problem.hint}",
            plan=plan,
        )
        await self.parts.store.append((line,))


def _silent(_what: str, _done: int, _total: int) -> None:
    return None
