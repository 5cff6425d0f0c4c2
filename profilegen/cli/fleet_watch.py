"""`profilegen fleet watch`: for weeks, until somebody stops it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated

import typer

from profilegen.cli.fleet_instruct import InstructOptions, instructing
from profilegen.cli.fleet_options import FollowOptions, WaveOptions, WhoOptions, plan_id
from profilegen.cli.fleet_session import FleetSession, fleet_progress
from profilegen.cli.grouped import grouped
from profilegen.cli.options import Json, LookupOptions, SigningOptions
from profilegen.cli.output import complain, print_json, say
from profilegen.cli.send_options import ServerPassword
from profilegen.cli.session import run_async, session_of
from profilegen.errors import ProfilegenError
from profilegen.flow.fleet.repair import Outcome
from profilegen.flow.fleet.values import RepairOrder
from profilegen.flow.fleet.watching import News
from profilegen.flow.gate import refuse_empty_reason
from profilegen.settings.durations import parse_duration
from profilegen.wiring.fleet import operator
from profilegen.wiring.house import House
from profilegen.wiring.notify import Notifier, notifier


@grouped
def watch(
    context: typer.Context,
    who: WhoOptions,
    follow: FollowOptions,
    how: LookupOptions,
    signing: SigningOptions,
    waves: WaveOptions,
    people: InstructOptions,
    password: ServerPassword,
    notify: Annotated[
        list[str] | None,
        typer.Option("--notify", metavar="URL", help="Tell https://… or mailto:… what is new. Repeatable."),
    ] = None,
    interval: Annotated[str, typer.Option("--interval", metavar="TIME", help="From round to round, like 15m.")] = "15m",
    alive: Annotated[str, typer.Option("--alive", metavar="TIME", help="A sign of life at least this often.")] = "1d",
    touches: Annotated[
        int | None, typer.Option("--touches", metavar="N", help="Agree that a server touches N devices for a plan.")
    ] = None,
    allow_unverified: Annotated[
        str | None, typer.Option("--allow-unverified", metavar="REASON", help="Deliver without proof; recorded.")
    ] = None,
    rounds: Annotated[int | None, typer.Option("--rounds", min=1, metavar="N", help="Stop after N rounds.")] = None,
    as_json: Json = False,
) -> None:
    """
    Keep the fleet right for weeks: webhooks shorten the wait, every round asks again what is true.

    What is new is printed as it happens, JSON Lines with --json, and told to whom --notify names.

    Example: profilegen fleet watch --interval 15m --notify mailto:ops@example.com
    """
    people.refuse_idle()
    if allow_unverified is not None:
        refuse_empty_reason(allow_unverified)
    house = session_of(context).house(how.ca)
    every, sign_of_life, patience = parse_duration(interval), parse_duration(alive), waves.waits()
    session = FleetSession(house=house, how=how, signing=signing, per_second=waves.per_second())

    def new_order() -> RepairOrder:
        return RepairOrder(
            plan=plan_id(),
            actor=operator(),
            proof_since=who.proof_since(),
            query=who.query(),
            waves=waves.waves(),
            acceptance=follow.acceptance(),
            allowed_because=allow_unverified,
            touches=touches,
            patience=patience,
        )

    async def work() -> Outcome | None:
        told = [await _notifier(house, where, password) for where in notify or ()]
        desk = _Desk(notifiers=told, show=_show_json if as_json else _show)
        async with (
            session.opened() as parts,
            instructing(house, parts, people, password, waves.waves()) as instructor,
        ):
            watching = parts.watch(interval=every, alive=sign_of_life, notify=desk.tell, instructor=instructor)
            async with session.listening(parts, watching):
                with fleet_progress() as progress:
                    return await watching.run(new_order, progress, rounds=rounds)

    if run_async(work()) is None:
        raise typer.Exit(1)  # what there is to say was said as news


@dataclass(frozen=True, slots=True, kw_only=True)
class _Desk:
    notifiers: list[Notifier]
    show: Callable[[News], None]

    async def tell(self, news: News) -> None:
        """Show it here and tell everybody else; who cannot be told is complained about and stops nothing."""
        self.show(news)
        for each in self.notifiers:
            try:
                await each.tell(news.title, news.text, news.at, bad=news.is_bad)
            except ProfilegenError as problem:
                complain(problem)


async def _notifier(house: House, where: str, password: ServerPassword) -> Notifier:
    from profilegen.ports.sending import Submission
    from profilegen.wiring.sending import submission_password, submission_server

    if not where.startswith("mailto:"):
        return notifier(house, where, None)
    server, sender = submission_server(house.loaded.config, None)
    secret = await submission_password(house, server, password.given())
    return notifier(house, where, Submission(server=server, sender=sender, password=secret))


def _show(news: News) -> None:
    say(f"{news.at:%Y-%m-%d %H:%M} {'!' if news.is_bad else '·'} {news.title}")
    for line in news.text.splitlines():
        say(f"    {line}")


def _show_json(news: News) -> None:
    print_json({"at": news.at.isoformat(), "bad": news.is_bad, "title": news.title, "text": news.text})
