"""`fleet apply --instruct`: the way to people who will have to type a password."""

import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from profilegen.cli.output import complain, error_document, note, progress_line, say
from profilegen.cli.send_options import ServerPassword
from profilegen.errors import UsageProblem
from profilegen.flow.batch import Rehearsals
from profilegen.flow.fleet.carefully import Care, asked_in
from profilegen.flow.fleet.instructing import InstructingCrew, Instructor
from profilegen.flow.fleet.planning import Survey
from profilegen.flow.fleet.repair import Crew
from profilegen.flow.fleet.values import RepairOrder
from profilegen.flow.sending import Delivering
from profilegen.flow.sendvalues import SendOrder
from profilegen.mailing.guide import Occasion
from profilegen.mailing.recipient import Elsewhere
from profilegen.ports.sending import Channel, Submission
from profilegen.settings.rates import parse_rate
from profilegen.settings.waves import Waves
from profilegen.wiring.fleet import FleetParts
from profilegen.wiring.house import House

if TYPE_CHECKING:
    from profilegen.delivery.email import EmailChannel
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
    instruct_rate: Annotated[
        str | None,
        typer.Option("--instruct-rate", metavar="N/s", help="At most so many such mails per second (/m, /h)."),
    ] = None

    def refuse_idle(self) -> None:
        """Raise UsageProblem for a rate that is none (`bad_rate`), or of no mail (`no_mail`)."""
        if self.per_second() is not None and self.instruct is not Instruct.EMAIL:
            raise UsageProblem("Only mail has a rate.", hint="Say --instruct email.", code="no_mail")

    def per_second(self) -> float | None:
        """Return the rate of mails; raises UsageProblem `bad_rate`."""
        return None if self.instruct_rate is None else parse_rate(self.instruct_rate)


@dataclass(frozen=True, slots=True, kw_only=True)
class RehearsalOptions:
    """Whether the instructions are only rehearsed."""

    rehearse: Annotated[
        bool,
        typer.Option(
            "--rehearse", help="Push nothing: render every instruction and send the first one to the operator."
        ),
    ] = False
    to_operator: Annotated[
        str | None, typer.Option("--to-operator", metavar="ADDRESS", help="Who gets the mail of a rehearsal.")
    ] = None


@contextlib.asynccontextmanager
async def instructing(
    house: House, parts: FleetParts, asked: InstructOptions, password: ServerPassword, waves: Waves
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
            order=send_order(dispatch, asked.instruct),
            clock=house.clock,
            care=care_of(dispatch, parts, waves) if asked.instruct is Instruct.EMAIL else None,
            rest=channel.close if asked.instruct is Instruct.EMAIL else None,
        )
    finally:
        await channel.close()


def send_order(dispatch: "Dispatch", instruct: Instruct) -> SendOrder:
    """Return how instructions go out."""
    return SendOrder(
        channel=str(instruct),
        brand=dispatch.brand,
        elsewhere=Elsewhere() if instruct is Instruct.EMAIL else None,
        occasion=Occasion.ENTER_PASSWORD,
    )


def care_of(dispatch: "Dispatch", parts: FleetParts, waves: Waves) -> Care:
    """Return the care that mail to many needs; the canary and the waves are those of the devices."""
    return Care(
        rehearsals=Rehearsals(log=dispatch.rehearsals, digest=parts.tailor.flow.digest),
        channel=f"{Instruct.EMAIL} {Occasion.ENTER_PASSWORD}",
        policy=dispatch.house.proving.policy,
        clock=dispatch.house.clock,
        waves=replace(waves, enough=1),
    )


def instructing_crew(crew: Crew | None, parts: FleetParts, instructor: Instructor | None) -> Crew | None:
    """Return the crew that tells people as it pushes, and pushes nothing if too many would get unseen mail."""
    if instructor is None:
        return crew

    async def census(order: RepairOrder, survey: Survey) -> None:
        if instructor.care is not None:
            moment = parts.moment(order.proof_since)
            asked = await asked_in(parts.planner, parts.tailor, order.query, survey, moment)
            await instructor.care.demand(asked.surely)

    return InstructingCrew(crew=crew or parts.repair, instructor=instructor, census=census)


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
    mail, port = await mail_channel(dispatch, asked, password)
    return mail, port


async def mail_channel(
    dispatch: "Dispatch", asked: InstructOptions, password: ServerPassword
) -> tuple["EmailChannel", int]:
    """Return the channel through our own server, and its port; raises what testing that server raises."""
    from profilegen.wiring.sending import submission_server

    server, sender = submission_server(dispatch.house.loaded.config, None)
    secret = await dispatch.password(server, password.given())
    submission = Submission(server=server, sender=sender, password=secret)
    with progress_line() as progress:
        await dispatch.submission_gate.admit(submission, progress)
    return dispatch.email(submission, asked.per_second()), server.port
