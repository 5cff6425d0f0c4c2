"""What was read in the check mailbox is kept once, together with how far it was read."""

import asyncio
import sqlite3
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from profilegen.errors import MachineProblem
from profilegen.mailing.proof_mail import ProofMail, Verdict
from profilegen.ports.check_mailbox import Batch, Mark
from profilegen.storage.check_notes import SqliteCheckNotes
from profilegen.storage.state import State

MAIL = ProofMail(
    token="PG-0000-0000-0000-0000",
    sender="anna@example.com",
    received_at=datetime(2026, 11, 23, 18, 17, 34, 5, tzinfo=UTC),
    program="iPhone Mail (22A3354)",
    verdict=Verdict.GENUINE,
)
MARK = Mark(uid_validity=4_294_967_295, last_uid=4_294_967_295, since=date(2026, 11, 1))
BATCH = Batch(folder="INBOX", mark=MARK, mails=(MAIL,), looked_at=3)
BOX = "check@imap.example.com:993"


@pytest.fixture
def notes(tmp_path: Path) -> SqliteCheckNotes:
    return SqliteCheckNotes(state=State(path=tmp_path / "state.sqlite3"))


def keep(notes: SqliteCheckNotes, *batches: Batch, box: str = BOX) -> None:
    for batch in batches:
        asyncio.run(notes.keep(box, batch))


def test_what_is_kept_comes_back_unchanged_and_once(notes: SqliteCheckNotes) -> None:
    keep(notes, BATCH, BATCH, replace(BATCH, folder="Junk", mails=()))

    assert asyncio.run(notes.mails()) == (MAIL,)
    assert asyncio.run(notes.marks(BOX)) == {"INBOX": MARK, "Junk": MARK}
    assert asyncio.run(notes.marks("other@imap.example.com:993")) == {}


def test_the_newest_mark_of_a_folder_counts(notes: SqliteCheckNotes) -> None:
    newer = replace(MARK, uid_validity=1, last_uid=0, since=date(2025, 1, 1))
    keep(notes, BATCH, replace(BATCH, mark=newer))
    assert asyncio.run(notes.marks(BOX)) == {"INBOX": newer}


def test_messages_come_oldest_first(notes: SqliteCheckNotes) -> None:
    older = replace(MAIL, received_at=datetime(2025, 1, 1, tzinfo=UTC), sender="", verdict=Verdict.FALSE)
    keep(notes, replace(BATCH, mails=(MAIL, older)))
    assert asyncio.run(notes.mails()) == (older, MAIL)


def test_no_mark_without_its_messages(notes: SqliteCheckNotes, tmp_path: Path) -> None:
    keep(notes, replace(BATCH, mails=()), box="other")
    with sqlite3.connect(tmp_path / "state.sqlite3") as connection:
        connection.execute("CREATE TRIGGER full BEFORE INSERT ON check_mark BEGIN SELECT RAISE(ABORT, 'full'); END")
    connection.close()

    with pytest.raises(MachineProblem):
        keep(notes, BATCH)

    assert asyncio.run(notes.mails()) == ()
    assert asyncio.run(notes.marks(BOX)) == {}
