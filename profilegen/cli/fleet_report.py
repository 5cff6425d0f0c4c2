"""`profilegen fleet report`: what happened, and how the fleet stands, on the terminal, as CSV and as a page."""

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Annotated

import typer

from profilegen.cli.fleet_options import WhoOptions
from profilegen.cli.fleet_reportview import report_document, show_report
from profilegen.cli.fleet_session import FleetSession
from profilegen.cli.fleetview import seat_document
from profilegen.cli.grouped import grouped
from profilegen.cli.options import Json, LookupOptions
from profilegen.cli.output import note, print_json
from profilegen.cli.relay_options import FileOptions
from profilegen.cli.session import run_async, session_of
from profilegen.flow.fleet.reporting import FleetReport, report_on
from profilegen.flow.fleet.settlement import Acceptance
from profilegen.flow.fleet.values import Judged

COLUMNS = (
    *("address", "addresses", "person", "mdm", "udid", "serial", "channel", "group", "state", "action", "installed"),
    *("sends_since", "why", "secret_route", "identifier", "revision", "last_seen", "inventory_at", "os_version"),
)


@grouped
def report(
    context: typer.Context,
    who: WhoOptions,
    how: LookupOptions,
    since: Annotated[str, typer.Option("--since", metavar="TIME", help="How far back: 12h, 7d, 2w or a date.")] = "7d",
    csv: Annotated[Path | None, typer.Option("--csv", metavar="FILE", help="Write every seat as CSV.")] = None,
    html: Annotated[Path | None, typer.Option("--html", metavar="FILE", help="Write one page with plots.")] = None,
    as_json: Json = False,
) -> None:
    """
    Say what was repaired, what waits, what failed and why, and which plan moved what. No device is asked.

    Example: profilegen fleet report --since 7d --html fleet.html
    """
    house = session_of(context).house(how.ca)
    now = house.clock.now()
    empty = FleetReport(since=FileOptions(since=since).since_when(now), until=now)

    async def work(each: Callable[[Judged], None]) -> FleetReport:
        async with FleetSession(house=house, how=how).opened() as parts:
            await parts.sending_evidence(reading=False).note()
            survey = await parts.planner.with_templates(await parts.planner.survey(Acceptance()))
            judged = parts.planner.judged(who.query(), survey, parts.moment(who.proof_since()))
            return await report_on(parts.store, judged, empty, each)

    with _rows_into(csv) as each:
        made = run_async(work(each))
    if html is not None:
        run_async(_write_page(made, html))
    for path in (csv, html):
        if path is not None:
            note(f"profilegen: written to {path}")
    if as_json:
        print_json(report_document(made))
    else:
        show_report(made)


@contextlib.contextmanager
def _rows_into(path: Path | None) -> Iterator[Callable[[Judged], None]]:
    if path is None:
        yield lambda _judged: None
        return
    from profilegen.delivery.seat_sheet import seat_sheet

    with seat_sheet(path, COLUMNS) as add:
        yield lambda judged: add(seat_document(judged))


async def _write_page(made: FleetReport, path: Path) -> None:
    from profilegen.cli.fleet_page import fleet_page
    from profilegen.delivery.files import FileDrop

    staged = await FileDrop().stage(path, fleet_page(made), private=True)
    await staged.commit()
