"""
One worker process: it takes batches as they come, rescues those of silent workers, and stops without losing any.

When the database goes away every batch is given back, and the worker begins anew as soon as it answers.
"""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any, cast

from profilegen.errors import UsageProblem, WorldProblem
from profilegen.flow.fleet.values import RepairOrder
from profilegen.wiring.fleet import FleetParts
from profilegen.workers.crew import QueuedCrew
from profilegen.workers.desk import Desk, Tell
from profilegen.workers.making import SignerRing, makings_of
from profilegen.workers.problems import back_off, translated
from profilegen.workers.queue import BATCH_TASK, Place, Queue, opened, queue_of
from profilegen.workers.rescue import keep_rescuing
from profilegen.workers.servers import Servers

if TYPE_CHECKING:
    from procrastinate import App, JobContext

RECHECK_QUEUE = "fleet recheck"
PURGE_QUEUE = "fleet purge"
KEPT_HOURS = 24
"""How long failed jobs stay; their seats name people. Those that succeeded go at once."""

GRACE = timedelta(seconds=20)
"""How long a push may go on once the worker shall stop."""

POLL_SECONDS = 1.0
LONGEST_PAUSE = timedelta(seconds=30)


@dataclass(frozen=True, slots=True, kw_only=True)
class Recheck:
    """Plan the whole fleet again and again: `cron` says when, `new_order` makes the order of each time."""

    cron: str
    new_order: Callable[[], RepairOrder]
    per_second: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Worker:
    """
    One worker process.

    `mdms` are the servers it takes batches for, `concurrency` how many batches at a time, `stalled_after` how long a
    worker may be silent until its batches are given to others; `stop` is set when it shall end.
    """

    parts: FleetParts
    place: Place
    mdms: Sequence[str]
    concurrency: int
    stalled_after: timedelta
    host: str
    tell: Tell
    crashed: Callable[[Exception], None]
    stop: asyncio.Event
    recheck: Recheck | None = None
    ring: SignerRing
    servers: Servers

    async def run(self) -> None:
        """Work until `stop` is set; a database that is away is waited for."""
        pause = 1.0
        try:
            while not self.stop.is_set():
                try:
                    await self._until_lost()
                    pause = 1.0
                except WorldProblem as problem:
                    self.tell(f"{problem.message} Trying again in {pause:.0f} s.")
                    await _rest(self.stop, pause)
                    pause = min(2 * pause, LONGEST_PAUSE.total_seconds())
        finally:
            await self.servers.close()

    async def _until_lost(self) -> None:
        lost = asyncio.Event()
        async with opened(self.place, lost) as queue:
            desk = Desk(
                parts=self.parts,
                queue=queue,
                ring=self.ring,
                servers=self.servers,
                closing=asyncio.Event(),
                host=self.host,
                tell=self.tell,
                crashed=self.crashed,
            )
            self._register(queue, desk)
            self.tell(f"working for {', '.join(self.mdms)}")
            await self._work(queue, desk, lost)

    async def _work(self, queue: Queue, desk: Desk, lost: asyncio.Event) -> None:
        working = asyncio.create_task(self._procrastinate(queue.app))
        rescuing = asyncio.create_task(keep_rescuing(queue, self.stalled_after, self.tell))
        ends = [asyncio.create_task(event.wait()) for event in (self.stop, lost)]
        try:
            await asyncio.wait((working, *ends), return_when=asyncio.FIRST_COMPLETED)
        finally:
            desk.closing.set()
            for task in (working, rescuing, *ends):
                task.cancel()
            await asyncio.wait((working, rescuing, *ends))
        with translated(queue.place), contextlib.suppress(asyncio.CancelledError):
            working.result()

    async def _procrastinate(self, app: "App") -> None:
        silent = self.stalled_after.total_seconds()
        queues = [*map(queue_of, self.mdms), PURGE_QUEUE, *([RECHECK_QUEUE] if self.recheck else [])]
        await app.run_worker_async(
            queues=queues,
            name=self.host,
            concurrency=self.concurrency + (1 if self.recheck else 0),  # a re-check waits for batches
            shutdown_graceful_timeout=GRACE.total_seconds(),
            fetch_job_polling_interval=POLL_SECONDS,
            install_signal_handlers=False,
            update_heartbeat_interval=silent / 3,
            stalled_worker_timeout=silent,
            delete_jobs="successful",
        )

    def _register(self, queue: Queue, desk: Desk) -> None:
        app = queue.app

        @app.task(name=BATCH_TASK, retry=back_off(), pass_context=True)
        async def batch(context: "JobContext", *, batch: dict[str, Any]) -> None:
            await desk.work(batch, context.job.attempts)

        @app.periodic(cron="23 * * * *")
        @app.task(name="profilegen.purge", queue=PURGE_QUEUE, queueing_lock="purge")
        async def purge(timestamp: int) -> None:  # noqa: ARG001 - when it was due
            await app.job_manager.delete_old_jobs(
                KEPT_HOURS, include_failed=True, include_cancelled=True, include_aborted=True
            )

        if self.recheck is not None:
            self._register_recheck(queue, desk, self.recheck)

    def _register_recheck(self, queue: Queue, desk: Desk, recheck: Recheck) -> None:
        app = queue.app

        async def plan_anew(timestamp: int) -> None:  # noqa: ARG001 - when it was due
            crew = QueuedCrew(
                repair=self.parts.repair,
                queue=queue,
                makings=makings_of(self.parts.house, self.parts.signer),
                clock=self.parts.house.clock,
                per_second=recheck.per_second,
            )
            order = recheck.new_order()
            outcome = await desk.unless_closing(self.parts.repair.apply(order, _silent, crew))
            stopped = f", stopped: {outcome.stopped}" if outcome.stopped else ""
            tally = outcome.tally
            self.tell(f"plan {order.plan}: {outcome.pushed} pushed, {tally.wrong} of {tally.total} not right{stopped}")

        name = "profilegen.recheck"
        task = app.task(name=name, queue=RECHECK_QUEUE, lock="recheck", queueing_lock="recheck", retry=back_off())(
            self._told(plan_anew)
        )
        app.periodic(cron=recheck.cron)(task)

    def _told(self, work: Callable[[int], Awaitable[None]]) -> Callable[[int], Awaitable[None]]:
        from profilegen.errors import ProfilegenError

        async def told(timestamp: int) -> None:
            try:
                await work(timestamp)
            except ProfilegenError as problem:
                self.tell(f"the re-check was not done: {problem.message} {problem.hint}")
                raise

        return told


def require_cron(cron: str) -> str:
    """Return a schedule of five fields (crontab(5)), a sixth for seconds allowed; raises UsageProblem `bad_cron`."""
    from procrastinate.periodic import PeriodicTask

    unbound = cast("Any", None)
    try:
        PeriodicTask(task=unbound, cron=cron, periodic_id="", configure_kwargs={}).croniter.get_next()
    except ValueError as exc:
        hint = 'Write it as in a crontab, like --recheck "*/15 * * * *".'
        raise UsageProblem(f'"{cron}" is no schedule.', hint=hint, code="bad_cron") from exc
    return cron


async def _rest(stop: asyncio.Event, seconds: float) -> None:
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(stop.wait(), timeout=seconds)


def _silent(_what: str, _done: int, _total: int) -> None:
    return None
