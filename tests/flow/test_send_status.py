"""The run that tells who sends: what it records, and what it asks for."""

import asyncio
from collections.abc import AsyncIterator, Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from profilegen.diagnosis.maillog.event import Happened, LogEvent
from profilegen.flow.device_status import DeviceState
from profilegen.flow.send_status import SendStatus, StatusReport
from profilegen.mailing.bounce import Bounce, Mailed, message_id
from profilegen.mailing.proof_mail import ProofMail, Verdict
from profilegen.mailing.proof_token import new_token
from profilegen.ports.check_mailbox import Batch, Expected, Mark
from profilegen.ports.sending import DeliveryState, Sending
from profilegen.storage.check_notes import SqliteCheckNotes
from profilegen.storage.device_proofs import SqliteProofBook
from profilegen.storage.state import State
from tests.storage.ledgers import MemoryLedger

SENT = datetime(2026, 11, 1, 9, 0, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
TOKEN, NEWER = new_token(bytes(9)), new_token(bytes(8) + b"\x80")
ANNA, BEN = "anna@example.com", "ben@example.com"
LINE = Sending(
    person="anna",
    name="Anna",
    accounts=(ANNA,),
    identifier="com.example.mail.anna",
    revision="1a2b3c4d",
    channel="email",
    recipient=ANNA,
    token=TOKEN,
    state=DeliveryState.DELIVERED,
    detail="",
    at=SENT,
)
MAIL = ProofMail(
    token=TOKEN, sender=ANNA, received_at=SENT + HOUR, program="iPad Mail (22A3354)", verdict=Verdict.UNSAID
)


@dataclass
class FakeMailbox:
    """A fake of the check mailbox: every message is a batch of its own; remembers what it was asked for."""

    mails: list[ProofMail] = field(default_factory=list)
    asked: list[tuple[Mapping[str, Mark], date, Collection[str]]] = field(default_factory=list)
    cut_off_after: int | None = None
    bounces: list[Bounce] = field(default_factory=list)
    mailed: Mapping[str, Mailed] = field(default_factory=dict)
    key: str = "check@imap.example.com:993"

    async def read(self, marks: Mapping[str, Mark], *, since: date, expected: Expected) -> AsyncIterator[Batch]:
        self.asked.append((marks, since, expected.people))
        self.mailed = expected.mailed
        if self.bounces:
            mark = Mark(uid_validity=1, last_uid=0, since=since)
            yield Batch(folder="Junk", mark=mark, mails=(), looked_at=1, bounces=tuple(self.bounces))
        begin = marks["INBOX"].last_uid if "INBOX" in marks else 0
        for uid, mail in enumerate(self.mails[begin:], start=begin + 1):
            if self.cut_off_after is not None and uid > self.cut_off_after:
                raise KeyboardInterrupt
            mark = Mark(uid_validity=1, last_uid=uid, since=since)
            yield Batch(folder="INBOX", mark=mark, mails=(mail,), looked_at=1)


@dataclass(kw_only=True)
class Office:
    """Everything a run needs, and the run."""

    state: State
    ledger: MemoryLedger = field(default_factory=MemoryLedger)
    mailbox: FakeMailbox = field(default_factory=FakeMailbox)

    def sent(self, *lines: Sending) -> None:
        for line in lines:
            asyncio.run(self.ledger.record(line))

    def look(self, *events: LogEvent, since: datetime | None = None) -> StatusReport:
        def log(begin: datetime) -> Iterable[LogEvent]:
            return [event for event in events if event.when is not None and event.when >= begin]

        status = SendStatus(
            ledger=self.ledger,
            notes=SqliteCheckNotes(state=self.state),
            proofs=SqliteProofBook(state=self.state),
            mailbox=self.mailbox,
        )
        return asyncio.run(status.look(log, since=since, progress=lambda _: None))

    @property
    def kinds(self) -> list[tuple[str, str]]:
        proofs = asyncio.run(SqliteProofBook(state=self.state).everybodys())
        return [(person, proof.kind) for person in sorted(proofs) for proof in proofs[person]]


@pytest.fixture
def office(tmp_path: Path) -> Office:
    office = Office(state=State(path=tmp_path / "state.sqlite3"))
    office.sent(LINE)
    return office


def accepted(when: datetime, login: str = ANNA) -> LogEvent:
    return LogEvent(when=when, what=Happened.ACCEPTED, address=login, client="192.0.2.9")


def states(report: StatusReport) -> list[DeviceState]:
    return [person.state for person in report.people]


def test_the_mailbox_is_searched_from_the_day_before_the_first_delivery_for_these_people(office: Office) -> None:
    office.sent(replace(LINE, person="ben", accounts=(BEN,), at=SENT + DAY))

    office.look()
    office.look(since=SENT + 3 * DAY)
    office.look(since=SENT - 90 * DAY)

    assert [asked[1] for asked in office.mailbox.asked] == [
        (SENT - DAY).date(),
        (SENT + 2 * DAY).date(),
        (SENT - DAY).date(),
    ]
    assert office.mailbox.asked[0][2] == {ANNA, BEN}


def test_nobody_is_asked_where_nothing_was_sent(tmp_path: Path) -> None:
    office = Office(state=State(path=tmp_path / "state.sqlite3"))
    report = office.look(accepted(SENT))
    assert (report.ok, report.people, office.mailbox.asked) == (False, (), [])


def test_a_read_that_is_cut_off_goes_on_where_it_was(office: Office) -> None:
    office.mailbox.mails = [MAIL, replace(MAIL, sender=BEN)]
    office.mailbox.cut_off_after = 1
    with pytest.raises(KeyboardInterrupt):
        office.look()
    office.mailbox.cut_off_after = None

    report = office.look()

    assert (states(report), report.looked_at, len(report.strays)) == ([DeviceState.SENDS], 1, 1)


def test_a_message_its_own_server_calls_false_is_no_proof(office: Office) -> None:
    office.mailbox.mails = [replace(MAIL, verdict=Verdict.FALSE)]
    report = office.look()
    assert (states(report), report.ok, office.kinds) == ([DeviceState.UNCERTAIN], False, [])


def test_a_token_of_an_older_revision_proves_only_that_one(office: Office) -> None:
    office.sent(replace(LINE, revision="99999999", token=NEWER, at=SENT + DAY))
    office.mailbox.mails = [MAIL]
    before = office.look()
    office.mailbox.mails.append(replace(MAIL, token=NEWER, received_at=SENT + 2 * DAY))

    after = office.look()

    assert (states(before), states(after)) == ([DeviceState.SILENT], [DeviceState.SENDS])
    assert office.kinds == [("anna", "message")] * 2


def test_another_account_of_the_same_person_is_no_stranger(office: Office) -> None:
    office.sent(replace(LINE, channel="folder", accounts=(ANNA, "sales@example.com"), token=NEWER))
    office.mailbox.mails = [replace(MAIL, sender="sales@example.com")]
    assert states(office.look()) == [DeviceState.SENDS]


def test_a_log_is_remembered_once_a_day(office: Office) -> None:
    for hours in (1, 2, 24, 25, 26):
        office.look(accepted(SENT + hours * HOUR))
    assert office.kinds == [("anna", "log")] * 2


def test_a_log_proves_nothing_from_before_the_persons_own_delivery(office: Office) -> None:
    office.sent(replace(LINE, person="ben", accounts=(BEN,), token=NEWER, at=SENT + DAY))

    report = office.look(accepted(SENT + HOUR, BEN), accepted(SENT + DAY - timedelta(minutes=1), BEN))

    assert (states(report), office.kinds) == ([DeviceState.SILENT] * 2, [])


def test_a_new_delivery_asks_for_a_new_line_of_the_log(office: Office) -> None:
    office.look(accepted(SENT + HOUR))
    office.sent(replace(LINE, revision="99999999", at=SENT + 2 * HOUR))
    before = office.look()

    after = office.look(accepted(SENT + 3 * HOUR))

    assert (states(before), states(after)) == ([DeviceState.SILENT], [DeviceState.SENDS])


BOUNCE = Bounce(token=TOKEN, about_recipient=True, reply="550 5.1.1 no such user", server="mx.example.com")


class CutOffNotes(SqliteCheckNotes):
    """The notes of a run that ends before anything read is kept."""

    async def keep(self, mailbox: str, batch: Batch) -> None:
        del mailbox, batch
        raise KeyboardInterrupt


def newest(office: Office) -> Sending | None:
    return asyncio.run(office.ledger.latest("anna", LINE.revision, "email"))


def test_what_came_back_is_written_down_before_the_mailbox_counts_as_read(office: Office) -> None:
    office.mailbox.bounces = [BOUNCE]
    status = SendStatus(
        ledger=office.ledger,
        notes=CutOffNotes(state=office.state),
        proofs=SqliteProofBook(state=office.state),
        mailbox=office.mailbox,
    )
    with pytest.raises(KeyboardInterrupt):
        asyncio.run(status.look(lambda _: (), since=None, progress=lambda _: None))
    cut_off = newest(office)
    [person] = office.look().people

    assert cut_off == newest(office)
    assert office.mailbox.mailed == {message_id(TOKEN): Mailed(token=TOKEN, recipient=ANNA)}
    assert (person.state, person.cause) == (DeviceState.BOUNCED, "recipient_unknown")
    assert person.detail == "mx.example.com said: 550 5.1.1 no such user"
    assert newest(office) == replace(LINE, state=DeliveryState.BOUNCED, detail=person.detail)


def test_what_was_passed_on_and_came_back_from_there_is_uncertain(office: Office) -> None:
    office.mailbox.bounces = [replace(BOUNCE, about_recipient=False)]

    [person], [again] = office.look().people, office.look().people

    assert (person.state, again) == (DeviceState.UNCERTAIN, person)
    assert "came back from another address: mx.example.com said: 550" in person.detail


@pytest.mark.parametrize("about_recipient", [True, False])
def test_a_mail_that_comes_back_late_hides_no_message_the_device_sent_before(
    office: Office, about_recipient: bool
) -> None:
    office.mailbox.mails.append(MAIL)
    office.mailbox.bounces = [replace(BOUNCE, about_recipient=about_recipient)]

    [person] = office.look().people

    assert person.state is DeviceState.SENDS


def test_a_mail_that_comes_back_late_is_not_the_newest_revision(office: Office) -> None:
    office.sent(replace(LINE, revision="99999999", channel="folder", token=NEWER, at=SENT + HOUR))
    office.mailbox.bounces = [BOUNCE]

    [person] = office.look().people

    assert (person.state, person.sent.revision) == (DeviceState.SILENT, "99999999")
