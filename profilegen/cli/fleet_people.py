"""What an operator knows about people of the fleet: `fleet confirm` and `fleet forget`."""

from typing import Annotated

import typer

from profilegen.cli.fleet_session import FleetSession
from profilegen.cli.grouped import grouped
from profilegen.cli.options import Json, LookupOptions
from profilegen.cli.output import print_json, say
from profilegen.cli.session import run_async, session_of
from profilegen.fleet.seat import Seat
from profilegen.ports.fleet import SeatQuery


@grouped
def confirm(
    context: typer.Context,
    how: LookupOptions,
    who: Annotated[str, typer.Argument(metavar="WHO", show_default=False)],
    reason: Annotated[str, typer.Argument(metavar="REASON", show_default=False)],
    as_json: Json = False,
) -> None:
    """
    Take your word that mail goes out from somebody's device now, and record it with the reason.

    Whoever has several devices is named by UDID or serial number: mail goes out from each for itself.

    Example: profilegen fleet confirm you@example.com "sent me a mail while on the phone"
    """
    house = session_of(context).house(how.ca)

    async def work() -> tuple[Seat, ...]:
        async with FleetSession(house=house, how=how).opened() as parts:
            return await parts.upkeep.confirm(SeatQuery(who=(who,)), reason)

    seats = run_async(work())
    if as_json:
        print_json({"confirmed": [{"person": seat.person, "udid": seat.udid, "serial": seat.serial} for seat in seats]})
        return
    for seat in seats:
        say(f"✓ {seat.person} sends from {seat.serial or seat.udid}, by your word.")


@grouped
def forget(
    context: typer.Context,
    how: LookupOptions,
    person: Annotated[str, typer.Argument(metavar="WHO", show_default=False)],
    as_json: Json = False,
) -> None:
    """
    Replace a person by a pseudonym, in the state and in all of the history.

    Example: profilegen fleet forget you@example.com
    """
    house = session_of(context).house(how.ca)

    async def work() -> str:
        async with FleetSession(house=house, how=how).opened() as parts:
            return await parts.upkeep.forget(person)

    pseudonym = run_async(work())
    if as_json:
        print_json({"forgotten": True, "pseudonym": pseudonym})
    else:
        say(f"✓ The fleet knows this person as {pseudonym} from now on.")
