"""`profilegen fleet`: plan, apply and keep right what is on people's devices."""

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from profilegen.address import a_label
from profilegen.cli.fleet_instruct import (
    InstructOptions,
    instructed_document,
    instructing,
    instructing_crew,
    show_instructed,
)
from profilegen.cli.fleet_options import FollowOptions, WaveOptions, WhoOptions, plan_id
from profilegen.cli.fleet_people import confirm, forget
from profilegen.cli.fleet_report import report
from profilegen.cli.fleet_session import FleetSession, fleet_progress
from profilegen.cli.fleet_watch import watch
from profilegen.cli.fleet_workers import crew_of
from profilegen.cli.fleetview import (
    import_document,
    outcome_document,
    plan_document,
    seat_document,
    show_import,
    show_outcome,
    show_plan,
    show_seats,
    show_tally,
    tally_document,
)
from profilegen.cli.grouped import grouped
from profilegen.cli.options import Json, LookupOptions, SigningOptions
from profilegen.cli.output import complain, note, print_json, say
from profilegen.cli.policy import allowed
from profilegen.cli.rosters import device_rows
from profilegen.cli.send_options import ServerPassword
from profilegen.cli.session import run_async, session_of
from profilegen.cli.templateview import paces
from profilegen.config.values import Config
from profilegen.errors import ProfilegenError, UsageProblem
from profilegen.fleet.roster import SeatDefaults
from profilegen.fleet.tally import Tally
from profilegen.flow.fleet.importing import Imported
from profilegen.flow.fleet.instructing import Instructor
from profilegen.flow.fleet.planning import Plan
from profilegen.flow.fleet.repair import Outcome
from profilegen.flow.fleet.settlement import Acceptance
from profilegen.flow.fleet.snapshots import keep_snapshot
from profilegen.flow.fleet.values import Judged, RepairOrder, connector_of
from profilegen.flow.gate import refuse_empty_reason
from profilegen.ports.fleet import SeatQuery
from profilegen.profile.types import Platform
from profilegen.settings.roster import BadRow, RosterRow
from profilegen.wiring.fleet import operator

app = typer.Typer(help="Keep the mail profiles of a fleet right.", no_args_is_help=True)

app.command("watch")(watch)
app.command("report")(report)
app.command("confirm")(confirm)
app.command("forget")(forget)

SHOWN_AT_ONCE = 200
"""Seats a listing holds before it is printed: a million are never held."""


@app.command("import")
@grouped
def import_(
    context: typer.Context,
    how: LookupOptions,
    file: Annotated[Path | None, typer.Argument(metavar="[FILE]", show_default=False)] = None,
    mdm: Annotated[
        str | None, typer.Option("--mdm", metavar="NAME", help="Import from this MDM, or the MDM of rows without one.")
    ] = None,
    domain: Annotated[
        list[str] | None, typer.Option("--domain", metavar="D", help="Only mailboxes of this domain. Repeatable.")
    ] = None,
    mapped: Annotated[
        list[str] | None,
        typer.Option("--map", metavar="COLUMN=HEADER", help="A column goes by another header. Repeatable."),
    ] = None,
    platform: Annotated[
        Platform, typer.Option("--platform", help="The devices of rows that do not say.")
    ] = Platform.IOS,
    trust_roster: Annotated[
        str | None,
        typer.Option(
            "--trust-roster",
            metavar="REASON",
            help="Believe the file about whose device it is where the MDM does not say; recorded.",
        ),
    ] = None,
    as_json: Json = False,
) -> None:
    """
    Take in who has which device: a roster, or an MDM's own inventory. The same file again changes nothing.

    Example: profilegen fleet import people.csv --mdm acme
    """
    if (file is None) == (mdm is None) and file is None:
        raise UsageProblem("Nothing to import was named.", hint="Give a FILE, or --mdm NAME.", code="no_source")
    if trust_roster is not None:
        refuse_empty_reason(trust_roster)
    house = session_of(context).house(how.ca)
    config = house.loaded.config
    defaults = SeatDefaults(mdm=mdm, platform=platform, identifier_prefix=config.identifier_prefix, forced=trust_roster)

    async def work() -> Imported:
        async with FleetSession(house=house, how=how).opened() as parts:
            importer = parts.importer(defaults)
            if file is not None:
                return await importer.from_roster(_rows(file, config, mapped or []), str(file.name))
            domains = tuple(a_label(name) for name in domain or ()) or config.domains
            return await importer.from_mdm(connector_of(parts.connectors, mdm or ""), domains)

    imported = run_async(work())
    if as_json:
        print_json(import_document(imported))
    else:
        show_import(imported)
    raise typer.Exit(1 if imported.bad_count else 0)


@app.command()
@grouped
def status(context: typer.Context, who: WhoOptions, how: LookupOptions, as_json: Json = False) -> None:
    """
    Say how every seat stands, by what is known: no device is asked. With --only or --state: seat by seat, JSON Lines.

    Example: profilegen fleet status --state missing
    """
    house = session_of(context).house(how.ca)
    one_by_one = bool(who.only) or who.states is not None
    tally = Tally()

    async def work() -> None:
        async with FleetSession(house=house, how=how).opened() as parts:
            await parts.sending_evidence(reading=False).note()
            survey = await parts.planner.with_templates(await parts.planner.survey(Acceptance()))
            shown: list[Judged] = []
            async for judged in parts.planner.judged(who.query(), survey, parts.moment(who.proof_since())):
                if who.states is not None and judged.judgement.state not in who.states:
                    continue
                tally.add(judged.seat, judged.judgement)
                if one_by_one:
                    shown = _show(shown, judged, as_json=as_json)
            if shown:
                show_seats(shown)

    run_async(work())
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
    password: ServerPassword,
    again: Annotated[
        bool, typer.Option("--again", help="Push once more, even what was pushed already. Needs --only.")
    ] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would be done.")] = False,
    touches: Annotated[
        int | None, typer.Option("--touches", metavar="N", help="Agree that a server touches N devices for this plan.")
    ] = None,
    allow_unverified: Annotated[
        str | None, typer.Option("--allow-unverified", metavar="REASON", help="Deliver without proof; recorded.")
    ] = None,
    workers: Annotated[
        bool, typer.Option("--workers", help="Let profilegen worker processes do it, on as many machines as run some.")
    ] = False,
    as_json: Json = False,
) -> None:
    """
    Bring the fleet right: look, push in waves, look again. Run it again after anything: it goes on where it was.

    Example: profilegen fleet apply --canary 5 --wave 10
    """
    if again and not who.only:
        raise UsageProblem(
            "--again pushes what is right already.", hint="Name the seats with --only.", code="again_whom"
        )
    if allow_unverified is not None:
        refuse_empty_reason(allow_unverified)
    house = session_of(context).house(how.ca)
    session = FleetSession(house=house, how=how, signing=signing, per_second=waves.per_second())
    if dry_run:
        _plan(session, who, follow, as_json=as_json)
    order = RepairOrder(
        plan=plan_id(),
        actor=operator(),
        proof_since=who.proof_since(),
        query=who.query(),
        waves=waves.waves(),
        acceptance=follow.acceptance(),
        again=again,
        allowed_because=allow_unverified,
        touches=touches,
        patience=waves.waits(),
    )

    async def work() -> tuple[Outcome, Instructor | None]:
        async with session.opened() as parts, crew_of(session, parts, workers=workers) as crew:
            unread = (await parts.sending_evidence(reading=True).gather()).problem
            if unread is not None:
                complain(unread)
            async with instructing(house, parts, people, password) as instructor:
                with fleet_progress() as progress:
                    outcome = await parts.repair.apply(order, progress, instructing_crew(crew, parts, instructor))
                if instructor is not None:  # whom an earlier run was about to tell
                    await instructor.instruct(order.query, await parts.planner.survey(order.acceptance), order)
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

    Example: profilegen fleet rollback 20260131-4f1c
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


def _rows(path: Path, config: Config, mapped: list[str]) -> Iterator[RosterRow | BadRow]:
    """Yield the rows of a roster, with foreign domains as bad rows."""
    for row in device_rows(path, _headers(mapped)):
        if isinstance(row, RosterRow):
            try:
                allowed(row.address, config)
            except ProfilegenError as problem:
                yield BadRow(row=row.row, address=str(row.address), problem=problem)
                continue
        yield row


def _headers(mapped: list[str]) -> dict[str, str]:
    pairs = [pair.partition("=") for pair in mapped]
    for column, equals, header in pairs:
        if not equals or not column or not header:
            raise UsageProblem(
                f'"{column}{equals}{header}" is not COLUMN=HEADER.', hint="Write --map address=Mail.", code="bad_map"
            )
    return {header: column for column, _, header in pairs}
