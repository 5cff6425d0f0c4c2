"""What was issued, append only."""

import json
import sqlite3
from dataclasses import asdict
from datetime import UTC, datetime

from profilegen.ports import Issued
from profilegen.profile.adopted import Adopted, AdoptedPayload
from profilegen.storage.state import State

_LAST = """
SELECT issued.*, issued_adoption.payloads AS adopted
FROM issued JOIN issued_account ON issued_account.issued_id = issued.id
LEFT JOIN issued_adoption ON issued_adoption.issued_id = issued.id
WHERE issued_account.account = ? ORDER BY issued.id DESC LIMIT 1
"""
_SIGNED_OTHERWISE = """
SELECT COUNT(*) FROM issued
WHERE id IN (SELECT MAX(id) FROM issued GROUP BY identifier)
  AND signer_spki_sha256 IS NOT NULL AND signer_spki_sha256 IS NOT ?
"""
_ACCOUNTS = "SELECT account FROM issued_account WHERE issued_id = ? ORDER BY position"
_APPEND = """
INSERT INTO issued (identifier, uuid, revision, sha256, signer_spki_sha256, issued_at, level, allowed_because)
VALUES (?, ?, ?, ?, ?, ?, ?, ?)
"""
_APPEND_ADOPTION = "INSERT INTO issued_adoption (issued_id, payloads) VALUES (?, ?)"
_APPEND_ACCOUNT = "INSERT INTO issued_account (account, issued_id, position) VALUES (?, ?, ?)"


class SqliteIssueLog:
    """A `ports.IssueLog` in the state file; raises what `State` raises."""

    def __init__(self, *, state: State) -> None:
        self._state = state

    async def last(self, account: str) -> Issued | None:
        """Return the newest record that names this account key."""
        with self._state.reading() as connection:
            connection.row_factory = sqlite3.Row
            row = connection.execute(_LAST, (account,)).fetchone()
            if row is None:
                return None
            accounts = connection.execute(_ACCOUNTS, (row["id"],)).fetchall()
        return issued_of(row, tuple(entry["account"] for entry in accounts))

    async def signed_otherwise(self, spki_sha256: str | None) -> int:
        """Return how many identifiers were last issued with another signing key."""
        with self._state.reading() as connection:
            return int(connection.execute(_SIGNED_OTHERWISE, (spki_sha256,)).fetchone()[0])

    async def record(self, issued: Issued) -> None:
        """Append one record, durable on return."""
        values = (
            issued.identifier,
            issued.uuid,
            issued.revision,
            issued.sha256,
            issued.signer_spki_sha256,
            issued.issued_at.astimezone(UTC).isoformat(),
            issued.level,
            issued.allowed_because,
        )
        with self._state.transaction() as connection:
            issued_id = connection.execute(_APPEND, values).lastrowid
            distinct = dict.fromkeys(issued.accounts)
            rows = [(account, issued_id, position) for position, account in enumerate(distinct)]
            connection.executemany(_APPEND_ACCOUNT, rows)
            if issued.adopted is not None:
                payloads = json.dumps([asdict(payload) for payload in issued.adopted.payloads])
                connection.execute(_APPEND_ADOPTION, (issued_id, payloads))


def issued_of(row: sqlite3.Row, accounts: tuple[str, ...]) -> Issued:
    """Return a row of `issued`, with the payloads of its adoption as `adopted`, as a value."""
    return Issued(
        accounts=accounts,
        identifier=row["identifier"],
        uuid=row["uuid"],
        revision=row["revision"],
        sha256=row["sha256"],
        signer_spki_sha256=row["signer_spki_sha256"],
        issued_at=datetime.fromisoformat(row["issued_at"]),
        level=row["level"],
        allowed_because=row["allowed_because"],
        adopted=None if row["adopted"] is None else _adopted(row["identifier"], row["adopted"]),
    )


def _adopted(identifier: str, payloads: str) -> Adopted:
    return Adopted(identifier=identifier, payloads=tuple(AdoptedPayload(**payload) for payload in json.loads(payloads)))
