"""What the state file holds about one person."""

import sqlite3
from collections.abc import Collection
from datetime import UTC, datetime, timedelta

from profilegen.ports.issue import Issued
from profilegen.ports.proof import Allowance
from profilegen.ports.sending import DeviceProof, Sending
from profilegen.storage.issues import issued_of
from profilegen.storage.sendings import sending_of
from profilegen.storage.state import State

_ISSUED = """
SELECT issued.*, issued_adoption.payloads AS adopted
FROM issued JOIN issued_account ON issued_account.issued_id = issued.id
LEFT JOIN issued_adoption ON issued_adoption.issued_id = issued.id
WHERE issued_account.account = ? ORDER BY issued.id DESC LIMIT ?
"""
_ACCOUNTS = "SELECT account FROM issued_account WHERE issued_id = ? ORDER BY position"
_SENDINGS = """
SELECT * FROM sending
WHERE person = ?1 OR EXISTS (SELECT 1 FROM json_each(sending.accounts) WHERE value = ?1)
ORDER BY id DESC LIMIT ?2
"""
_PROOFS = "SELECT * FROM device_proof WHERE person = ? ORDER BY seen_at DESC, id DESC LIMIT ?"
_ALLOWANCES = "SELECT * FROM allowed_unverified WHERE account = ? ORDER BY id DESC LIMIT ?"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class SqlitePersonRecords:
    """A `ports.records.PersonRecords` in the state file; raises what `State` raises."""

    def __init__(self, *, state: State) -> None:
        self._state = state

    async def issued(self, account: str, most: int) -> tuple[Issued, ...]:
        """Return the profiles issued for an account."""
        with self._state.reading() as connection:
            connection.row_factory = sqlite3.Row
            rows = connection.execute(_ISSUED, (account, most)).fetchall()
            named = [tuple(name for (name,) in connection.execute(_ACCOUNTS, (row["id"],))) for row in rows]
        return tuple(issued_of(row, accounts) for row, accounts in zip(rows, named, strict=True))

    async def sendings(self, account: str, most: int) -> tuple[Sending, ...]:
        """Return every line about deliveries to whoever has this account."""
        with self._state.reading() as connection:
            connection.row_factory = sqlite3.Row
            return tuple(sending_of(row) for row in connection.execute(_SENDINGS, (account, most)))

    async def proofs(self, people: Collection[str], most: int) -> tuple[DeviceProof, ...]:
        """Return what proves that these people's devices send."""
        with self._state.reading() as connection:
            connection.row_factory = sqlite3.Row
            rows = [row for person in people for row in connection.execute(_PROOFS, (person, most))]
        rows = sorted(rows, key=lambda row: int(row["seen_at"]), reverse=True)[:most]
        return tuple(
            DeviceProof(person=row["person"], kind=row["kind"], seen_at=_moment(row["seen_at"]), detail=row["detail"])
            for row in rows
        )

    async def allowances(self, account: str, most: int) -> tuple[Allowance, ...]:
        """Return in whose words something was delivered to an account without proof."""
        with self._state.reading() as connection:
            connection.row_factory = sqlite3.Row
            rows = connection.execute(_ALLOWANCES, (account, most)).fetchall()
        return tuple(
            Allowance(
                account=row["account"], reason=row["reason"], level=row["level"], allowed_at=_moment(row["allowed_at"])
            )
            for row in rows
        )


def _moment(microseconds: int) -> datetime:
    return _EPOCH + timedelta(microseconds=microseconds)
