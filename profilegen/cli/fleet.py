"""`profilegen fleet`: plan, apply and keep right what is on people's devices."""

from typing import Annotated, NoReturn

import typer

from profilegen.cli.fleet_import import import_
from profilegen.cli.fleet_instruct import (
    InstructOptions,
    RehearsalOptions,
    instructed_document,
    instructing,
    instructing_crew,
    show_instructed,
)
from profilegen.cli.fleet_options import ApplyOptions, FollowOptions, WaveOptions, WhoOptions, plan_id
from profilegen.cli.fleet_people import confirm, forget
from profilegen.cli.fleet_rehearsal import refuse_without_mail, rehearse, show_rehearsal
from profilegen.cli.fleet_report import report
from profilegen.cli.fleet_session import FleetSession, fleet_progress
from profilegen.cli.fleet_watch import watch
from profilegen.cli.fleet_workers import crew_of
from profilegen.cli.fleetview import (
    outcome_document,
    plan_document,
    seat_document,
    show_outcome,
    show_plan,
    show_seats,
    show_tally,
    tally_document,
)
from profilegen.cli.grouped import grouped
from profilegen.cli.options import Json, LookupOptions, SigningOptions
from profilegen.cli.output import complain, note, print_json, say
from profilegen.cli.send_options import ServerPassword
from profilegen.cli.session import run_async, session_of
from profilegen.cli.templateview import paces
from profilegen.errors import UsageProblem
from profilegen.fleet.tally import Tally
from profilegen.flow.fleet.instructing import Instructor
from profilegen.flow.fleet.planning import Plan
from profilegen.flow.fleet.repair import Outcome
from profilegen.flow.fleet.settlement import Acceptance
from profilegen.flow.fleet.snapshots import keep_snapshot
from profilegen.flow.fleet.values import Judged, RepairOrder
from profilegen.flow.sendvalues import Sent
from profilegen.ports.fleet import SeatQuery
from profilegen.wiring.fleet import operator

app = typer.Typer(help="Keep the mail profiles of a fleet right.", no_args_is_help=True)

app.command("import")(import_)
app.command("watch")(watch)
app.command("report")(report)
app.command("confirm")(confirm)
app.command("forget")(forget)

SHOWN_AT_ONCE = 200
"""Seats a listing holds before it is printed: a million are never held."""


@app.command()
@grouped
def status(context: typer.Context, who: WhoOptions, how: LookupOptions, as_json: Json = False) -> None:
    """
    Say how every seat stands, by what is known: no device is asked. With --only or --state: seat by seat, JSON Lines.

    Example: profilegen fleet status --state missing
    """
    house = session_of(context).house(how.ca)
    one_by_one = bool(who.only) or who.states is not None

    async def work() -> Tally:
        async with FleetSession(house=house, how=how).opened() as parts:
            await parts.sending_evidence(reading=False).note()
            survey = await parts.planner.with_templates(await parts.planner.survey(Acceptance()))
            if not one_by_one:
                return await parts.planner.counted(who.query(), survey, parts.moment(who.proof_since()))
            tally, shown = Tally(), list[Judged]()
            async for judged in parts.planner.judged(who.query(), survey, parts.moment(who.proof_since())):
                if who.states is not None and judged.judgement.state not in who.states:
                    continue
                tally.add(judged.seat, judged.judgement)
                shown = _show(shown, judged, as_json=as_json)
            if shown:
                show_seats(shown)
            return tally

    tally = run_async(work())
    if not one_by_one and as_json:
        print_json(tally_document(tally))
    elif not one_by_one:
        show_tally(tally)
    raise typer.Exit(0 if tally.wrong == 0 else 1)


@app.command()
@grouped
def plan(
    context: typer.Context,
    who: WhoOptions,
    follow: FollowOptions,
    how: LookupOptions,
    as_json: Json = False,
) -> None:
    """
    Say what is to be done and why, as far as it is known; nothing is changed. Exits 1 when there is something to do.

    Example: profilegen fleet plan
    """
    _plan(FleetSession(house=session_of(context).house(how.ca), how=how), who, follow, as_json=as_json)


@app.command()
@grouped
def apply(
    context: typer.Context,
    who: WhoOptions,
    follow: FollowOptions,
    how: LookupOptions,
    signing: SigningOptions,
    waves: WaveOptions,
    people: InstructOptions,
    rehearsal: RehearsalOptions,
    password: ServerPassword,
    asked: ApplyOptions,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would be done.")] = False,
    workers: Annotated[
        bool, typer.Option("--workers", help="Let profilegen worker processes do it, on as many machines as run some.")
    ] = False,
    as_json: Json = False,
) -> None:
    """
    Bring the fleet right: look, push in waves, look again. Run it again after anything: it goes on where it was.

    Example: profilegen fleet apply --canary 5 --wave 10
    """
    refuse_without_mail(people, rehearsal)
    order = asked.order(who, waves, follow, operator())
    house = session_of(context).house(how.ca)
    session = FleetSession(house=house, how=how, signing=signing, per_second=waves.per_second())
    if dry_run:
        _plan(session, who, follow, as_json=as_json)

    if rehearsal.rehearse:
        _rehearse(session, people, rehearsal, password, order, as_json=as_json)

    async def work() -> tuple[Outcome, Instructor | None]:
        async with session.opened() as parts, crew_of(session, parts, workers=workers) as crew:
            unread = (await parts.sending_evidence(reading=True).gather()).problem
            if unread is not None:
                complain(unread)
            async with instructing(house, parts, people, password, order.waves) as instructor:
                with fleet_progress() as progress:
                    outcome = await parts.repair.apply(order, progress, instructing_crew(crew, parts, instructor))
                if instructor is not None:  # whom an earlier run was about to tell
                    await instructor.instruct(order.query, await parts.repair.survey(order), order)
            await keep_snapshot(parts.store, house.clock, order, outcome)
            return outcome, instructor

    outcome, instructor = run_async(work())
    if as_json:
        print_json({**outcome_document(outcome), **instructed_document(instructor)})
    else:
        show_outcome(outcome)
        show_instructed(instructor)
    raise typer.Exit(0 if outcome.tally.wrong == 0 else 1)


@app.command()
@grouped
def retire(
    context: typer.Context,
    how: LookupOptions,
    who: Annotated[list[str] | None, typer.Argument(metavar="[WHO]…", show_default=False)] = None,
    gone: Annotated[bool, typer.Option("--gone", help="All that the last import did not name.")] = False,
    yes_retire: Annotated[
        int | None, typer.Option("--yes-retire", metavar="N", help="Agree to retire N seats at once.")
    ] = None,
    as_json: Json = False,
) -> None:
    """
    Plan the removal of profiles; the next apply takes them off the devices.

    Example: profilegen fleet retire you@example.com
    """
    if not who and not gone:
        raise UsageProblem("Nobody was named.", hint="Name addresses or devices, or say --gone.", code="no_who")
    house = session_of(context).house(how.ca)

    async def work() -> int:
        async with FleetSession(house=house, how=how).opened() as parts:
            return await parts.upkeep.retire(SeatQuery(who=tuple(who or ()), gone=True if gone else None), yes_retire)

    count = run_async(work())
    if as_json:
        print_json({"retired": count})
    else:
        say(f"✓ {count} seats will lose their profile with the next fleet apply.")


@app.command()
@grouped
def rollback(
    context: typer.Context,
    how: LookupOptions,
    plan_name: Annotated[str, typer.Argument(metavar="PLAN", show_default=False)],
    as_json: Json = False,
) -> None:
    """
    Want the settings again that held before a plan; the next apply brings them, through the same waves.

    Example: profilegen fleet rollback 20260131-0915-4f1c
    """
    house = session_of(context).house(how.ca)

    async def work() -> list[tuple[str, int]]:
        async with FleetSession(house=house, how=how).opened() as parts:
            return [(back.domain, back.version) for back in await parts.upkeep.roll_back(plan_name)]

    back = run_async(work())
    if as_json:
        print_json({"domains": [{"domain": domain, "version": version} for domain, version in back]})
        return
    for domain, version in back:
        say(f"✓ {domain} follows its earlier settings again (version {version}).")
    note("profilegen: nothing was pushed yet.\n  → See fleet plan, then fleet apply.")


def _rehearse(
    session: FleetSession,
    people: InstructOptions,
    rehearsal: RehearsalOptions,
    password: ServerPassword,
    order: RepairOrder,
    *,
    as_json: bool,
) -> NoReturn:
    async def work() -> tuple[Sent, ...]:
        async with session.opened() as parts:
            return await rehearse(parts, people, rehearsal, password, order)

    sent = run_async(work())
    show_rehearsal(sent, as_json=as_json)
    raise typer.Exit(0 if all(one.ok for one in sent) else 1)


def _plan(session: FleetSession, who: WhoOptions, follow: FollowOptions, *, as_json: bool) -> NoReturn:
    async def work() -> tuple[Plan, dict[str, float]]:
        async with session.opened() as parts:
            await parts.sending_evidence(reading=False).note()
            moment = parts.moment(who.proof_since())
            planned = await parts.planner.plan(plan_id(), who.query(), follow.acceptance(), moment)
            return planned, paces(planned.tally.installs, parts.connectors)

    made, seconds = run_async(work())
    if as_json:
        print_json(plan_document(made, seconds))
    else:
        show_plan(made, seconds)
    raise typer.Exit(0 if made.is_empty else 1)


def _show(shown: list[Judged], judged: Judged, *, as_json: bool) -> list[Judged]:
    """Print a seat, or keep it until there are enough for a table; returns those kept."""
    if as_json:
        print_json(seat_document(judged))
        return shown
    kept = [*shown, judged]
    if len(kept) < SHOWN_AT_ONCE:
        return kept
    show_seats(kept)
    return []
