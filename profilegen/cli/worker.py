"""`profilegen worker`: takes batches of a fleet's repair from PostgreSQL, beside as many others as wanted."""

import asyncio
import contextlib
import platform
import signal
from collections.abc import AsyncIterator, Callable, Iterator
from datetime import timedelta
from typing import Annotated

import typer

from profilegen.cli.crash import write_crash_log
from profilegen.cli.fleet_options import FollowOptions, WaveOptions, WhoOptions, plan_id
from profilegen.cli.fleet_session import FleetSession
from profilegen.cli.grouped import grouped
from profilegen.cli.options import LookupOptions, SigningOptions
from profilegen.cli.output import note
from profilegen.cli.session import run_async, session_of
from profilegen.errors import ConfigProblem, UsageProblem
from profilegen.flow.fleet.values import RepairOrder
from profilegen.settings.durations import parse_duration
from profilegen.wiring.fleet import FleetParts
from profilegen.wiring.house import House

INTERRUPTED = 130


@grouped
def worker(
    context: typer.Context,
    who: WhoOptions,
    follow: FollowOptions,
    how: LookupOptions,
    signing: SigningOptions,
    waves: WaveOptions,
    concurrency: Annotated[
        int, typer.Option("--concurrency", min=1, max=64, metavar="N", help="How many batches at a time.")
    ] = 8,
    queues: Annotated[
        list[str] | None,
        typer.Option("--queues", metavar="MDM", help="Only batches for this MDM. Repeatable; default: all configured."),
    ] = None,
    recheck: Annotated[
        str | None,
        typer.Option("--recheck", metavar="CRON", help='Plan and repair the whole fleet then, like "*/15 * * * *".'),
    ] = None,
    listen: Annotated[bool, typer.Option("--listen", help="Receive the webhooks of the MDMs here.")] = False,
    stalled_after: Annotated[
        str,
        typer.Option("--stalled-after", metavar="TIME", help="Take over from workers silent for so long, like 30s."),
    ] = "30s",
) -> None:
    """
    Take batches of fleet apply --workers, beside as many other workers as wanted. Ends well on SIGTERM and Ctrl-C.

    The options about whom, waves, lookup and signing are those of --recheck.

    Example: profilegen worker --concurrency 8
    """
    house = session_of(context).house(how.ca)
    silent_for = _silence(stalled_after)
    mdms = _mdms(house, queues)
    session = FleetSession(house=house, how=how, signing=signing if recheck else None)

    async def work() -> signal.Signals | None:
        from profilegen.workers.making import SignerRing
        from profilegen.workers.queue import place_of
        from profilegen.workers.runner import Recheck, Worker, require_cron
        from profilegen.workers.servers import Servers

        place = place_of(house)
        again = None
        if recheck is not None:
            again = Recheck(
                cron=require_cron(recheck), new_order=_order_maker(who, waves, follow), per_second=waves.per_second()
            )
        with _stopping() as (stop, received):
            async with session.opened() as parts, _listening(session, parts, wanted=listen):
                await Worker(
                    parts=parts,
                    place=place,
                    mdms=mdms,
                    concurrency=concurrency,
                    stalled_after=silent_for,
                    host=_host(),
                    tell=lambda text: note(f"profilegen worker: {text}"),
                    crashed=_crashed,
                    stop=stop,
                    recheck=again,
                    ring=SignerRing(house=house),
                    servers=Servers(house=house),
                ).run()
        return received[0] if received else None

    if run_async(work()) is signal.SIGINT:
        raise typer.Exit(INTERRUPTED)


def _order_maker(who: WhoOptions, waves: WaveOptions, follow: FollowOptions) -> Callable[[], RepairOrder]:
    def new_order() -> RepairOrder:
        return RepairOrder(
            plan=plan_id(),
            actor=_host(),
            proof_since=who.proof_since(),
            query=who.query(),
            waves=waves.waves(),
            acceptance=follow.acceptance(),
            patience=waves.waits(),
        )

    return new_order


def _silence(text: str) -> timedelta:
    silence = parse_duration(text)
    if silence < timedelta(seconds=1):
        raise UsageProblem(
            "A worker must be allowed to be silent for a second at least.",
            hint="Write --stalled-after 30s.",
            code="bad_stalled_after",
        )
    return silence


def _mdms(house: House, asked: list[str] | None) -> tuple[str, ...]:
    """Return the servers to work for; raises ConfigProblem `no_mdm`, UsageProblem `no_such_mdm`."""
    known = tuple(house.loaded.mdm)
    if not known:
        raise ConfigProblem(
            "No MDM is configured on this machine, so there is nothing a worker could do.",
            hint="Bring the [mdm.NAME] sections of the planning machine here.",
            code="no_mdm",
        )
    for name in asked or ():
        if name not in known:
            raise UsageProblem(
                f'There is no MDM called "{name}" in the configuration.',
                hint=f"There is: {', '.join(known)}.",
                code="no_such_mdm",
            )
    return tuple(dict.fromkeys(asked)) if asked else known


def _host() -> str:
    return f"worker {platform.node() or 'unknown'}"


def _crashed(bug: Exception) -> None:
    note(f"profilegen worker: please send {write_crash_log(bug)} to the maintainers")


@contextlib.contextmanager
def _stopping() -> Iterator[tuple[asyncio.Event, list[signal.Signals]]]:
    """Yield an event that SIGTERM and Ctrl-C set, and where the signal is remembered."""
    stop, received = asyncio.Event(), list[signal.Signals]()
    loop, handled = asyncio.get_running_loop(), list[signal.Signals]()

    def end(number: signal.Signals) -> None:
        received.append(number)
        stop.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        with contextlib.suppress(NotImplementedError):  # Windows: Ctrl-C cancels instead
            loop.add_signal_handler(number, end, number)
            handled.append(number)
    try:
        yield stop, received
    finally:
        for number in handled:
            loop.remove_signal_handler(number)


@contextlib.asynccontextmanager
async def _listening(session: FleetSession, parts: FleetParts, *, wanted: bool) -> AsyncIterator[None]:
    if not wanted:
        yield
        return
    async with session.listening(parts):
        yield
