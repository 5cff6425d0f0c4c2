"""Who sends from the device since a profile was sent: the check mailbox, a server's log, and what is known already."""

from collections.abc import AsyncGenerator, Callable, Iterable, Iterator, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import islice
from typing import cast

from profilegen.diagnosis.maillog.event import LogEvent
from profilegen.flow.device_status import LOG, MESSAGE, DeviceState, People, PersonStatus, delivery_of, person_status
from profilegen.mailing.bounce import Bounce, Mailed, message_id
from profilegen.mailing.log_proof import SubmissionTally
from profilegen.mailing.proof_mail import ProofMail, Verdict, device_words
from profilegen.ports import Progress
from profilegen.ports.check_mailbox import Batch, CheckMailbox, CheckNotes, Expected, ProofBook
from profilegen.ports.sending import DeliveryState, DeviceProof, Sending, SendLedger

LogSince = Callable[[datetime], Iterable[LogEvent]]
"""Returns what a server's log says happened since then."""

TOKENS_AT_ONCE = 500
LOG_PROOF_EVERY = timedelta(days=1)
"""A log would prove the same person with every message; one line a day is remembered."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stray:
    """A message with the token of `sending` from somebody else: a forwarded instruction, an unknown alias, a forger."""

    mail: ProofMail
    sending: Sending


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusReport:
    """How it stands with everybody; `looked_at` counts the messages that were new in the check mailbox."""

    people: tuple[PersonStatus, ...]
    strays: tuple[Stray, ...]
    unknown: tuple[ProofMail, ...]
    looked_at: int

    @property
    def ok(self) -> bool:
        """Whether everybody sends; nobody at all is no yes."""
        return bool(self.people) and all(person.state is DeviceState.SENDS for person in self.people)


@dataclass(slots=True, kw_only=True)  # filled while the messages are gone through
class _Sorted:
    proofs: dict[str, list[DeviceProof]] = field(default_factory=dict)
    doubtful: dict[str, list[DeviceProof]] = field(default_factory=dict)
    strays: list[Stray] = field(default_factory=list)
    unknown: list[ProofMail] = field(default_factory=list)


@dataclass(frozen=True, slots=True, kw_only=True)
class SendStatus:
    """
    Looks at everybody something was sent to; `mailbox` is None where there is no check mailbox.

    What is read is kept first and judged afterwards, every time anew: a run that is cut off has lost nothing.
    """

    ledger: SendLedger
    notes: CheckNotes
    proofs: ProofBook
    mailbox: CheckMailbox | None

    async def look(self, log: LogSince, *, since: datetime | None, progress: Progress) -> StatusReport:
        """
        Read what is new and return how it stands; nothing before `since` counts.

        Raises what the mailbox, the log and the memory raise.
        """
        people = People([sending async for sending in self.ledger.everything()])
        if people.first_at is None:
            return StatusReport(people=(), strays=(), unknown=(), looked_at=0)
        begin = people.first_at if since is None else max(since, people.first_at)
        looked_at = await self._read_mailbox(people, begin, progress)
        people = People([sending async for sending in self.ledger.everything()])  # some may have come back
        mails = await self._sort(people)
        progress("Reading the log")
        tally = SubmissionTally(people.all_accounts)
        for event in log(begin):
            tally.add(event)
        proofs = await self._prove(people, mails, tally)
        return StatusReport(
            people=tuple(
                person_status(people.lines(person), proofs[person], mails.doubtful.get(person, ()), since=since)
                for person in people.names
            ),
            strays=tuple(mails.strays),
            unknown=tuple(mails.unknown),
            looked_at=looked_at,
        )

    async def _read_mailbox(self, people: People, begin: datetime, progress: Progress) -> int:
        if self.mailbox is None:
            return 0
        progress("Looking into the check mailbox")
        looked_at = 0
        marks = await self.notes.marks(self.mailbox.key)
        day = (begin - timedelta(days=1)).date()  # the server's day may have begun elsewhere
        batches = self.mailbox.read(marks, since=day, expected=await self._expected(people))
        async with aclosing(cast(AsyncGenerator[Batch, None], batches)):
            async for batch in batches:
                for bounce in batch.bounces:
                    await self._note_bounce(bounce)
                await self.notes.keep(self.mailbox.key, batch)  # last: what is cut off before is read again
                looked_at += batch.looked_at
                progress(f"Check mailbox: {looked_at:,} new messages")
        return looked_at

    async def _expected(self, people: People) -> Expected:
        mailed = await self.ledger.mailed()
        mails = {message_id(token): Mailed(token=token, recipient=to) for token, to in mailed.items()}
        return Expected(people=people.all_accounts, mailed=mails)

    async def _note_bounce(self, bounce: Bounce) -> None:
        """
        Write down that a delivery came back, unless that is known or the same went out again since.

        The line keeps the time it was sent: what was seen of the device before the mail came back still counts.
        """
        for sending in await self.ledger.by_token([bounce.token]):
            if bounce.about_recipient:
                line = replace(sending, state=DeliveryState.BOUNCED, detail=bounce.words)
                await self.ledger.amend(line, over=(DeliveryState.DELIVERED, DeliveryState.TRYING))
            else:
                detail = f"It was passed on and came back from another address: {bounce.words}"
                line = replace(sending, state=DeliveryState.TRYING, detail=detail)
                await self.ledger.amend(line, over=(DeliveryState.DELIVERED,))

    async def _sort(self, people: People) -> _Sorted:
        mails = await self.notes.mails()
        known: dict[str, Sending] = {}
        for tokens in _pieces({mail.token for mail in mails}):
            known |= {sending.token: sending for sending in await self.ledger.by_token(tokens)}
        result = _Sorted()
        for mail in mails:
            sending = known.get(mail.token)
            if sending is None:
                result.unknown.append(mail)
            elif mail.sender not in (*sending.accounts, *people.accounts(sending.person)):
                result.strays.append(Stray(mail=mail, sending=sending))
            else:
                kind = result.doubtful if mail.verdict is Verdict.FALSE else result.proofs
                kind.setdefault(sending.person, []).append(_proof(mail, sending.person))
        return result

    async def _prove(self, people: People, mails: _Sorted, tally: SubmissionTally) -> dict[str, list[DeviceProof]]:
        """Return the proofs of everybody, those that are new recorded."""
        known = await self.proofs.everybodys()
        proofs: dict[str, list[DeviceProof]] = {}
        fresh: list[DeviceProof] = []
        for person in people.names:
            old = known.get(person, ())
            new = [proof for proof in mails.proofs.get(person, ()) if proof not in old]
            new += _proof_of_log(person, old, tally, people)
            proofs[person] = [*old, *new]
            fresh += new
        await self.proofs.add(fresh)
        return proofs


def _proof(mail: ProofMail, person: str) -> DeviceProof:
    return DeviceProof(person=person, kind=MESSAGE, seen_at=mail.received_at, detail=device_words(mail.program))


def _proof_of_log(
    person: str, proofs: Sequence[DeviceProof], tally: SubmissionTally, people: People
) -> Iterator[DeviceProof]:
    newest, begin = tally.newest(people.accounts(person)), delivery_of(people.lines(person)).at
    if newest is None or newest.when < begin:
        return
    last = max((proof.seen_at for proof in proofs if proof.kind == LOG and proof.seen_at >= begin), default=None)
    if last is None or newest.when - last >= LOG_PROOF_EVERY:
        yield DeviceProof(person=person, kind=LOG, seen_at=newest.when, detail=newest.words)


def _pieces(tokens: Iterable[str]) -> Iterator[list[str]]:
    rest = iter(sorted(tokens))
    while piece := list(islice(rest, TOKENS_AT_ONCE)):
        yield piece
