"""The proofs that devices send, of everybody at once; `SqliteSendLedger` has those of one person, in the same table."""

import json
from collections.abc import AsyncIterator, Collection, Mapping
from datetime import UTC, datetime, timedelta
from itertools import groupby
from operator import itemgetter
from typing import Any

from profilegen.ports.check_mailbox import ProvenPerson
from profilegen.ports.sending import DeviceProof
from profilegen.storage.state import State

_ADD = "INSERT OR IGNORE INTO device_proof (person, kind, seen_at, detail) VALUES (?, ?, ?, ?)"
_ALL = "SELECT person, kind, seen_at, detail FROM device_proof ORDER BY seen_at DESC, id DESC"
_NEWEST = """
SELECT person, kind, detail, MAX(seen_at) AS seen_at,
       (SELECT accounts FROM sending WHERE sending.person = device_proof.person ORDER BY id DESC LIMIT 1) AS accounts
FROM device_proof
WHERE person IN (SELECT DISTINCT person FROM device_proof WHERE person > ? ORDER BY person LIMIT ?)
GROUP BY person, kind ORDER BY person, seen_at DESC
"""
"""Where MAX stands alone, SQLite takes the other columns from its row."""
AT_ONCE = 500
"""People read at once."""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class SqliteProofBook:
    """A `ports.check_mailbox.ProofBook` in the state file; raises what `State` raises."""

    def __init__(self, *, state: State) -> None:
        self._state = state

    async def everybodys(self) -> Mapping[str, tuple[DeviceProof, ...]]:
        """Return the proofs of every person who has any, newest first."""
        found: dict[str, list[DeviceProof]] = {}
        with self._state.reading() as connection:
            for person, kind, seen_at, detail in connection.execute(_ALL):
                moment = _EPOCH + timedelta(microseconds=seen_at)
                proof = DeviceProof(person=person, kind=kind, seen_at=moment, detail=detail)
                found.setdefault(person, []).append(proof)
        return {person: tuple(proofs) for person, proofs in found.items()}

    async def newest(self) -> AsyncIterator[tuple[ProvenPerson, ...]]:
        """Yield everybody with a proof in batches, sorted by person."""
        last = ""
        while True:
            with self._state.reading() as connection:
                rows = connection.execute(_NEWEST, (last, AT_ONCE)).fetchall()
            if not rows:
                return
            yield tuple(_proven(person, tuple(group)) for person, group in groupby(rows, key=itemgetter(0)))
            last = rows[-1][0]

    async def add(self, proofs: Collection[DeviceProof]) -> None:
        """Append those that do not stand there already, all or none, durable on return."""
        if not proofs:
            return
        with self._state.transaction() as connection:
            connection.executemany(_ADD, [_values(proof) for proof in proofs])


def _proven(person: str, rows: tuple[tuple[Any, ...], ...]) -> ProvenPerson:
    proofs = tuple(
        DeviceProof(person=person, kind=kind, seen_at=_EPOCH + timedelta(microseconds=seen_at), detail=detail)
        for _, kind, detail, seen_at, _ in rows
    )
    return ProvenPerson(person=person, accounts=tuple(json.loads(rows[0][4] or "[]")), proofs=proofs)


def _values(proof: DeviceProof) -> tuple[str, str, int, str]:
    return proof.person, proof.kind, (proof.seen_at - _EPOCH) // timedelta(microseconds=1), proof.detail
