"""`fleet apply --instruct`: the way to people who will have to type a password."""

import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from profilegen.cli.output import complain, error_document, note, progress_line, say
from profilegen.cli.send_options import ServerPassword
from profilegen.flow.fleet.instructing import InstructingCrew, Instructor
from profilegen.flow.fleet.repair import Crew
from profilegen.flow.sending import Delivering
from profilegen.flow.sendvalues import SendOrder
from profilegen.mailing.guide import Occasion
from profilegen.mailing.recipient import Elsewhere
from profilegen.ports.sending import Channel, Submission
from profilegen.wiring.fleet import FleetParts
from profilegen.wiring.house import House

if TYPE_CHECKING:
    from profilegen.wiring.sending import Dispatch

FOLDER = Path("instructions")


class Instruct(StrEnum):
    """How people hear that they will be asked for a password."""

    EMAIL = "email"
    FOLDER = "folder"


@dataclass(frozen=True, slots=True, kw_only=True)
class InstructOptions:
    """Whether and how people are told."""

    instruct: Annotated[
        Instruct | None,
        typer.Option("--instruct", help="Tell those who have to type their password, with the push."),
    ] = None
    instruct_output: Annotated[
        Path | None, typer.Option("--instruct-output", metavar="DIR", help="The folder of --instruct folder.")
    ] = None


@contextlib.asynccontextmanager
async def instructing(
    house: House, parts: FleetParts, asked: InstructOptions, password: ServerPassword
) -> AsyncIterator[Instructor | None]:
    """Yield what tells people, its channel open; None where nobody is to be told. Raises what opening raises."""
    if asked.instruct is None:
        yield None
        return
    from profilegen.wiring.sending import Dispatch

    dispatch = Dispatch.of(house)
    channel, port = await _channel(dispatch, asked, password)
    try:
        yield Instructor(
            store=parts.store,
            tailor=parts.tailor,
            way=Delivering(
                preparation=dispatch.preparation(parts.tailor.flow),
                packing=dispatch.packing,
                ledger=dispatch.ledger,
                channel=channel,
                port=port,
                together=house.state.together,
            ),
            order=SendOrder(
                channel=str(asked.instruct),
                brand=dispatch.brand,
                elsewhere=Elsewhere() if asked.instruct is Instruct.EMAIL else None,
                occasion=Occasion.ENTER_PASSWORD,
            ),
            clock=house.clock,
        )
    finally:
        await channel.close()


def instructing_crew(crew: Crew | None, parts: FleetParts, instructor: Instructor | None) -> Crew | None:
    """Return the crew that tells people as it pushes."""
    return crew if instructor is None else InstructingCrew(crew=crew or parts.repair, instructor=instructor)


def instructed_document(instructor: Instructor | None) -> dict[str, Any]:
    """Return who was told as JSON, nothing where nobody was to be."""
    if instructor is None:
        return {}
    stopped = None if instructor.stopped is None else error_document(instructor.stopped)
    return {"instructed": {str(state): count for state, count in instructor.told.items()}, "not_instructed": stopped}


def show_instructed(instructor: Instructor | None) -> None:
    """Say who was told, and what stopped it."""
    if instructor is None:
        return
    counts = ", ".join(f"{count} {state}" for state, count in sorted(instructor.told.items()))
    say(f"Instructions: {counts or 'nobody had to be told'}.")
    if instructor.stopped is not None:
        note("profilegen: nobody else was told:")
        complain(instructor.stopped)


async def _channel(
    dispatch: "Dispatch", asked: InstructOptions, password: ServerPassword
) -> tuple[Channel, int | None]:
    if asked.instruct is Instruct.FOLDER:
        from profilegen.wiring.bundles import pages_channel

        return pages_channel(asked.instruct_output or FOLDER), None
    from profilegen.wiring.sending import submission_server

    server, sender = submission_server(dispatch.house.loaded.config, None)
    secret = await dispatch.password(server, password.given())
    submission = Submission(server=server, sender=sender, password=secret)
    with progress_line() as progress:
        await dispatch.submission_gate.admit(submission, progress)
    return dispatch.email(submission, None), server.port
