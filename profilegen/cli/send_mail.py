"""`--via email`: the submission server found, tested and opened, for a mailing or its rehearsal."""

from dataclasses import dataclass
from pathlib import Path

from profilegen.address import Address
from profilegen.cli.output import note, progress_line
from profilegen.cli.send_options import MailOptions, ServerPassword
from profilegen.cli.sendrun import OpenedWay
from profilegen.cli.sendview import Tally
from profilegen.errors import UsageProblem
from profilegen.flow.batch import Rehearsals
from profilegen.flow.preparing import Preparation
from profilegen.flow.sending import Delivering, Rehearsing
from profilegen.flow.sendvalues import SendState
from profilegen.mailing.guide import Occasion
from profilegen.mailing.people import Person
from profilegen.ports.sending import Submission
from profilegen.wiring.sending import Dispatch, submission_server

CHANNEL = "email"


@dataclass(frozen=True, slots=True, kw_only=True)
class Mailing:
    """What somebody asks of the mail, and the parts that do it; `folder` is where a rehearsal writes."""

    dispatch: Dispatch
    preparation: Preparation
    people: tuple[Person, ...]
    asked: MailOptions
    occasion: Occasion
    password: ServerPassword
    folder: Path | None

    async def open(self) -> OpenedWay:
        """
        Return the opened way; rehearsal and server have been looked at by then.

        Raises UsageProblem `rehearse_first` and `no_operator`, ConfigProblem for what is not configured, NotPossible
        `submission_failed`.
        """
        await self._demand_rehearsal()
        operator = operator_of(self.dispatch, self.asked.to_operator) if self.asked.rehearse else None
        submission = await self._submission()
        with progress_line() as progress:
            await self.dispatch.submission_gate.admit(submission, progress)
        if self.password.keep_password:
            place = await self.dispatch.keep_password(submission)
            note(f"profilegen: the password of {submission.server.username} is kept in {place}")
        mail = self.dispatch.email(submission, self.asked.per_second())
        if operator is not None:
            rehearsal = self.dispatch.rehearsal(mail, operator, self.folder)
            way = Rehearsing(preparation=self.preparation, packing=self.dispatch.packing, channel=rehearsal)
            return OpenedWay(way=way, channel=rehearsal)
        delivering = Delivering(
            preparation=self.preparation,
            packing=self.dispatch.packing,
            ledger=self.dispatch.ledger,
            channel=mail,
            port=submission.server.port,
            together=self.dispatch.house.state.together,
        )
        return OpenedWay(way=delivering, channel=mail)

    async def done(self, tally: Tally) -> None:
        """Remember who was in a rehearsal, if this was one and it came to its end."""
        if self.asked.rehearse and tally.stopped is None and tally.counts[SendState.REHEARSED]:
            await self._rehearsals.note(self.people, self._rehearsed_as, self.dispatch.house.clock.now())

    def after(self) -> None:
        """Nothing is left to say."""

    async def _demand_rehearsal(self) -> None:
        if not self.asked.rehearse:
            house = self.dispatch.house
            since = house.clock.now() - house.proving.policy.max_age
            await self._rehearsals.demand(self.people, self._rehearsed_as, since)

    @property
    def _rehearsed_as(self) -> str:
        """Whoever has looked at one page has not looked at the others."""
        return CHANNEL if self.occasion is Occasion.INSTALL else f"{CHANNEL} {self.occasion}"

    @property
    def _rehearsals(self) -> Rehearsals:
        return Rehearsals(log=self.dispatch.rehearsals, digest=self.preparation.flow.digest)

    async def _submission(self) -> Submission:
        server, sender = submission_server(self.dispatch.house.loaded.config, self.asked.address_from())
        password = await self.dispatch.password(server, self.password.given())
        return Submission(server=server, sender=sender, password=password)


def operator_of(dispatch: Dispatch, named: str | None) -> Address:
    """Return who gets the mail of a rehearsal; raises UsageProblem `no_operator`, AddressProblem."""
    if named is not None:
        return Address.parse(named)
    operator = dispatch.brand.reply_to or dispatch.brand.support_email
    if operator is None:
        raise UsageProblem(
            "Nobody says to whom the mail of the rehearsal goes.",
            hint="Say --to-operator ADDRESS, or set brand.reply_to.",
            code="no_operator",
        )
    return operator
