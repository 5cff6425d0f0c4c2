"""`profilegen fleet import`: who has which device."""

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer

from profilegen.address import a_label
from profilegen.cli.fleet_session import FleetSession
from profilegen.cli.fleetview import import_document, show_import
from profilegen.cli.grouped import grouped
from profilegen.cli.options import Json, LookupOptions
from profilegen.cli.output import print_json
from profilegen.cli.policy import allowed
from profilegen.cli.rosters import device_rows
from profilegen.cli.session import run_async, session_of
from profilegen.config.values import Config
from profilegen.errors import ProfilegenError, UsageProblem
from profilegen.fleet.roster import SeatDefaults
from profilegen.flow.fleet.importing import Imported
from profilegen.flow.fleet.values import connector_of
from profilegen.flow.gate import refuse_empty_reason
from profilegen.profile.types import Platform
from profilegen.settings.roster import BadRow, RosterRow


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
