"""What was read in the check mailbox, and how far."""

import sqlite3
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta

from profilegen.mailing.proof_mail import ProofMail, Verdict
from profilegen.ports.check_mailbox import Batch, Mark
from profilegen.storage.state import State

_MARKS = "SELECT folder, uid_validity, last_uid, since FROM check_mark WHERE mailbox = ?"
_MARK = """
INSERT OR REPLACE INTO check_mark (mailbox, folder, uid_validity, last_uid, since) VALUES (?, ?, ?, ?, ?)
"""
_MAIL = "INSERT OR IGNORE INTO check_mail (token, sender, received_at, program, verdict) VALUES (?, ?, ?, ?, ?)"
_MAILS = "SELECT token, sender, received_at, program, verdict FROM check_mail ORDER BY received_at, token, sender"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class SqliteCheckNotes:
    """A `ports.check_mailbox.CheckNotes` in the state file; raises what `State` raises."""

    def __init__(self, *, state: State) -> None:
        self._state = state

    async def marks(self, mailbox: str) -> Mapping[str, Mark]:
        """Return how far each folder of a mailbox has been read."""
        with self._state.reading() as connection:
            rows = connection.execute(_MARKS, (mailbox,)).fetchall()
        return {
            folder: Mark(uid_validity=uid_validity, last_uid=last_uid, since=date.fromisoformat(since))
            for folder, uid_validity, last_uid, since in rows
        }

    async def keep(self, mailbox: str, batch: Batch) -> None:
        """Keep the messages and the mark of a batch, both or neither, durable on return."""
        mark = batch.mark
        values = (mailbox, batch.folder, mark.uid_validity, mark.last_uid, mark.since.isoformat())
        with self._state.transaction() as connection:
            connection.executemany(_MAIL, [_values(mail) for mail in batch.mails])
            connection.execute(_MARK, values)

    async def mails(self) -> tuple[ProofMail, ...]:
        """Return every message with a token that was ever kept, oldest first."""
        with self._state.reading() as connection:
            connection.row_factory = sqlite3.Row
            return tuple(_mail(row) for row in connection.execute(_MAILS))


def _values(mail: ProofMail) -> tuple[str | int, ...]:
    arrived = (mail.received_at - _EPOCH) // timedelta(microseconds=1)
    return mail.token, mail.sender, arrived, mail.program, str(mail.verdict)


def _mail(row: sqlite3.Row) -> ProofMail:
    return ProofMail(
        token=row["token"],
        sender=row["sender"],
        received_at=_EPOCH + timedelta(microseconds=row["received_at"]),
        program=row["program"],
        verdict=Verdict(row["verdict"]),
    )
